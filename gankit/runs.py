"""What every script shares: its command line, its output folder, and the record it leaves.

Importing this module does not import TensorFlow, so that a wrong argument is answered at once.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import math
import os
import platform
import shlex
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


@contextlib.contextmanager
def _folder_beside(path: Path) -> Iterator[Path]:
    """Make a hidden folder beside ``path``, and the parents it lacks; in the end only folders in use stay."""
    parent = path.absolute().parent
    with contextlib.ExitStack() as undo:
        for folder in reversed([folder for folder in (parent, *parent.parents) if not folder.exists()]):
            folder.mkdir()
            undo.callback(_remove_if_empty, folder)
        partial = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=parent))
        undo.callback(shutil.rmtree, partial, ignore_errors=True)
        yield partial


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


@contextlib.contextmanager
def output_file(path: str | Path) -> Iterator[Path]:
    """Let a file appear whole, when the block ends without an error, or not at all.

    Parameters
    ----------
    path : path
        The wanted file; one that exists is replaced, and missing folders are made.

    Yields
    ------
    pathlib.Path
        The path to write the file to for now. All work can be done in the block: whether the file can be written is
        known when it begins.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise IsADirectoryError("it is a folder")
        with _folder_beside(path) as partial:
            yield partial / path.name
            (partial / path.name).replace(path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror or error}); choose another file with --output."
        ) from error


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
        self._partial_folder = contextlib.ExitStack()

    def __enter__(self) -> OutputFolder:
        try:
            if self.path.exists() and not (self.path.is_dir() and os.access(self.path, os.W_OK)):
                raise PermissionError("it is not a folder that can be written to")
            self._partial = self._partial_folder.enter_context(_folder_beside(self.path))
        except OSError as error:
            raise InputError(
                f"The output folder {self.path} cannot be written to ({error.strerror or error}); "
                f"choose another one with --output."
            ) from error
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        with self._partial_folder:
            if kind is None:
                self.path.mkdir(parents=True, exist_ok=True)
                for file in self._partial.iterdir():
                    file.replace(self.path / file.name)

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


def caption(options: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    """Return the command that repeats a run: the script, every option that is not at its default, and the seed."""
    words = ["python", parser.prog]
    for name, value in sorted(vars(options).items()):
        if name == "output" or (name != "seed" and value == parser.get_default(name)):
            continue
        flag = "--" + name.replace("_", "-")
        values = [] if value is True else value if isinstance(value, list) else [value]
        words += [flag, *(each.name if isinstance(each, Path) else str(each) for each in values)]
    return shlex.join(words)


def run_record(options: argparse.Namespace, started: float, **figures: Any) -> dict[str, Any]:
    """Return what is worth knowing about a run afterwards.

    Parameters
    ----------
    options : argparse.Namespace
        The settings, seed included.
    started : float
        ``time.perf_counter()`` at the start.
    **figures
        The numbers that the run found, in dictionaries or not; six digits of each are kept.
    """
    settings = {name: _portable(value) if isinstance(value, Path) else value for name, value in vars(options).items()}
    settings.pop("output", None)
    return {
        "settings": settings,
        "figures": _readable(figures),
        "seconds": round(time.perf_counter() - started, 1),
        "versions": {"python": platform.python_version(), **_library_versions()},
    }


def _readable(figures: Any) -> Any:
    if isinstance(figures, dict):
        return {name: _readable(value) for name, value in figures.items()}
    return float(f"{figures:.6g}") if isinstance(figures, float) else figures


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
    """Keep TensorFlow's start-up notes off stderr, and the garbage collector away from what is imported.

    The notes come from C++ and heed no setting that Python can make. The collector would look through half a million
    objects that stay, again and again.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _without_collecting(), _without_stderr():
        yield


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # What is there by now stays until the end, and need not be looked at in later collections either.
        gc.freeze()
        if collecting:
            gc.enable()


@contextlib.contextmanager
def _without_stderr() -> Iterator[None]:
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
