"""Pictures of what attention looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, new_figure, tile


def attention_maps(faces: np.ndarray, looks: Sequence[Mapping[str, Any]], heads: int = 2) -> Figure:
    """Draw, for places in faces, where each head of each layer looks from there.

    Each map has its own scale, from 0 to its largest weight.

    Parameters
    ----------
    faces : numpy.ndarray
        Intensities in [0, 1], ``(n, size, size)``.
    looks : sequence of mapping
        For each query its ``name``, its ``pixel`` (row and column), its ``maps`` in each layer and head,
        ``(n, layers * heads, size, size)``, and ``patches``, the width of a token in each map.
    heads : int
        Heads of a layer.
    """
    count, size = faces.shape[:2]
    columns, rows = len(looks[0]["patches"]), len(looks) * count
    cells = []
    for look in looks:
        for face, maps in zip(faces, look["maps"]):
            coloured = colormaps["magma"](maps / maps.max(axis=(1, 2), keepdims=True))[..., :3]
            cells.append(np.concatenate([np.repeat(face[None, ..., None], 3, axis=-1), coloured]))
    figure = new_figure((0.9 * (columns + 1) + 0.7, 0.9 * rows + 0.7))
    axes = figure.subplots()
    axes.imshow(tile(np.concatenate(cells), columns + 1), interpolation="nearest")
    # All pictures share one axes, because making many axes takes a second.
    for row in range(rows):
        look = looks[row // count]
        for column, patch in enumerate([look["patches"][0], *look["patches"]]):
            top, left = (place // patch * patch - 0.5 for place in look["pixel"])
            x, y = left + column * (size + 1), top + row * (size + 1)
            colour = "white" if column else FAKE_COLOUR
            axes.plot([x, x + patch, x + patch, x, x], [y, y, y + patch, y + patch, y], color=colour, linewidth=1.3)
    middles = (size + 1) * np.arange(max(rows, columns + 1)) + size / 2 - 0.5
    labels = [f"layer {1 + column // heads}\nhead {1 + column % heads}" for column in range(columns)]
    axes.set_xticks(middles[: columns + 1], ["face", *labels], fontsize=9)
    axes.set_yticks(middles[:rows:count], [look["name"] for look in looks], fontsize=10)
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure
