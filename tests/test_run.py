"""Killed runs: they lose only the last moments, and end with the same result, bit for bit."""

import json
import os
import signal
import subprocess
import sys
import threading
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

import simple_gan
from gankit.datasets.point_clouds import four_clouds
from gankit.files import PARTIAL, whole_file
from gankit.networks import fully_connected_GenDiscr
from gankit.training import Run
from gankit.training.checkpoints import read_checkpoint, write_checkpoint

ROOT = Path(__file__).resolve().parents[1]

# One process serves all trainings, because starting TensorFlow for each kill would take four seconds. A
# forked child trains each request. No TensorFlow operation has run before the fork.
SERVER = """
import json, os, sys
import tensorflow as tf
import numpy as np
from argparse import Namespace
from pathlib import Path
from gankit.datasets.point_clouds import four_clouds
from gankit.networks import fully_connected_GenDiscr
from gankit.training import Run
from gankit.training.callbacks import AveragedWeights, FallingRates, Snapshots
from simple_gan import Simple_GAN

def train(folder, resume):
    points = four_clouds(60, seed=0)
    gan = Simple_GAN(*fully_connected_GenDiscr([2, 8, 5], points, seed=0), points, batch_size=8, disc_iter=1, seed=0)
    average = AveragedWeights(gan.generator, 0.9)
    callbacks = [
        average,
        FallingRates(gan.distinct_optimizers, 200, 0.5),
        Snapshots(lambda: average.averaged.get_weights()[0], 50),
    ]
    options = Namespace(seed=0, resume=resume, checkpoint_every=0)
    losses = Run(Path(folder) / "checkpoints", options).fit(gan, 10, 20, callbacks=callbacks, steps_per_call=4)
    averaged, frames = average.averaged.get_weights()[0], np.array(callbacks[2].frames)
    arrays = {**gan.state_arrays(), "frames": frames, "averaged": averaged}
    arrays.update({f"loss/{name}": np.array(values) for name, values in losses.items()})
    np.savez(Path(folder) / "result.npz", **arrays)

for line in sys.stdin:
    request = json.loads(line)
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        try:
            train(request["folder"], request["resume"])
        finally:
            os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


@pytest.fixture(scope="module")
def train():
    """``train(folder, resume, kill_when)``: train in a process; True if it was killed when ``kill_when()`` held."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def request(folder, resume, kill_when=None):
        server.stdin.write(json.dumps({"folder": str(folder), "resume": resume}) + "\n")
        server.stdin.flush()
        child = int(server.stdout.readline())
        ended = threading.Event()
        killed = []

        def watch():
            # A thread that never waits would take half of the time of the training that it watches.
            while not ended.wait(0.0005):
                if kill_when():
                    killed.append(True)
                    os.kill(child, signal.SIGKILL)
                    return

        watcher = threading.Thread(target=watch if kill_when else lambda: None)
        watcher.start()
        assert server.stdout.readline() == "ended\n"
        ended.set()
        watcher.join()
        return bool(killed)

    yield request
    server.stdin.close()
    server.wait()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the training processes are forked")
def test_eight_kills_change_nothing(train, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for folder in (whole, parts):
        folder.mkdir()
    train(whole, resume=False)
    random = np.random.default_rng(0)
    checkpoints = parts / "checkpoints"
    partial, complete = checkpoints / f"{PARTIAL}model.npz", checkpoints / "model.npz"
    in_writing = kills = 0
    for number in range(8):
        # Kill after a random number of checkpoints, every other time while a checkpoint is partly written.
        count, seen = int(random.integers(1, 5)), set()
        while_writing = number % 2 == 1

        def now(count=count, seen=seen, while_writing=while_writing):
            if complete.exists():
                try:
                    seen.add(complete.stat().st_mtime_ns)
                except OSError:
                    return False
            return len(seen) > count and (not while_writing or partial.exists())

        kills += train(parts, resume=True, kill_when=now)
        in_writing += partial.exists()
        # The checkpoint is always complete.
        about, _ = read_checkpoint(complete)
        assert 0 < about["steps"] <= 200
    train(parts, resume=True)
    assert kills >= 6 and in_writing >= 1, (kills, in_writing)
    expected, found = np.load(whole / "result.npz"), np.load(parts / "result.npz")
    assert set(expected.files) == set(found.files)
    for name in expected.files:
        np.testing.assert_array_equal(expected[name], found[name], err_msg=name)


def test_a_file_is_whole_or_the_old_one(tmp_path):
    path = tmp_path / "file.txt"
    with whole_file(path) as partial:
        partial.write_text("first")
        assert not path.exists()
    with pytest.raises(RuntimeError), whole_file(path) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert path.read_text() == "first" and [each.name for each in tmp_path.iterdir()] == ["file.txt"]
    # The partial file of a killed process is overwritten.
    (tmp_path / f"{PARTIAL}file.txt").write_text("left behind, and longer than what follows")
    with whole_file(path) as partial:
        partial.write_text("second")
    assert path.read_text() == "second" and [each.name for each in tmp_path.iterdir()] == ["file.txt"]


def test_a_checkpoint_holds_what_was_put_into_it(tmp_path):
    arrays = {"a/b": np.arange(6.0).reshape(2, 3), "c": np.array(3, np.int64), "none": np.zeros((0, 2))}
    write_checkpoint(tmp_path / "deep" / "model.npz", {"steps": 3, "settings": {}}, arrays)
    about, found = read_checkpoint(tmp_path / "deep" / "model.npz")
    assert about == {"steps": 3, "settings": {}} and found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    points = four_clouds(30)
    gan = simple_gan.Simple_GAN(*fully_connected_GenDiscr([2, 4, 5], points, seed=0), points, batch_size=5, seed=0)
    Run().fit(gan, 2, 3)
    assert list(tmp_path.iterdir()) == []


def small(folder, *more):
    return ["--epochs", "2", "--steps-per-epoch", "2", "--batch-size", "20", "--output", str(folder), *more]


def test_a_script_goes_on_where_it_was_stopped_and_draws_the_same_pictures(tmp_path, monkeypatch, capsys, eagerly):
    # Two frames in each animation, as drawing one takes longer than a step.
    monkeypatch.setattr("gankit.training.points.FRAMES", 1)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    simple_gan.main(small(whole))
    fit, trained = Run.fit, []

    def stop_in_the_second(self, model, *arguments, **options):
        trained.append(options["name"])
        if options["name"] == "four_clouds":
            raise KeyboardInterrupt
        return fit(self, model, *arguments, **options)

    monkeypatch.setattr(Run, "fit", stop_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        simple_gan.main(small(parts))
    assert trained == ["circle", "four_clouds"]
    left = [path.relative_to(parts).as_posix() for path in parts.rglob("*") if path.is_file()]
    assert left == ["unfinished/checkpoints/circle.npz"]
    monkeypatch.setattr(Run, "fit", fit)
    assert "--resume goes on with it" in capsys.readouterr().out
    simple_gan.main(small(parts, "--resume"))
    assert "Simple_GAN on circle" not in capsys.readouterr().out, "the circle was already trained"
    names = {path.name for path in whole.iterdir()}
    assert (
        names
        == {path.name for path in parts.iterdir()}
        == {
            *(f"{part}.{suffix}" for part in ("circle", "four_clouds") for suffix in ("png", "gif")),
            "record.json",
        }
    )
    for name in names - {"record.json"}:
        assert (whole / name).read_bytes() == (parts / name).read_bytes(), name
    records = [json.loads((folder / "record.json").read_text()) for folder in (whole, parts)]
    for record in records:
        for measures in record["measures"].values():
            assert measures.pop("training_seconds") > 0
    assert records[0]["measures"] == records[1]["measures"] and records[0]["settings"] == records[1]["settings"]


def test_what_a_killed_run_left_is_announced_and_replaced(tmp_path, capsys):
    folder = tmp_path / "checkpoints"
    write_checkpoint(folder / "model.npz", {"steps": 1}, {})
    Run(folder, Namespace(resume=False))
    assert "--resume would have continued it" in capsys.readouterr().out
    assert [path.name for path in folder.iterdir()] == ["model.npz"], "it stays until a new one replaces it"
    points = four_clouds(30)
    gan = simple_gan.Simple_GAN(*fully_connected_GenDiscr([2, 4, 5], points, seed=0), points, batch_size=5, seed=0)
    Run(folder, Namespace(resume=False)).fit(gan, 1, 2, name="clouds")
    assert [path.name for path in folder.iterdir()] == ["clouds.npz"]
    Run(tmp_path / "empty", Namespace(resume=True))
    assert "no unfinished run to resume" in capsys.readouterr().out
