"""The warmed process from which a child is forked for each request."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
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
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(script), str(theirs.fileno()), json.dumps(stage.search_path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            cwd=stage.root,
            env=environment() | {"MALLOC_ARENA_MAX": "2"},
        )
        theirs.close()
        self._sending = threading.Lock()
        self._news = threading.Condition()
        self._ended: dict[int, int] = {}
        self._runs = 0
        self._lost = False
        self._pending = b""
        self._stderr = b""
        threading.Thread(target=self._keep_stderr, daemon=True).start()
        self._channel.settimeout(START_SECONDS)
        self.landlock = self._first_word()["landlock"]
        self._channel.settimeout(None)
        threading.Thread(target=self._listen, daemon=True).start()

    def _keep_stderr(self) -> None:
        stream = self._process.stderr
        assert isinstance(stream, io.BufferedReader)
        while True:
            data = stream.read1(65536)
            if not data:
                return
            self._stderr = (self._stderr + data)[-4000:]

    def _first_word(self) -> dict[str, Any]:
        line = self._line()
        if line is None:
            self._process.kill()
            raise RuntimeError("The worker process did not start:\n" + self._stderr.decode(errors="replace"))
        return json.loads(line)

    def _line(self) -> bytes | None:
        while b"\n" not in self._pending:
            try:
                data = self._channel.recv(65536)
            except OSError:
                return None
            if not data:
                return None
            self._pending += data
        line, self._pending = self._pending.split(b"\n", 1)
        return line

    def _listen(self) -> None:
        while True:
            line = self._line()
            with self._news:
                if line is None:
                    self._lost = True
                else:
                    message = json.loads(line)
                    self._ended[message["ended"]] = message["status"]
                self._news.notify_all()
            if line is None:
                return

    def alive(self) -> bool:
        """Tell whether the process still runs and listens."""
        return not self._lost and self._process.poll() is None

    def fork(self, order: dict[str, Any], descriptors: list[int]) -> int:
        """Let a child carry out an order, with pipes to write to; return the number of the run."""
        with self._sending:
            self._runs += 1
            run = self._runs
            data = json.dumps({**order, "run": run}).encode() + b"\n"
            sent = socket.send_fds(self._channel, [data], descriptors)
            self._channel.sendall(data[sent:])
        return run

    def kill(self, run: int) -> None:
        """End a run and every process that it started."""
        with self._sending:
            self._channel.sendall(json.dumps({"kill": run}).encode() + b"\n")

    def wait(self, run: int) -> int:
        """Return the exit status of a run."""
        with self._news:
            if not self._news.wait_for(lambda: run in self._ended or self._lost, timeout=30):
                raise TemplateLost
            if run not in self._ended:
                raise TemplateLost
            return self._ended.pop(run)

    def stop(self) -> None:
        """End the process."""
        self._channel.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
