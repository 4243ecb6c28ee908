"""The student's version: it contains no solution, reports clearly what is missing, and survives a round trip."""

import subprocess
import sys

import pytest
from submissions.corpus import ROOT, sentences

from gankit.errors import InputError
from gankit.grading.grade import Grader
from gankit.grading.starter import BEGIN, END, TASKS, find_regions, restore, strip, write_starter
from gankit.grading.submission import read_submission


@pytest.fixture(scope="module")
def starter(tmp_path_factory):
    folder = tmp_path_factory.mktemp("starter") / "kit"
    write_starter(folder)
    return folder


def solutions():
    for task in TASKS:
        source = (ROOT / f"{task}.py").read_text(encoding="utf-8")
        lines = source.splitlines()
        for region in find_regions(source, task):
            yield from (line.strip() for line in lines[region.first + 1 : region.behind - 1])


def test_no_line_of_a_solution_is_left(starter):
    telling = {
        line for line in solutions() if "reduce_mean" in line or "tape" in line or "Conv2D" in line or "predict" in line
    }
    assert len(telling) > 10
    for path in starter.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert BEGIN not in text and END not in text
        if path.parent == starter:
            left = telling & {line.strip() for line in text.splitlines()}
            assert not left, (path.name, left)
    assert not (starter / "gankit" / "grading").exists()
    assert (starter / "data" / "faces.npz").is_file() and (starter / "README.md").is_file()


@pytest.mark.parametrize("task", TASKS)
def test_solutions_put_back_give_the_reference(task, starter):
    source = (ROOT / f"{task}.py").read_bytes().decode("utf-8")
    stripped = (starter / f"{task}.py").read_text(encoding="utf-8")
    assert stripped != source and "is not written yet" in stripped
    compile(stripped, task, "exec")
    assert restore(stripped, source, task) == source


def test_the_starter_scores_nothing_and_every_item_is_not_started(starter, workers):
    report = Grader(workers).grade(read_submission(starter))
    assert report.points == 0
    for task in report.tasks:
        for finding in task.findings.values():
            assert finding.verdict == "not checked" and finding.sentence.startswith("Not started"), sentences(task)


@pytest.mark.exhaustive
def test_the_visible_tests_fail_kindly_and_pass_on_the_reference(starter):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "tests",
            "-q",
            "-p",
            "no:cacheprovider",
            "-k",
            "not records and not face_generator",
        ],
        cwd=starter,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 1 and "5 failed" in done.stdout and "Still to do: train_step" in done.stdout
    assert "Traceback" not in done.stdout
    for task in TASKS:
        (starter / f"{task}.py").write_bytes((ROOT / f"{task}.py").read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests", "-q", "-p", "no:cacheprovider", "-k", "not face_generator"],
        cwd=starter,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout


def test_markers_in_strings_do_not_count_and_wrong_ones_are_refused():
    assert find_regions(f'x = """\n{BEGIN}\n"""\n', "x.py") == []
    body = f"def f():\n    {BEGIN}\n    return 1\n    {END}\n"
    assert (
        strip(body, "x.py") == 'def f():\n    # YOUR CODE HERE\n    raise NotImplementedError("f is not written yet")\n'
    )
    for wrong in (f"{BEGIN}\n{BEGIN}\n{END}\n", f"{END}\n", f"{BEGIN}\nx = 1\n"):
        with pytest.raises(InputError, match="x.py, line"):
            find_regions(wrong, "x.py")


def test_a_folder_with_something_in_it_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="empty"):
        write_starter(tmp_path)
