"""A student's submission: a folder, an archive, a Python file or a notebook, and the tasks that are found in it."""

from __future__ import annotations

import ast
import difflib
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from gankit.errors import InputError
from gankit.grading.containers import ARCHIVES, CODE, LARGEST_FILE, UNREADABLE_ARCHIVES, Taking, is_wanted, start_of
from gankit.grading.notebooks import notebook_code

# The project's name of each task first, then the older coursework's.
TASK_FILES = {
    1: ("simple_gan.py", "0-simple_gan.py"),
    2: ("wgan_clip.py", "1-wgan_clip.py"),
    3: ("wgan_gp.py", "2-wgan_gp.py"),
    4: ("convolutional_gan.py", "3-generate_faces.py"),
    5: ("face_generator.py",),
    6: ("pretrained_explorer.py", "4-wgan_gp.py"),
}
NUMBERS = {name: number for number, names in TASK_FILES.items() for name in names}
KIT, OLDER = "kit", "older"
DEFINITIONS = {"Simple_GAN": 1, "WGAN_clip": 2, "WGAN_GP": 3, "convolutional_GenDiscr": 4}


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
    near : dict
        For tasks that are not there, a sentence on a file whose name is nearly right.
    naming : str
        ``kit`` or ``older``: whose names the files have; empty where there is none.
    """

    name: str
    files: dict[str, bytes] = field(default_factory=dict)
    tasks: dict[int, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    near: dict[int, str] = field(default_factory=dict)
    naming: str = ""

    def __post_init__(self) -> None:
        self.settle_naming()

    def settle_naming(self) -> None:
        """Tell whose names the files have, unless that is known."""
        if self.tasks and not self.naming:
            self.naming = OLDER if all(name[0].isdigit() for name in self.tasks.values()) else KIT

    def has_task(self, number: int) -> bool:
        """Tell whether the naming of the files has such a task: the older coursework has no task 5."""
        return self.naming != OLDER or len(TASK_FILES[number]) > 1


def read_submission(path: Path, loose: bool = False) -> Submission:
    """Read the text files of a submission; links, devices, binary and oversized files are left out and noted.

    Parameters
    ----------
    path : path
        A folder, whose subfolders and archives are looked into, an archive, a Python file, or a notebook.
    loose : bool
        Take files whose names are nearly right, as ``simple_gan (1).py``, as well.

    Raises
    ------
    InputError
        If there is nothing of that kind.
    """
    taking = Taking()
    is_single = path.is_file() and path.suffix in CODE
    if path.is_dir():
        taking.folder(path)
    elif is_single:
        taking.take(path.name, path.stat().st_size, lambda count: start_of(path, count))
    elif path.is_file() and path.name.lower().endswith(ARCHIVES + UNREADABLE_ARCHIVES):
        taking.archive(path)
    else:
        raise InputError(f"There is no folder {path} to grade; give the folder that holds the task files.")
    resolved = path.resolve()
    name = resolved.name if path.is_dir() else re.sub(r"(\.tar)?\.\w+$", "", resolved.name)
    submission = Submission(name, taking.files, notes=taking.notes)
    unnamed = _convert_notebooks(submission) + ([path.name] if is_single else [])
    _find_by_name(submission)
    _find_near_misses(submission, loose)
    _find_by_definition(submission, unnamed)
    submission.settle_naming()
    return submission


def _convert_notebooks(submission: Submission) -> list[str]:
    """Put a Python file in the place of each notebook; return their names."""
    made = []
    for name in [name for name in submission.files if name.endswith(".ipynb")]:
        code = notebook_code(submission.files.pop(name))
        python = name[: -len(".ipynb")] + ".py"
        if code is None or len(code) > LARGEST_FILE:
            submission.notes.append(f"{name} was left out: it is no notebook that can be read.")
        elif python not in submission.files:
            submission.files[python] = code.encode(errors="replace")
            submission.notes.append(f"The code cells of {name} were graded as {python}.")
            made.append(python)
    return made


def _find_by_name(submission: Submission) -> None:
    for number, names in TASK_FILES.items():
        for name in names:
            found = [path for path in submission.files if PurePosixPath(path).name == name]
            if found and number not in submission.tasks:
                _lift(submission, sorted(found, key=lambda path: (path.count("/"), path)), name)
                submission.tasks[number] = name


def _lift(submission: Submission, found: list[str], name: str) -> None:
    """Put the first of these files where a submission's files are looked for, with what stands beside it."""
    first = found[0]
    if len({submission.files[path] for path in found}) > 1:
        submission.notes.append(f"{name} was found {len(found)} times, with different contents; {first} was graded.")
    submission.files.setdefault(name, submission.files[first])
    folder = first[: first.rfind("/") + 1]
    if folder:
        for path in [path for path in submission.files if path.startswith(folder)]:
            submission.files.setdefault(path[len(folder) :], submission.files[path])
        note = f"Files were found in {folder.rstrip('/')}."
        submission.notes += [] if note in submission.notes else [note]


def nearly(name: str) -> str | None:
    """Return the name of a task file that a file's name nearly is, as for ``simple_gan (1).py``."""
    stem = PurePosixPath(name).stem.lower()
    if stem.startswith("test"):
        return None
    squeezed = re.sub(r"[^a-z0-9]", "", stem)
    # The longer names first: "2-wgan_gp" holds "wgan_gp".
    known = {wanted[: -len(".py")]: wanted for wanted in sorted(NUMBERS, key=len, reverse=True)}
    known["generate_faces"] = "3-generate_faces.py"
    for words, wanted in known.items():
        if re.search(r"(?<!\d)" + r"[\W_]*".join(re.split("[-_]", words)), stem):
            return wanted
    alike = {re.sub(r"[^a-z0-9]", "", words): wanted for words, wanted in known.items()}
    close = difflib.get_close_matches(squeezed, alike, n=1, cutoff=0.85)
    return alike[close[0]] if close else None


def _find_near_misses(submission: Submission, loose: bool) -> None:
    nearest: dict[str, list[str]] = {}
    for path in sorted(submission.files):
        wanted = nearly(path) if path.endswith(".py") else None
        if wanted and NUMBERS[wanted] not in submission.tasks:
            nearest.setdefault(wanted, []).append(path)
    for wanted, found in nearest.items():
        number = NUMBERS[wanted]
        # Of several downloads the last one has the highest number.
        path = found[-1]
        if loose:
            submission.files[wanted] = submission.files[path]
            submission.tasks.setdefault(number, wanted)
            submission.notes.append(f"{path} was graded as {wanted}.")
        else:
            submission.near.setdefault(
                number, f"{path} was found: rename it to {wanted}, or grade it with --names loose."
            )


def _find_by_definition(submission: Submission, paths: list[str]) -> None:
    """Find tasks in notebooks and single files of any name by the classes and functions that they define."""
    for path in paths:
        source = submission.files.get(path, b"")
        if PurePosixPath(path).name in NUMBERS:
            continue
        try:
            body = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError):
            continue
        # What uses nothing of the kit was written for the older coursework.
        is_older = b"gankit" not in source
        for node in body:
            number = DEFINITIONS.get(getattr(node, "name", ""))
            numbers = [] if number is None else [number]
            if is_older and number == 3 and "replace_weight" in ast.dump(node):
                numbers.append(6)
            for one in numbers:
                if one not in submission.tasks:
                    name = TASK_FILES[one][-1 if is_older else 0]
                    submission.files[name] = source
                    submission.tasks[one] = name
                    submission.near.pop(one, None)
                    submission.notes.append(f"{path} was graded as {name}, by what it defines.")


# --------------------------------------------------------------------------------- a class


def find_submissions(
    paths: list[Path], loose: bool = False, kind: str | None = None
) -> tuple[list[Submission], list[str]]:
    """Read every path; a folder that holds two or more folders or archives and no task file is a class.

    Parameters
    ----------
    paths : list of path
        Submissions and classes.
    loose : bool
        Take files whose names are nearly right as well.
    kind : str, optional
        ``class`` or ``submission``: what every path is, instead of what it looks like.

    Returns
    -------
    list of Submission
        In a class, a folder without any task file is a submission of nothing.
    list of str
        Sentences on files that belong to nobody.
    """
    found, remarks = [], []
    for path in paths:
        students, single = _members(path) if path.is_dir() and kind != "submission" else ([], [])
        submissions = []
        if kind == "class" or (len(students) > 1 and not any((path / name).exists() for name in NUMBERS)):
            members = students + [file for file in single if kind == "class" or nearly(file.name)]
            submissions = [read_submission(member, loose) for member in members]
        if kind == "class" or any(one.tasks or one.near for one in submissions):
            left = [file for file in single if file not in members]
            remarks += [
                f"{file} was left out: its name is no task's, and it is in no student's folder." for file in left
            ]
            found += submissions
        else:
            found.append(read_submission(path, loose))
    namings = {submission.naming for submission in found} - {""}
    names: dict[str, int] = {}
    for submission in found:
        # Whoever handed in nothing is graded as the others of the class are.
        submission.naming = submission.naming or (min(namings) if len(namings) == 1 else "")
        # Some disks do not tell capitals from small letters.
        place = folder_name(submission.name).lower()
        names[place] = names.get(place, 0) + 1
        if names[place] > 1:
            submission.name += f" ({names[place]})"
    return found, remarks


def folder_name(name: str) -> str:
    """Return the name of the folder with a submission's results."""
    return re.sub(r"[^\w.()@+ -]", "_", name).strip(" .") or "submission"


def _members(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the folders and archives of a class, and its loose Python files and notebooks."""
    paths = [path for path in sorted(folder.iterdir()) if is_wanted(PurePosixPath(path.name)) and not path.is_symlink()]
    archives = ARCHIVES + UNREADABLE_ARCHIVES
    students = [path for path in paths if path.is_dir() or path.name.lower().endswith(archives)]
    return students, [path for path in paths if path.is_file() and path.suffix in CODE]
