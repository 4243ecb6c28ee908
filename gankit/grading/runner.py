"""Processes on the judge's side: a forked child or a cold process for each request, the clock, and the caps."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any

from gankit.grading.answers import Collector, Outcome
from gankit.grading.stage import Limits, Stage, remove_folder
from gankit.grading.warmed import START_SECONDS, Run, Template, TemplateLost, environment
from gankit.grading.worker.serve import REQUEST

__all__ = ["Limits", "Outcome", "Workers"]


class Workers:
    """Runs requests in processes of their own; may be used from several threads.

    Parameters
    ----------
    fork : bool, optional
        Fork children from one warmed process (POSIX but macOS), or start a cold process for each request.
    """

    def __init__(self, fork: bool | None = None):
        possible = hasattr(os, "fork") and sys.platform != "darwin"
        self.fork = possible if fork is None else fork and possible
        self._stage = Stage()
        self._template: Template | None = None
        self._lock = threading.Lock()
        # Linux ends the template with the thread that started it, so that thread has to last.
        self._starter = futures.ThreadPoolExecutor(1)
        self.landlock = 0

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._template is not None:
            self._template.stop()
        self._starter.shutdown()
        self._stage.remove()

    def not_enforced(self) -> list[str]:
        """Say which limits this platform does not enforce."""
        missing = []
        if sys.platform == "win32":
            missing.append("CPU time, memory, file sizes and processes are not limited on Windows; only the clock is.")
        elif sys.platform == "darwin":
            missing.append("Memory is not limited on macOS.")
        if not self.fork:
            missing.append("Each request starts a process of its own, as this platform cannot fork: grading is slower.")
        if not self.landlock:
            missing.append(
                "Files and network are guarded by Python alone, not by the kernel: grade strangers in a container."
            )
        return missing

    def run(self, request: dict[str, Any], files: dict[str, bytes], limits: Limits) -> Outcome:
        """Play a request's scenes on a copy of a submission's files and return what came back."""
        folder = self._stage.new_folder(files, request)
        order = self._stage.order(folder, limits)
        try:
            if not self.fork:
                return self._collected(self._cold, order, limits.wall_seconds + START_SECONDS / 3)
            # A child may, where the kernel does not prevent it, take the template down: that is found out and mended.
            for _ in range(2):
                with contextlib.suppress(OSError, TemplateLost, futures.TimeoutError):
                    return self._collected(self._warm, order, limits.wall_seconds)
                if not (folder / REQUEST).exists():
                    break
            return Outcome(ended="exit")
        finally:
            remove_folder(folder)

    def start(self) -> Template:
        """Start the template where it does not run; the first request does it too."""
        with self._lock:
            if self._template is None or not self._template.alive():
                self._template = self._starter.submit(Template, self._stage).result()
                self.landlock = self._template.landlock
            return self._template

    def _collected(self, begin: Callable[[dict[str, Any], list[int]], Any], order: dict, seconds: float) -> Outcome:
        """Let a process begin that carries out an order and writes to two pipes; return what it wrote."""
        pipes = [os.pipe(), os.pipe()]
        collector = Collector(*(reading for reading, _ in pipes))
        try:
            process = begin(order, [writing for _, writing in pipes])
        finally:
            for _, writing in pipes:
                os.close(writing)
        reason = collector.collect(seconds)
        if reason:
            process.kill()
        status = process.wait()
        if not reason and status != 0:
            # SIGXCPU, then SIGKILL, end what used too much CPU time.
            reason = "time" if status in (-9, -24) else "exit"
        return collector.outcome(reason)

    def _warm(self, order: dict[str, Any], pipes: list[int]) -> Run:
        return self.start().fork(order, pipes)

    def _cold(self, order: dict[str, Any], pipes: list[int]) -> _ColdProcess:
        script = self._stage.packages / "grading_worker" / "cold.py"
        options: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {}
        return _ColdProcess(
            [sys.executable, "-I", "-S", str(script), json.dumps(order), json.dumps(self._stage.search_path)],
            stdin=subprocess.DEVNULL,
            stdout=pipes[0],
            stderr=pipes[1],
            cwd=order["folder"],
            env=environment(),
            **options,
        )


class _ColdProcess(subprocess.Popen):
    """A process that takes along what it started."""

    def kill(self) -> None:
        if os.name == "posix":
            with contextlib.suppress(OSError):
                os.killpg(self.pid, 9)
        super().kill()

    def wait(self, timeout: float | None = None) -> int:
        with contextlib.suppress(subprocess.TimeoutExpired):
            super().wait(5)
        self.kill()
        return super().wait(timeout)
