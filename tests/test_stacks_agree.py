"""Both stacks give the same losses on any machine; each loss is compared with ``losses_of_20_steps.json``.

``python tests/test_stacks_agree.py`` writes that file again. ``python tests/test_stacks_agree.py sensitivity`` prints
the values from which the bound below follows.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

STORED = Path(__file__).with_name("losses_of_20_steps.json")
WIDTHS = {"circle": [1, 10, 10, 2], "four_clouds": [2, 10, 10, 5], "corner_cloud": [49, 98, 98, 49]}
CASES = [(kind, cloud) for kind in ("Simple_GAN", "WGAN_clip", "WGAN_GP") for cloud in WIDTHS]

# The largest difference allowed between a loss and the stored one. All arithmetic is in float64. Moving every initial
# weight to a neighbouring float64 changes no loss by more than 6e-15 (the command above, both stacks). The settings of
# instruction sets, libraries and threads tried so far differ by up to 2e-15. Other machines round differently at each
# of the 60 updates and not only at the start, so the bound is some hundred times as large. The smallest mistake tried,
# a beta_2 converted through float32, changes losses by more than 1e-9.
BOUND = 1e-12


@pytest.fixture
def in_float64():
    use_type("float64")
    yield
    use_type("float32")


def use_type(name):
    keras.backend.set_floatx(name)
    # Keras 3 reads the dtype of layers from floatx only once, when it builds the first layer.
    keras.mixed_precision.set_global_policy(name)


def build(class_name, cloud_name):
    from gankit.datasets import point_clouds
    from gankit.networks.fully_connected import fully_connected_GenDiscr
    from simple_gan import Simple_GAN
    from wgan_clip import WGAN_clip
    from wgan_gp import WGAN_GP

    kind = {"Simple_GAN": Simple_GAN, "WGAN_clip": WGAN_clip, "WGAN_GP": WGAN_GP}[class_name]
    cloud = getattr(point_clouds, cloud_name)(seed=0).astype(np.float64)
    # Uniform latents are exact on every machine. Normal ones depend on its logarithm, sine and cosine.
    generator, discriminator, latents = fully_connected_GenDiscr(WIDTHS[cloud_name], cloud, "uniform", seed=0)
    # Keras 3 rounds the limits of its initial weights to float32, and Keras 2 does not, so the test samples the
    # weights.
    random = np.random.default_rng(0)
    for network in (generator, discriminator):
        # Biases beyond 1 make sure that clipping has an effect.
        limits = [sum(w.shape) ** -0.5 if w.ndim == 2 else 1.2 for w in network.get_weights()]
        network.set_weights([random.uniform(-limit, limit, w.shape) for limit, w in zip(limits, network.get_weights())])
    return kind(generator, discriminator, latents, cloud, learning_rate=0.001, seed=0)


def losses_of_20_steps(gan):
    return gan.fit(epochs=20, steps_per_epoch=1, verbose=0).history


@pytest.mark.parametrize("class_name", ["Simple_GAN", "WGAN_clip", "WGAN_GP"])
def test_every_operation_of_these_steps_is_in_float64(class_name, in_float64):
    gan = build(class_name, "four_clouds")
    step = tf.function(lambda: gan.train_step(None), autograph=False).get_concrete_function()
    graph = step.graph.as_graph_def()
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    types = {tf.float16.as_datatype_enum, tf.bfloat16.as_datatype_enum, tf.float32.as_datatype_enum}
    in_float32 = {node.op for node in nodes if types & {attribute.type for attribute in node.attr.values()}}
    # The latents are sampled in float32 and cast to float64, which does not change them.
    assert in_float32 == {"StatefulUniform", "Cast"}
    assert sum(node.op == "Cast" and node.attr["DstT"].type in types for node in nodes) == 0
    assert {mean.total.dtype for mean in gan.metrics} <= {"float64", tf.float64}


@pytest.mark.stored
@pytest.mark.parametrize(("class_name", "cloud_name"), CASES)
def test_losses_are_those_of_the_other_stack(class_name, cloud_name, in_float64):
    stored = json.loads(STORED.read_text())[f"{class_name} on {cloud_name}"]
    found = losses_of_20_steps(build(class_name, cloud_name))
    assert set(found) == set(stored)
    for name, values in stored.items():
        np.testing.assert_allclose(found[name], values, rtol=0, atol=BOUND)


def nudge(gan, seed):
    """Move every weight to the next larger or smaller float64, at random."""
    random = np.random.default_rng(seed)
    for network in gan.networks.values():
        network.set_weights([np.nextafter(w, random.choice([-9.0, 9.0], w.shape)) for w in network.get_weights()])
    return gan


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    use_type("float64")
    if sys.argv[1:] == ["sensitivity"]:
        for case in CASES:
            plain = losses_of_20_steps(build(*case))
            changes = {name: [] for name in plain}
            for seed in range(10):
                for name, values in losses_of_20_steps(nudge(build(*case), seed)).items():
                    changes[name].append(np.abs(np.subtract(values, plain[name])))
            for name, change in changes.items():
                relative = np.max(change / np.abs(plain[name]))
                print(f"{' on '.join(case):28} {name:10}  absolute {np.max(change):.1e}  relative {relative:.1e}")
    else:
        found = {" on ".join(case): losses_of_20_steps(build(*case)) for case in CASES}
        STORED.write_text(json.dumps(found, indent=1) + "\n")
