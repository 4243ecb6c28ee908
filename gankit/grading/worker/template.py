"""The warmed process: everything imported, nothing run, and a fork of it for each request.

Started as ``python -I -S template.py SOCKET SEARCH_PATH``; on the socket it takes orders as lines of JSON, with the
file descriptors of a new child beside them, and answers with lines of JSON.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main() -> None:
    """Serve until the judge hangs up."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    first, *others = json.loads(sys.argv[2])
    sys.path[:] = [first, *sys.path, *others]
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None)
        libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: processes that detach themselves end up here
        libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG: do not outlive the judge
    from grading_worker import sandbox, serve, warm

    warm.import_libraries()
    tell(channel, {"landlock": sandbox.landlock_version()})
    # The number of each child's run.
    children: dict[int, int] = {}
    pending = b""
    while True:
        readable, _, _ = select.select([channel], [], [], 0.01 if children else None)
        if readable:
            data, descriptors, _, _ = socket.recv_fds(channel, 65536, 2)
            if not data:
                break
            *lines, pending = (pending + data).split(b"\n")
            for order in map(json.loads, lines):
                if "kill" in order:
                    for pid in [pid for pid, run in children.items() if run == order["kill"]]:
                        kill_group(pid)
                else:
                    pid = os.fork()
                    if pid == 0:
                        become_child(channel, descriptors, functools.partial(serve.serve, order))
                    children[pid] = order["run"]
                    for descriptor in descriptors:
                        os.close(descriptor)
        reap(children, channel)
    for pid in children:
        kill_group(pid)


def tell(channel: socket.socket, message: dict[str, Any]) -> None:
    """Send a line to the judge."""
    with contextlib.suppress(OSError):
        channel.sendall(json.dumps(message).encode() + b"\n")


def kill_group(pid: int) -> None:
    """Kill a child and everything in its session."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            kill(pid, signal.SIGKILL)


def reap(children: dict[int, int], channel: socket.socket) -> None:
    """Report the children that have ended, and end what they left behind."""
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid in children:
                kill_group(pid)
                tell(channel, {"ended": children.pop(pid), "status": os.waitstatus_to_exitcode(status)})
    with contextlib.suppress(OSError, ValueError):
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        for orphan in {int(pid) for pid in listed} - set(children):
            kill_group(orphan)


def become_child(channel: socket.socket, descriptors: list[int], serve: Callable[[int], None]) -> None:
    """Turn a fresh fork into the worker of one request; never returns."""
    channel.close()
    os.setsid()
    results, output = descriptors
    null = os.open(os.devnull, os.O_RDONLY)
    for place, descriptor in enumerate((null, output, output)):
        os.dup2(descriptor, place)
    os.close(null)
    os.close(output)
    serve(results)


if __name__ == "__main__":
    main()
