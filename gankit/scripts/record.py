"""The content of ``record.json``, and the command that repeats a run."""

from __future__ import annotations

import argparse
import contextlib
import platform
import shlex
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from gankit.choices import NOT_SETTINGS
from gankit.faces import DATA


def caption(options: argparse.Namespace, parser: argparse.ArgumentParser) -> str:
    """Return the command that repeats a run: the script, every option that differs from its default, and the seed."""
    words = ["python", parser.prog]
    for name, value in sorted(vars(options).items()):
        if name in NOT_SETTINGS or (name != "seed" and value == parser.get_default(name)):
            continue
        flag = "--" + name.replace("_", "-")
        values = [] if value is True else value if isinstance(value, list) else [value]
        words += [flag, *(each.name if isinstance(each, Path) else str(each) for each in values)]
    return shlex.join(words)


def run_record(options: argparse.Namespace, started: float, **measures: Any) -> dict[str, Any]:
    """Return the record of a run.

    Parameters
    ----------
    options : argparse.Namespace
        The settings, seed included.
    started : float
        ``time.perf_counter()`` at the start.
    **measures
        The numbers that the run measured, also in dictionaries; six digits of each are kept.
    """
    settings = {
        name: _portable(value) if isinstance(value, Path) else value
        for name, value in vars(options).items()
        if name not in NOT_SETTINGS
    }
    return {
        "settings": settings,
        "measures": _readable(measures),
        "seconds": round(time.perf_counter() - started, 1),
        "versions": {"python": platform.python_version(), **_library_versions()},
    }


def _readable(measures: Any) -> Any:
    if isinstance(measures, dict):
        return {name: _readable(value) for name, value in measures.items()}
    return float(f"{measures:.6g}") if isinstance(measures, float) else measures


def _portable(path: Path) -> str:
    # Records are read on other machines. A path in the project is relative to the project; of others only the name
    # stays.
    path = path.resolve()
    root = DATA.parent
    return path.relative_to(root).as_posix() if root in path.parents else path.name


def _library_versions() -> dict[str, str]:
    names = ("tensorflow", "keras", "numpy", "matplotlib")
    versions = {}
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions
