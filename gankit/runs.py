"""What every script shares: its command line, its output folder, and the record it leaves.

Importing this module does not import TensorFlow, so that a wrong argument is answered at once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gankit.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class OneSentenceParser(argparse.ArgumentParser):
    """Argument parser whose errors are one sentence."""

    def error(self, message: str) -> None:
        """Print one sentence on stderr and leave with status 2."""
        self.exit(2, f"{self.prog}: {message}; {self.prog} --help lists the options.\n")


class CommandLine(OneSentenceParser):
    """The parser of a task file, with the options that all of them share.

    Parameters
    ----------
    documentation : str
        The script's docstring; its first line becomes the description.
    name : str
        The script's name without ``.py``; the default output folder is ``outputs/<name>``.
    """

    def __init__(self, documentation: str, name: str):
        super().__init__(
            prog=f"{name}.py",
            description=documentation.splitlines()[0],
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        self.add_argument("--output", type=Path, default=Path("outputs") / name, help="folder for everything made")
        self.add_argument("--seed", type=whole_number(0), default=0, help="seed of all random draws")


def whole_number(minimum: int) -> Callable[[str], int]:
    """Return an argument type that takes whole numbers of at least ``minimum``."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = minimum - 1
        if number < minimum:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least {minimum}")
        return number

    return parse


def fraction(text: str) -> float:
    """Argument type for a number in [0, 1)."""
    number = _number(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 up to, but not including, 1")
    return number


def positive(text: str) -> float:
    """Argument type for a finite number above 0."""
    number = _number(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def not_negative(text: str) -> float:
    """Argument type for a finite number of at least 0."""
    number = _number(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 0")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


class OutputFolder:
    """A folder whose files appear together, when everything is done, or not at all.

    Used as a context manager. Files are written into a hidden folder beside the wanted one and moved when the block
    ends without an error; files of an earlier run under the same names are replaced, others are left alone.

    Parameters
    ----------
    path : path
        The wanted folder; it is made, with its parents, where it is missing.
    caption : str
        Printed small under every picture: the command that draws it again.

    Raises
    ------
    InputError
        On entering, if the folder cannot be written to.
    """

    def __init__(self, path: str | Path, caption: str = ""):
        self.path = Path(path)
        self._caption = caption
        self._made: list[Path] = []

    def __enter__(self) -> OutputFolder:
        try:
            parent = self.path.absolute().parent
            if self.path.exists() and not (self.path.is_dir() and os.access(self.path, os.W_OK)):
                raise PermissionError("it is not a folder that can be written to")
            self._make_parents(parent)
            self._partial = Path(tempfile.mkdtemp(prefix=f".{self.path.name}-", dir=parent))
        except OSError as error:
            self._remove_made()
            raise InputError(
                f"The output folder {self.path} cannot be written to ({error.strerror or error}); "
                f"choose another one with --output."
            ) from error
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        try:
            if kind is None:
                self.path.mkdir(parents=True, exist_ok=True)
                for file in self._partial.iterdir():
                    file.replace(self.path / file.name)
        finally:
            shutil.rmtree(self._partial, ignore_errors=True)
            if kind is not None:
                self._remove_made()

    def file(self, name: str) -> Path:
        """Return the path to write the file ``name`` to for now."""
        return self._partial / name

    def save_figure(self, figure: Figure, name: str) -> None:
        """Write a figure as a PNG with the caption beneath it."""
        figure.text(0.995, 0.004, self._caption, ha="right", va="bottom", fontsize=6, color="0.5")
        figure.savefig(self.file(name), dpi=120)

    def save_record(self, record: dict[str, Any]) -> None:
        """Write ``record.json``."""
        self.file("record.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")

    def _make_parents(self, parent: Path) -> None:
        missing = [folder for folder in (parent, *parent.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir()
            self._made.append(folder)

    def _remove_made(self) -> None:
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):
                folder.rmdir()


def caption(options: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    """Return the command that repeats a run: the script, every option that is not at its default, and the seed."""
    words = ["python", parser.prog]
    for name, value in sorted(vars(options).items()):
        if name == "output" or (name != "seed" and value == parser.get_default(name)):
            continue
        flag = "--" + name.replace("_", "-")
        words += [flag] if value is True else [flag, Path(value).name if isinstance(value, Path) else str(value)]
    return " ".join(words)


def run_record(options: argparse.Namespace, started: float, **figures: Any) -> dict[str, Any]:
    """Return what is worth knowing about a run afterwards.

    Parameters
    ----------
    options : argparse.Namespace
        The settings, seed included.
    started : float
        ``time.perf_counter()`` at the start.
    **figures
        The numbers that the run found.
    """
    settings = {name: _portable(value) if isinstance(value, Path) else value for name, value in vars(options).items()}
    settings.pop("output", None)
    return {
        "settings": settings,
        "figures": figures,
        "seconds": round(time.perf_counter() - started, 1),
        "versions": {"python": platform.python_version(), **_library_versions()},
    }


def _portable(path: Path) -> str:
    # A record is read on other machines: a path inside the project is given from there, any other by its name.
    path = path.resolve()
    root = Path(__file__).resolve().parents[1]
    return path.relative_to(root).as_posix() if root in path.parents else path.name


def _library_versions() -> dict[str, str]:
    names = ("tensorflow", "keras", "numpy", "matplotlib")
    versions = {}
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Keep TensorFlow's start-up notes off stderr; they come from C++ and heed no setting that Python can make."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        stderr = os.dup(2)
    except OSError:
        yield
        return
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)


def run_script(main: Callable[[], int | None]) -> None:
    """Run a script's ``main``; a user's mistake becomes one sentence on stderr and exit status 2."""
    try:
        status = main()
    except InputError as error:
        sys.stderr.write(f"{Path(sys.argv[0]).name}: {error}\n")
        status = 2
    except KeyboardInterrupt:
        sys.stderr.write(f"{Path(sys.argv[0]).name}: stopped before there was anything to save.\n")
        status = 130
    sys.exit(status)
