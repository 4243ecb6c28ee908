"""Every script end to end with small settings, and its messages for a user's mistakes."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from eager import without_graphs
from PIL import Image

import convolutional_gan
import face_generator
import pretrained_explorer
import simple_gan
import wgan_clip
import wgan_gp
from benchmarks import compare_recipes
from gankit import scripts
from gankit.errors import InputError
from gankit.faces import FaceScaling, load_faces
from gankit.metrics import frechet_distance
from gankit.networks import face_builder, write_weights
from gankit.networks.stored_weights import read_weights
from gankit.training import faces as training_faces
from gankit.training import threads
from gankit.training.callbacks import LossCurve
from gankit.training.recipes import RECIPES

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ("simple_gan", "wgan_clip", "wgan_gp", "convolutional_gan", "face_generator", "pretrained_explorer")


class Done(NamedTuple):
    """What is known of a script that has ended."""

    returncode: int
    stdout: str
    stderr: str


def run_in_a_process(script, *arguments, cwd=ROOT):
    command = [sys.executable, str(ROOT / f"{script}.py"), *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """``run(script, *arguments)`` runs a file as a script from an empty folder, in the process of the tests."""

    def run_here(script, *arguments):
        path = str(ROOT / f"{script}.py")
        monkeypatch.setattr(sys, "argv", [path, *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            runpy.run_path(path, run_name="__main__")
        return Done(leaving.value.code, *capsys.readouterr())

    monkeypatch.chdir(tmp_path)
    return run_here


def assert_pictures(folder, *names):
    for name in names:
        picture = np.asarray(Image.open(folder / name).convert("L"), float)
        assert min(picture.shape) > 80 and picture.std() > 5, f"{name} is blank"


def assert_record(folder, seed=0):
    record = json.loads((folder / "record.json").read_text())
    assert record["settings"]["seed"] == seed and record["seconds"] > 0
    assert {"python", "tensorflow", "keras", "numpy"} <= set(record["versions"])
    return record["measures"]


def numbers(measures):
    for value in measures.values():
        yield from numbers(value) if isinstance(value, dict) else [value]


POINT_SCRIPTS = {
    simple_gan: ["circle", "four_clouds"],
    wgan_clip: ["four_clouds", "tanh_critic"],
    wgan_gp: ["four_clouds", "lambda_10", "clouds_Simple_GAN", "clouds_WGAN_clip"]
    + [f"corner_{name}" for name in ("Simple_GAN", "WGAN_clip", "WGAN_GP")],
}
COMPARISONS = {simple_gan: [], wgan_clip: ["critics.png"], wgan_gp: ["lambda.png", "three_gans.png", "corner.png"]}
SMALL = ["--epochs", "2", "--steps-per-epoch", "2", "--batch-size", "20", "--seed", "4"]


@pytest.mark.parametrize("script", POINT_SCRIPTS, ids=lambda script: script.__name__)
def test_point_cloud_scripts(script, tmp_path, capsys):
    out, parts = tmp_path / "out", POINT_SCRIPTS[script]
    # Making a graph takes longer than four steps, so one script does it for all.
    with without_graphs(script is not simple_gan):
        script.main([*SMALL, "--output", str(out)])
    assert_pictures(out, *(f"{part}.png" for part in parts), *COMPARISONS[script])
    for part in parts:
        if "Simple_GAN" in part or "WGAN_clip" in part:
            continue
        # One frame at the start, and one after each call of the graph; the four steps take two calls.
        assert Image.open(out / f"{part}.gif").n_frames == 3
    measures = assert_record(out, seed=4)
    assert list(measures) == parts
    for part, found in measures.items():
        assert all(np.isfinite(value) for value in numbers(found)), part
        # After two epochs, fakes are still farther from real points than real points are from each other.
        assert found["frechet_distance"] > found["frechet_floor"] > 0
        for key, value in found["quality_floor"].items():
            if key in ("on_circle", "arc_covered", "on_a_cloud", "and_right_colour"):
                assert value > 0.97 > found["quality"][key]
    printed = capsys.readouterr().out
    assert "2/2" in printed and str(out) in printed
    if script is wgan_gp:
        for name in ("Simple_GAN", "WGAN_clip", "WGAN_GP"):
            assert measures[f"corner_{name}"]["quality"]["mean_squared_distance"] > 0.12
            assert f"corner_{name}: mean_squared_distance" in printed


@pytest.mark.parametrize("script", POINT_SCRIPTS, ids=lambda script: script.__name__)
def test_the_older_course_s_settings_are_one_flag_away(script):
    parser = scripts.PointCommandLine(script.__doc__, script.__name__, script.RECIPES)
    parts = parser.parts(parser.parse_args(["--recipe", "coursework"]))
    for name, part in parts.items():
        corner = name.startswith("corner")
        assert part.widths[1:] == ((98, 98) if corner else (10, 10)) and part.discriminator_output == "tanh"
        assert (part.epochs, part.steps_per_epoch) == ((100, 250) if corner else (16, 100))
        rates = {"circle": 0.001, "four_clouds": 0.0005 if script is wgan_clip else 0.005}
        assert part.learning_rate == (0.00003 if corner else rates[name])
        assert (part.batch_size, part.disc_iter, part.lambda_gp, part.decay) == (200, 2, 10, 0)


def test_options_replace_the_settings_of_every_part_and_a_part_runs_alone():
    parser = scripts.PointCommandLine(wgan_gp.__doc__, "wgan_gp", wgan_gp.RECIPES)
    given = [
        "--widths",
        "3",
        "7",
        "--lambda-gp",
        "2.5",
        "--beta-1",
        "0.1",
        "--disc-iter",
        "4",
        "--learning-rate",
        "0.01",
    ]
    parts = parser.parts(parser.parse_args([*given, "--part", "corner"]))
    assert list(parts) == ["corner_Simple_GAN", "corner_WGAN_clip", "corner_WGAN_GP"]
    for part in parts.values():
        assert (part.widths, part.lambda_gp, part.beta_1) == ((3, 7), 2.5, 0.1)
        assert (part.disc_iter, part.learning_rate, part.batch_size) == (4, 0.01, 200)
    with pytest.raises(InputError, match="no part 'square'.*four_clouds, lambda_10"):
        parser.parts(parser.parse_args(["--part", "square"]))


@pytest.mark.parametrize("coordinates", [2, 5])
def test_own_points_are_learned(coordinates, tmp_path):
    points = np.random.default_rng(0).normal(1000, 30, (50, coordinates))
    np.savetxt(tmp_path / "points.csv", points, delimiter=",", header="some, numbers", comments="")
    simple_gan.main([*SMALL, "--points", str(tmp_path / "points.csv"), "--output", str(tmp_path / "out")])
    assert_pictures(tmp_path / "out", "points.png")
    assert Image.open(tmp_path / "out" / "points.gif").n_frames == 3
    measures = assert_record(tmp_path / "out", seed=4)
    assert list(measures) == ["points"] and "quality" not in measures["points"]
    with pytest.raises(InputError, match="cannot be combined"):
        simple_gan.main(["--points", str(tmp_path / "points.csv"), "--part", "circle", "--output", str(tmp_path)])


def test_convolutional_script(tmp_path, some_faces, capsys):
    out = tmp_path / "out"
    small = ["--faces", str(some_faces), "--epochs", "1", "--steps-per-epoch", "1"]
    convolutional_gan.main([*small, "--output", str(out)])
    assert_pictures(out, "faces.png")
    assert_record(out)
    printed = capsys.readouterr().out
    assert "339,493" in printed or "339493" in printed
    assert "388,097" in printed or "388097" in printed


# Task 4's networks, because they are made faster than the wide ones.
SMALL_FACE_RUN = ("--recipe", "convolutional", "--steps", "3", "--disc-iter", "1", "--batch-size", "4", "--seed", "3")


@pytest.fixture(scope="module", autouse=True)
def few_faces_are_measured():
    """Generating faces takes longer than training for a few steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_faces, "FACES_MEASURED", 300)
        patch.setattr(training_faces, "FACES_CALIBRATING", 100)
        yield


@pytest.fixture(scope="module")
def face_run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    faces = np.random.default_rng(0).integers(0, 256, (60, 16, 16)).astype(np.uint8)
    np.save(folder / "faces.npy", faces)
    out = folder / "deep" / "out"
    small = [*SMALL_FACE_RUN, "--faces", str(folder / "faces.npy")]
    with without_graphs():
        status = face_generator.main([*small, "--output", str(out)])
    return status, out


def test_face_generator_leaves_everything_it_should(face_run):
    status, out = face_run
    assert status == 0
    names = {"faces.png", "losses.png", "training.gif", "generator.h5", "discriminator.h5", "record.json"}
    assert {path.name for path in out.iterdir()} == names
    assert_pictures(out, "faces.png", "losses.png")
    assert Image.open(out / "training.gif").n_frames == 4
    measures = assert_record(out, seed=3)
    assert measures["steps_made"] == 3 and measures["frechet_distance"] > 0 and measures["frechet_floor"] > 0
    assert "encoder" not in measures, "60 faces are too few"
    stored = read_weights(out / "generator.h5", convolutional_gan.convolutional_GenDiscr()[0])
    assert stored.provenance["settings"]["steps"] == 3
    assert stored.decoding.mean.shape == (16, 16)


def test_many_faces_are_compared_by_networks_too(monkeypatch):
    monkeypatch.setattr(training_faces, "FEWEST_FOR_NETWORKS", 400)
    faces = load_faces()[:600] / np.float32(255)
    rough = np.random.default_rng(0).uniform(0.2, 0.8, (300, 16, 16)).astype(np.float32)
    measures = training_faces.measure_faces(rough, faces[:400], faces[400:])
    on_features = measures["encoder"]
    assert set(on_features) == {"frechet_distance", "frechet_floor", "metrics", "metrics_floor"}
    # Noise does not look like faces, and every network notices it.
    assert on_features["frechet_distance"] > 5 * on_features["frechet_floor"] > 0
    assert measures["classifier_accuracy"] > 0.75 and 0.3 < measures["classifier_floor"] < 0.7
    assert (measures["generated_faces"], measures["real_faces"], measures["held_out"]["real_faces"]) == (300, 400, 200)
    assert "encoder" not in measures["held_out"], "200 faces are too few"
    np.testing.assert_allclose(
        [measures["held_out"]["frechet_distance"], measures["held_out"]["frechet_floor"]],
        [frechet_distance(rough, faces[400:]), frechet_distance(faces[:400], faces[400:])],
    )


def test_faces_are_kept_back():
    faces = np.arange(50 * 4).reshape(50, 2, 2).astype(np.uint8)
    training, kept_back = training_faces.hold_out(faces, 0.3, seed=4)
    assert (len(training), len(kept_back)) == (35, 15)
    np.testing.assert_array_equal(np.sort(np.concatenate([training, kept_back]), axis=0), faces)
    np.testing.assert_array_equal(kept_back, training_faces.hold_out(faces, 0.3, seed=4)[1])
    assert not np.array_equal(kept_back, training_faces.hold_out(faces, 0.3, seed=5)[1])
    sizes = [len(training_faces.hold_out(faces[:count], share, 0)[1]) for count, share in ((50, 0), (4, 0.9), (8, 0.9))]
    assert sizes == [0, 0, 4], "each part has four faces or more, or there is one part only"


def test_face_generator_repeats_itself(face_run, tmp_path, eagerly):
    _, out = face_run
    small = [*SMALL_FACE_RUN, "--faces", str(out.parents[1] / "faces.npy")]
    face_generator.main([*small, "--output", str(tmp_path)])
    network = convolutional_gan.convolutional_GenDiscr()[0]
    first, second = (read_weights(folder / "generator.h5", network).arrays for folder in (out, tmp_path))
    for a, b in zip(first, second):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_recipes_set_defaults_and_flags_come_first():
    parsed = scripts.FaceCommandLine(face_generator.__doc__).parse_args(["--recipe", "coursework", "--steps", "5"])
    assert (parsed.steps, parsed.batch_size, parsed.learning_rate, parsed.disc_iter) == (5, 200, 0.0001, 2)
    assert (parsed.lambda_gp, parsed.averaging, parsed.decay) == (10, 0, 0)
    assert (parsed.networks, parsed.contrast, parsed.hidden_contrast) == ("convolutional", 1, 1), "Keras's own start"
    fast = scripts.FaceCommandLine(face_generator.__doc__).parse_args([])
    assert {name: getattr(fast, name) for name in RECIPES["fast"]} == RECIPES["fast"]


def test_recipes_are_compared(some_faces, tmp_path, monkeypatch, capsys, eagerly):
    monkeypatch.setattr(compare_recipes, "FACES_MEASURED", 1000)
    table = tmp_path / "table.jsonl"
    small = ["--faces", str(some_faces), "--steps", "4", "--disc-iter", "1", "--batch-size", "4"]
    small += ["--points", "2", "--cnn-seeds", "0"]
    compare_recipes.main(["--recipes", "convolutional", "coursework", "--seeds", "3", *small, "--output", str(table)])
    rows = [json.loads(line) for line in table.read_text().splitlines()]
    assert [(row["recipe"], row["seed"], row["steps"]) for row in rows] == [
        ("convolutional", 3, 4),
        ("coursework", 3, 4),
    ]
    for row in rows:
        assert [point[0] for point in row["curve"]] == [2, 4]
        assert row["curve"][0][1] < row["curve"][1][1] == row["seconds"]
        # The last point of the curve and the final value belong to one network, with different latents.
        np.testing.assert_allclose(row["curve"][1][2], row["frechet_distance"], rtol=0.1)
    assert capsys.readouterr().out.count("frechet_distance") == 1


def test_a_comparison_ends_when_its_time_is_up():
    faces = np.random.default_rng(0).random((50, 4, 4))

    class Run:
        def generate(self, count):
            return faces

    run = Run()
    for limit, stops in ((1e-9, True), (1e9, False)):
        run.stop_training = False
        curve = compare_recipes.Curve(run, faces, steps=1000, points=2, seconds=limit)
        curve.set_model(run)
        curve.on_train_begin()
        curve.on_train_batch_end(9)
        assert run.stop_training is stops and len(curve.rows) == stops
        curve.on_train_batch_end(509)
        assert curve.rows[-1][0] == 510 and curve.rows[-1][2] < 1e-6


def test_ctrl_c_keeps_what_was_learned(some_faces, tmp_path, monkeypatch, capsys, eagerly):
    take = LossCurve.on_train_batch_end

    def interrupt(self, batch, logs=None):
        take(self, batch, logs)
        if batch >= 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(LossCurve, "on_train_batch_end", interrupt)
    small = ["--recipe", "convolutional", "--steps", "13", "--batch-size", "4", "--faces", str(some_faces)]
    assert face_generator.main([*small, "--output", str(tmp_path / "out")]) == 130
    assert (tmp_path / "out" / "generator.h5").is_file()
    assert assert_record(tmp_path / "out")["steps_made"] < 14
    assert str(tmp_path / "out") in capsys.readouterr().out


def test_explorer_draws_everything(tmp_path):
    faces = tmp_path / "faces.npy"
    np.save(faces, load_faces()[:2000])
    pretrained_explorer.main(["--faces", str(faces), "--output", str(tmp_path)])
    names = ("grid", "faces_by_score", "segment", "principal_coordinates", "pca_generator", "chi_squared")
    assert_pictures(tmp_path, *(f"{name}.png" for name in names))
    measures = assert_record(tmp_path)
    # A sum of 49 squares of standard coordinates has the mean 49; independent normal ones have the variance 98.
    np.testing.assert_allclose(measures["sums"]["real faces"]["mean"], 49, rtol=0.01)
    np.testing.assert_allclose(measures["sums"]["real, each coordinate shuffled"]["mean"], 49, rtol=0.01)
    assert (
        measures["sums"]["real faces"]["variance"] > 2 * measures["sums"]["real, each coordinate shuffled"]["variance"]
    )


def test_explorer_takes_other_weights_and_draws_only_what_is_asked_for(face_run, tmp_path):
    _, trained = face_run
    weights = ["--generator", str(trained / "generator.h5"), "--discriminator", str(trained / "discriminator.h5")]
    pretrained_explorer.main([*weights, "--grid", "--segment", "--output", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {"grid.png", "segment.png", "record.json"}


@pytest.mark.parametrize("networks", ["wide", "convolutional"])
def test_explorer_finds_the_networks_that_weights_belong_to(networks, some_faces, tmp_path):
    few, scaling = ["--faces", str(some_faces)], FaceScaling.fit(load_faces(some_faces, fewest=20))
    pair = face_builder(networks, convolutional_gan.convolutional_GenDiscr)(seed=0)
    for network in pair:
        write_weights(tmp_path / f"{network.name}.h5", network, scaling, {})
    weights = ["--generator", str(tmp_path / "generator.h5"), "--discriminator", str(tmp_path / "discriminator.h5")]
    out = tmp_path / "pictures"
    other = {"wide": "convolutional", "convolutional": "wide"}[networks]
    with pytest.raises(InputError, match="belongs to another network"):
        pretrained_explorer.main([*few, *weights, "--networks", other, "--output", str(out)])
    assert not out.exists()
    pretrained_explorer.main([*few, *weights, "--scores", "--output", str(out)])
    assert_pictures(out, "faces_by_score.png")


def assert_refused(done, *words):
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, f"one sentence, not: {done.stderr}"
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--batch-size", "0"], "--batch-size"),
        (["--steps", "many"], "--steps"),
        (["--learning-rate", "-1"], "--learning-rate"),
        (["--averaging", "1"], "--averaging"),
        (["--contrast", "0"], "--contrast"),
        (["--hidden-contrast", "-1"], "--hidden-contrast"),
        (["--decay", "1"], "--decay"),
        (["--networks", "narrow"], "--networks"),
        (["--seed", "-3"], "--seed"),
        (["--faces", "nowhere.npy"], "nowhere.npy"),
        (["--colour"], "--colour"),
        (["--output", "file.txt/out"], "file.txt/out"),
        (["--output", "file.txt"], "file.txt"),
    ],
)
def test_a_mistake_is_answered_in_one_sentence_and_leaves_nothing(arguments, word, run, tmp_path):
    (tmp_path / "file.txt").write_text("in the way")
    assert_refused(run("face_generator", *arguments), word)
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def test_a_process_ends_with_that_sentence_too(tmp_path):
    assert_refused(run_in_a_process("face_generator", "--faces", "nowhere.npy", cwd=tmp_path), "nowhere.npy")
    assert list(tmp_path.iterdir()) == []


def assert_refused_after_starting(done, words):
    """TensorFlow may have written its notes before, and the script may have printed a summary."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert words in done.stderr.splitlines()[-1], done.stderr


def test_a_mistake_that_shows_after_the_start_is_one_sentence_too(tmp_path):
    done = run_in_a_process("convolutional_gan", "--batch-size", 10**13, cwd=tmp_path)
    assert_refused_after_starting(
        done, "convolutional_gan.py: A training step with batch_size 10,000,000,000,000 needs"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", [simple_gan, wgan_clip, wgan_gp, convolutional_gan, face_generator])
def test_a_batch_beyond_all_memory_is_refused(script, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(InputError, match="A training step with batch_size 10,000,000,000,000 needs"):
        script.main(["--batch-size", str(10**13), "--output", str(out)])
    assert not out.exists()


def test_endless_training_is_refused(tmp_path, capsys):
    out = tmp_path / "out"
    with pytest.raises(InputError, match="losses of 1,000,000,000,000,000 epochs"):
        simple_gan.main(["--epochs", str(10**15), "--output", str(out)])
    with pytest.raises(SystemExit):
        face_generator.main(["--disc-iter", str(10**9), "--output", str(out)])
    assert "1000000000 is too large; choose at most 100" in capsys.readouterr().err and not out.exists()


@pytest.mark.parametrize("script", [convolutional_gan, face_generator, pretrained_explorer])
def test_faces_that_a_file_only_claims_to_hold_are_refused(script, tmp_path):
    claim = {"descr": "|u1", "fortran_order": False, "shape": (10**12, 16, 16)}
    with (tmp_path / "lie.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, claim)
        file.write(bytes(1000))
    sentence = "lie.npy cannot be read as a NumPy file of faces .its header promises 256.0 TB"
    with pytest.raises(InputError, match=sentence):
        script.main(["--faces", str(tmp_path / "lie.npy"), "--output", str(tmp_path / "out")])
    assert [path.name for path in tmp_path.iterdir()] == ["lie.npy"]


def test_faces_of_another_size_are_answered_with_the_command_that_makes_them(run, tmp_path):
    np.save(tmp_path / "large.npy", np.random.default_rng(0).integers(0, 256, (9, 28, 28)).astype(np.uint8))
    done = run("face_generator", "--faces", "large.npy")
    assert_refused(done, "(9, 28, 28)", "python -m gankit.faces import --faces large.npy --output faces.npz")


def test_explorer_refuses_wrong_weights(tmp_path):
    (tmp_path / "bad.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 50)
    for option, name in (("--generator", "bad.h5"), ("--discriminator", "none.h5")):
        with pytest.raises(InputError, match=name):
            pretrained_explorer.main([option, str(tmp_path / name), "--output", str(tmp_path / "out")])
    assert [path.name for path in tmp_path.iterdir()] == ["bad.h5"]


@pytest.mark.parametrize(
    "script", [simple_gan, wgan_clip, wgan_gp, convolutional_gan, face_generator, pretrained_explorer]
)
def test_help_names_every_option_with_its_default(script, capsys):
    with pytest.raises(SystemExit) as leaving:
        script.main(["--help"])
    assert leaving.value.code == 0
    printed = capsys.readouterr().out
    assert "--seed" in printed and "--output" in printed and "default: 0" in printed


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_and_mistakes_are_answered_without_tensorflow(script, tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise RuntimeError('imported too early')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, str(ROOT / f"{script}.py")]
    helped = subprocess.run([*command, "--help"], capture_output=True, text=True, env=environment, timeout=60)
    assert helped.returncode == 0 and "--seed" in helped.stdout
    refused = subprocess.run([*command, "--seed", "-1"], capture_output=True, text=True, env=environment, timeout=60)
    assert_refused(refused, "--seed")


@pytest.mark.parametrize(("cores", "chosen"), [(2, (1, 2)), (16, (4, 16))])
def test_cores_work_side_by_side_unless_someone_chose(cores, chosen, monkeypatch):
    set_to = {}
    threading = SimpleNamespace(
        get_intra_op_parallelism_threads=lambda: set_to.get("intra", 0),
        set_intra_op_parallelism_threads=lambda number: set_to.update(intra=number),
        set_inter_op_parallelism_threads=lambda number: set_to.update(inter=number),
    )
    monkeypatch.setattr(threads.tf.config, "threading", threading)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    threads.use_cores_side_by_side()
    assert set_to == {}, "the test suite's setting was changed"
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS")
    threads.use_cores_side_by_side()
    assert (set_to["intra"], set_to["inter"]) == chosen
    set_to["intra"] = 7
    threads.use_cores_side_by_side()
    assert set_to["intra"] == 7


def test_an_output_folder_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "a" / "b"
    with pytest.raises(RuntimeError), scripts.OutputFolder(target) as output:
        output.file("half.txt").write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with scripts.OutputFolder(target) as output:
        output.file("whole.txt").write_text("whole")
        assert not (target / "whole.txt").exists()
    (target / "kept.txt").write_text("kept")
    with scripts.OutputFolder(target) as output:
        output.file("whole.txt").write_text("again")
    assert {path.name: path.read_text() for path in target.iterdir()} == {"whole.txt": "again", "kept.txt": "kept"}
    assert [path.name for path in target.parent.iterdir()] == ["b"]


def test_an_animation_shows_its_steps_and_colours(tmp_path):
    gray = [np.full((20, 30), value) for value in (0.0, 1.0)]
    coloured = [np.full((20, 30, 3), colour, np.uint8) for colour in ((200, 30, 30), (30, 30, 200))]
    with scripts.OutputFolder(tmp_path) as output:
        output.save_animation(gray, "gray.gif", [0, 12345], enlarged=3)
        output.save_animation(coloured, "coloured.gif")
    film = Image.open(tmp_path / "gray.gif")
    assert (film.n_frames, film.size) == (2, (90, 76))
    film.seek(1)
    frame = np.asarray(film.convert("L"))
    assert frame[16:].min() == 255 and frame[:16].min() < 60, "the picture is white, and black text stands above it"
    film = Image.open(tmp_path / "coloured.gif")
    assert film.size == (30, 20)
    for number, colour in enumerate(((200, 30, 30), (30, 30, 200))):
        film.seek(number)
        assert np.abs(np.asarray(film.convert("RGB")).astype(int) - colour).max() < 12
