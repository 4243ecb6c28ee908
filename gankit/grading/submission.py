"""A student's submission: a folder, an archive, a Python file or a notebook, and the tasks that are found in it."""

from __future__ import annotations

import ast
import difflib
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from gankit.errors import InputError
from gankit.grading.containers import CODE, LARGEST_FILE, Taking, is_archive, is_wanted, start_of
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
    """What was taken from a folder: the content of each file by its path, and the file of each task by its number.

    ``notes`` say what was left out, and why; ``near`` has, for tasks that are not there, a sentence on a file whose
    name is nearly right. ``naming`` is ``kit`` or ``older``, whose names the files have; it is empty without tasks.
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

    def note(self, sentence: str) -> None:
        """Add a note, once."""
        self.notes += [] if sentence in self.notes else [sentence]


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
    elif path.is_file() and is_archive(path):
        taking.archive(path)
    else:
        raise InputError(f"There is no folder {path} to grade; give the folder that holds the task files.")
    resolved = path.resolve()
    name = resolved.name if path.is_dir() else re.sub(r"(\.tar)?\.\w+$", "", resolved.name)
    submission = Submission(name, taking.files, notes=taking.notes)
    unnamed = _convert_notebooks(submission) + ([path.name] if is_single else [])
    _find_by_name(submission)
    _find_near_misses(submission, loose)
    for file in unnamed:
        _find_by_definition(submission, file)
    submission.settle_naming()
    return submission


def _convert_notebooks(submission: Submission) -> list[str]:
    """Put a Python file in the place of each notebook; return their names."""
    made = []
    for name in [name for name in submission.files if name.endswith(".ipynb")]:
        code = notebook_code(submission.files.pop(name))
        python = name[: -len(".ipynb")] + ".py"
        if code is None or len(code) > LARGEST_FILE:
            submission.note(f"{name} was left out: it is no notebook that can be read.")
        elif python not in submission.files:
            submission.files[python] = code.encode(errors="replace")
            submission.note(f"The code cells of {name} were graded as {python}.")
            made.append(python)
    return made


def _find_by_name(submission: Submission) -> None:
    """Find tasks by the names of files; the outermost one is put where a submission's files are looked for."""
    files = submission.files
    for name, number in NUMBERS.items():
        found = [path for path in files if PurePosixPath(path).name == name]
        if not found or number in submission.tasks:
            continue
        first = min(found, key=lambda path: (path.count("/"), path))
        if len({files[path] for path in found}) > 1:
            submission.note(f"{name} was found {len(found)} times, with different contents; {first} was graded.")
        submission.tasks[number] = name
        folder = first[: -len(name)]
        if folder:
            # With what stands beside it.
            for path in [path for path in files if path.startswith(folder)]:
                files.setdefault(path[len(folder) :], files[path])
            submission.note(f"Files were found in {folder.rstrip('/')}.")


def nearly(name: str) -> str | None:
    """Return the name of a task file that a file's name nearly is, as for ``simple_gan (1).py``."""
    stem = PurePosixPath(name).stem.lower()
    if stem.startswith("test"):
        return None
    # The longer names first: "2-wgan_gp" holds "wgan_gp".
    known = {wanted[: -len(".py")]: wanted for wanted in sorted(NUMBERS, key=len, reverse=True)}
    known["generate_faces"] = "3-generate_faces.py"
    for words, wanted in known.items():
        if re.search(r"(?<!\d)" + r"[\W_]*".join(re.split("[-_]", words)), stem):
            return wanted
    alike = {re.sub(r"[^a-z0-9]", "", words): wanted for words, wanted in known.items()}
    close = difflib.get_close_matches(re.sub(r"[^a-z0-9]", "", stem), alike, n=1, cutoff=0.85)
    return alike[close[0]] if close else None


def _find_near_misses(submission: Submission, loose: bool) -> None:
    nearest: dict[str, str] = {}
    for path in sorted(submission.files):
        wanted = nearly(path) if path.endswith(".py") else None
        if wanted and NUMBERS[wanted] not in submission.tasks:
            # Of several downloads the last one has the highest number.
            nearest[wanted] = path
    for wanted, path in nearest.items():
        if loose:
            submission.files[wanted] = submission.files[path]
            submission.tasks.setdefault(NUMBERS[wanted], wanted)
            submission.note(f"{path} was graded as {wanted}.")
        else:
            advice = f"rename it to {wanted}, or grade it with --names loose."
            submission.near.setdefault(NUMBERS[wanted], f"{path} was found: {advice}")


def _find_by_definition(submission: Submission, path: str) -> None:
    """Find tasks in a notebook or a single file of any name by the classes and functions that it defines."""
    source = submission.files.get(path, b"")
    if PurePosixPath(path).name in NUMBERS:
        return
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return
    # What uses nothing of the kit was written for the older coursework.
    is_older = b"gankit" not in source
    defined = {getattr(node, "name", ""): node for node in body}
    numbers = [number for name, number in DEFINITIONS.items() if name in defined]
    if is_older and 3 in numbers and "replace_weight" in ast.dump(defined["WGAN_GP"]):
        numbers.append(6)
    for number in numbers:
        if number not in submission.tasks:
            name = TASK_FILES[number][-1 if is_older else 0]
            submission.files[name] = source
            submission.tasks[number] = name
            submission.near.pop(number, None)
            submission.note(f"{path} was graded as {name}, by what it defines.")


# --------------------------------------------------------------------------------- a class


def find_submissions(
    paths: list[Path], loose: bool = False, kind: str | None = None
) -> tuple[list[Submission], list[str]]:
    """Read every path; a folder that holds two or more folders or archives and no task file is a class.

    In a class, a folder without any task file is a submission of nothing. ``kind`` is ``class`` or ``submission``: what
    every path is, instead of what it looks like. Beside the submissions there are sentences on files of nobody.
    """
    found, remarks = [], []
    for path in paths:
        students, single = _members(path) if path.is_dir() and kind != "submission" else ([], [])
        submissions = []
        if kind == "class" or (len(students) > 1 and not any((path / name).exists() for name in NUMBERS)):
            named = [file for file in single if kind == "class" or nearly(file.name)]
            submissions = [read_submission(member, loose) for member in students + named]
        if kind == "class" or any(one.tasks or one.near for one in submissions):
            why = "its name is no task's, and it is in no student's folder."
            remarks += [f"{file} was left out: {why}" for file in single if file not in named]
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
    students = [path for path in paths if path.is_dir() or is_archive(path)]
    return students, [path for path in paths if path.is_file() and path.suffix in CODE]
