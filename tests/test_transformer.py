"""Transformers: attention against loops, positions, layer norm, patches, growth with the tokens, and the lab."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from command_lines import assert_answered_at_once
from eager import without_graphs
from PIL import Image
from tensorflow import keras

from benchmarks import attention as benchmark
from gankit import plots
from gankit.errors import InputError
from gankit.faces import FaceScaling
from gankit.networks import LatentGenerator, attention
from gankit.randomness import SeedSequence
from gankit.training import transformer as training
from labs import transformer_gan
from wgan_gp import WGAN_GP

# Sums of up to 64 products in float32 differ by a few units in the last place, 1.2e-7 each.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def some(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


# ---- Attention, against loops in float64 ----


def weights_by_loops(kind, queries, keys):
    """The weights of tokens (n, d), from the formulas, one number at a time."""
    n, d = queries.shape
    queries, keys = queries.astype(np.float64), keys.astype(np.float64)
    weights = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if kind == "plain":
                weights[i, j] = np.exp(sum(queries[i, c] * keys[j, c] for c in range(d)) / d**0.5)
            else:
                for c in range(d):
                    of_query = np.exp(queries[i, c]) / sum(np.exp(queries[i, other]) for other in range(d))
                    of_key = np.exp(keys[j, c]) / sum(np.exp(keys[other, c]) for other in range(n))
                    weights[i, j] += of_query * of_key
        if kind == "plain":
            weights[i] /= weights[i].sum()
    return weights


@pytest.mark.parametrize("kind", ["plain", "efficient"])
def test_attention_is_that_of_the_formulas(kind):
    queries, keys, values = (2 * some(2, 7, 5, seed=seed) for seed in range(3))
    found_weights, found = (
        function(*inputs).numpy()
        for function, inputs in zip(attention.KINDS[kind], ((queries, keys), (queries, keys, values)))
    )
    for example in range(2):
        expected = weights_by_loops(kind, queries[example], keys[example])
        np.testing.assert_allclose(expected.sum(axis=1), 1)
        np.testing.assert_allclose(found_weights[example], expected, **CLOSE)
        np.testing.assert_allclose(found[example], expected @ values[example].astype(np.float64), **CLOSE)


def test_efficient_attention_equals_the_plain_product_of_its_factors_and_so_do_its_gradients():
    inputs = [tf.constant(2 * some(3, 2, 64, 16, seed=seed)) for seed in range(3)]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        efficient = attention.efficient_attention(*inputs)
        product = tf.matmul(attention.efficient_weights(*inputs[:2]), inputs[2])
        losses = [tf.reduce_sum(each**2) for each in (efficient, product)]
    np.testing.assert_allclose(efficient, product, **CLOSE)
    for one, other in zip(*(tape.gradient(loss, inputs) for loss in losses)):
        assert np.abs(one).max() > 1e-3
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4 * np.abs(other).max())
    # The softmax of plain attention does not factorise.
    assert np.abs(efficient - attention.plain_attention(*inputs)).max() > 0.1


@pytest.mark.parametrize("kind", ["plain", "efficient"])
def test_each_head_sees_channels_of_its_own(kind):
    inputs = some(2, 6, 3 * 8)
    layer = attention.Attention(2, kind)
    found, weights = layer(inputs).numpy(), layer.weights_of(tf.constant(inputs)).numpy()
    queries, keys, values = inputs[..., :8], inputs[..., 8:16], inputs[..., 16:]
    for example in range(2):
        for head, part in enumerate((slice(0, 4), slice(4, 8))):
            expected = weights_by_loops(kind, queries[example, :, part], keys[example, :, part])
            np.testing.assert_allclose(weights[example, head], expected, **CLOSE)
            np.testing.assert_allclose(found[example, :, part], expected @ values[example, :, part], **CLOSE)
    copy = attention.Attention.from_config(layer.get_config())
    np.testing.assert_array_equal(copy(inputs), found)


def test_wrong_kinds_and_numbers_of_heads_are_refused():
    with pytest.raises(InputError, match="plain, efficient"):
        attention.Attention(2, "linear")
    with pytest.raises(InputError, match="24 channels .* 5 heads"):
        attention.Attention(5)(some(1, 6, 24))


# ---- Norm, positions, order of the tokens ----


def test_layer_norm_gives_each_token_the_mean_and_deviation_of_its_weights():
    tokens = 3 * some(2, 4, 10) + 5
    layer = attention.TokenNorm()
    layer(tokens)
    scale, shift = some(2, 10, seed=1)
    layer.set_weights([scale, shift])
    found = layer(tokens).numpy()
    for example in range(2):
        for token in range(4):
            values = tokens[example, token].astype(np.float64)
            expected = (values - values.mean()) / np.sqrt(values.var() + 1e-5) * scale + shift
            np.testing.assert_allclose(found[example, token], expected, **CLOSE)
    np.testing.assert_allclose(layer(np.full((1, 1, 10), 7, np.float32))[0, 0], shift, **CLOSE)
    # A second system.
    other = keras.layers.LayerNormalization(epsilon=1e-5)
    other(tokens)
    other.set_weights([scale, shift])
    np.testing.assert_allclose(found, other(tokens), rtol=1e-3, atol=1e-4)


def network(kind, positions):
    next_seed = SeedSequence(3)
    inputs = keras.Input((9, 8))
    tokens = attention.Positions(next_seed())(inputs) if positions else inputs
    for _ in range(2):
        tokens = attention.transformer_block(tokens, 2, kind, next_seed)
    return keras.Model(inputs, tokens)


@pytest.mark.parametrize("kind", ["plain", "efficient"])
def test_without_positions_permuted_tokens_give_permuted_outputs(kind):
    tokens, order = some(2, 9, 8), np.random.default_rng(4).permutation(9)
    free, placed = network(kind, positions=False), network(kind, positions=True)
    np.testing.assert_allclose(free(tokens[:, order]), free(tokens).numpy()[:, order], **CLOSE)
    # One token moves all others: they do look at each other.
    changed = tokens.copy()
    changed[:, 0] *= -1
    assert (np.abs(free(changed) - free(tokens)).max(axis=2) > 1e-4).all()
    # With positions, the order counts.
    layer = next(each for each in placed.layers if isinstance(each, attention.Positions))
    (first,) = layer.get_weights()
    assert first.shape == (9, 8) and first.std() == pytest.approx(0.02, rel=0.4)
    layer.set_weights([some(9, 8, seed=5)])
    assert np.abs(placed(tokens[:, order]) - placed(tokens).numpy()[:, order]).max() > 0.1
    np.testing.assert_allclose(layer(tokens), tokens + some(9, 8, seed=5), rtol=1e-6)


def test_a_block_is_two_residual_parts_with_norms():
    tokens = some(2, 5, 8)
    inputs = keras.Input((5, 8))
    block = keras.Model(inputs, attention.transformer_block(inputs, 2, "plain", SeedSequence(0)))
    kernels = [each.astype(np.float64) for each in block.get_weights()]
    # In the order in which the layers were made: norm, dense to q k v, dense back, norm, dense, dense.
    assert [each.shape for each in kernels if each.ndim == 2] == [(8, 24), (8, 8), (8, 16), (16, 8)]
    to_all, back, wide, narrow = (each for each in kernels if each.ndim == 2)

    def norm(values):
        return (values - values.mean(axis=-1, keepdims=True)) / np.sqrt(values.var(axis=-1, keepdims=True) + 1e-5)

    for example in range(2):
        values = tokens[example].astype(np.float64)
        q, k, v = np.split(norm(values) @ to_all, 3, axis=1)
        heads = [weights_by_loops("plain", q[:, part], k[:, part]) @ v[:, part] for part in (slice(4), slice(4, 8))]
        values = values + np.concatenate(heads, axis=1) @ back
        thought = norm(values) @ wide
        values = values + np.where(thought > 0, thought, 0.2 * thought) @ narrow
        np.testing.assert_allclose(block(tokens)[example], values, rtol=1e-3, atol=1e-4)


# ---- Pictures and tokens ----


def as_network(function, *shape):
    inputs = keras.Input(shape)
    return keras.Model(inputs, function(inputs))


def test_patches_are_squares_of_pixels_row_by_row_and_go_back():
    pictures = some(2, 8, 8, 3)
    tokens = as_network(attention.to_patches, 8, 8, 3)(pictures).numpy()
    assert tokens.shape == (2, 16, 12)
    for row in range(4):
        for column in range(4):
            patch = pictures[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            np.testing.assert_array_equal(tokens[:, 4 * row + column], patch.reshape(2, 12))
    np.testing.assert_array_equal(as_network(attention.from_patches, 16, 12)(tokens), pictures)


def test_pixel_shuffle_is_that_of_tensorflow():
    tokens = some(2, 9, 8)
    expected = tf.nn.depth_to_space(tokens.reshape(2, 3, 3, 8), 2).numpy().reshape(2, 36, 2)
    np.testing.assert_array_equal(as_network(attention.pixel_shuffle, 9, 8)(tokens), expected)
    np.testing.assert_array_equal(as_network(attention.merge_tokens, 36, 2)(expected), tokens)


def test_the_distance_looked_is_that_between_tokens():
    stay = np.eye(9)[None, None]
    assert attention.attended_distance(stay) == 0
    # Everybody looks at the first of 2x2 tokens: distances 0, 1, 1 and the root of 2.
    first = np.zeros((4, 4))
    first[:, 0] = 1
    assert attention.attended_distance(first) == pytest.approx((2 + 2**0.5) / 4)
    assert attention.attended_distance(np.full((4, 4), 0.25)) == pytest.approx((2 + 2**0.5) / 4)


# ---- Growth with the number of tokens ----


def test_all_tensors_together_grow_linearly_in_efficient_attention_and_quadratically_in_plain_attention():
    def growth(kind):
        sizes = []
        for tokens in (2048, 4096):
            # Only the graph is made; nothing is computed.
            shape = tf.TensorSpec((tokens, 32))
            graph = tf.function(attention.KINDS[kind][1]).get_concrete_function(shape, shape, shape).graph
            sizes.append(benchmark.bytes_of_tensors(graph))
        return sizes

    small, large = growth("efficient")
    assert large / small == pytest.approx(2, rel=0.01)
    # At least the softmaxes of queries and keys and the result; no more than a few such tensors; nothing of n x n.
    assert 3 * 4096 * 32 * 4 <= large <= 12 * 4096 * 32 * 4 < 4096**2 * 4
    small, large = growth("plain")
    assert large / small == pytest.approx(4, rel=0.01) and large >= 2 * 4096**2 * 4


def test_the_power_of_growth_is_fitted_over_the_last_sizes():
    points = [{"tokens": n, "milliseconds": 1e-6 * n**2 if n > 100 else 5.0} for n in (64, 256, 1024, 4096)]
    assert benchmark.power(points, "milliseconds") == pytest.approx(2)


# ---- The networks of the lab, and the lab ----


@pytest.mark.parametrize("kind", ["plain", "efficient"])
def test_networks_save_and_load_and_show_what_they_look_at(kind, tmp_path):
    generator, discriminator = transformer_gan.transformer_GenDiscr(kind, seed=1)
    again, _ = transformer_gan.transformer_GenDiscr(kind, seed=1)
    latents = some(40, 32)
    faces = generator(latents).numpy()
    np.testing.assert_array_equal(again(latents), faces)
    assert faces.shape == (40, 16, 16, 1) and discriminator(faces).shape == (40, 1)
    assert 0.15 < faces.std() < 0.4
    if kind == "efficient":
        scaling, source = FaceScaling.identity(), LatentGenerator(32, seed=2)
        gan = WGAN_GP(generator, discriminator, source, faces, batch_size=4, seed=0, decoding=scaling)
        gan.save(tmp_path / "gan.keras")
        loaded = WGAN_GP.load(tmp_path / "gan.keras")
        np.testing.assert_allclose(loaded.generator(latents), faces, atol=1e-6)
        np.testing.assert_allclose(loaded.discriminator(faces), discriminator(faces), atol=1e-6)
    # Every pixel of a face and every number of the latents counts.
    inputs = tf.constant(latents[:2])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        made = generator(inputs)
        score = tf.reduce_sum(discriminator(made))
    assert (np.abs(tape.gradient(score, made)) > 0).all() and (np.abs(tape.gradient(score, inputs)) > 0).all()
    for each, inputs, shapes in ((generator, latents, [16, 16, 64, 64]), (discriminator, faces, [64, 64, 16])):
        weights = attention.attention_of(each, inputs[:3])
        assert [w.shape for w in weights] == [(3, 2, n, n) for n in shapes]
        np.testing.assert_allclose(np.concatenate([w.sum(axis=-1).ravel() for w in weights]), 1, rtol=1e-4)


def test_maps_of_attention_belong_to_the_query_that_is_named():
    random = np.random.default_rng(0)
    faces, fine, coarse = random.random((2, 16, 16)), random.random((2, 2, 64, 64)), random.random((2, 2, 16, 16))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "attention_of", lambda network, pictures: [fine, coarse])
        patch.setattr(training, "QUERIES", {"eye": (7, 10), "corner": (0, 0)})
        gan = SimpleNamespace(discriminator=None)
        shown, looks = training.looks_at_faces(gan, FaceScaling.identity(), (255 * faces).astype(np.uint8))
    axes = plots.attention_maps(shown, looks).axes[0]
    canvas = np.asarray(axes.images[0].get_array())
    assert canvas.shape == (4 * 17 - 1, 5 * 17 - 1, 3)
    # The second face of the first query: the face itself, then the maps of layer 1, then those of layer 2.
    np.testing.assert_allclose(canvas[17:33, :16, 0], faces[1], atol=1 / 255)
    # Pixel (7, 10) belongs to token (3, 5) of 8x8, which is number 29, and to token (1, 2) of 4x4, number 6.
    for column, weights, width in ((2, fine[1, 1, 29], 2), (3, coarse[1, 0, 6], 4)):
        number = 16 // width
        cell = canvas[17:33, column * 17 : column * 17 + 16].reshape(number, width, number, width, 3)
        assert (cell == cell[:, :1, :, :1]).all(), "a token covers a square of pixels"
        # The brighter the colour, the larger the weight. There are 256 colours.
        order = np.argsort(weights.ravel())
        assert (np.diff(cell[:, 0, :, 0].sum(axis=-1).ravel()[order]) > -0.02).all()
    assert [label.get_text() for label in axes.get_xticklabels()][2:4] == ["layer 1\nhead 2", "layer 2\nhead 1"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["eye", "corner"]
    # The square around the query in the first map of layer 2: rows 4 to 7, columns 8 to 11.
    x, y = axes.lines[3].get_data()
    assert (min(x), max(x), min(y), max(y)) == (3 * 17 + 7.5, 3 * 17 + 11.5, 3.5, 7.5)


class Noise:
    def generate(self, count):
        return np.random.default_rng(0).random((count, 16, 16)).astype(np.float32)


@pytest.fixture(scope="module")
def lab_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("transformer") / "out"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("FACES_MEASURED", 60), ("FACES_FOR_CNN", 10), ("FACES_LOOKED_AT", 5)):
            patch.setattr(training, name, value)
        # The CNN has tests of its own.
        patch.setattr(training, "classifier_accuracy", lambda first, second, seed: len(first) + len(second) / 100)
        # The style lab's tests train task 4's networks. Here noise stands for their faces.
        rivals = []
        patch.setattr(transformer_gan, "train_task_4", lambda *arguments: rivals.append(arguments) or Noise())
        # Tracing the graphs takes most of the time of so short a run. The page's notebook runs them.
        with without_graphs():
            transformer_gan.main(
                ["--steps", "2", "--batch-size", "4", "--pictures", "60", "--compare", "--output", str(out)]
            )
    (arguments,) = rivals
    # Its time is that of the transformers, and it learns the same faces.
    assert arguments[2].shape == (48, 16, 16) and arguments[3] > 0 and arguments[4:6] == (0, 1)
    return out


def test_the_lab_leaves_pictures_an_animation_and_a_record(lab_run):
    pictures = {"faces.png", "attention.png", "losses.png"}
    assert {path.name for path in lab_run.iterdir()} == {*pictures, "training.gif", "record.json"}
    for name in pictures:
        picture = np.asarray(Image.open(lab_run / name).convert("L"), float)
        assert min(picture.shape) > 80 and picture.std() > 5, f"{name} is blank"
    measures = json.loads((lab_run / "record.json").read_text())["measures"]
    rows = measures["generators"]
    assert list(rows) == ["transformers, plain", "task 4", training.FLOOR, training.BASELINE]
    assert all(set(row) == set(training.COLUMNS) for row in rows.values())
    assert all(row["cnn"] == 10.1 for row in rows.values()), "the CNN gets equally many faces of both sets"
    assert all(rows[training.FLOOR]["features"] < rows[name]["features"] for name in list(rows)[:2])
    looked = measures["looked"]
    assert looked["before"] != looked["after"] and len(looked["after"]["generator"]) == 4
    # 64 tokens of 2 pixels, and 16 of 4, that look evenly at all others.
    expected = []
    for side in (8, 8, 4):
        places = [(row, column) for row in range(side) for column in range(side)]
        expected.append(16 / side * np.mean([np.hypot(a - c, b - d) for a, b in places for c, d in places]))
    np.testing.assert_allclose(looked["after"]["evenly"], expected, rtol=1e-5)
    assert "task 4" in training.table(measures)


def test_help_and_mistakes_are_answered_without_tensorflow(tmp_path):
    options = ("--seed", "--output", "--steps", "--resume", "--attention", "--compare", "--lambda-gp")
    mistakes = (["--attention", "linear"], ["--steps", "0"])
    assert_answered_at_once("labs/transformer_gan.py", options, mistakes, tmp_path)
