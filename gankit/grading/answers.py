"""What comes back from a worker: it is read within bounds, and nothing in it is trusted."""

from __future__ import annotations

import os
import re
import select
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from gankit.grading.worker import frames

MOST_OUTPUT = 20_000_000
KEPT_OUTPUT = 4_000
MOST_RESULTS = 200_000_000
LONGEST_MESSAGE = 200
# An array as it is printed, of seven numbers or more.
MANY_NUMBERS = r"\[(?:[\s\[\]]*[-+]?(?:\d[\d.e+-]*|nan|inf)\b\.?[\s,\[\]]*){7,}(?:\.\.\.[\s\d.e,+\[\]-]*)?"


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


class Collector:
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
        """Keep what was read; return why reading has to stop, or an empty string."""
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
                    outcome.errors[name] = checked_error(message["error"])
                # A scene that ended with an error may have a result all the same: what ran before it.
                if "result" in message:
                    outcome.results[name] = message["result"]
            except EOFError:
                break
            except (frames.FrameError, KeyError, TypeError):
                outcome.ended = "garbled"
                break
        return outcome


class ThreadCollector(Collector):
    """The same with threads, where ``select`` knows no pipes."""

    def __init__(self, process: subprocess.Popen, seconds: float):
        super().__init__(-1, -1, seconds)
        self._process = process
        self._reason = ""

    def collect(self) -> str:
        """Return why reading stopped early, or an empty string."""
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


def checked_error(error: dict[str, Any]) -> dict[str, Any]:
    """Return an error that a worker reports in a form that can be shown to students."""
    where = error.get("where")
    return {
        "type": plain(str(error["type"]))[:60],
        "message": shortened(plain(str(error["message"]))),
        "where": (str(where[0])[:60], int(where[1])) if where else None,
    }


def plain(text: str) -> str:
    """Take machine paths, graph names, values of arrays and control characters out of an error message."""
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
    text = "".join(character if character.isprintable() else " " for character in text[:20_000])
    if text.startswith("in user code:"):
        text = text.rsplit("Error: ", 1)[-1]
    text = re.sub(r"\{\{[^}]*\}\}\s*", "", text)
    text = re.sub(r"\s*Arguments received by .*|\s*\([^()]*, line \d+\)$", "", text)
    # A variable or tensor shows its name, shape and type, and not its values; the message may end within them.
    text = re.sub(r",\s*(?:numpy|value)=[^<>]*", "", text)
    text = re.sub(MANY_NUMBERS, "[...] ", text)
    return re.sub(r"(?<![:/\w])(?:/[\w.@+-]+)+/([\w.@+-]+)", r"\1", re.sub(r"\s+", " ", text)).strip()


def shortened(text: str, most: int = LONGEST_MESSAGE) -> str:
    """Cut a text after a word, so that it has at most so many characters."""
    if len(text) <= most:
        return text
    cut = text[: most - 3]
    return (cut[: cut.rfind(" ")] if " " in cut[most // 2 :] else cut).rstrip(" ,;:") + "..."
