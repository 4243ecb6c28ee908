"""Pictures of what attention looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gankit.plots.common import FAKE_COLOUR, new_figure


def attention_maps(faces: np.ndarray, looks: Sequence[Mapping[str, Any]], heads: int = 4) -> Figure:
    """Draw, for places in faces, where each head of each layer looks from there.

    Parameters
    ----------
    faces : numpy.ndarray
        Intensities in [0, 1], ``(n, size, size)``.
    looks : sequence of mapping
        For each query its ``name``, its ``place`` (row and column, in tokens), and its ``weights`` in each layer and
        head, ``(n, layers * heads, side, side)``.
    heads : int
        Heads of a layer.
    """
    columns = looks[0]["weights"].shape[1]
    rows = len(looks) * len(faces)
    figure = new_figure((0.92 * (columns + 1) + 0.5, 0.92 * rows + 0.6))
    axes = figure.subplots(rows, columns + 1, squeeze=False)
    size = faces.shape[1]
    for row in range(rows):
        look, face = looks[row // len(faces)], row % len(faces)
        weights = look["weights"][face]
        patch = size / weights.shape[-1]
        top, left = (patch * place - 0.5 for place in look["place"])
        corners = ([left, left + patch, left + patch, left, left], [top, top, top + patch, top + patch, top])
        for column in range(columns + 1):
            here = axes[row, column]
            if column == 0:
                here.imshow(faces[face], cmap="gray", vmin=0, vmax=1)
                here.set_ylabel(look["name"] if face == 0 else "", fontsize=10)
            else:
                # Each map has its own scale, from nothing to its largest weight.
                here.imshow(weights[column - 1], cmap="magma", vmin=0, extent=(-0.5, size - 0.5, size - 0.5, -0.5))
                if row == 0:
                    layer, head = divmod(column - 1, heads)
                    here.set_title(f"layer {layer + 1}\nhead {head + 1}", fontsize=9)
            here.plot(*corners, color=FAKE_COLOUR if column == 0 else "white", linewidth=1.2)
            here.set(xticks=[], yticks=[], xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5))
            for spine in here.spines.values():
                spine.set_visible(False)
    return figure
