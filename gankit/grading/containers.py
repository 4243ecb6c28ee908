"""Files out of folders and archives, within bounds: no links, no devices, no paths outside, and no bombs."""

from __future__ import annotations

import bz2
import contextlib
import functools
import gzip
import io
import itertools
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath, PurePosixPath

LARGEST_FILE = 1_000_000
# A notebook holds its pictures too.
LARGEST_NOTEBOOK = 10_000_000
LARGEST_TOTAL = 5_000_000
LARGEST_ARCHIVE = 50_000_000
MOST_FILES = 200
DEEPEST = 5
# The kit itself, and what tools leave behind; none of it is the student's work.
LEFT_OUT = {"gankit", "tests", "docs", "data", "benchmarks", "build", "outputs", "node_modules", "__pycache__"}
LEFT_OUT |= {"__MACOSX"}
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2")
UNREADABLE_ARCHIVES = (".rar", ".7z", ".xz", ".zst", ".gz", ".bz2")
CODE = (".py", ".ipynb")
DAMAGED = (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, tarfile.TarError)


def is_wanted(path: PurePosixPath) -> bool:
    """Tell whether a path is no tool's, and no part of the kit."""
    return not any(part in LEFT_OUT or part.startswith(".") for part in path.parts)


def is_archive(path: PurePath) -> bool:
    """Tell whether a path is an archive's, be it one that cannot be read."""
    return path.name.lower().endswith(ARCHIVES + UNREADABLE_ARCHIVES)


class Taking:
    """Collects the text files of a submission: their content by path, and notes on what was left out, and why."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.notes: list[str] = []
        self._total = self._read = 0

    def _leave_out(self, name: str, why: str) -> None:
        self.notes.append(f"{name} was left out: {why}")

    def take(self, name: str, size: int, read: Callable[[int], bytes]) -> bool:
        """Take a file, unless it is too large or no text; return False where nothing more can be taken."""
        is_code = name.endswith(CODE)
        most = LARGEST_NOTEBOOK if name.endswith(".ipynb") else LARGEST_FILE
        if size > most:
            if is_code:
                self._leave_out(name, "it is larger than a task file can be.")
            return True
        small = min(size, LARGEST_FILE)
        if len(self.files) >= MOST_FILES or self._total + small > LARGEST_TOTAL or self._read > 10 * LARGEST_TOTAL:
            note = "Only the first files were taken: there are too many, or too large ones."
            self.notes += [] if note in self.notes else [note]
            return False
        try:
            content = read(most + 1)
        except DAMAGED:
            self._leave_out(name, "it cannot be read.")
            return True
        self._read += len(content)
        # An archive may say that a file is small.
        if len(content) <= most and b"\0" not in content:
            self.files.setdefault(name, content)
            self._total += min(len(content), LARGEST_FILE)
        elif is_code:
            self._leave_out(name, "it is not a text file, or larger than it claims to be.")
        return True

    def folder(self, folder: Path, prefix: str = "", depth: int = 1) -> None:
        """Take the files of a folder, Python files first, then those of its folders and archives."""
        entries = []
        with contextlib.suppress(OSError):
            entries = sorted(folder.iterdir(), key=lambda path: (path.suffix != ".py", path.name))
        further = []
        for path in entries[: 10 * MOST_FILES]:
            name = prefix + path.name
            try:
                status = path.lstat()
            except OSError:
                continue
            is_folder = stat.S_ISDIR(status.st_mode)
            if not is_wanted(PurePosixPath(path.name)):
                continue
            if is_folder or stat.S_ISREG(status.st_mode) and is_archive(path):
                further.append((path, is_folder))
            elif not stat.S_ISREG(status.st_mode):
                if path.suffix in CODE:
                    self._leave_out(name, "it is a link or a device and not a file.")
            elif not self.take(name, status.st_size, functools.partial(start_of, path)):
                return
        for path, is_folder in further:
            if not is_folder:
                self.archive(path, f"{prefix}{path.name}/")
            elif depth < DEEPEST:
                self.folder(path, f"{prefix}{path.name}/", depth + 1)

    def archive(self, path: Path, prefix: str = "") -> None:
        """Take the files of a zip or tar archive, which is never unpacked to the disk."""
        if not path.name.lower().endswith(ARCHIVES):
            self._leave_out(path.name, "hand in a .zip, or the files as they are.")
            return
        entries = _zip_entries if path.name.lower().endswith(".zip") else _tar_entries
        try:
            for name, size, is_plain, read in itertools.islice(entries(path), 10 * MOST_FILES):
                inside = PurePosixPath(name.replace("\\", "/"))
                if self._is_inside(inside, is_plain, prefix) and not self.take(f"{prefix}{inside}", size, read):
                    return
        except TooLargeError:
            self._leave_out(path.name, "it is larger than 50 MB.")
        except DAMAGED:
            self.notes.append(f"{path.name} is damaged, or is no archive: the rest of it was left out.")

    def _is_inside(self, path: PurePosixPath, is_plain: bool, prefix: str) -> bool:
        """Tell whether an entry of an archive is to be taken: a plain file with a path inside of the archive."""
        if path.is_absolute() or ".." in path.parts or ":" in str(path):
            self._leave_out(f"{prefix}{path.name}", "its path leads out of the archive.")
            return False
        if not path.parts or not is_wanted(path) or len(path.parts) > DEEPEST:
            return False
        is_nested = path.name.lower().endswith(ARCHIVES)
        if is_nested or (not is_plain and path.suffix in CODE):
            self._leave_out(f"{prefix}{path}", "it is a link, or an archive in an archive.")
        return is_plain and not is_nested


class TooLargeError(ValueError):
    """An archive, or what is in it, is larger than is read."""


# Name, size, whether it is a plain file, and how its beginning is read.
Entry = tuple[str, int, bool, Callable[[int], bytes]]


def _zip_entries(path: Path) -> Iterator[Entry]:
    if path.stat().st_size > LARGEST_ARCHIVE:
        raise TooLargeError
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():

            def read(count: int, entry: zipfile.ZipInfo = entry) -> bytes:
                with archive.open(entry) as file:
                    return file.read(count)

            # Other ways of packing may ask for any amount of memory.
            is_known = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            is_plain = is_known and not entry.is_dir() and not stat.S_ISLNK(entry.external_attr >> 16)
            yield entry.filename, entry.file_size, is_plain, read


def _tar_entries(path: Path) -> Iterator[Entry]:
    name = path.name.lower()
    opened = gzip.open if name.endswith("gz") else bz2.open if name.endswith("bz2") else open
    with opened(path, "rb") as file:
        data = file.read(LARGEST_ARCHIVE + 1)
    if len(data) > LARGEST_ARCHIVE:
        raise TooLargeError
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:

            def read(count: int, member: tarfile.TarInfo = member) -> bytes:
                file = archive.extractfile(member)
                assert file is not None  # only plain files are read
                return file.read(count)

            yield member.name, member.size, member.isreg(), read


def start_of(path: Path, count: int) -> bytes:
    """Read the beginning of a file."""
    with path.open("rb") as file:
        return file.read(count)
