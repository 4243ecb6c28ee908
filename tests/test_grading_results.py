"""Results that last, reports, pages and copies; no submission is run here, its verdicts are made up."""

import csv
import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from gankit.errors import InputError
from gankit.grading import __main__ as command
from gankit.grading import page, reports
from gankit.grading.answers import checked_error, plain
from gankit.grading.copies import program_name, same_programs
from gankit.grading.grade import Grader, Report, TaskRun
from gankit.grading.judge.tasks import TASKS
from gankit.grading.judge.verdicts import Finding, TaskResult
from gankit.grading.points import all_checks, default_points, read_points, with_points
from gankit.grading.results import Results, from_json, to_json


class NoWorkers:
    """Stands in for the processes that run submissions."""

    def __init__(self, **_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def not_enforced(self):
        return ["guarded by Python alone"]


@pytest.fixture
def graded(monkeypatch):
    """Make verdicts up: `fail=KEY` in a file fails that check. The list that is returned tells what was graded."""
    log = []
    genuine = Grader._grade_task

    def grade_task(self, task, submission, seed):
        file = submission.tasks.get(task.number)
        if file is None:
            return genuine(self, task, submission, seed)
        log.append((submission.name, task.number))
        text = submission.files[file].decode()
        result = TaskResult(task.number, task.title, file, task.checks_of(file))
        if "stop" in text:
            raise KeyboardInterrupt
        for key in re.findall(r"fail=(\w+)", text):
            result.findings[key] = Finding("fail", 0.0, f"The {key} is <wrong> here.", f"{key}_idea")
        if "unstarted" not in text:
            for check in result.checks:
                result.findings.setdefault(check.key, Finding("pass", 1.0))
        result.finish("Not started.")
        return result, TaskRun(seed, 1.5, self.stack)

    monkeypatch.setattr(Grader, "_grade_task", grade_task)
    monkeypatch.setattr(command, "Workers", NoWorkers)
    return log


@pytest.fixture
def class_folder(tmp_path):
    for name, files in {
        "ann": {"simple_gan.py": "# fail=fit\n", "wgan_clip.py": "x = 1\n"},
        "bob": {"simple_gan.py": "y = 'fail=fit fail=rhythm'\n", "wgan_clip.py": "z = 1  # the same\n"},
        "cid": {},
    }.items():
        (tmp_path / "class" / name).mkdir(parents=True)
        for file, text in files.items():
            (tmp_path / "class" / name / file).write_text(text)
    return tmp_path / "class"


def rows(folder):
    with (folder / "grades.csv").open(newline="") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


def run(folder, *options):
    command.main([str(folder), "--output", str(folder.parent / "graded"), *options])
    return folder.parent / "graded"


def test_results_are_merged_by_task(graded, class_folder):
    out = run(class_folder)
    before = rows(out)
    assert before["ann"]["points"] == "42" and before["ann"]["most"] == "100"
    run(class_folder, "--tasks", "2", "--regrade")
    assert graded.count(("ann", 2)) == 2 and graded.count(("ann", 1)) == 1
    assert rows(out) == before
    (class_folder / "ann" / "simple_gan.py").write_text("x = 1\n")
    run(class_folder, "--tasks", "2")
    assert rows(out)["ann"]["points"] == "42"
    assert "Task 1, 3, 4, 5, 6: graded earlier, with other files" in (out / "ann" / "feedback.md").read_text()
    run(class_folder)
    assert rows(out)["ann"]["points"] == "43"
    assert "graded earlier" not in (out / "ann" / "feedback.md").read_text()


def test_one_student_graded_again_leaves_the_others(graded, class_folder):
    out = run(class_folder)
    (class_folder / "ann" / "simple_gan.py").write_text("x = 1\n")
    command.main([str(class_folder / "ann"), "--output", str(out)])
    assert list(rows(out)) == ["ann", "bob", "cid"] and rows(out)["ann"]["points"] == "43"
    assert "bob" in (out / "index.html").read_text() and "bob" in (out / "junit.xml").read_text()


def test_a_part_is_no_whole(graded, class_folder):
    out = run(class_folder, "--tasks", "2")
    assert rows(out)["ann"]["most"] == "23"
    assert "Not graded: task 1, 3, 4, 5, 6." in (out / "ann" / "feedback.md").read_text()


def test_a_second_run_says_unchanged(graded, class_folder, capsys):
    out = run(class_folder)
    assert "3 graded in" in capsys.readouterr().out
    files = {path: path.stat().st_mtime_ns for path in out.glob("*/*")}
    count = len(graded)
    run(class_folder)
    said = capsys.readouterr().out
    assert said.count("(unchanged)") == 3 and "0 graded, 3 unchanged" in said and len(graded) == count
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/*")} == files
    (class_folder / "bob" / "simple_gan.py").write_text("x = 1\n")
    run(class_folder)
    assert "1 graded, 2 unchanged" in capsys.readouterr().out
    run(class_folder, "--regrade")
    assert "3 graded in" in capsys.readouterr().out


def test_old_results_stay_until_new_ones_are_complete(graded, class_folder):
    out = run(class_folder)
    before = rows(out)
    (class_folder / "bob" / "simple_gan.py").write_text("stop = 1\n")
    with pytest.raises(KeyboardInterrupt):
        run(class_folder, "--regrade")
    assert rows(out) == before and (out / "bob" / "feedback.md").read_text().startswith("# bob: 40")
    (out / "bob" / "report.json").write_text("{damaged")
    (class_folder / "bob" / "simple_gan.py").write_text("x = 1\n")
    run(class_folder)
    assert rows(out)["bob"]["points"] == "43"


def test_the_seed_is_reported_and_repeats_a_run(graded, class_folder):
    out = run(class_folder)
    (entry, *_) = json.loads((out / "ann" / "report.json").read_text())["tasks"]
    assert f"--tasks 1,2 --seed {entry['seed']}" in (out / "ann" / "feedback.md").read_text()
    count = len(graded)
    command.main([str(class_folder / "ann"), "--output", str(out), "--tasks", "1,2", "--seed", str(entry["seed"])])
    assert len(graded) == count
    command.main([str(class_folder / "ann"), "--output", str(out), "--tasks", "1", "--seed", "7"])
    assert len(graded) == count + 1
    assert "--tasks 1 --seed 7; --tasks 2 --seed" in (out / "ann" / "feedback.md").read_text()


def test_the_older_names_have_95_points_and_no_task_5(graded, class_folder, capsys):
    older = {1: "0-simple_gan.py", 2: "1-wgan_clip.py", 3: "2-wgan_gp.py", 4: "3-generate_faces.py", 6: "4-wgan_gp.py"}
    (class_folder / "dan").mkdir()
    for name in older.values():
        (class_folder / "dan" / name).write_text("x = 1\n")
    out = run(class_folder)
    row = rows(out)["dan"]
    assert (row["points"], row["most"], row["task_5"], row["5.runs"]) == ("95", "95", "", "")
    assert row["6.generator"] == "3" and row["6.segment"] == "" and rows(out)["ann"]["6.segment"] == "0"
    assert "dan: 95 of 95" in capsys.readouterr().out
    command.main([str(class_folder / "dan"), "--tasks", "5"])
    assert "dan: 0 of 0" in capsys.readouterr().out


def test_points_of_a_file_hold_for_what_is_stored_too(graded, class_folder, tmp_path):
    out = run(class_folder)
    points = tmp_path / "points.json"
    points.write_text('{"1.fit": 5, "3.penalty": 0}')
    run(class_folder, "--points", str(points))
    assert (rows(out)["ann"]["points"], rows(out)["ann"]["most"]) == ("42", "101")
    assert "of 101 points" in (out / "bob" / "feedback.md").read_text()
    run(class_folder)
    assert rows(out)["ann"]["most"] == "100" and len(graded) == 4


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("no", "JSON"),
        ("[]", "points by check"),
        ('{"1.nonsense": 1}', "no such check"),
        ('{"1.fit": -1}', "negative"),
        ('{"1.fit": "5"}', "a number"),
    ],
)
def test_a_wrong_file_of_points_is_refused(tmp_path, text, word):
    (tmp_path / "points.json").write_text(text)
    with pytest.raises(InputError, match=word):
        read_points(tmp_path / "points.json")


def test_default_points_are_those_of_the_tasks(tmp_path):
    (tmp_path / "points.json").write_text(default_points())
    points = read_points(tmp_path / "points.json")
    assert sum(points.values()) == 100 and set(points) <= set(all_checks())


@pytest.mark.parametrize("listed", ["1.nonsense", "9", "penalty"])
def test_hiding_what_there_is_not_is_refused(listed, class_folder):
    with pytest.raises(InputError, match=f"--hide names '{listed}'"):
        command.main([str(class_folder), "--hide", listed])


def test_an_empty_folder_carries_no_note_on_the_machine(graded, class_folder, capsys):
    command.main([str(class_folder / "cid")])
    said = capsys.readouterr().out
    assert "0 of 100" in said and "guarded" not in said and "There is no simple_gan.py or 0-simple_gan.py" in said
    command.main([str(class_folder / "ann")])
    assert "guarded" in capsys.readouterr().out


def test_a_near_miss_is_named_in_the_report(graded, class_folder, capsys):
    (class_folder / "cid" / "simple_gan (1).py").write_text("x = 1\n")
    command.main([str(class_folder / "cid")])
    assert "simple_gan (1).py was found: rename it to simple_gan.py" in capsys.readouterr().out
    command.main([str(class_folder / "cid"), "--names", "loose"])
    assert "cid: 20 of 100" in capsys.readouterr().out


# -------------------------------------------------------------------------------------- reports


def made_up(name="ann", number=1, **shares):
    """A report with one task; a share of 1 passes a check, another one fails it, and all others are not checked."""
    task = TASKS[number - 1]
    result = TaskResult(number, task.title, "simple_gan.py", task.checks)
    for key, share in shares.items():
        wrong = Finding("fail", share, f"The {key} is wrong.", f"{key}_idea")
        result.findings[key] = Finding("pass", 1.0) if share == 1 else wrong
    result.finish("An earlier item failed.")
    return Report(name, [result], runs={number: TaskRun(5, 1.0, "TensorFlow")})


def test_a_failing_task_begins_with_what_to_mend_first():
    report = made_up(builds=1, rhythm=0.5, discriminator_loss=0, fit=0)
    start = "The rhythm is wrong. (Item: disc_iter updates of the discriminator, then one of the generator.)"
    assert reports.outline(report.tasks[0]).start == start
    for text in (reports.text(report), reports.markdown(report), page.feedback(report)):
        assert text.count("Start here:") == 1 and text.count("The rhythm is wrong.") == 1
        assert re.sub(r"\W", "", text).count("discriminator_lossiswrong") == 1
    assert "Start here" not in reports.text(made_up(**{check.key: 1 for check in TASKS[0].checks}))


def test_items_that_were_not_checked_share_a_line():
    report = made_up(builds=1, fit=0)
    for text in (reports.text(report), reports.markdown(report)):
        lines = [line for line in text.splitlines() if "not checked" in line.lower()]
        assert len(lines) == 1 and lines[0].count("; ") >= 8 and "An earlier item failed." in lines[0]


def test_a_report_is_read_back_as_it_was():
    report = made_up(builds=1, fit=0.25)
    found = from_json(json.loads(json.dumps(to_json(report))))
    assert found == report and found.points == report.points == 1.25
    assert with_points(found, {"1.builds": 3}).points == 3.25


def test_messages_show_shapes_and_names_and_no_values():
    values = "[[ 0.12345 -1.5e-05  0.3]\n [ 1. 2. 3.]\n [4. 5. 6.]]"
    for shown in (
        f"<tf.Variable 'dense/kernel:0' shape=(3, 3) dtype=float32, numpy=\narray({values}, dtype=float32)>",
        f"<Variable path=dense/kernel, shape=(3, 3), dtype=float32, value={values}>",
        f"<Variable path=dense/kernel, shape=(3, 3), dtype=float32, value={values[:20]}",
        f"dense/kernel of shape=(3, 3): {values}",
    ):
        said = plain(f"No gradient for {shown}")
        assert "dense/kernel" in said and re.search(r"shape=\(3, 3\)", said) and "0.1" not in said and "5." not in said
    assert plain("see https://a.org/b/c.d and /home/ann/x/gan.py") == "see https://a.org/b/c.d and gan.py"
    error = checked_error({"type": "ValueError", "message": "shapes (2, 3) and [4, 5] " * 50, "where": None})
    assert len(error["message"]) <= 200 and error["message"].endswith("...") and "(2, 3)" in error["message"]


# ---------------------------------------------------------------------------------------- pages


class Links(HTMLParser):
    """Collects links, and refuses tags that are not closed or load something."""

    def __init__(self):
        super().__init__()
        self.links, self.open, self.tags = [], [], []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        assert not {"src", "onclick", "onload"} & set(attributes) and tag not in ("script", "img", "link")
        self.links += [attributes["href"]] if "href" in attributes else []
        self.tags.append(tag)
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parsed(text):
    links = Links()
    links.feed(text)
    assert not links.open
    return links


def test_the_class_page_shows_the_class(graded, class_folder):
    (class_folder / "eve (2) & co").mkdir()
    (class_folder / "eve (2) & co" / "simple_gan.py").write_text("'fail=fit'\n")
    out = run(class_folder)
    text = (out / "index.html").read_text()
    links = parsed(text)
    files = [link for link in links.links if link != "#same"]
    assert len(files) > 4 and all((out / unquote(link)).is_file() for link in files)
    assert text.index(">ann</a>") < text.index(">bob</a>") < text.index(">cid</a>")
    assert "The fit is &lt;wrong&gt; here." in text and "http:" not in text and "https:" not in text
    mistakes = text[text.index("Frequent mistakes") :]
    assert mistakes.index("The fit is") < mistakes.index("The rhythm is")
    parsed((out / "ann" / "feedback.html").read_text())
    parsed(page.index([]))


def test_what_a_submission_printed_cannot_act_on_a_page():
    report = made_up(name="<script>alert(1)</script>", builds=0)
    report.tasks[0].printed = "</pre><script>alert(2)</script>\n\x1b[31m"
    report.notes = ["\x1b[2Jgone.py was left out."]
    assert "<script" not in page.feedback(report) + page.index([report])
    assert "\x1b" not in reports.text(report) + reports.junit([report]) + page.feedback(report)


# --------------------------------------------------------------------------------------- copies

PROGRAM = '''
"""A docstring."""
import tensorflow as tf
class GAN:
    """Another."""
    def step(self, batch):
        loss = tf.reduce_mean(self.net(batch)) + 1
        self.loss = loss
        return {"loss": loss}
'''


def test_names_comments_and_docstrings_do_not_make_another_program():
    twin = PROGRAM.replace("batch", "b").replace(" loss", " l").replace('"""Another."""', "'''No'''  # comment")
    twin = twin.replace("self", "this").replace("return {", "return  {\n").replace("self.loss", "self.value")
    assert program_name(twin.encode()) == program_name(PROGRAM.encode()) != ""
    for old, new in (("reduce_mean", "reduce_sum"), ("+ 1", "+ 2"), ('"loss"', '"l"'), ("(batch)", "(self)")):
        other = PROGRAM.replace(old, new)
        assert other != PROGRAM and program_name(other.encode()) != program_name(PROGRAM.encode()), old
    assert program_name(b"def (") == program_name(b"\0") == program_name(b"(" * 100_000) == ""


def test_who_handed_in_the_same_program_stands_in_the_table(graded, class_folder):
    out = run(class_folder)
    assert [rows(out)[name]["same_program_as"] for name in ("ann", "bob", "cid")] == ["2: bob", "2: ann", ""]
    assert "The same program" in (out / "index.html").read_text()
    for name in ("ann", "bob"):
        (class_folder / name / "wgan_clip.py").write_text("unstarted = 1\n")
    run(class_folder)
    assert rows(out)["ann"]["same_program_as"] == ""
    assert not same_programs(Results(out, {}).reports.values())
