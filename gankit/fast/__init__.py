"""What makes training fast: the same results as Keras's own layers and optimizer, with less arithmetic.

- :func:`accelerate` does this to a network of plain Keras layers. A dense layer keeps TensorFlow from fusing product,
  bias and activation: the fused kernel spends some 10 us on preparations, and a product of point clouds takes 3.
  Convolutions and max-pooling use the functions of :mod:`gankit.fast.convolutions`.
- :class:`Adam` is Keras's Adam in fewer operations.
- :func:`loop_over_steps` runs many training steps in one call of a graph.

Everything works without them, only slower; ``benchmarks/step_time.py`` measures what they bring.
"""

from gankit.fast.accelerate import accelerate, decelerate
from gankit.fast.loop import loop_over_steps
from gankit.fast.optimizer import Adam

__all__ = ["Adam", "accelerate", "decelerate", "loop_over_steps"]
