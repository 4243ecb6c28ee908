"""A student's folder: which files are taken from it, and under which names tasks are found."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path

from gankit.errors import InputError

# The project's name of each task first, then the older coursework's.
TASK_FILES = {
    1: ("simple_gan.py", "0-simple_gan.py"),
    2: ("wgan_clip.py", "1-wgan_clip.py"),
    3: ("wgan_gp.py", "2-wgan_gp.py"),
    4: ("convolutional_gan.py", "3-generate_faces.py"),
    5: ("face_generator.py",),
    6: ("pretrained_explorer.py", "4-wgan_gp.py"),
}
LARGEST_FILE = 1_000_000
LARGEST_TOTAL = 5_000_000
MOST_FILES = 200
DEEPEST = 3
# The kit itself, and what tools leave behind; none of it is the student's work.
LEFT_OUT = {"gankit", "tests", "docs", "data", "benchmarks", "build", "outputs", "node_modules", "__pycache__"}


@dataclass
class Submission:
    """What was taken from a folder.

    Attributes
    ----------
    name : str
        The folder's name.
    files : dict
        Content of every file that was taken, by its path from the folder.
    tasks : dict
        The file of each task that is there, by the task's number.
    notes : list of str
        What was left out, and why.
    """

    name: str
    files: dict[str, bytes] = field(default_factory=dict)
    tasks: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_submission(folder: Path) -> Submission:
    """Read the text files of a folder; links, devices, binary and oversized files are left out and noted.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder} to grade; give the folder that holds the task files.")
    submission = Submission(folder.resolve().name)
    total = 0
    for path, size in _regular_files(folder, submission.notes):
        name = path.relative_to(folder).as_posix()
        if len(submission.files) >= MOST_FILES or total + size > LARGEST_TOTAL:
            submission.notes.append(
                "Only the first files of the folder were taken: there are too many, or too large ones."
            )
            break
        if size > LARGEST_FILE:
            if name.endswith(".py"):
                submission.notes.append(f"{name} was left out: it is larger than a task file can be.")
            continue
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST_FILE + 1)
        except OSError:
            submission.notes.append(f"{name} was left out: it cannot be read.")
            continue
        if b"\0" in content:
            if name.endswith(".py"):
                submission.notes.append(f"{name} was left out: it is not a text file.")
            continue
        submission.files[name] = content
        total += len(content)
    for number, names in TASK_FILES.items():
        found = [name for name in names if name in submission.files]
        if found:
            submission.tasks[number] = found[0]
    return submission


def _regular_files(folder: Path, notes: list[str], depth: int = 1) -> list[tuple[Path, int]]:
    """List regular files, Python files first; symbolic links are not followed."""
    files, folders = [], []
    try:
        entries = sorted(folder.iterdir(), key=lambda path: (path.suffix != ".py", path.name))
    except OSError:
        return []
    for path in entries[: 10 * MOST_FILES]:
        if path.name.startswith("."):
            continue
        try:
            status = path.lstat()
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode):
            files.append((path, status.st_size))
        elif stat.S_ISDIR(status.st_mode):
            if path.name not in LEFT_OUT and depth < DEEPEST:
                folders.append(path)
        elif path.suffix == ".py":
            notes.append(f"{path.name} was left out: it is a link or a device and not a file.")
    return files + [found for inner in folders for found in _regular_files(inner, notes, depth + 1)]
