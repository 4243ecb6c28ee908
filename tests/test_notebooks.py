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


# ---- Running ----


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
            yield client


def run(client, cells):
    """Run cells in a kernel whose names are forgotten first; return the cells with their outputs."""
    cells = [nbformat.v4.new_code_cell("%reset -f"), *copy.deepcopy(cells)]
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
