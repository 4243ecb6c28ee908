"""Hostile submissions get no extra points, do not affect other submissions, and end."""

import os
import time

import numpy as np
import pytest
from grading_support import grade, sampled
from submissions.corpus import ROOT, hostile, patched

from gankit.grading.runner import Limits
from gankit.grading.submission import read_submission
from gankit.grading.worker import frames

LIMITS = Limits(cpu_seconds=4, wall_seconds=10)


@pytest.mark.parametrize("case", sampled(hostile("", ""), 18))
def test_an_attack_gains_nothing_and_harms_nobody(case, workers, tmp_path):
    witness = tmp_path / "witness.txt"
    (case,) = (aimed for aimed in hostile(ROOT, witness) if aimed.name == case.name)
    files = {**case.files, **patched("wgan_clip.py", [])}
    attacker, other = grade(workers, files, [1, 2], scenes=case.scenes, limits=LIMITS)
    assert not case.complaint(attacker)
    assert not other.lost_ideas and other.findings["clipping"].verdict == "pass"
    assert not witness.exists() and not (ROOT / "tests" / "witness.txt").exists()


def test_files_that_are_no_text_files_are_left_out(tmp_path):
    folder = tmp_path / "submission"
    folder.mkdir()
    (tmp_path / "secret.py").write_text("secret")
    (folder / "simple_gan.py").symlink_to(tmp_path / "secret.py")
    (folder / "wgan_clip.py").write_bytes(b"\x7fELF\0\0")
    (folder / "wgan_gp.py").write_bytes(b"#" * 2_000_000)
    (folder / "loop").symlink_to(folder)
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "convolutional_gan.py")
    (folder / "face_generator.py").write_text("x = 1\n")
    found = read_submission(folder)
    assert set(found.files) == {"face_generator.py"} and found.tasks == {5: "face_generator.py"}
    assert len(found.notes) >= 3


def test_frames_carry_trees_of_arrays():
    tree = {"a": [np.arange(6, dtype=np.float32).reshape(2, 3), None, True], "b": {"c": np.float64(0.5)}}
    data = frames.pack(tree)
    position = 0

    def receive(count):
        nonlocal position
        position += count
        return data[position - count : position]

    found = frames.read(receive)
    np.testing.assert_array_equal(found["a"][0], tree["a"][0])
    assert found["a"][1:] == [None, True] and found["b"] == {"c": 0.5} and position == len(data)


@pytest.mark.parametrize(
    "header",
    [
        '{"tree": {"$array": 7}, "arrays": []}',
        '{"tree": 1, "arrays": [["object", [1]]]}',
        '{"tree": 1, "arrays": [["float64", [99999999]]]}',
        '{"tree": 1, "arrays": [["float64", [-1]]]}',
        '{"tree": 1}',
        "[" * 100_000,
    ],
)
def test_bytes_that_are_no_frame_are_refused(header):
    data = b"GKF1" + len(header).to_bytes(4, "big") + header.encode() + bytes(100)
    parts = iter((data[:8], data[8 : 8 + len(header)]))
    with pytest.raises(frames.FrameError):
        frames.read(lambda count: next(parts, bytes(count)))


def test_the_template_that_was_killed_is_replaced(workers):
    workers.start()
    workers._template._process.kill()
    for _ in range(100):
        if not workers._template.alive():
            break
        time.sleep(0.05)
    (task,) = grade(workers, patched("simple_gan.py", []), [1], scenes={"points", "pictures"})
    assert task.findings["discriminator_loss"].verdict == "pass"
