"""The grading items, one per check: `pytest tests/ --submission DIR`."""

from pathlib import Path

import pytest

from gankit.grading.grade import Grader
from gankit.grading.judge.tasks import TASKS
from gankit.grading.judge.verdicts import FAIL, PASS
from gankit.grading.reports import earned
from gankit.grading.runner import Workers
from gankit.grading.submission import Submission, read_submission


def pytest_generate_tests(metafunc):
    """Make an item of each check that the submission's names have; all of them where there is no submission."""
    if "check" in metafunc.fixturenames:
        folder = metafunc.config.getoption("--submission")
        submission = read_submission(Path(folder)) if folder else Submission("")
        items = [
            pytest.param(task.number, check, id=f"{task.number}-{check.key}")
            for task in TASKS
            if submission.has_task(task.number)
            for check in task.checks_of(submission.tasks.get(task.number))
        ]
        metafunc.parametrize(("number", "check"), items)


@pytest.fixture(scope="session")
def report(pytestconfig):
    folder = pytestconfig.getoption("--submission")
    if folder is None:
        pytest.skip("grades the task files in a folder: pytest tests --submission FOLDER")
    with Workers() as workers:
        report = Grader(workers).grade(read_submission(Path(folder)))
    pytestconfig.submission_report = report
    return report


def test_submission(number, check, report, record_property):
    task = next(task for task in report.tasks if task.number == number)
    finding = task.findings[check.key]
    record_property("points", earned(check, finding))
    record_property("most", check.points)
    if finding.verdict == FAIL:
        pytest.fail(f"{check.title}: {finding.sentence}", pytrace=False)
    # A check that was not made is not a pass, so that the result does not look as if everything were right.
    if finding.verdict != PASS:
        pytest.fail(f"{check.title}: not checked. {finding.sentence}", pytrace=False)
