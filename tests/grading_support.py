"""What the tests of the grader share: one warmed worker, and submissions made from the corpora."""

from pathlib import Path

import pytest

from gankit.grading.grade import Grader
from gankit.grading.submission import TASK_FILES, Submission

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = {name: number for number, names in TASK_FILES.items() for name in names}


def submission(files):
    """A submission of these files, bytes by name."""
    return Submission("somebody", dict(files), {NUMBERS[name]: name for name in files if name in NUMBERS})


def patched(name, edits):
    """The reference's file with edits (old, new)."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, f"{name} no longer holds:\n{old}"
        text = text.replace(old, new)
    return {name: text.encode()}


def grade(workers, files, tasks, **options):
    return Grader(workers, tasks=tasks, **options).grade(submission(files)).tasks


def sampled(entries, every):
    """All entries with --every-submission, else every n-th: the whole takes minutes."""
    return [
        pytest.param(*entry, marks=() if place % every == 0 else pytest.mark.exhaustive)
        for place, entry in enumerate(entries)
    ]


def lost(task):
    """The sentences of what failed, for messages."""
    return [finding.sentence for finding in task.findings.values() if finding.verdict != "pass"]
