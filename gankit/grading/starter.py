"""The student's version of the kit: statements without solutions.

A solution stands between the comments ``### BEGIN SOLUTION`` and ``### END SOLUTION``, as nbgrader has it. Comments are
told from strings by Python's own tokenizer, and a region that is nested or never ends is refused.
"""

from __future__ import annotations

import argparse
import ast
import io
import shutil
import tokenize
from dataclasses import dataclass
from pathlib import Path

from gankit.errors import InputError
from gankit.grading.points import own_points, read_points
from gankit.grading.submission import TASK_FILES
from gankit.scripts import OneSentenceParser

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
TO_WRITE = "# YOUR CODE HERE"
ROOT = Path(__file__).resolve().parents[2]
TASKS = tuple(names[0][: -len(".py")] for names in TASK_FILES.values())
# The README is the instructor's; students get ASSIGNMENT.md.
COPIED = ("LICENSE", "Makefile", "pyproject.toml", "setup.py", "constraints", "coursework", "data", "docs", "gankit")
# The judge knows every answer, and tools leave things behind.
LEFT_OUT = shutil.ignore_patterns("grading", "grading.md", "__pycache__", "*.pyc", "*.h5.part")
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Region:
    """A solution: its first line and the line behind its last, markers included, counted from 0."""

    first: int
    behind: int
    indent: str
    words: str


def find_regions(source: str, name: str) -> list[Region]:
    """Find the regions of a file; ``name`` is the file's, for errors.

    Raises
    ------
    InputError
        If a region is nested, ends without having begun, or never ends.
    """
    lines = source.splitlines()
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    regions: list[Region] = []
    begun: int | None = None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or token.string.strip() not in (BEGIN, END):
            continue
        line, begins = token.start[0] - 1, token.string.strip() == BEGIN
        if begins and begun is not None:
            raise InputError(f"{name}, line {line + 1}: a solution begins inside another one; end that one first.")
        if not begins and begun is None:
            raise InputError(f"{name}, line {line + 1}: a solution ends that has not begun; check its markers.")
        if begun is not None:
            indent = lines[begun][: len(lines[begun]) - len(lines[begun].lstrip())]
            regions.append(Region(begun, line + 1, indent, _what(lines, functions, begun)))
        begun = line if begins else None
    if begun is not None:
        raise InputError(f"{name}, line {begun + 1}: a solution begins and never ends; add {END!r}.")
    return regions


def _what(lines: list[str], functions: list[ast.FunctionDef], line: int) -> str:
    """Say what is to be written: the function, and the banner right above the region where there is one."""
    around = [node for node in functions if node.lineno - 1 <= line < (node.end_lineno or 0)]
    name = max(around, key=lambda node: node.lineno).name if around else "this"
    above = lines[line - 1].strip()
    banner = f" ({above.strip('#- ').strip()})" if above.startswith("# ----") else ""
    return f"{name}{banner} is not written yet"


def strip(source: str, name: str) -> str:
    """Return a file without its solutions; each is replaced by an error that names what is missing."""
    lines = source.splitlines(keepends=True)
    for region in reversed(find_regions(source, name)):
        words = region.words.replace("\\", "\\\\").replace('"', '\\"')
        raised = f'{region.indent}raise NotImplementedError("{words}")\n'
        lines[region.first : region.behind] = [f"{region.indent}{TO_WRITE}\n", raised]
    return "".join(lines)


def assignment(points: dict[str, float]) -> str:
    """Return the statement of the six tasks; ``points`` are those that differ from the grader's own."""
    worth = own_points() | points
    words = {key: worth[key] for key in worth if key.startswith("6.")}
    words |= {str(n): sum(worth[key] for key in worth if key.startswith(f"{n}.")) for n in TASK_FILES}
    words["all"] = sum(worth.values())
    words["given"] = sum(worth[f"6.{key}"] for key in ("method", "generator", "discriminator", "runs"))
    text = (HERE / "assignment.md").read_text(encoding="utf-8")
    for key, value in words.items():
        text = text.replace("{" + key + "}", f"{value:g}")
    return text


def write_starter(folder: Path, points: dict[str, float] | None = None) -> None:
    """Write the student's version of the kit into an empty or new folder.

    The assignment states ``points`` where they differ from the grader's own.

    Raises
    ------
    InputError
        If the folder is there and not empty, or the project's task files are not beside the package.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not an empty folder; name one that is empty or does not exist yet.")
    missing = [f"{task}.py" for task in TASKS if not (ROOT / f"{task}.py").is_file()]
    if missing:
        raise InputError(f"There is no {missing[0]} beside the package; run this from the project's own folder.")
    # Everything is read and stripped before anything is written.
    files = {f"{task}.py": strip((ROOT / f"{task}.py").read_text(encoding="utf-8"), f"{task}.py") for task in TASKS}
    files["ASSIGNMENT.md"] = assignment(points or {})
    folder.mkdir(parents=True, exist_ok=True)
    for path in [ROOT / name for name in COPIED]:
        if path.is_dir():
            shutil.copytree(path, folder / path.name, ignore=LEFT_OUT)
        elif path.is_file():
            shutil.copy2(path, folder / path.name)
    files["pyproject.toml"] = (folder / "pyproject.toml").read_text(encoding="utf-8")
    files["pyproject.toml"] = files["pyproject.toml"].replace("README.md", "ASSIGNMENT.md")
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "tests").mkdir()
    shutil.copy2(HERE / "visible_tests.py", folder / "tests" / "test_tasks.py")


def starter_command(arguments: list[str]) -> None:
    """``starter OUT``."""
    parser: argparse.ArgumentParser = OneSentenceParser(
        prog="python -m gankit.grading starter", description="Write the student's version of the kit."
    )
    parser.add_argument("folder", type=Path, metavar="OUT", help="an empty or new folder")
    parser.add_argument("--points", type=Path, metavar="FILE", help="points by check, as for grading")
    options = parser.parse_args(arguments)
    write_starter(options.folder, read_points(options.points))
    print(f"The student's version is in {options.folder}. Students begin with ASSIGNMENT.md.")
