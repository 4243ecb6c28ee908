"""The student's version: it contains no solution, reports clearly what is missing, and survives a round trip."""

import re
import subprocess
import sys

import pytest
from grading_support import grade
from submissions.corpus import ROOT, patched, sentences

from gankit.errors import InputError
from gankit.grading.grade import Grader
from gankit.grading.judge.tasks import TASKS as JUDGED
from gankit.grading.starter import BEGIN, END, TASKS, TO_WRITE, assignment, find_regions, strip, write_starter
from gankit.grading.submission import TASK_FILES, read_submission


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


def restore(starter, source, name):
    """Put the solutions of ``source`` back into its student's version."""
    full = source.splitlines(keepends=True)
    solutions = ["".join(full[region.first : region.behind]) for region in find_regions(source, name)]
    pieces, rest = [], starter.splitlines(keepends=True)
    while rest:
        line = rest.pop(0)
        if line.strip() == TO_WRITE and solutions:
            pieces.append(solutions.pop(0))
            rest.pop(0)
        else:
            pieces.append(line)
    return "".join(pieces)


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
    assert (starter / "data" / "faces.npz").is_file() and not (starter / "README.md").exists()


def test_the_assignment_states_tasks_points_and_calls(starter):
    text = (starter / "ASSIGNMENT.md").read_text(encoding="utf-8")
    assert "{" not in text
    for task in JUDGED:
        assert f"| {task.number} | `{TASK_FILES[task.number][0]}` |" in text
    assert "| **100** |" in text and "| 2.5 | `discriminator(" in text and "other 2 points" in text
    # Every call and file of task 6's solution is named.
    solution = (ROOT / "pretrained_explorer.py").read_text(encoding="utf-8")
    for region in find_regions(solution, "pretrained_explorer.py"):
        lines = "\n".join(solution.splitlines()[region.first : region.behind])
        for call in re.findall(r"(?:plots|gan\.decoding)\.\w+|PrincipalComponents\.\w+|\w+\.png", lines):
            assert call in text, call
    assert "**112** |" in assignment({"4.names": 13})


def test_the_kit_has_no_dead_links_and_can_be_installed(starter):
    for path in starter.rglob("*.md"):
        for link in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
            assert link.startswith("http") or (path.parent / link).exists(), (path.name, link)
    named = re.search(r'readme = "(.*)"', (starter / "pyproject.toml").read_text(encoding="utf-8")).group(1)
    assert (starter / named).is_file()


def test_the_layers_of_task_4_stand_in_the_starter_and_are_the_solution_s(starter):
    text = (starter / "convolutional_gan.py").read_text(encoding="utf-8")
    counts = [
        int(n.replace(",", "")) for n in re.findall(r"\b\d[\d,]*\b", " ".join(re.findall(r"\|([^|]*)\|$", text, re.M)))
    ]
    assert sum(counts) == 339_493 + 388_097


def test_four_unanswered_questions_earn_little(workers):
    source = (ROOT / "pretrained_explorer.py").read_text(encoding="utf-8")
    lines = source.splitlines(keepends=True)
    for region in reversed(find_regions(source, "pretrained_explorer.py")):
        lines[region.first : region.behind] = [f"{region.indent}pass\n"]
    files = {**patched("wgan_gp.py", []), **patched("simple_gan.py", []), **patched("convolutional_gan.py", [])}
    (task,) = grade(workers, {**files, "pretrained_explorer.py": "".join(lines).encode()}, [6])
    assert task.points <= 2 and task.lost_ideas == ["no_pictures"], sentences(task)


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
