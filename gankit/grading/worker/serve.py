"""One request in one process: import the student's file, play the scenes, send back what was recorded."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import frames, loading, sandbox

REQUEST = "request.bin"


def serve(order: dict[str, Any], results: int) -> None:
    """Carry out an order: confine this process to its folder and play the request that lies there; never returns."""
    try:
        folder = Path(order["folder"])
        os.chdir(folder)
        os.environ.update(HOME=str(folder), TMPDIR=str(folder), MPLCONFIGDIR=str(folder))
        # Gone before any student's code runs.
        with Path(REQUEST).open("rb") as file:
            request = frames.read(file.read)
        Path(REQUEST).unlink()
        sandbox.confine(str(folder), order)
        play(request, folder, results)
    except BaseException as error:  # noqa: BLE001
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
        os._exit(0)


def play(request: dict[str, Any], folder: Path, results: int) -> None:
    """Play every scene; each result is sent at once, so that what comes later cannot take it back.

    The request has ``file``, ``scenes`` and ``stand_ins`` (never run an earlier task's file); ``results`` is where
    frames go.
    """
    from . import keras2, scenes

    def send(message: dict[str, Any]) -> None:
        data = memoryview(frames.pack(message))
        while data:
            data = data[os.write(results, data) :]

    def attempt(name: str, action: Callable[..., Any], *arguments: Any) -> Any:
        try:
            result = action(*arguments)
        except BaseException as error:  # noqa: BLE001 - SystemExit and the like are a student's error too
            send({"scene": name, "error": loading.describe_error(error, folder)})
            return None
        found = dict(result) if isinstance(result, dict) else {}
        message: dict[str, Any] = {"scene": name, "result": {**found, "idioms": list(keras2.used)}}
        if "error" in found:
            message["error"] = loading.describe_error(message["result"].pop("error"), folder)
        send(message)
        return result

    scenes.prepare()
    sys.path.insert(0, str(folder))
    sys.meta_path.insert(0, loading.EarlierTasks(folder, request["stand_ins"]))
    sys.argv = [request["file"]]
    modules: dict[str, Any] = {}
    for scene in request["scenes"]:
        file = scene.get("import", request["file"])
        # A script is imported by running it.
        if scene["kind"] != "script" and file not in modules:
            modules[file] = attempt("import", loading.load, folder / file)
            if modules[file] is None:
                return
        attempt(scene["name"], scenes.SCENES[scene["kind"]], modules.get(file), scene)
