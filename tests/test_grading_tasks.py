"""The grader on tasks 4 to 6, and its reports."""

import contextlib
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from grading_support import grade
from submissions.corpus import ROOT, patched, sentences, taken
from submissions.right import builder as right_builder
from submissions.right import stored

from gankit.grading import reports
from gankit.grading.__main__ import main
from gankit.grading.grade import Grader
from gankit.grading.runner import Workers


@pytest.mark.exhaustive
def test_a_class_without_replace_weights_is_told_so(workers):
    (task,) = grade(workers, {"4-wgan_gp.py": stored.with_method(None)}, [6])
    assert task.lost_ideas == ["no_method"]


def test_the_reference_gets_all_points_for_tasks_4_to_6(workers):
    files = {path.name: path.read_bytes() for path in ROOT.glob("*.py")}
    for task in grade(workers, files, [4, 5, 6]):
        assert task.points == task.most and not task.hints, (sentences(task), task.hints)


@pytest.fixture(scope="module")
def report(workers):
    name, new = "tf.reduce_mean((fake_scores + 1.0) ** 2)", "tf.reduce_mean(fake_scores**2)"
    files = patched("simple_gan.py", [(name, new)])
    return Grader(workers, tasks=[1, 2]).grade(taken(files))


def test_a_report_in_every_form(report):
    most = report.most
    assert 0 < report.points < report.tasks[0].most < most
    sentence = report.tasks[0].findings["discriminator_loss"].sentence
    for text in (reports.text(report), reports.markdown(report)):
        assert f"{report.points:g} of {most:g}" in text and "target for fakes" in text
    header, row = reports.table([report]).splitlines()
    assert len(header.split(",")) == len(row.split(",")) and row.startswith(f"somebody,{report.points:g},")
    suite = ElementTree.fromstring(reports.junit([report])).find("testsuite")
    assert int(suite.get("failures")) == 1 and len(suite.findall("testcase")) == int(suite.get("tests"))
    assert suite.find("testcase/failure").get("message") == sentence


def test_gradescope_s_form(report):
    found = reports.gradescope(report, hidden={"2", "1.fit"})
    assert found["score"] == report.points and found["stdout_visibility"] == "hidden"
    assert sum(test["max_score"] for test in found["tests"]) == report.most
    assert sum(test["score"] for test in found["tests"]) == pytest.approx(report.points)
    hidden = {test["number"].split(".")[0] for test in found["tests"] if test["visibility"] == "hidden"}
    assert hidden == {"1", "2"} and {test["status"] for test in found["tests"]} == {"passed", "failed"}
    json.dumps(found)


def test_classroom_s_form(report):
    import base64

    found = json.loads(base64.b64decode(reports.classroom(report)))
    assert found["version"] == 1 and found["status"] == "fail" and found["max_score"] == report.most
    assert sum(test["score"] for test in found["tests"]) == pytest.approx(report.points)


def test_the_command_line_writes_reads_back_and_resumes(tmp_path, capsys, workers, monkeypatch):
    # Another warmed process would take four seconds to start.
    monkeypatch.setattr("gankit.grading.__main__.Workers", lambda fork: contextlib.nullcontext(workers))
    for name in ("ann", "bob"):
        (tmp_path / "class" / name).mkdir(parents=True)
    (tmp_path / "class" / "ann" / "3-generate_faces.py").write_text("convolutional_GenDiscr = None\n")
    arguments = [str(tmp_path / "class"), "--tasks", "4", "--output", str(tmp_path / "out")]
    main(arguments)
    first = capsys.readouterr().out
    assert "ann: 0 of 15" in first and "2/2" in first
    assert {path.name for path in (tmp_path / "out" / "ann").iterdir()} == {
        "feedback.html",
        "feedback.md",
        "results.json",
        "classroom.txt",
        "report.json",
    }
    stamp = (tmp_path / "out" / "ann" / "report.json").stat().st_mtime_ns
    main(arguments)
    assert "ann: 0 of 15" in capsys.readouterr().out
    assert (tmp_path / "out" / "ann" / "report.json").stat().st_mtime_ns == stamp
    assert len((tmp_path / "out" / "grades.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "word"), [(["nowhere"], "nowhere"), ([".", "--tasks", "9"], "--tasks"), ([], "required")]
)
def test_a_wrong_command_line_is_answered_in_one_sentence(arguments, word):
    done = subprocess.run(
        [sys.executable, "-m", "gankit.grading", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2 and word in done.stderr and len(done.stderr.splitlines()) == 1


def test_pytest_grades_with_submission(tmp_path):
    (tmp_path / "convolutional_gan.py").write_bytes((ROOT / "convolutional_gan.py").read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests", "--submission", str(tmp_path), "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "8 passed" in done.stdout and "15 of 100 points" in done.stdout


def test_without_fork_the_same_points_come_out():
    files = {"3-generate_faces.py": right_builder.SEQUENTIAL.encode()}
    with Workers(fork=False) as cold:
        (task,) = grade(cold, files, [4])
        assert task.points == task.most, sentences(task)
        assert any("fork" in note for note in cold.not_enforced())
