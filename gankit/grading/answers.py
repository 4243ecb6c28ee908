"""What comes back from a worker: it is read within bounds, and nothing in it is trusted."""

from __future__ import annotations

import io
import os
import re
import threading
from collections.abc import Callable
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

    By the name of each scene there are results, and errors as ``type``, ``message`` and ``where`` (file and line in the
    student's code, or None). It ended as ``done``, or early: ``time``, ``output``, ``garbled``, ``exit``. Of what was
    printed the beginning is kept.
    """

    results: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, dict[str, Any]] = field(default_factory=dict)
    ended: str = "done"
    printed: str = ""


class Collector:
    """Reads a child's results and output from two pipes, within bounds, until the results end or the time is up."""

    def __init__(self, results: int, output: int):
        self.received, self.printed = bytearray(), bytearray()
        self._output_size = 0
        self._reason = ""
        # Set where the results have ended, or where reading is given up.
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._drain, args=(pipe, take), daemon=True)
            for pipe, take in ((results, self._take_results), (output, self._take_output))
        ]
        for thread in self._threads:
            thread.start()

    def collect(self, seconds: float) -> str:
        """Return why reading stopped early, or an empty string."""
        if not self._over.wait(seconds):
            return "time"
        # A process that outlives the child may hold the output open; the results tell when the child has ended.
        self._threads[1].join(0.2)
        return self._reason

    def _drain(self, pipe: int, take: Callable[[bytes], str]) -> None:
        with os.fdopen(pipe, "rb", buffering=0) as stream:
            while data := stream.read(1 << 20):
                if reason := take(data):
                    self._reason = self._reason or reason
                    self._over.set()
                    return
        if take == self._take_results:
            self._over.set()

    def _take_results(self, data: bytes) -> str:
        self.received += data
        return "garbled" if len(self.received) > MOST_RESULTS else ""

    def _take_output(self, data: bytes) -> str:
        self._output_size += len(data)
        self.printed += data[: max(0, KEPT_OUTPUT - len(self.printed))]
        return "output" if self._output_size > MOST_OUTPUT else ""

    def outcome(self, reason: str) -> Outcome:
        """Parse what was received; what is no frame ends the reading."""
        outcome = Outcome(ended=reason or "done", printed=self.printed.decode(errors="replace"))
        stream = io.BytesIO(self.received)

        def receive(count: int) -> bytes:
            data = stream.read(count)
            if len(data) < count:
                raise EOFError
            return data

        while stream.tell() < len(self.received):
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
