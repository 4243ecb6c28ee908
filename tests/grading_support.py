"""Shared code of the grader's tests: grading with one warm worker, and samples of the submissions."""

import pytest
from submissions.corpus import taken

from gankit.grading.grade import Grader


def grade(workers, files, tasks, **options):
    return Grader(workers, tasks=tasks, **options).grade(taken(files)).tasks


def complaint(case, workers, **options):
    """What is wrong with the verdict on a submission of the corpus; an empty string if it is right."""
    (task,) = grade(workers, case.files, [case.task], scenes=case.scenes, **options)
    return case.complaint(task)


def sampled(cases, every):
    """All submissions with --every-submission, and otherwise every n-th one, because all of them take minutes."""
    return [
        pytest.param(case, id=case.label, marks=() if place % every == 0 else pytest.mark.exhaustive)
        for place, case in enumerate(cases)
    ]
