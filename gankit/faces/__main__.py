"""Make faces: ``python -m gankit.faces render`` writes a file of them, ``python -m gankit.faces grid`` a picture."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from gankit.errors import InputError
from gankit.faces.files import FACES_FILE, load_faces
from gankit.faces.renderer import RENDERER_VERSION, SIZES, render_faces
from gankit.runs import OneSentenceParser, run_script, whole_number


def main(arguments: list[str] | None = None) -> None:
    """Run the subcommand that was named."""
    parser = OneSentenceParser(prog="python -m gankit.faces", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    render = commands.add_parser("render", help="render faces and their attributes into a .npz file")
    render.add_argument("--count", type=whole_number(1), default=10_000, help="number of faces (default: 10000)")
    render.add_argument("--size", type=int, choices=SIZES, default=16, help="height and width (default: 16)")
    render.add_argument("--seed", type=whole_number(0), default=0, help="seed of everything (default: 0)")
    render.add_argument("--output", type=Path, required=True, help="the .npz file to write")
    grid = commands.add_parser("grid", help="draw the first faces of a file as a .png picture")
    grid.add_argument("--faces", type=Path, default=FACES_FILE, help="file of faces (default: the project's own)")
    grid.add_argument("--columns", type=whole_number(1), default=20, help="faces in a row (default: 20)")
    grid.add_argument("--rows", type=whole_number(1), default=10, help="rows (default: 10)")
    grid.add_argument("--output", type=Path, required=True, help="the .png file to write")
    options = parser.parse_args(arguments)
    if options.command == "render":
        faces, attributes = render_faces(options.count, options.size, options.seed)
        arrays = {"faces": faces, **attributes, "seed": np.int64(options.seed), "renderer_version": RENDERER_VERSION}
        _write_whole(options.output, _npz(arrays))
        print(f"{options.count} faces of {options.size}x{options.size} pixels are in {options.output}.")
    else:
        _write_whole(options.output, _grid(load_faces(options.faces, size=None), options.columns, options.rows))
        print(f"The picture is {options.output}.")


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    # NumPy's own archives carry the time of writing; with a fixed one the same faces give the same file.
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            entry = io.BytesIO()
            np.save(entry, np.asarray(array), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(info, entry.getvalue(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _grid(faces: np.ndarray, columns: int, rows: int) -> bytes:
    from PIL import Image

    from gankit.plots import tile

    picture = Image.fromarray(np.round(255 * tile(faces[: columns * rows] / 255, columns)).astype(np.uint8))
    buffer = io.BytesIO()
    picture.resize((3 * picture.width, 3 * picture.height), Image.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()


def _write_whole(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(partial).chmod(0o644)
            Path(partial).replace(path)
        except OSError:
            Path(partial).unlink()
            raise
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}); choose another --output.") from error


if __name__ == "__main__":
    sys.argv[0] = "python -m gankit.faces"
    run_script(main)
