"""Training without graphs, also for fixtures that serve a whole module."""

import contextlib


@contextlib.contextmanager
def without_graphs(without=True):
    """Run TensorFlow's functions step by step inside the block, or, with False, as graphs again."""
    import tensorflow as tf

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(without)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)
