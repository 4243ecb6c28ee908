"""Processes on the judge's side: a forked child or a cold process for each request, the clock, and the caps."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gankit.grading.answers import Collector, Outcome, ThreadCollector
from gankit.grading.stage import Limits, Stage, remove_folder
from gankit.grading.warmed import START_SECONDS, Template, TemplateLost, environment
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
        self._starter = ThreadPoolExecutor(1)
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
                return self._run_cold(order, limits)
            # A child may, where the kernel does not prevent it, take the template down: that is found out and mended.
            for _ in range(2):
                outcome = self._run_warm(order, limits)
                if outcome is not None:
                    return outcome
                if not (folder / REQUEST).exists():
                    return Outcome(ended="exit")
            return Outcome(ended="exit")
        finally:
            remove_folder(folder)

    def start(self) -> None:
        """Start the template now, instead of with the first request."""
        if self.fork:
            self._living_template()

    def _living_template(self) -> Template:
        with self._lock:
            if self._template is None or not self._template.alive():
                self._template = self._starter.submit(Template, self._stage).result()
                self.landlock = self._template.landlock
            return self._template

    def _run_warm(self, order: dict[str, Any], limits: Limits) -> Outcome | None:
        template = self._living_template()
        results, results_end = os.pipe()
        output, output_end = os.pipe()
        run = None
        try:
            try:
                run = template.fork(order, [results_end, output_end])
            finally:
                os.close(results_end)
                os.close(output_end)
            collector = Collector(results, output, limits.wall_seconds)
            reason = collector.collect()
            if reason:
                template.kill(run)
            status = template.wait(run)
        except (OSError, TemplateLost):
            return None
        finally:
            os.close(results)
            os.close(output)
        if not reason and status != 0:
            # SIGXCPU, then SIGKILL, end what used too much CPU time.
            reason = "time" if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (9, 24) else "exit"
        return collector.outcome(reason)

    def _run_cold(self, order: dict[str, Any], limits: Limits) -> Outcome:
        arguments = [order["folder"], json.dumps(order), json.dumps(self._stage.search_path)]
        script = self._stage.packages / "grading_worker" / "cold.py"
        options: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {}
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(script), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=order["folder"],
            env=environment(),
            **options,
        )
        collector = ThreadCollector(process, limits.wall_seconds + START_SECONDS / 3)
        reason = collector.collect()
        if os.name == "posix":
            with contextlib.suppress(OSError):
                os.killpg(process.pid, 9)
        process.kill()
        status = process.wait()
        if not reason and status != 0:
            reason = "time" if status in (-9, -24) else "exit"
        return collector.outcome(reason)
