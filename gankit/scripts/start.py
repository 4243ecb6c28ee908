"""Start scripts without TensorFlow's notes, and end them with one sentence after a user's mistake.

Importing this module does not import TensorFlow, so that a script reports a wrong argument at once.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from gankit.errors import InputError


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Keep TensorFlow's start-up notes off stderr, and turn the garbage collector off during the import.

    The notes come from C++, and no Python setting stops them. The collector would search half a million permanent
    objects again and again.
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
        # The imported objects are permanent, so later collections need not search them either.
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


def answer_at_once(module: str, parser: argparse.ArgumentParser) -> None:
    """Answer ``--help`` and report wrong arguments before the import of TensorFlow, which takes seconds.

    Parameters
    ----------
    module : str
        ``__name__`` of the calling file; the function does nothing unless the file runs as a script.
    parser : argparse.ArgumentParser
        The script's command line.
    """
    if module == "__main__":
        parser.parse_args()
        with quiet_start():
            import tensorflow as tf

            # The first tensor starts the devices, which also prints notes.
            tf.zeros(())


def run_script(main: Callable[[], int | None]) -> None:
    """Run a script's ``main``; report a user's mistake as one sentence on stderr, with exit status 2."""
    try:
        status = main()
    except InputError as error:
        sys.stderr.write(f"{Path(sys.argv[0]).name}: {error}\n")
        status = 2
    except KeyboardInterrupt:
        sys.stderr.write(f"{Path(sys.argv[0]).name}: stopped.\n")
        status = 130
    sys.exit(status)
