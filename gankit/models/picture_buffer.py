"""A store of generated pictures, from which a discriminator also sees those of earlier steps."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from gankit.errors import InputError
from gankit.randomness import Stream, draw_without_replacement


class PictureBuffer:
    """The history of generated pictures of Shrivastava et al. 2017, as CycleGAN uses it (Zhu et al. 2017, section 4).

    Each new picture meets a place of the buffer, drawn at random. If the place is empty, a copy of the picture stays
    there, and the picture is returned. If not, a coin decides: either the picture is returned, or it stays and the
    older one is returned for it. So a discriminator sees, in half of the cases, a picture that an earlier generator
    made.

    This is neither a list nor a layer, so that Keras does not take its variables for weights.

    Parameters
    ----------
    places : int
        Number of pictures that are kept, at least the size of a batch; 0 returns every picture at once.
    shape : sequence of int
        The shape of a picture.
    stream : Stream
        Source of the random numbers.
    dtype : tf.DType
        Type of the pictures.

    Attributes
    ----------
    pictures : tf.Variable
        The stored pictures, ``(places, *shape)``.
    filled : tf.Variable
        Which places hold a picture, bool, ``(places,)``.
    """

    def __init__(self, places: int, shape: Sequence[int], stream: Stream, dtype: tf.DType = tf.float32):
        self._places, self._stream = places, stream
        self.pictures = tf.Variable(tf.zeros((places, *shape), dtype), trainable=False)
        self.filled = tf.Variable(tf.zeros((places,), tf.bool), trainable=False)

    def exchange(self, pictures: tf.Tensor) -> tf.Tensor:
        """Take in new pictures, ``(batch, *shape)``, and return as many: each the new one or an older one for it.

        Raises
        ------
        InputError
            If the batch is larger than the buffer.
        """
        if self._places == 0:
            return pictures
        batch = pictures.shape[0]
        if batch > self._places:
            raise InputError(f"The buffer keeps {self._places} pictures, but a batch has {batch}; give it more places.")
        # Different places for all pictures of a batch, so that none overwrites another.
        places = draw_without_replacement(self._stream, self._places, batch)
        held, known = tf.gather(self.pictures, places), tf.gather(self.filled, places)
        coin = self._stream.uniform((batch,)) < 0.5
        stays, swapped = _broadcast(coin | ~known, pictures), _broadcast(coin & known, pictures)
        returned = tf.where(swapped, held, pictures)
        self.pictures.scatter_nd_update(places[:, None], tf.where(stays, pictures, held))
        self.filled.scatter_nd_update(places[:, None], tf.ones((batch,), tf.bool))
        return returned

    def variables(self) -> dict[str, tf.Variable]:
        """Return what a checkpoint has to hold, by name."""
        return {"pictures": self.pictures, "filled": self.filled}


def _broadcast(mask: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
    return tf.reshape(mask, [-1, *[1] * (like.shape.rank - 1)])
