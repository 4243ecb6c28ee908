"""Accelerated networks compared with plain ones: values, first and second derivatives, files, summaries."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from convolutional_gan import convolutional_GenDiscr
from gankit.fast import accelerate, convolutions, decelerate

# (height, width), channels, filters: every path through the layer, and the cases that Keras computes.
SHAPES = [
    ((1, 1), 16, 17),
    ((2, 2), 16, 20),
    ((3, 3), 16, 16),
    ((4, 4), 17, 16),
    ((2, 3), 16, 16),
    ((4, 1), 16, 16),
    ((2, 2), 3, 2),
    ((5, 4), 16, 16),
    ((6, 7), 1, 3),
    ((16, 16), 1, 4),
    ((9, 5), 2, 3),
]
UPSAMPLED = [((2, 2), 7, 5), ((4, 4), 3, 2), ((3, 5), 2, 1), ((1, 1), 4, 3), ((8, 8), 2, 1), ((9, 2), 2, 2)]


def pair(kinds, shape, **options):
    """The same stack, accelerated and plain, with equal weights, in float64."""
    stacks = []
    for change in (accelerate, lambda stack: stack):
        stack = keras.Sequential([keras.Input(shape, dtype="float64")])
        for kind in kinds:
            arguments = options if kind == "Conv2D" else {}
            stack.add(getattr(keras.layers, kind)(**arguments, dtype="float64"))
        stacks.append(change(stack))
    random = np.random.default_rng(0)
    weights = [random.standard_normal(weight.shape) for weight in stacks[0].get_weights()]
    for stack in stacks:
        stack.set_weights(weights)
    return stacks


def numpy_convolution(stack, maps):
    kernel, bias = stack.get_weights()
    height, width = maps.shape[1:3]
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)))
    taps = [padded[:, i : i + height, j : j + width] @ kernel[i, j] for i in range(3) for j in range(3)]
    return sum(taps) + bias


def compare(ours, theirs, maps, compiled):
    """Values, all first derivatives, and all derivatives of the squared input gradient."""

    def derive(stack, maps, weighting):
        with tf.GradientTape() as outer:
            outer.watch([maps, weighting])
            with tf.GradientTape() as inner:
                inner.watch(maps)
                outputs = stack(maps, training=True)
                total = tf.reduce_sum(weighting * tf.tanh(outputs))
            first = inner.gradient(total, [maps, *stack.trainable_variables])
            penalty = tf.reduce_sum(first[0] ** 2)
        second = outer.gradient(penalty, [maps, weighting, *stack.trainable_variables], unconnected_gradients="zero")
        return [outputs, *first, *second]

    function = tf.function(derive, autograph=False) if compiled else derive
    weighting = tf.constant(np.random.default_rng(2).standard_normal((len(maps), *ours.output_shape[1:])))
    for a, b in zip(function(ours, maps, weighting), (tf.function(derive, autograph=False))(theirs, maps, weighting)):
        scale = max(1.0, np.abs(b).max())
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10 * scale)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("size", "channels", "filters"), SHAPES)
def test_convolutions_and_their_derivatives_are_those_of_keras(size, channels, filters, compiled):
    ours, theirs = pair(["Conv2D"], (*size, channels), filters=filters, kernel_size=3, padding="same")
    maps = np.random.default_rng(1).standard_normal((3, *size, channels))
    np.testing.assert_allclose(ours(maps), numpy_convolution(theirs, maps), rtol=1e-9, atol=1e-9)
    compare(ours, theirs, tf.constant(maps), compiled)


@pytest.mark.parametrize(("size", "channels", "filters"), UPSAMPLED)
def test_upsampled_convolutions_and_their_first_derivatives_are_those_of_keras(size, channels, filters):
    ours, theirs = pair(["UpSampling2D", "Conv2D"], (*size, channels), filters=filters, kernel_size=3, padding="same")
    maps = np.random.default_rng(1).standard_normal((3, *size, channels))
    expected = numpy_convolution(theirs, maps.repeat(2, axis=1).repeat(2, axis=2))
    np.testing.assert_allclose(ours(maps), expected, rtol=1e-9, atol=1e-9)
    gradients = []
    for stack in (ours, theirs):
        with tf.GradientTape() as tape:
            watched = tf.constant(maps)
            tape.watch(watched)
            total = tf.reduce_sum(tf.sin(stack(watched)))
        gradients.append(tape.gradient(total, [watched, *stack.trainable_variables]))
    for a, b in zip(*gradients):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-8)


def test_second_derivatives_of_an_upsampled_convolution():
    # TensorFlow cannot differentiate nearest upsampling twice, so repetition replaces it.
    stack, _ = pair(["UpSampling2D", "Conv2D"], (2, 2, 3), filters=2, kernel_size=3, padding="same")
    maps = tf.constant(np.random.default_rng(1).standard_normal((3, 2, 2, 3)))
    kernel, bias = (tf.constant(weight) for weight in stack.get_weights())

    def repeated(maps, kernel):
        return tf.nn.conv2d(tf.repeat(tf.repeat(maps, 2, 1), 2, 2), kernel, 1, "SAME")

    results = []
    for convolve in (convolutions.convolve_upsampled, repeated):
        with tf.GradientTape() as outer:
            outer.watch([maps, kernel])
            with tf.GradientTape() as inner:
                inner.watch(maps)
                total = tf.reduce_sum(tf.tanh(convolve(maps, kernel) + bias))
            penalty = tf.reduce_sum(inner.gradient(total, maps) ** 2)
        results.append(outer.gradient(penalty, [maps, kernel]))
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("shape", [(4, 4, 3), (5, 7, 2), (16, 16, 1)])
@pytest.mark.parametrize("ties", [False, True])
def test_pooling_and_its_derivatives_are_those_of_keras(shape, ties):
    ours, theirs = pair(["MaxPooling2D"], shape)
    random = np.random.default_rng(1)
    maps = random.integers(0, 2, (3, *shape)) if ties else random.standard_normal((3, *shape))
    compare(ours, theirs, tf.constant(maps, tf.float64), compiled=True)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_fast_algorithm_is_a_convolution_with_few_products(size):
    random = np.random.default_rng(size)
    of_maps, of_kernel, of_products = convolutions.bilinear_form(size)
    assert len(of_maps) == {1: 1, 2: 3, 3: 5, 4: 6}[size]
    row, taps = random.standard_normal(size), random.standard_normal(3)
    expected = np.correlate(np.pad(row, 1), taps, "valid")
    np.testing.assert_allclose(of_products @ ((of_maps @ row) * (of_kernel @ taps)), expected, atol=1e-13)


@pytest.mark.parametrize("size", [2, 4])
def test_rounding_errors_in_single_precision_stay_those_of_a_convolution(size):
    random = np.random.default_rng(0)
    maps, kernel = random.standard_normal((50, size, size, 64)), 0.1 * random.standard_normal((3, 3, 64, 64))
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)))
    exact = sum(padded[:, i : i + size, j : j + size] @ kernel[i, j] for i in range(3) for j in range(3))
    single = convolutions.convolve_small(tf.constant(maps, tf.float32), tf.constant(kernel, tf.float32))
    assert np.sqrt(np.mean((single - exact) ** 2)) < 3e-6 * exact.std()


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": 5, "padding": "same"},
        {"kernel_size": 3, "padding": "valid"},
        {"kernel_size": 3, "padding": "same", "strides": 2},
        {"kernel_size": 3, "padding": "same", "dilation_rate": 2},
        {"kernel_size": 3, "padding": "same", "groups": 2},
        {"kernel_size": 3, "padding": "same", "use_bias": False, "activation": "tanh"},
    ],
)
@pytest.mark.parametrize("kinds", [["Conv2D"], ["UpSampling2D", "Conv2D"]])
def test_other_settings_are_those_of_keras_too(kinds, options):
    if options.get("groups") and kinds == ["Conv2D"]:
        options = {**options, "groups": 4}
    ours, theirs = pair(kinds, (4, 4, 16), filters=16, **options)
    maps = np.random.default_rng(1).standard_normal((2, 4, 4, 16))
    np.testing.assert_allclose(
        tf.function(ours)(tf.constant(maps)), tf.function(theirs)(tf.constant(maps)), rtol=1e-9, atol=1e-9
    )


def printed(network):
    lines = []
    network.summary(print_fn=lambda line, **_: lines.append(line))
    return lines


@pytest.mark.parametrize("position", [0, 1])
def test_an_accelerated_network_stays_what_it_was(position, tmp_path):
    network, plain = (convolutional_GenDiscr(seed=3)[position] for _ in range(2))
    config, summary = network.get_config(), printed(network)
    types, weights = [type(layer) for layer in network.layers], list(network.weights)
    assert accelerate(network) is network
    assert network.get_config() == config and printed(network) == summary
    assert [type(layer) for layer in network.layers] == types
    assert all(a is b for a, b in zip(network.weights, weights))

    inputs = np.random.default_rng(0).standard_normal((5, *network.input_shape[1:])).astype(np.float32)
    outputs = np.array(network(inputs))
    # Rounding errors of float32 sums of several thousand products in another order.
    np.testing.assert_allclose(outputs, plain(inputs), atol=2e-5)
    assert (outputs != np.array(plain(inputs))).any(), "nothing was accelerated"

    # Each network reads the other's files, and a saved model does not need this project.
    path = str(tmp_path / "network.weights.h5")
    network.save_weights(path)
    other = convolutional_GenDiscr(seed=4)[position]
    other.load_weights(path)
    np.testing.assert_array_equal(other(inputs), plain(inputs))
    network.save(tmp_path / "network.keras")
    restored = keras.models.load_model(tmp_path / "network.keras", compile=False)
    assert [type(layer) for layer in restored.layers] == types
    np.testing.assert_array_equal(restored(inputs), plain(inputs))

    assert decelerate(network) is network
    np.testing.assert_array_equal(network(inputs), plain(inputs))


def test_layers_inside_nested_networks_are_accelerated_and_subclasses_are_not():
    class Own(keras.layers.Dense):
        def call(self, inputs):
            return super().call(inputs) + 1

    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    inputs = keras.Input((3,))
    network = accelerate(keras.Model(inputs, Own(2)(inner(inputs))))
    assert "call" in vars(inner.layers[-1]) and "call" not in vars(network.layers[-1])
