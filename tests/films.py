"""A film of which every frame is drawn as a whole, to compare with :class:`gankit.plots.common.Film`."""

import numpy as np

from gankit.plots.common import picture_of


class WholeFilm:
    def __init__(self, figure, changing):
        picture_of(figure)
        figure.set_layout_engine("none")
        self._figure = figure

    def frame(self):
        return picture_of(self._figure)


def assert_same_frame(found, expected):
    """The frame of axes is drawn after their ticks by one, and before by the other, which changes a few corners."""
    differences = np.abs(found.astype(int) - expected).max(axis=-1)
    assert differences.max() < 60 and (differences > 0).sum() < 20, (differences.max(), (differences > 0).sum())
