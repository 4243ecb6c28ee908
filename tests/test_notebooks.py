"""The notebooks: each is what its page says, runs from top to bottom, and its exercises tell right from wrong."""

import copy
import json
import re
import sys
from pathlib import Path

import pytest

from lessons import make_notebooks

pytest.importorskip("jupytext", reason='Notebooks need jupytext; install it with: pip install -e ".[notebooks]".')
nbclient = pytest.importorskip(
    "nbclient", reason='Running notebooks needs nbclient; install it with: pip install -e ".[notebooks]".'
)
nbformat = pytest.importorskip("nbformat")

ROOT = Path(__file__).resolve().parents[1]
PAGES = make_notebooks.pages()
ANSWER = re.compile(r"<details>.*?```python\n(.*?)```", re.DOTALL)
# Wrong answers that somebody might give, by page and exercise. What a page itself leaves to be filled in is one more.
WRONG = {
    "simple_gan": {
        1: ["def best_answer(p, q):\n    return (q - p) / (p + q)", "def best_answer(p, q):\n    return p / (p + q)"],
        2: ["def share_on_circle(points):\n    return np.mean(np.linalg.norm(points - 0.5, axis=1) <= 0.33)"],
        3: ["weights = HIDDEN_UNITS + HIDDEN_UNITS**2 + 2 * HIDDEN_UNITS"],
    },
    "wgan_clip": {
        1: [
            "def distance(first, second):\n    return np.abs(first - second).mean()",
            "def distance(first, second):\n    return ((np.sort(first) - np.sort(second)) ** 2).mean()",
        ],
        2: [
            "def largest_difference(real, fake):\n    return (real.mean(axis=0) - fake.mean(axis=0)).sum()",
            "def largest_difference(real, fake):\n    return np.abs(real.mean(axis=0) - fake.mean(axis=0)).max()",
        ],
        3: ["def factor(score):\n    return 1 - score", "def factor(score):\n    return 1 - np.tanh(score) ** 2"],
    },
    "wgan_gp": {
        1: ["def penalty_of_line(w):\n    return ((w**2).sum() - 1) ** 2"],
        2: [
            "def best_slope(d, penalty_weight):\n    return 1 + d / penalty_weight",
            "def best_slope(d, penalty_weight):\n    return 1 - d / (2 * penalty_weight)",
        ],
        3: [
            "def penalty(gradients):\n    return (np.linalg.norm(gradients, axis=1).mean() - 1) ** 2",
            "def penalty(gradients):\n    return ((np.linalg.norm(gradients, axis=0) - 1) ** 2).mean()",
        ],
    },
    "simulated_data": {
        1: [
            "def best_loss(p, q):\n    return 2 * np.log(2) - (p * np.log(p / q)).sum()",
            "def best_loss(p, q):\n    d = p / (p + q)\n    return -(p * np.log(d)).sum() - (p * np.log(1 - d)).sum()",
        ],
        2: [
            "def slopes(s):\n    d = 1 / (1 + np.exp(-s))\n    return {'minimax': -(1 - d), 'non_saturating': -d}",
            "def slopes(s):\n    d = 1 / (1 + np.exp(-s))\n    return {'minimax': d, 'non_saturating': 1 - d}",
        ],
    },
    "smiley_faces": {
        1: [
            "def best_answer(p, q, t):\n    return t * p / (t * p + q)",
            "def best_answer(p, q, t):\n    return p / (p + q) - (1 - t)",
        ],
        2: [
            "def none_in_batch(n):\n    return 1 - n * 0.015",
            "def none_in_batch(n):\n    return (1 - 0.3 * 0.2) ** n",
        ],
    },
    "tones": {
        1: [
            "def transposed(x, kernel, stride):\n"
            "    y = np.zeros(stride * (len(x) - 1) + len(kernel))\n"
            "    for i, value in enumerate(x):\n"
            "        y[stride * i : stride * i + len(kernel)] = value * kernel\n"
            "    return y",
            "def transposed(x, kernel, stride):\n    return np.repeat(np.convolve(x, kernel), stride)",
        ],
        2: [
            "def cents_too_high(period, error):\n    return 1200 * np.log2((period + error) / period)",
            "def cents_too_high(period, error):\n    return -1200 * error / period",
        ],
        3: [
            "def hinge_slopes(a, b):\n    return (a < 1).astype(float), -(b > -1).astype(float)",
            "def hinge_slopes(a, b):\n    return -(a > -1).astype(float), (b < 1).astype(float)",
        ],
    },
    "captions": {
        1: [
            "def gru_step(w, h, W, U):\n"
            "    update, reset = (1 / (1 + np.exp(-(W[n] @ w + U[n] @ h))) for n in range(2))\n"
            "    return (1 - update) * h + update * np.tanh(W[2] @ w + reset * (U[2] @ h))",
            "def gru_step(w, h, W, U):\n"
            "    update, reset = (1 / (1 + np.exp(-(W[n] @ w + U[n] @ h))) for n in range(2))\n"
            "    return update * h + (1 - update) * np.tanh(W[2] @ w + U[2] @ (reset * h))",
        ],
        2: [
            "def mixed_up(first, second):\n"
            "    counts = [sorted(encode([caption])[0]) for caption in (first, second)]\n"
            "    return counts[0] == counts[1]",
        ],
        3: ["def share_read(obeyed, hit, false_alarm):\n    return obeyed * hit + false_alarm"],
    },
    "conditional_gan": {
        1: [
            "def logits(features, labels, matrix, weights, bias):\n"
            "    return (features * matrix[labels]).sum(axis=1) + bias",
            "def logits(features, labels, matrix, weights, bias):\n"
            "    return features @ weights + bias - (features * matrix[labels]).sum(axis=1)",
        ],
        2: [
            "def parts(p, q):\n    looks_real = np.log(p / q).sum(axis=1, keepdims=True)\n"
            "    return looks_real, np.log(p / q) - looks_real",
            "def parts(p, q):\n    return np.zeros((len(p), 1)), np.log(p / q)",
        ],
        3: ["def share_read_as_asked(accuracy):\n    return accuracy / 10 + (1 - accuracy) / 9"],
    },
    "augmentation": {
        1: [
            "def share_right(accuracy, frequency):\n    return accuracy * frequency",
            "def share_right(accuracy, frequency):\n"
            "    return frequency * accuracy / (frequency * accuracy + (1 - frequency) * accuracy)",
        ],
        2: [
            "def without_label(plus, minus):\n    return plus + minus",
            "def without_label(plus, minus):\n    return np.log((np.exp(plus) + np.exp(minus)) / 2)",
        ],
        3: [
            "def shift(face, down, right):\n"
            "    height, width = face.shape\n"
            "    rows = np.clip(np.arange(height) + down, 0, height - 1)\n"
            "    columns = np.clip(np.arange(width) + right, 0, width - 1)\n"
            "    return face[rows][:, columns]",
        ],
    },
    "convolutional_gan": {
        1: [
            "def weights_of_convolution(side, channels_in, channels_out):\n"
            "    return side * side * channels_in * channels_out"
        ],
        2: [
            "def normalise(maps, gamma, beta, epsilon):\n"
            "    return gamma * (maps - maps.mean()) / np.sqrt(maps.var() + epsilon) + beta",
            "def normalise(maps, gamma, beta, epsilon):\n"
            "    centred = maps - maps.mean(axis=(0, 1, 2))\n"
            "    return gamma * centred / np.sqrt(maps.var(axis=(0, 1, 2))) + beta",
        ],
    },
    "face_generator": {
        1: [
            "def frechet_on_a_line(m_1, s_1, m_2, s_2):\n    return (m_1 - m_2) ** 2 + s_1**2 + s_2**2",
            "def frechet_on_a_line(m_1, s_1, m_2, s_2):\n    return abs(m_1 - m_2) + abs(s_1 - s_2)",
        ],
        2: ["def steps_to_half(past):\n    return np.log(past) / np.log(0.5)"],
        3: ["def undo(prepared, scaling):\n    return (prepared + scaling.mean) * scaling.scale"],
    },
    "pretrained_explorer": {
        1: ["def length_halfway(width):\n    return np.sqrt(width) / 2"],
        2: [
            "def way(first, last, t):\n    return np.cos(t * np.pi) * first + np.sin(t * np.pi) * last",
            "def way(first, last, t):\n    return np.sqrt(2) * ((1 - t) * first + t * last)",
        ],
        3: ["variance_of_sum = 9 / 5 - 1", "variance_of_sum = 49 * 9 / 5"],
    },
    "measures": {
        1: [
            "def layer_distance(first, second):\n"
            "    first = first / np.linalg.norm(first, axis=-1, keepdims=True)\n"
            "    second = second / np.linalg.norm(second, axis=-1, keepdims=True)\n"
            "    return ((first - second) ** 2).mean(axis=(1, 2, 3))",
            "def layer_distance(first, second):\n"
            "    first = first / np.sqrt((first**2).sum(axis=(1, 2, 3), keepdims=True))\n"
            "    second = second / np.sqrt((second**2).sum(axis=(1, 2, 3), keepdims=True))\n"
            "    return ((first - second) ** 2).sum(axis=-1).mean(axis=(1, 2))",
        ],
        2: [
            "def collapsed():\n    return np.random.default_rng(0).random((100, 8, 8))",
            "def collapsed():\n    return np.stack([np.zeros((8, 8)), np.full((8, 8), 0.6)] * 50)[:99]",
        ],
        3: ["def expected_length(matrix):\n    return 4 * (matrix**2).sum()"],
    },
    "stabilisers": {
        1: [
            "from math import comb\n\n\n"
            "def p_value(better, worse):\n"
            "    n = better + worse\n"
            "    return sum(comb(n, k) for k in range(min(better, worse) + 1)) / 2**n",
            "from math import comb\n\n\n"
            "def p_value(better, worse):\n"
            "    return min(1, 2 * comb(better + worse, worse) / 2 ** (better + worse))",
        ],
        2: [
            "def answer_of_d(r, steps):\n    return steps * r",
            "def answer_of_d(r, steps):\n    return (1 - r) ** steps",
        ],
        3: [
            "def largest_singular_value(matrix):\n    return np.abs(matrix).max()",
            "def largest_singular_value(matrix):\n"
            "    vector = np.ones(matrix.shape[1])\n"
            "    return np.sqrt(((matrix @ vector) ** 2).sum() / (vector**2).sum())",
        ],
    },
    "transformer_gan": {
        1: [
            "def efficient(queries, keys, values):\n"
            "    return softmax(queries, axis=1) @ (softmax(keys, axis=1).T @ values)",
            "def efficient(queries, keys, values):\n"
            "    return softmax(queries, axis=0) @ (softmax(keys, axis=0).T @ values)",
        ],
        2: [
            "def multiplications(n, d):\n"
            "    return {'plain': 2 * n * n * d, 'efficient': 2 * n * d * d, 'cheaper_from': d}",
            "def multiplications(n, d):\n"
            "    return {'plain': n * n * d, 'efficient': n * d * d, 'cheaper_from': d + 1}",
        ],
    },
    "style_gan": {
        1: [
            "def adain(maps, scale, shift):\n"
            "    normalised = (maps - maps.mean(axis=(0, 1, 2))) / maps.std(axis=(0, 1, 2))\n"
            "    return normalised * scale[:, None, None, :] + shift[:, None, None, :]",
            "def adain(maps, scale, shift):\n"
            "    centred = maps - maps.mean(axis=(1, 2), keepdims=True)\n"
            "    return centred * scale[:, None, None, :] + shift[:, None, None, :]",
        ],
        2: [
            "def takes_second(k, layers, p):\n    return p * (k + 1) / layers",
            "def takes_second(k, layers, p):\n    return p * k / layers",
        ],
    },
    "progressive_growing": {
        1: [
            "def faded(low, high, alpha):\n    return alpha * np.kron(low, np.ones((2, 2))) + (1 - alpha) * high",
            "def faded(low, high, alpha):\n    return (1 - alpha) * np.tile(low, (2, 2)) + alpha * high",
        ],
        2: [
            "def relative_change(learning_rate, n):\n    return learning_rate * np.sqrt(2 / n), learning_rate",
            "def relative_change(learning_rate, n):\n    return (learning_rate / np.sqrt(2 / n),) * 2",
        ],
        3: [
            "def pixel_norm(maps):\n    return maps / np.linalg.norm(maps, axis=-1, keepdims=True)",
            "def pixel_norm(maps):\n    return maps / np.sqrt(np.mean(maps**2, axis=(1, 2), keepdims=True))",
        ],
    },
    "distillation": {
        1: [
            "def best_guess(pictures):\n    return np.median(pictures, axis=0)",
            "def best_guess(pictures):\n    return np.full(pictures.shape[1:], pictures.mean())",
        ],
        2: [
            "def cost_of_blur(v, r):\n    return v * (1 - np.sqrt(r))",
            "def cost_of_blur(v, r):\n    return v * (1 - r) ** 2",
        ],
        3: [
            "def student_of(matrix, steps):\n    return matrix + matrix @ matrix / (2 * steps)",
            "def student_of(matrix, steps):\n    return matrix + matrix @ matrix / (4 * steps**2)",
        ],
    },
    "domain_transfer": {
        1: ["def best_score(p, q):\n    return q / (p + q)", "def best_score(p, q):\n    return np.log(p / q)"],
        2: [
            "def two_translations(m, s, n, t):\n    a = t / s\n    return (a, n - m), (-a, n + m)",
            "def two_translations(m, s, n, t):\n    a = s / t\n    return (a, n - a * m), (-a, n + a * m)",
        ],
        3: ["def mean_stay(places, batch):\n    return batch / (2 * places)"],
    },
    "super_resolution": {
        1: [
            "def sub_pixel(maps):\n"
            "    height, width, channels = maps.shape\n"
            "    return maps.reshape(2 * height, 2 * width, channels // 4)",
            "def sub_pixel(maps):\n"
            "    height, width, channels = maps.shape\n"
            "    squares = maps.reshape(height, width, 2, 2, channels // 4)\n"
            "    return squares.transpose(0, 3, 1, 2, 4).reshape(2 * height, 2 * width, channels // 4)",
        ],
        2: ["def expected_errors(v):\n    return v, np.sqrt(2) * v", "def expected_errors(v):\n    return 0, v"],
        3: [
            "def factor_of_error(decibels):\n    return 10 ** (-decibels / 20)",
            "def factor_of_error(decibels):\n    return 2 ** (-decibels / 3)",
        ],
    },
    "inpainting": {
        1: [
            "def error_of_mean(first, second, truth):\n    return np.mean(((first + second) / 2 - truth) ** 2)",
            "def error_of_mean(first, second, truth):\n    return np.mean((first - truth) * (truth - second))",
        ],
        2: [
            "def filled(faces, hidden, guess):\n    return np.where(hidden, faces, guess)",
            "def filled(faces, hidden, guess):\n    return hidden * guess + (1 - hidden) * faces",
        ],
        3: ["def expected_errors(v, k):\n    return 2 * v, v * (1 - 1 / k)"],
    },
    "digits": {
        1: [
            "def slopes(s):\n    probability = 1 / (1 + np.exp(-s))\n    return -probability, probability",
            "def slopes(s):\n    probability = 1 / (1 + np.exp(-s))\n    return probability - 1, -probability",
        ],
        2: [
            "def score(probabilities):\n"
            "    mean = probabilities.mean(axis=0)\n"
            "    return (probabilities * np.log(probabilities / mean)).sum(axis=1).mean()",
            "def score(probabilities):\n"
            "    mean = probabilities.mean(axis=0)\n"
            "    return np.exp((probabilities * np.log(probabilities / mean)).mean())",
        ],
        3: ["def ten_pictures():\n    return np.eye(10)[np.zeros(500, int)]"],
    },
}


def read(page):
    """The committed notebook of a page."""
    return nbformat.read(ROOT / "notebooks" / f"{page.stem}.ipynb", as_version=4)


def tagged(cell, tag):
    return tag in cell.metadata.get("tags", [])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_committed_notebook_is_what_its_page_gives(page):
    written = (ROOT / "notebooks" / f"{page.stem}.ipynb").read_bytes()
    assert written == make_notebooks.notebook_of(page).encode(), "the page has changed; run: make notebooks"


def test_there_is_no_other_notebook():
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} == {page.stem for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_notebook_has_the_form_of_a_notebook_and_no_outputs(page):
    notebook = read(page)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert not any(cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_of_a_notebook_lead_somewhere(page):
    text = "\n".join(cell.source for cell in read(page).cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\(([^)\s#]+)", text)
    assert f"../lessons/{page.name}" in links
    for link in links:
        assert "://" in link or (ROOT / "notebooks" / link).resolve().exists(), link


def test_links_between_pages_stay_among_notebooks():
    page = ROOT / "lessons" / "wgan_clip.md"
    moved = {
        "simple_gan.md": "simple_gan.ipynb",
        "README.md": "../lessons/README.md",
        "simple_gan.md#try-it": "../lessons/simple_gan.md#try-it",
        "../docs/faces.png": "../docs/faces.png",
        "#the-code": "../lessons/wgan_clip.md#the-code",
        "https://example.org/a.md#b": "https://example.org/a.md#b",
    }
    for link, expected in moved.items():
        assert make_notebooks.for_notebook(f"See [it]({link}).", page) == f"See [it]({expected})."


def test_with_a_public_address_colab_finds_pictures_and_installs_the_course():
    address, page = "https://github.com/someone/gans", ROOT / "lessons" / "simple_gan.md"
    notebook = json.loads(make_notebooks.notebook_of(page, address))
    setup = "".join(notebook["cells"][1]["source"])
    assert f'"gankit[labs] @ git+{address}@main"' in setup
    text = "\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    assert f"![The circle]({address}/raw/main/docs/simple_gan/circle.png)" in text
    assert "(https://colab.research.google.com/github/someone/gans/blob/main/notebooks/simple_gan.ipynb)" in text
    assert not re.search(r"\]\((?!https://)", text), "a relative link leads nowhere on Colab"


def test_without_a_public_address_the_first_cell_says_what_to_do():
    setup = make_notebooks.setup_code("")
    assert "pip" not in setup and "raise ModuleNotFoundError(" in setup


# ---- Running ----

SHOW_AS_DRAWN = '%config InlineBackend.print_figure_kwargs = {"bbox_inches": None, "dpi": 50}'


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """The client of one kernel that runs on the interpreter of the tests and writes nothing into the user's folders."""
    folder = tmp_path_factory.mktemp("jupyter")
    specification = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "tests",
        "language": "python",
    }
    (folder / "data" / "kernels" / "tests").mkdir(parents=True)
    (folder / "data" / "kernels" / "tests" / "kernel.json").write_text(json.dumps(specification))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            place = folder / name[len("JUPYTER_") : -len("_DIR")].lower()
            place.mkdir(exist_ok=True)
            patch.setenv(name, str(place))
        patch.setenv("MPLBACKEND", "agg")
        client = nbclient.NotebookClient(
            nbformat.v4.new_notebook(),
            kernel_name="tests",
            timeout=120,
            resources={"metadata": {"path": str(ROOT / "notebooks")}},
        )
        with client.setup_kernel():
            # Pictures are shown as they are. Finding where their margins end would draw each of them twice.
            run(client, [nbformat.v4.new_code_cell(SHOW_AS_DRAWN)])
            yield client


def run(client, cells):
    """Run cells in a kernel whose names are forgotten first; return the cells with their outputs."""
    # A cell may stand in the list several times, and each needs outputs and a name of its own.
    cells = [nbformat.v4.new_code_cell("%reset -f"), *map(copy.deepcopy, cells)]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    client.nb = nbformat.v4.new_notebook(cells=cells)
    client.reset_execution_trackers()
    for number, cell in enumerate(client.nb.cells):
        client.execute_cell(cell, number)
    return client.nb.cells[1:]


def on_small_settings(page):
    """The cells of a page, with the small settings that the page states itself, and its exercises both ways."""
    cells, exercise, number = [], None, 0
    for cell in read(page).cells:
        cells.append(cell)
        if tagged(cell, "parameters"):
            small = cell.metadata.get("small", {})
            assert small, f"{page.name}: the settings state no small values for the tests"
            for name in small:
                assert re.search(rf"\b{name}\b.*=", cell.source), f"{page.name}: {name} is not among the settings"
            cells.append(nbformat.v4.new_code_cell("\n".join(f"{name} = {value!r}" for name, value in small.items())))
        if tagged(cell, "exercise"):
            exercise, number = cell, number + 1
        if tagged(cell, "check"):
            check = copy.deepcopy(cell)
            check.metadata.tags = ["check"]
            for wrong in WRONG.get(page.stem, {}).get(number, []):
                cells += [nbformat.v4.new_code_cell(wrong), cell]
        for answer in ANSWER.findall(cell.source) if cell.cell_type == "markdown" else []:
            assert exercise is not None, f"{page.name}: an answer without an exercise"
            # Without the tag, an error ends the run.
            cells += [nbformat.v4.new_code_cell(answer), check]
    return cells


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_notebook_runs_and_its_checks_tell_right_from_wrong(page, kernel):
    done = run(kernel, on_small_settings(page))
    refused = accepted = 0
    for cell in done:
        errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
        if tagged(cell, "check") and tagged(cell, "raises-exception"):
            assert [error.ename for error in errors] == ["AssertionError"] and errors[0].evalue, cell.source
            refused += 1
        elif tagged(cell, "check"):
            accepted += 1
    assert 2 <= accepted <= 4 and refused == accepted + sum(map(len, WRONG.get(page.stem, {}).values()))
    assert any("image/png" in output.get("data", {}) for cell in done for output in cell.get("outputs", []))
