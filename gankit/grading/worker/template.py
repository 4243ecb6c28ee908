"""The warmed process: everything imported, nothing run, and a fork of it for each request.

Started as ``python -I -S template.py SOCKET SEARCH_PATH``; on the socket it takes orders as lines of JSON, with the
file descriptors of a new child beside them, and answers with lines of JSON.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import sys
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

    warm.set_environment()
    warm.import_libraries()
    tell(channel, {"ready": True, "landlock": sandbox.landlock_version()})
    children: dict[int, int] = {}
    pending = b""
    while True:
        readable, _, _ = select.select([channel], [], [], 0.01 if children else None)
        if readable:
            data, descriptors, _, _ = socket.recv_fds(channel, 65536, 2)
            if not data:
                break
            pending += data
            while b"\n" in pending:
                line, pending = pending.split(b"\n", 1)
                order = json.loads(line)
                if "kill" in order:
                    pid = next((pid for pid, number in children.items() if number == order["kill"]), None)
                    if pid is not None:
                        kill_group(pid)
                else:
                    pid = os.fork()
                    if pid == 0:
                        become_child(order, descriptors, channel, serve, sandbox)
                    children[pid] = order["run"]
                    for descriptor in descriptors:
                        os.close(descriptor)
                    descriptors = []
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
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            break
        if pid == 0:
            break
        number = children.pop(pid, None)
        if number is not None:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
            cpu = usage.ru_utime + usage.ru_stime
            tell(channel, {"ended": number, "status": status, "cpu": cpu, "memory": usage.ru_maxrss})
    with contextlib.suppress(OSError, ValueError):
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        for orphan in {int(pid) for pid in listed} - set(children):
            kill_group(orphan)


def become_child(
    order: dict[str, Any], descriptors: list[int], channel: socket.socket, serve: Any, sandbox: Any
) -> None:
    """Turn a fresh fork into the worker of one request; never returns."""
    try:
        channel.close()
        os.setsid()
        results, output = descriptors
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        for descriptor in {null, output} - {0, 1, 2}:
            os.close(descriptor)
        folder = Path(order["folder"])
        os.chdir(folder)
        os.environ.update(HOME=str(folder), TMPDIR=str(folder), MPLCONFIGDIR=str(folder))
        request = serve.read_request(folder)
        sandbox.confine(str(folder), order)
        serve.play(request, folder, results)
    except BaseException as error:  # noqa: BLE001
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
