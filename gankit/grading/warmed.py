"""The warmed process from which a child is forked for each request."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import Future
from typing import Any

from gankit.grading.stage import Stage

START_SECONDS = 180


def environment() -> dict[str, str]:
    """Return the few environment variables that a worker is given."""
    kept = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "HOME", "LD_LIBRARY_PATH", "MPLCONFIGDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"TF_CPP_MIN_LOG_LEVEL": "3"}


class TemplateLost(RuntimeError):
    """The warmed process is gone."""


class Template:
    """The warmed process, and the channel to it."""

    def __init__(self, stage: Stage):
        self._channel, theirs = socket.socketpair()
        script = stage.packages / "grading_worker" / "template.py"
        said = stage.root / "template.log"
        with said.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(script), str(theirs.fileno()), json.dumps(stage.search_path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=[theirs.fileno()],
                cwd=stage.root,
                env=environment() | {"MALLOC_ARENA_MAX": "2"},
            )
        theirs.close()
        self._sending = threading.Lock()
        self._statuses: list[Future[int]] = []
        self._lost = False
        self._lines = self._channel.makefile("rb")
        self._channel.settimeout(START_SECONDS)
        try:
            self.landlock = json.loads(self._lines.readline())["landlock"]
        except (OSError, ValueError) as error:
            self._process.kill()
            words = said.read_text(encoding="utf-8", errors="replace")[-4000:]
            raise RuntimeError(f"The worker process did not start:\n{words}") from error
        self._channel.settimeout(None)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError), self._lines:
            for line in self._lines:
                message = json.loads(line)
                self._statuses[message["ended"]].set_result(message["status"])
        self._lost = True
        for status in self._statuses:
            if not status.done():
                status.set_exception(TemplateLost())

    def alive(self) -> bool:
        """Tell whether the process still runs and listens."""
        return not self._lost and self._process.poll() is None

    def fork(self, order: dict[str, Any], descriptors: list[int]) -> Run:
        """Let a child carry out an order, with pipes to write to."""
        with self._sending:
            run = Run(self, len(self._statuses))
            self._statuses.append(run.status)
            data = _line({**order, "run": run.number})
            sent = socket.send_fds(self._channel, [data], descriptors)
            self._channel.sendall(data[sent:])
        return run

    def kill(self, number: int) -> None:
        """End a run and every process that it started."""
        with self._sending:
            self._channel.sendall(_line({"kill": number}))

    def stop(self) -> None:
        """End the process."""
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)
        self._channel.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Run:
    """A child of the warmed process; it ends as a process of :mod:`subprocess` does."""

    def __init__(self, template: Template, number: int):
        self._template = template
        self.number = number
        self.status: Future[int] = Future()

    def kill(self) -> None:
        """End it, and every process that it started."""
        self._template.kill(self.number)

    def wait(self) -> int:
        """Return its exit status; below 0 where a signal ended it."""
        return self.status.result(timeout=30)


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"
