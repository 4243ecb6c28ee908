"""Grade a class made from the grader's test submissions: time, memory, and whether the points are reproducible.

The submissions of the class mix styles and mistakes of ``tests/submissions``. Every second task file is right, in its
own style. Each of the others has one mistake.

Run: python benchmarks/grade_class.py                     (60 submissions: seconds, and peak memory of all processes)
     python benchmarks/grade_class.py --alone 6           (six of them again, alone, in reverse order: same points?)
     python benchmarks/grade_class.py --students 2 --seeds 100     (the same points with every seed?)
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(1, str(Path(__file__).resolve().parents[1] / "tests"))

from submissions import corpus

from gankit import scripts
from gankit.grading.grade import Grader
from gankit.grading.runner import Workers
from gankit.grading.submission import TASK_FILES, Submission, read_submission

SECONDS_BETWEEN_LOOKS = 0.5


def students(count: int) -> list[dict[str, bytes]]:
    """Return the files of each student, by name; the first student has the reference solution."""
    cases = {"right": list(corpus.right()), "wrong": list(corpus.wrong())}
    tasks = sorted({case.task for case in cases["right"]})
    of_task = {
        (kind, task): [case for case in listed if case.task == task] for kind, listed in cases.items() for task in tasks
    }
    made = [{path.name: path.read_bytes() for path in sorted(corpus.ROOT.glob("*.py"))}]
    for number in range(1, count):
        files: dict[str, bytes] = {}
        for task in tasks:
            pool = of_task["right" if (number + task) % 2 else "wrong", task]
            case = pool[(7 * number + task) % len(pool)]
            files.update({name: case.files[name] for name in TASK_FILES[task] if name in case.files})
        made.append(files)
    return made


def make_class(folder: Path, count: int) -> list[Submission]:
    """Write the class into a folder, and read it as the grader does."""
    for number, files in enumerate(students(count)):
        own = folder / f"student_{number:02d}"
        own.mkdir()
        for name, content in files.items():
            (own / name).write_bytes(content)
    return [read_submission(path) for path in sorted(folder.iterdir())]


class MemoryWatch:
    """Watches the memory of this process and all its descendants; shared pages are divided as in Linux's PSS."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(SECONDS_BETWEEN_LOOKS):
            self.peak_bytes = max(self.peak_bytes, sum(_shared_fairly(pid) for pid in _family(os.getpid())))


def _family(pid: int) -> list[int]:
    members, added = [pid], [pid]
    while added:
        below: list[int] = []
        for parent in added:
            for tasks in Path(f"/proc/{parent}/task").glob("*/children"):
                try:
                    below += [int(word) for word in tasks.read_text().split()]
                except OSError:  # the process has ended meanwhile
                    continue
        members += below
        added = below
    return members


def _shared_fairly(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def scores(grader: Grader, submissions: list[Submission]) -> dict[str, tuple[float, ...]]:
    """Grade the submissions and return the points of each, task by task."""
    return {
        report.name: tuple(round(task.points, 4) for task in report.tasks) for report in grader.grade_all(submissions)
    }


def report_differences(title: str, expected: dict, found: dict) -> int:
    """Print the submissions whose points differ, and return their number."""
    differing = [name for name in found if found[name] != expected[name]]
    for name in differing:
        print(f"{title}: {name} has {found[name]}, but had {expected[name]} before.")
    return len(differing)


def main(arguments: list[str] | None = None) -> int:
    """Print the measurements; the exit status is 1 if points differ."""
    parser = scripts.OneSentenceParser(description=__doc__.split("\n")[0])
    parser.add_argument("--students", type=scripts.whole_number(1), default=60, help="submissions in the class")
    parser.add_argument("--jobs", type=scripts.whole_number(1), default=2, help="tasks that run at the same time")
    parser.add_argument("--seeds", type=scripts.whole_number(1), default=1, help="grade the class with this many seeds")
    parser.add_argument("--alone", type=scripts.whole_number(0), default=0, help="submissions to grade again, alone")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, MemoryWatch() as memory:
        submissions = make_class(Path(folder), options.students)
        started = time.perf_counter()
        with Workers() as workers:
            first = scores(Grader(workers, seed=0, jobs=options.jobs), submissions)
            seconds = time.perf_counter() - started
            count = len(submissions)
            print(f"{count} submissions: {seconds:.0f} s, {seconds / count:.1f} s each.", flush=True)
            differing = 0
            for seed in range(1, options.seeds):
                again = scores(Grader(workers, seed=seed, jobs=options.jobs), submissions)
                differing += report_differences(f"seed {seed}", first, again)
            if options.seeds > 1:
                print(f"{options.seeds} seeds: {differing} differing scores.", flush=True)
        if options.alone:
            changed = 0
            for submission in submissions[::-1][: options.alone]:
                with Workers() as workers:
                    alone = scores(Grader(workers, jobs=options.jobs), [submission])
                changed += report_differences("alone", first, alone)
            differing += changed
            print(f"{options.alone} alone, with other seeds: {changed} differing scores.")
    print(f"Peak memory of all processes: {memory.peak_bytes / 2**20:.0f} MB.")
    return int(differing > 0)


if __name__ == "__main__":
    scripts.run_script(main)
