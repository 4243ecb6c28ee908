"""Workers that run a request once, keep the answer in a folder, and return this answer from then on."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from gankit.grading.runner import Limits, Outcome, Workers
from gankit.grading.worker import frames


class NotOnRecord(LookupError):
    """There is no record of this request yet."""


class RecordedWorkers:
    """Replaces :class:`gankit.grading.runner.Workers`.

    Parameters
    ----------
    folder : Path
        Folder of the answers, one file per request.
    workers : Workers, optional
        Workers that run requests that are not on record; without them, such requests raise :class:`NotOnRecord`.
    """

    def __init__(self, folder: Path, workers: Workers | None = None):
        self._folder = folder
        self._workers = workers
        self._answers: dict[str, bytes] = {}

    def not_enforced(self) -> list[str]:
        """Return an empty list, because a record does not depend on the platform."""
        return []

    def run(self, request: dict[str, Any], files: dict[str, bytes], limits: Limits) -> Outcome:
        """Return the answer on record, or run the request and record its answer."""
        path = self._folder / f"{_key(request, files)}.frame"
        if path.name not in self._answers:
            if not path.exists():
                if self._workers is None:
                    raise NotOnRecord(path.name)
                outcome = self._workers.run(request, files, limits)
                self._folder.mkdir(parents=True, exist_ok=True)
                path.write_bytes(frames.pack(vars(outcome)))
            self._answers[path.name] = path.read_bytes()
        return Outcome(**_unpacked(self._answers[path.name]))


def _key(request: dict[str, Any], files: dict[str, bytes]) -> str:
    digest = hashlib.sha256(frames.pack(request))
    for name in sorted(files):
        digest.update(name.encode() + hashlib.sha256(files[name]).digest())
    return digest.hexdigest()[:32]


def _unpacked(data: bytes) -> Any:
    position = 0

    def receive(count: int) -> bytes:
        nonlocal position
        position += count
        return data[position - count : position]

    return frames.read(receive)
