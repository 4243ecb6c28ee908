"""Limits that a child process puts on itself before a student's code runs.

Two layers, as far as the platform has them: the kernel's (resource limits, and Linux's Landlock, which bounds the
files, the network and the processes that can be reached) and Python's audit hook, which turns the usual attempts into
a ``PermissionError`` where there is no Landlock. Without a container this contains and detects; it is no jail.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]  # its users allow for None

OPEN_FILES = 256
LARGEST_FILE = 64 * 2**20
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
READ_FILE, READ_FOLDER = 1 << 2, 1 << 3
# Every right over files up to the kernel's fifth version of Landlock; older kernels know fewer of them.
FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}


def virtual_memory() -> int:
    """Return the bytes of address space in use, or 0 where that is not known."""
    try:
        with Path("/proc/self/statm").open() as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except (OSError, AttributeError):
        return 0


def limit_resources(cpu_seconds: int, memory: int) -> None:
    """Bound CPU time, memory, files and processes; what cannot be bounded is left as it is."""
    if resource is None:
        return
    cpu = int(time.process_time()) + cpu_seconds
    wanted = {"CPU": (cpu, cpu + 2), "FSIZE": (LARGEST_FILE,) * 2, "CORE": (0, 0), "NOFILE": (OPEN_FILES,) * 2}
    used = virtual_memory()
    if used:
        wanted["AS"] = (used + memory,) * 2
    for name, values in wanted.items():
        with contextlib.suppress(OSError, ValueError, AttributeError):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), values)


def landlock_version() -> int:
    """Return the kernel's version of Landlock, 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    with contextlib.suppress(OSError, AttributeError):
        return max(0, ctypes.CDLL(None, use_errno=True).syscall(LANDLOCK_CREATE, None, 0, 1))
    return 0


def without_hidden(folder: str, hidden: list[str]) -> list[str]:
    """Return the entries of a folder, or of its subfolders, that together are all of it but what is hidden."""
    if folder in hidden:
        return []
    inside = folder.rstrip("/") + "/"
    if not any(path.startswith(inside) for path in hidden):
        return [folder]
    with contextlib.suppress(OSError):
        return [path for entry in os.scandir(folder) for path in without_hidden(inside + entry.name, hidden)]
    return []


def restrict_files(readable: list[str], writable: list[str], hidden: list[str]) -> None:
    """Let this process read and write under the given folders only, and open no network connection, if it can."""
    version = landlock_version()
    if version < 1:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    handled = FILE_RIGHTS[min(version, 5)]
    network = 3 if version >= 4 else 0
    # From version 6 on: no signal and no abstract socket reaches a process outside.
    scoped = 3 if version >= 6 else 0
    attributes = struct.pack("=QQQ", handled, network, scoped)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(LANDLOCK_CREATE, attributes, size, 0)
    if ruleset < 0:
        return
    try:
        visible = [path for folder in readable for path in without_hidden(folder, hidden)]
        listable = [folder for folder in readable if folder not in visible]
        granted = ((visible, READ_FILE | READ_FOLDER), (listable, READ_FOLDER), (writable, handled & ~1))
        for folders, rights in granted:
            for folder in folders:
                with contextlib.suppress(OSError):
                    descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC)
                    # A plain file takes only the rights that make sense for a file.
                    allowed = rights if Path(folder).is_dir() else rights & (READ_FILE | 2)
                    libc.syscall(LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", allowed, descriptor), 0)
                    os.close(descriptor)
        libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS, without which only root may restrict itself
        libc.syscall(LANDLOCK_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


_REFUSED = {
    "os": "fork forkpty exec posix_spawn spawn system startfile kill killpg",
    "subprocess": "Popen",
    "pty": "spawn",
    "socket": "connect bind sendto",
    "ctypes": "dlopen dlsym dlsym/handle call_function string_at",
    "resource": "setrlimit prlimit",
}
REFUSED = {f"{module}.{name}" for module, names in _REFUSED.items() for name in names.split()}
# What changes files, with the places of the paths among its arguments.
CHANGING: dict[str, tuple[int, ...]] = {
    f"os.{name}": (0,) for name in ("remove", "mkdir", "rmdir", "chmod", "chown", "truncate", "utime")
}
CHANGING.update({"os.rename": (0, 1), "os.link": (1,), "os.symlink": (1,), "shutil.rmtree": (0,)})


def watch_python(readable: list[str], writable: list[str], hidden: list[str]) -> None:
    """Install an audit hook, which cannot be taken out again, that refuses what a task has no use for."""
    may_read = tuple(os.path.realpath(folder) for folder in [*readable, *writable])
    unseen = tuple(os.path.realpath(path) for path in hidden)
    may_write = tuple(os.path.realpath(folder) for folder in writable)
    # Bound now: the student's code may replace the functions of these modules.
    realpath, fsdecode, separator = os.path.realpath, os.fsdecode, os.sep
    writing_flags = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

    def within(path: Any, folders: tuple[str, ...]) -> bool:
        path = realpath(fsdecode(path))
        return any(path == folder or path.startswith(folder.rstrip(separator) + separator) for folder in folders)

    def check(event: str, arguments: tuple) -> None:
        if event in REFUSED:
            raise PermissionError(f"{event} is not available to a submission")
        if event == "open":
            path, _, flags = arguments[:3]
            if isinstance(path, int) or path is None:
                return
            writes = bool((flags or 0) & writing_flags)
            if within(path, unseen) or not within(path, may_write if writes else may_read):
                raise PermissionError(f"{'writing' if writes else 'reading'} there is not available to a submission")
        for position in CHANGING.get(event, ()):
            path = arguments[position] if position < len(arguments) else None
            if isinstance(path, (str, bytes, os.PathLike)) and not within(path, may_write):
                raise PermissionError("changing files there is not available to a submission")

    sys.addaudithook(check)


def confine(folder: str, order: dict[str, Any]) -> None:
    """Apply everything: from here on this process belongs to the student's code, which may write to the folder only.

    The order has ``readable`` and ``hidden`` paths, ``cpu`` in seconds, ``memory`` in bytes above what is in use.
    """
    hidden, writable = order["hidden"], [folder, "/dev/null"]
    system = ["/dev/urandom", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system"]
    readable = [*order["readable"], *system]
    tempfile.tempdir = folder
    limit_resources(order["cpu"], order["memory"])
    restrict_files(readable, writable, hidden)
    watch_python(readable, writable, hidden)
