"""Files of faces: ``python -m gankit.faces render`` renders faces, ``import`` imports real ones, ``grid`` draws a file.

``encoder`` trains the network of :mod:`gankit.networks.face_encoder` on faces that it renders.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gankit.choices import FACE_SIZES
from gankit.errors import InputError
from gankit.faces.files import FACES_FILE, load_faces
from gankit.faces.imports import LFW_CROP, import_faces, import_lfw
from gankit.faces.renderer import RENDERER_VERSION, render_faces
from gankit.memory import require_memory
from gankit.scripts import OneSentenceParser, output_file, run_record, run_script, whole_number

# In a grid, each pixel becomes a square with this side.
ENLARGED = 3
# Memory for one pixel of a face: two float32 and a float64 while the grid is laid out, and the enlarged bytes.
BYTES_OF_A_GRID_S_PIXEL = 32
MOST_PIXELS_OF_A_SIDE = 2**31 - 1


def main(arguments: list[str] | None = None) -> None:
    """Run a subcommand, and report what it made once the file is complete."""
    options = _parse(arguments)
    with output_file(options.output) as file:
        message = options.run(options, file)
    print(message)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = OneSentenceParser(prog="python -m gankit.faces", description="Make, import and draw files of faces.")
    commands = parser.add_subparsers(dest="command", required=True)

    render = commands.add_parser("render", help="render faces and their attributes into a .npz file")
    render.add_argument("--count", type=whole_number(1), default=10_000, help="number of faces (default: 10000)")
    render.add_argument("--seed", type=whole_number(0), default=0, help="seed of everything (default: 0)")
    render.set_defaults(run=_render)

    importing = commands.add_parser("import", help="convert real faces to a .npz file")
    source = importing.add_mutually_exclusive_group(required=True)
    source.add_argument("--faces", type=Path, help="folder of pictures, subfolders included, or a .npy or .npz file")
    source.add_argument("--lfw", action="store_true", help="Labeled Faces in the Wild, read by scikit-learn")
    importing.add_argument("--cache", type=Path, help="scikit-learn's data folder (default: its own); only with --lfw")
    importing.add_argument(
        "--crop",
        type=whole_number(0),
        nargs=4,
        metavar=("LEFT", "TOP", "RIGHT", "BOTTOM"),
        help="the square to take from each picture, in pixels (default: the largest in the middle; with --lfw "
        f"{' '.join(map(str, LFW_CROP))}); 39 74 139 174 suits CelebA's aligned pictures",
    )
    importing.set_defaults(run=_import)
    for command in (render, importing):
        command.add_argument("--size", type=int, choices=FACE_SIZES, default=16, help="height and width (default: 16)")
        command.add_argument("--output", type=Path, required=True, help="the .npz file to write")

    grid = commands.add_parser("grid", help="draw the first faces of a file as a .png picture")
    grid.add_argument("--faces", type=Path, default=FACES_FILE, help="file of faces (default: the project's own)")
    grid.add_argument("--columns", type=whole_number(1), default=20, help="faces in a row (default: 20)")
    grid.add_argument("--rows", type=whole_number(1), default=10, help="rows (default: 10)")
    grid.add_argument("--output", type=Path, required=True, help="the .png file to write")
    grid.set_defaults(run=_grid)

    encoder = commands.add_parser("encoder", help="train a network that reads attributes from faces")
    encoder.add_argument("--count", type=whole_number(2), default=40_000, help="faces to render (default: 40000)")
    encoder.add_argument("--epochs", type=whole_number(1), default=12, help="passes over them (default: 12)")
    encoder.add_argument("--seed", type=whole_number(0), default=1, help="seed of faces and weights (default: 1)")
    encoder.add_argument("--output", type=Path, required=True, help="the .h5 file to write")
    encoder.set_defaults(run=_encoder)

    options = parser.parse_args(arguments)
    if options.command == "import" and options.cache is not None and not options.lfw:
        importing.error("argument --cache: it needs --lfw")
    return options


def _render(options: argparse.Namespace, file: Path) -> str:
    faces, attributes = render_faces(options.count, options.size, options.seed, _processes(options.count))
    arrays = {"faces": faces, **attributes, "seed": np.int64(options.seed), "renderer_version": RENDERER_VERSION}
    file.write_bytes(_npz(arrays))
    return f"{options.count} faces of {options.size}x{options.size} pixels are in {options.output}."


def _processes(count: int) -> int:
    # Starting processes takes a second. One process renders a few hundred faces in that time.
    return os.cpu_count() or 1 if count > 1000 else 1


def _import(options: argparse.Namespace, file: Path) -> str:
    if options.lfw:
        imported = import_lfw(options.size, options.crop or LFW_CROP, options.cache)
    else:
        imported = import_faces(options.faces, options.size, options.crop)
    arrays = {"faces": imported.faces}
    if imported.names:
        arrays["names"] = np.array(imported.names)
    file.write_bytes(_npz(arrays))
    for name, reason in imported.skipped:
        print(f"Skipped {name}: {reason}.", file=sys.stderr)
    return (
        f"{len(imported.faces)} faces of {options.size}x{options.size} pixels are in {options.output}; "
        f"skipped files: {len(imported.skipped)}."
    )


def _npz(arrays: Mapping[str, Any]) -> bytes:
    # NumPy stores the time of writing in an archive. A fixed time makes the same faces give the same file.
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            entry = io.BytesIO()
            np.save(entry, np.asarray(array), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(info, entry.getvalue(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _grid(options: argparse.Namespace, file: Path) -> str:
    from PIL import Image

    from gankit.plots import tile

    faces = load_faces(options.faces, size=None)[: options.columns * options.rows]
    rows = -(-len(faces) // options.columns)
    height, width = (number * (side + 1) for number, side in zip((rows, options.columns), faces.shape[1:]))
    require_memory(
        BYTES_OF_A_GRID_S_PIXEL * height * width,
        f"A picture of {rows:,} x {options.columns:,} faces",
        "choose fewer --columns or --rows",
    )
    if ENLARGED * max(height, width) > MOST_PIXELS_OF_A_SIDE:
        raise InputError(
            f"A picture of {rows:,} x {options.columns:,} faces has too long a side for a .png file; "
            f"choose fewer --columns or --rows."
        )
    picture = Image.fromarray(np.round(255 * tile(faces / 255, options.columns)).astype(np.uint8))
    picture.resize((ENLARGED * picture.width, ENLARGED * picture.height), Image.Resampling.NEAREST).save(file, "PNG")
    return f"The picture is {options.output}."


def _encoder(options: argparse.Namespace, file: Path) -> str:
    from gankit.networks.face_encoder import explained_variance, train_encoder
    from gankit.networks.stored_weights import write_weights

    started = time.perf_counter()
    faces, attributes = render_faces(options.count, 16, options.seed, _processes(options.count))
    encoder = train_encoder(faces, attributes, options.epochs, options.seed, verbose=2)
    # Faces of another seed, which the encoder has not seen.
    unseen = min(options.count, 2000)
    shares = explained_variance(encoder, *render_faces(unseen, 16, options.seed + 1, _processes(unseen)))
    settings = argparse.Namespace(count=options.count, epochs=options.epochs, seed=options.seed)
    record = run_record(settings, started, renderer_version=RENDERER_VERSION, explained_variance=shares)
    write_weights(file, encoder.network, provenance=record)
    lines = [f"  {name:<20} {share:6.2f}" for name, share in shares.items()]
    return "\n".join(["Share of each attribute's variance that is explained:", *lines, f"It is in {options.output}."])


if __name__ == "__main__":
    sys.argv[0] = "python -m gankit.faces"
    run_script(main)
