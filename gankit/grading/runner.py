"""Processes on the judge's side: one warmed template, a forked child for each request, the clock, and the caps."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import select
import shutil
import site
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gankit.grading.submission import TASK_FILES
from gankit.grading.worker import frames
from gankit.grading.worker.serve import REQUEST

KIT = Path(__file__).resolve().parents[1]
# What a worker must not see, should the kit be installed beside TensorFlow.
KIT_MODULES = (
    "gankit",
    "coursework",
    *(name[: -len(".py")] for names in TASK_FILES.values() for name in names),
)
MOST_OUTPUT = 20_000_000
KEPT_OUTPUT = 4_000
MOST_RESULTS = 200_000_000
START_SECONDS = 180


@dataclass(frozen=True)
class Limits:
    """What one request may use."""

    cpu_seconds: int = 20
    wall_seconds: float = 100.0
    memory_bytes: int = 1_000_000_000


@dataclass
class Outcome:
    """What came back for one request.

    Attributes
    ----------
    results : dict
        The result of each scene that was played, by its name.
    errors : dict
        Of each scene that raised: ``type``, ``message``, ``where`` (file and line in the student's code, or None).
    ended : str
        ``done``, or why the process ended before: ``time``, ``memory``, ``output``, ``garbled``, ``exit``.
    printed : str
        The beginning of what was printed.
    """

    results: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended: str = "done"
    printed: str = ""


def package_folders() -> list[str]:
    """Return the folders of installed packages; the project, installed for editing or not, is not among them."""
    paths = sysconfig.get_paths()
    folders = [paths["purelib"], paths["platlib"], *site.getsitepackages()]
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    return list(dict.fromkeys(str(Path(folder).resolve()) for folder in folders if Path(folder).is_dir()))


class Stage:
    """A temporary folder with what workers may import: the kit without its grading, and the worker."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="gankit-grading-"))
        self.packages = self.root / "packages"
        ignore = shutil.ignore_patterns("grading", "__pycache__", "*.pyc")
        shutil.copytree(KIT, self.packages / "gankit", ignore=ignore)
        worker = KIT / "grading" / "worker"
        shutil.copytree(worker, self.packages / "grading_worker", ignore=shutil.ignore_patterns("__pycache__"))
        self.search_path = [str(self.packages), *package_folders()]

    def order(self, folder: Path, limits: Limits) -> dict[str, Any]:
        """Return what a worker is told about its folder and limits."""
        system = ["/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share", "/etc", "/usr/local/lib"]
        libraries = [sysconfig.get_paths()["stdlib"], str(Path(sys.base_prefix) / "lib")]
        hidden = [
            str(Path(path).resolve() / name)
            for path in self.search_path[1:]
            for module in KIT_MODULES
            for name in (module, f"{module}.py")
            if (Path(path) / name).exists()
        ]
        readable = {str(Path(path).resolve()) for path in [*self.search_path, *system, *libraries]}
        return {
            "folder": str(folder),
            "readable": sorted(path for path in readable if Path(path).exists()),
            "hidden": hidden,
            "cpu": limits.cpu_seconds,
            "memory": limits.memory_bytes,
        }

    def new_folder(self, files: dict[str, bytes], request: dict[str, Any]) -> Path:
        """Make a folder with a copy of a submission's files and the request."""
        folder = self.root / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        (folder / REQUEST).write_bytes(frames.pack(request))
        return folder

    def remove(self) -> None:
        """Remove everything."""
        _remove(self.root)


def _remove(folder: Path) -> None:
    def make_removable(function: Any, path: str, _: Any) -> None:
        with contextlib.suppress(OSError):
            Path(path).parent.chmod(0o700)
            Path(path).chmod(0o700)
            function(path)

    shutil.rmtree(folder, onerror=make_removable)


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
        self._template: _Template | None = None
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
            _remove(folder)

    def start(self) -> None:
        """Start the template now, instead of with the first request."""
        if self.fork:
            self._living_template()

    def _living_template(self) -> _Template:
        with self._lock:
            if self._template is None or not self._template.alive():
                self._template = self._starter.submit(_Template, self._stage).result()
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
            collector = _Collector(results, output, limits.wall_seconds)
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
            env=_environment(),
            **options,
        )
        collector = _ThreadCollector(process, limits.wall_seconds + START_SECONDS / 3)
        reason = collector.collect()
        if os.name == "posix":
            with contextlib.suppress(OSError):
                os.killpg(process.pid, 9)
        process.kill()
        status = process.wait()
        if not reason and status != 0:
            reason = "time" if status in (-9, -24) else "exit"
        return collector.outcome(reason)


def _environment() -> dict[str, str]:
    kept = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "HOME", "LD_LIBRARY_PATH", "MPLCONFIGDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"TF_CPP_MIN_LOG_LEVEL": "3"}


class TemplateLost(RuntimeError):
    """The warmed process is gone."""


class _Template:
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
            env=_environment() | {"MALLOC_ARENA_MAX": "2"},
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
        while True:
            data = self._process.stderr.read1(65536)
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
        return not self._lost and self._process.poll() is None

    def fork(self, order: dict[str, Any], descriptors: list[int]) -> int:
        with self._sending:
            self._runs += 1
            run = self._runs
            data = json.dumps({**order, "run": run}).encode() + b"\n"
            sent = socket.send_fds(self._channel, [data], descriptors)
            self._channel.sendall(data[sent:])
        return run

    def kill(self, run: int) -> None:
        with self._sending:
            self._channel.sendall(json.dumps({"kill": run}).encode() + b"\n")

    def wait(self, run: int) -> int:
        with self._news:
            if not self._news.wait_for(lambda: run in self._ended or self._lost, timeout=30):
                raise TemplateLost
            if run not in self._ended:
                raise TemplateLost
            return self._ended.pop(run)

    def stop(self) -> None:
        self._channel.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Collector:
    """Reads a child's results and output from two pipes, within bounds, until both end or the time is up."""

    def __init__(self, results: int, output: int, seconds: float):
        self._results, self._output = results, output
        self._deadline = time.monotonic() + seconds
        self.received = bytearray()
        self.printed = bytearray()
        self._output_size = 0

    def collect(self) -> str:
        """Return why reading stopped early, or an empty string."""
        open_pipes = {self._results, self._output}
        # A process that outlives the child may hold the output open; the results tell when the child has ended.
        while self._results in open_pipes:
            left = self._deadline - time.monotonic()
            if left <= 0:
                return "time"
            readable, _, _ = select.select(list(open_pipes), [], [], left)
            for pipe in readable:
                data = os.read(pipe, 1 << 20)
                if not data:
                    open_pipes.discard(pipe)
                elif reason := self.take(data, pipe == self._results):
                    return reason
        while self._output in open_pipes and select.select([self._output], [], [], 0)[0]:
            data = os.read(self._output, 1 << 20)
            if not data or self.take(data, False):
                break
        return ""

    def take(self, data: bytes, is_result: bool) -> str:
        if is_result:
            self.received += data
            return "garbled" if len(self.received) > MOST_RESULTS else ""
        self._output_size += len(data)
        self.printed += data[: max(0, KEPT_OUTPUT - len(self.printed))]
        return "output" if self._output_size > MOST_OUTPUT else ""

    def outcome(self, reason: str) -> Outcome:
        """Parse what was received; what is no frame ends the reading."""
        outcome = Outcome(ended=reason or "done", printed=self.printed.decode(errors="replace"))
        position = 0

        def receive(count: int) -> bytes:
            nonlocal position
            if position + count > len(self.received):
                raise EOFError
            data = bytes(self.received[position : position + count])
            position += count
            return data

        while position < len(self.received):
            try:
                message = frames.read(receive)
                name = message["scene"]
                # The first word counts: what comes later cannot replace it.
                if name in outcome.results or name in outcome.errors:
                    raise frames.FrameError("a scene was answered twice")
                if "error" in message:
                    outcome.errors[name] = _checked_error(message["error"])
                # A scene that ended with an error may have a result all the same: what ran before it.
                if "result" in message:
                    outcome.results[name] = message["result"]
            except EOFError:
                break
            except (frames.FrameError, KeyError, TypeError):
                outcome.ended = "garbled"
                break
        return outcome


def _checked_error(error: dict[str, Any]) -> dict[str, Any]:
    where = error.get("where")
    return {
        "type": _plain(str(error["type"]))[:60],
        "message": _plain(str(error["message"]))[:300],
        "where": (str(where[0])[:60], int(where[1])) if where else None,
    }


def _plain(text: str) -> str:
    """Take machine paths, graph names and control characters out of an error message."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    text = "".join(character if character.isprintable() else " " for character in text)
    if text.startswith("in user code:"):
        text = text.rsplit("Error: ", 1)[-1]
    text = re.sub(r"\{\{[^}]*\}\}\s*", "", text)
    text = re.sub(r"\s*Arguments received by .*|\s*\([^()]*, line \d+\)$", "", text)
    return re.sub(r"(?:/[\w.@+-]+)+/([\w.@+-]+)", r"\1", text).strip()


class _ThreadCollector(_Collector):
    """The same with threads, where ``select`` knows no pipes."""

    def __init__(self, process: subprocess.Popen, seconds: float):
        super().__init__(-1, -1, seconds)
        self._process = process
        self._reason = ""

    def collect(self) -> str:
        threads = [
            threading.Thread(target=self._drain, args=(stream, is_result), daemon=True)
            for stream, is_result in ((self._process.stdout, True), (self._process.stderr, False))
        ]
        for thread in threads:
            thread.start()
        threads[0].join(max(0.0, self._deadline - time.monotonic()))
        if threads[0].is_alive():
            return self._reason or "time"
        return self._reason

    def _drain(self, stream: Any, is_result: bool) -> None:
        while data := stream.read1(1 << 20):
            if reason := self.take(data, is_result):
                self._reason = reason
                self._process.kill()
                return
