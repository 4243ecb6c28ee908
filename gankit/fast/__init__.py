"""Fast training: the same results as Keras's own layers and optimizer, with less arithmetic.

- :func:`accelerate` changes the arithmetic of a network of plain Keras layers. In dense layers it prevents TensorFlow
  from fusing product, bias and activation, because the fused kernel spends about 10 us on preparations while a product
  of point clouds takes 3 us. Convolutions and max-pooling use the functions of :mod:`gankit.fast.convolutions`.
- :class:`Adam` is Keras's Adam with fewer operations.
- :func:`loop_over_steps` runs many training steps in one call of a graph.

Everything also works without them, but more slowly. ``benchmarks/step_time.py`` measures the gain.
"""

from gankit.fast.accelerate import accelerate, decelerate
from gankit.fast.loop import loop_over_steps
from gankit.fast.optimizer import Adam

__all__ = ["Adam", "accelerate", "decelerate", "loop_over_steps"]
