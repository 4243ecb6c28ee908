"""The lab on captions: the grammar, the text encoder, one training step, the split, the measures, and the script."""

import json
from functools import partial

import numpy as np
import pytest
import tensorflow as tf
from command_lines import assert_answered_at_once
from eager import without_graphs
from PIL import Image
from tensorflow import keras

from gankit import plots
from gankit.datasets import captions as grammar
from gankit.errors import InputError
from gankit.networks import LatentGenerator
from gankit.networks.conditional import Inner, dense_to_features, dense_to_pictures
from gankit.networks.face_encoder import attribute_names
from gankit.training import captions as training
from gankit.training.checkpoints import read_checkpoint
from labs import captions as lab

NAMES = list(grammar.CLAIMS)
SMALL = Inner(partial(dense_to_pictures, widths=(6,)), partial(dense_to_features, widths=(7, 5), dropout=0.0))

# ---- Grammar ----


def some_claims(random):
    groups = {}
    for name in random.permutation(NAMES)[: random.integers(len(NAMES))]:
        groups[grammar.CLAIMS[name].group] = str(name)
    return tuple(name for name in NAMES if name in groups.values())


def test_what_is_written_is_parsed_again():
    random = np.random.default_rng(0)
    for _ in range(300):
        claims = some_claims(random)
        assert grammar.parse(grammar.write(claims)) == claims
        free = grammar.write(claims, random)
        assert grammar.parse(free) == claims, free
        # The usual wording is a fixed point.
        assert grammar.write(grammar.parse(free)) == grammar.write(claims)


def test_captions_are_worded_as_documented():
    assert grammar.write(()) == "a person"
    assert grammar.write(("lit left", "man", "sunglasses", "bald")) == "a bald man with sunglasses, lit from the left"
    everything = ("old", "woman", "glasses", "hat", "smiling", "turned right", "lit left")
    expected = "an old woman with glasses and a hat, smiling, turned to the right, lit from the left"
    assert grammar.write(everything) == expected


@pytest.mark.parametrize(
    ("caption", "claims"),
    [
        ("An OLD woman with glasses, smiling", ("old", "woman", "glasses", "smiling")),
        ("smiling, a blonde lady with spectacles who is elderly", ("old", "fair", "woman", "glasses", "smiling")),
        ("a man with a cap and fair hair", ("fair", "man", "hat")),
        ("a bearded gentleman, light from the right, facing left", ("man", "beard", "turned left", "lit right")),
        ("turned left, lit from the right", ("turned left", "lit right")),
        ("turned right, lit from the left", ("turned right", "lit left")),
        ("face", ()),
    ],
)
def test_orders_and_synonyms(caption, claims):
    assert grammar.parse(caption) == claims


@pytest.mark.parametrize(
    ("caption", "part"),
    [
        ("a man with a moustache", "'moustache'; they know old, elderly, young"),
        ("a man and a woman", "'man' and 'woman'"),
        ("an old man, turned left, facing right", "'turned left' and 'turned right'"),
        ("a bald man with fair hair", "'bald' and 'fair'"),
        ("a man to the left", "to the left?"),
        ("a man, turned and lit left", "'turned'"),
        ("a man, lit", "'lit'"),
        ("with the", "says nothing"),
        ("man " * 12, "12 words"),
    ],
)
def test_a_caption_that_cannot_be_understood_gets_a_sentence(caption, part):
    with pytest.raises(InputError) as error:
        grammar.parse(caption)
    assert part in str(error.value)


def test_every_word_is_in_the_vocabulary_once_and_the_longest_caption_fits():
    assert len(set(grammar.VOCABULARY)) == len(grammar.VOCABULARY)
    assert not set(grammar.VOCABULARY) & grammar.SMALL_WORDS
    longest = ("old", "bald", "man", "sunglasses", "beard", "hat", "smiling", "turned left", "lit right")
    row = grammar.encode([grammar.write(longest)])[0]
    assert len(row) == grammar.MOST_WORDS == np.count_nonzero(row)
    words = [grammar.VOCABULARY[number - 1] for number in row]
    assert words == ["old", "bald", "man", "sunglasses", "beard", "hat", "smiling", "turned", "left", "lit", "right"]
    np.testing.assert_array_equal(grammar.encode(["a woman"])[0, 1:], 0)


def test_the_truth_of_claims_on_hand_made_faces():
    table = {name: np.zeros(4) for name in attribute_names()}
    table.update(masculine=np.array([1, 1, 0, 0]), age=np.array([60, 50, 20, 40.0]), yaw=np.array([-20, 20, 5, -0.5]))
    table.update(hair_shade=np.array([0.8, 0.8, 0.1, 0.3]), bald=np.array([1, 0, 0, 0]), smile=np.array([1, 0, 0.5, 0]))
    table.update(
        light_x=np.array([0.5, -0.5, 0.1, 0]), glasses=np.array([0, 1, 0, 0]), sunglasses=np.array([1, 0, 0, 0])
    )
    found = dict(zip(NAMES, grammar.truths(table).T))
    expected = {
        "man": [1, 1, -1, -1],
        "woman": [-1, -1, 1, 1],
        "old": [1, 0, -1, -1],
        "young": [-1, -1, 1, 0],
        "fair": [0, 1, -1, 0],  # a bald head hides the shade of the hair
        "glasses": [0, 1, -1, -1],  # sunglasses hide glasses
        "turned left": [1, -1, -1, 0],
        "turned right": [-1, 1, 0, -1],
        "lit left": [-1, 1, -1, -1],
        "lit right": [1, -1, 0, -1],
        "smiling": [1, -1, 0, -1],
        "serious": [-1, 1, 0, 1],
    }
    for name, column in expected.items():
        np.testing.assert_array_equal(found[name], column, err_msg=name)


# ---- The data and their split ----


@pytest.fixture(scope="module")
def data():
    return training.CaptionedFaces(faces=300, tested=40)


def test_every_caption_says_what_is_true_of_its_face(data):
    names = np.array(NAMES)
    true = np.concatenate([data._true] * training.CAPTIONS_OF_A_FACE)
    for text, row in [*zip(data.train_texts, true), *zip(data.test_texts["seen"], data.test_true["seen"])]:
        assert set(grammar.parse(text)) <= set(names[row == 1]), text
    assert len(data.train) == len(data.train_captions) == len(data.train_texts) == 600
    np.testing.assert_array_equal(grammar.encode(data.train_texts), data.train_captions)
    # About six of ten true claims are made (five standard deviations).
    made, possible = training.claims_made(data.train_texts).sum(), (true == 1).sum()
    assert abs(made / possible - 0.6) < 5 * np.sqrt(0.24 / possible)


def test_held_out_pairs_are_in_no_training_face_and_in_every_unseen_caption(data):
    def pairs(claims):
        return [pair for pair in training.HELD_OUT_PAIRS if set(pair) <= set(claims)]

    names = np.array(NAMES)
    assert not any(pairs(names[row == 1]) for row in data._true)
    assert not any(pairs(grammar.parse(text)) for text in (*data.train_texts, *data.test_texts["seen"]))
    assert all(pairs(grammar.parse(text)) for text in data.test_texts["unseen"])
    # Each claim of a pair is in the training, in other company.
    for claim in {claim for pair in training.HELD_OUT_PAIRS for claim in pair}:
        assert (data._true[:, NAMES.index(claim)] == 1).sum() >= 5, claim
    assert sum(bool(pairs(grammar.parse(text))) for text in training.SHOWN) == 4


def test_the_nearest_caption_differs_in_the_fewest_claims(data):
    texts = data.test_texts["unseen"][:5]
    known = [set(grammar.parse(text)) for text in data.train_texts]
    for text, face in zip(texts, data.nearest(texts)):
        differences = [len(each ^ set(grammar.parse(text))) for each in known]
        np.testing.assert_array_equal(face, data.train[int(np.argmin(differences))])


# ---- The text encoder ----


@pytest.fixture(scope="module")
def encoder():
    return lab.build_text_encoder(5, 9, seed=1, width=4)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_the_text_encoder_is_a_gru_over_the_words(encoder):
    random = np.random.default_rng(0)
    weights = [random.standard_normal(array.shape) * 0.5 for array in encoder.get_weights()]
    before = encoder.get_weights()
    encoder.set_weights(weights)
    table, kernel, recurrent, bias = weights
    captions = np.array([[3, 1, 4, 0, 0], [9, 2, 6, 5, 3], [7, 0, 0, 0, 0]])
    found = encoder(tf.constant(captions, tf.int32), training=False).numpy()
    encoder.set_weights(before)
    for row, vector in zip(captions, found):
        state = np.zeros(4)
        for number in row[row > 0]:
            # Cho et al. 2014, with the reset gate after the product; the gates are update, reset, candidate.
            x, h = table[number] @ kernel + bias[0], state @ recurrent + bias[1]
            update, reset = sigmoid(x[:4] + h[:4]), sigmoid(x[4:8] + h[4:8])
            state = update * state + (1 - update) * np.tanh(x[8:] + reset * h[8:])
        np.testing.assert_allclose(vector, state, atol=1e-5)


def test_padding_does_not_change_the_vector_and_order_does(encoder):
    longer = lab.build_text_encoder(8, 9, seed=5, width=4)
    longer.set_weights(encoder.get_weights())
    rows = np.array([[3, 1, 4, 0, 0], [1, 3, 4, 0, 0]], np.int32)
    found = encoder(rows, training=False).numpy()
    np.testing.assert_allclose(longer(np.pad(rows, ((0, 0), (0, 3))), training=False), found, atol=1e-6)
    assert np.abs(found[0] - found[1]).max() > 1e-3, "the order of the words is lost"


# ---- The training step ----


def small_gan(width=3, **options):
    """Linear networks on 2x2 pictures and captions of 3 words."""
    noise, vector = keras.Input((2,)), keras.Input((width,))
    made = keras.layers.Dense(4)(keras.layers.Concatenate()([noise, vector]))
    generator = keras.Model([noise, vector], keras.layers.Reshape((2, 2, 1))(made), name="generator")
    picture, vector = keras.Input((2, 2, 1)), keras.Input((width,))
    features = keras.layers.Dense(3, activation="tanh")(keras.layers.Flatten()(picture))
    projection = keras.layers.Dot(1)([keras.layers.Dense(3, use_bias=False)(vector), features])
    logit = keras.layers.Add()([keras.layers.Dense(1)(features), projection])
    discriminator = keras.Model([picture, vector], logit)
    random = np.random.default_rng(0)
    pictures = random.standard_normal((6, 2, 2, 1)).astype(np.float32)
    captions = np.array([[1, 2, 0], [3, 0, 0], [4, 5, 6], [2, 1, 0], [6, 5, 4], [5, 0, 0]], np.int32)
    return lab.Caption_GAN(
        *(generator, discriminator, LatentGenerator(2, seed=0), pictures, captions),
        batch_size=6,
        seed=0,
        further={"text_encoder": lab.build_text_encoder(3, 6, 1, width)},
        **options,
    )


def test_the_losses_of_a_step_and_the_text_encoder_s_first_update():
    keras.utils.set_random_seed(0)
    gan = small_gan(learning_rate=0.01, beta_1=0.0, beta_2=0.0, r1=0.5, mismatch=0.7)
    pictures, captions = gan._examples.tensors["real"]
    order = tf.constant([2, 0, 1, 5, 3, 4])
    latents = tf.random.stateless_normal((6, 2), (1, 2))
    draws = iter([(pictures, captions), (pictures, tf.gather(captions, order)), (pictures, captions)])
    gan.get_real_sample = lambda: next(draws)
    gan.latent_generator = lambda count: latents
    before = [array.astype(np.float64) for array in gan.text_encoder.get_weights()]
    others = {name: gan.networks[name].get_weights() for name in ("generator", "discriminator")}

    def losses(weights):
        """The three parts of D's loss and the penalty, as functions of the text encoder's weights."""
        gan.text_encoder.set_weights(weights)
        said, asked = gan.text_encoder(captions), gan.text_encoder(tf.gather(captions, order))
        score = [gan.discriminator([pictures, said]), made_score(asked), gan.discriminator([pictures, asked])]
        real, fake, wrong = (each.numpy().astype(np.float64) for each in score)
        parts = np.log1p(np.exp(-real)).mean() + np.log1p(np.exp(fake)).mean(), np.log1p(np.exp(wrong)).mean()
        return parts, slope(said)

    fixed = gan.generator([latents, gan.text_encoder(tf.gather(captions, order))], training=False)

    def made_score(asked):
        return gan.discriminator([fixed, asked])  # G's faces do not depend on the weights that are varied

    def slope(said):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            logits = gan.discriminator([pictures, said])
        return np.mean(np.sum(tape.gradient(logits, pictures).numpy() ** 2, axis=(1, 2, 3)))

    def whole(weights):
        (both, wrong), penalty = losses(weights)
        return both + 0.7 * wrong + 0.25 * penalty

    (both, wrong), _ = losses(before)
    # The table's gradient by differences in float32: its sign decides the first step of Adam.
    expected = np.zeros_like(before[0])
    for place in np.ndindex(7, 1):
        up, down = ([array.copy() for array in before] for _ in range(2))
        up[0][place] += 0.02
        down[0][place] -= 0.02
        expected[place] = (whole(up) - whole(down)) / 0.04
    gan.text_encoder.set_weights(before)
    found = gan.train_step(None)
    np.testing.assert_allclose(found["discr_loss"], both, rtol=1e-5)
    np.testing.assert_allclose(found["mismatch_loss"], wrong, rtol=1e-5)
    # Adam without memory moves each number by the learning rate, against its gradient.
    moved = gan.text_encoder.get_weights()[0] - before[0]
    clear = np.abs(expected) > 3e-4
    assert clear.sum() >= 4
    np.testing.assert_allclose(moved[clear], -0.01 * np.sign(expected[clear]), rtol=0.02)
    np.testing.assert_array_equal(moved[0], 0)  # no caption has the word 0
    for name, arrays in others.items():
        assert any(not np.array_equal(*pair) for pair in zip(arrays, gan.networks[name].get_weights())), name
    # The generator's loss, after the updates of D and of the text encoder.
    gan.generator.set_weights(others["generator"])
    asked = gan.text_encoder(captions)
    logits = gan.discriminator([gan.generator([latents, asked], training=True), asked]).numpy()
    np.testing.assert_allclose(found["gen_loss"], np.log1p(np.exp(-logits)).mean(), rtol=1e-5)


def test_the_generator_s_update_leaves_the_text_encoder_alone():
    gan = small_gan()
    gan.text_encoder.optimizer.learning_rate.assign(0.0)
    before = gan.text_encoder.get_weights()
    gan.train_steps(3)
    for pair in zip(before, gan.text_encoder.get_weights()):
        np.testing.assert_array_equal(*pair)


# ---- Measures ----


def test_the_threshold_against_a_search():
    random = np.random.default_rng(0)
    holds, fails = random.normal(1, 1, 40), random.normal(0, 1, 60)
    found = training.threshold(holds, fails)
    right = [(np.mean(holds >= x) + np.mean(fails < x)) / 2 for x in np.linspace(-4, 4, 4001)]
    assert (np.mean(holds >= found) + np.mean(fails < found)) / 2 >= max(right) - 1e-9
    assert 1 < training.threshold(np.array([2.0, 3.0]), np.array([0.0, 1.0])) < 2


def test_shares_count_the_claims_that_were_made():
    made, read = np.zeros((2, 3, len(NAMES)), bool)
    made[:, 0], read[0, 0], read[:, 3] = True, True, True
    made[0, 2], read[0, 2] = True, True
    found = training.shares(read, made)
    assert found[NAMES[0]] == pytest.approx(1 / 3) and found[NAMES[2]] == 1 and found["all"] == 0.5
    assert np.isnan(found[NAMES[3]])


class StandIn:
    """Answers captions with real faces of them."""

    def __init__(self, data):
        self.data = data

    def generate(self, captions):
        sets = {name: grammar.encode(texts) for name, texts in self.data.test_texts.items()}
        return next(self.data.test[name] for name, rows in sets.items() if np.array_equal(rows, captions))

    def sheet(self, texts):
        return self.data.train[: 9 * len(texts)]

    def between(self, first, last):
        return self.data.train[:27]


def test_a_generator_that_gives_real_faces_has_the_ratio_1(data):
    report = data.report(StandIn(data), ["a happy lady"], seed=0)
    found = report.measures
    for name, real in (("unseen", "real"), ("seen", "real, seen")):
        assert found[name] == pytest.approx(found[real], nan_ok=True)
    assert found["ratio"]["unseen"]["all"] == pytest.approx(1)
    assert found["real"]["all"] > found["nearest"]["all"] > found["chance"]["all"]
    assert found["frechet"]["generated"] == pytest.approx(0, abs=1e-3) and found["frechet"]["training"] > 1
    labels = [label.get_text() for label in report.figures["sheet.png"].axes[0].get_yticklabels()]
    assert labels == ["a happy lady", *training.SHOWN]
    assert set(report.figures) == {"sheet.png", "interpolation.png", "claims.png"} and "sunglasses" in report.text


def test_a_face_stands_in_the_row_of_its_caption():
    rows = {
        "a": (np.full((2, 4, 4), 0.1), np.full((3, 4, 4), 0.2)),
        "b": (np.full((2, 4, 4), 0.3), np.full((3, 4, 4), 0.4)),
    }
    axes = plots.captioned_rows(rows).axes
    for place, values in zip(axes, ((0.1, 0.3), (0.2, 0.4))):
        shown = np.asarray(place.images[0].get_array())
        for tick, value in zip(axes[0].get_yticks(), values):
            np.testing.assert_allclose(shown[round(tick), [0, -1]], value)


# ---- The kept generator and the script ----


@pytest.fixture(scope="module")
def lab_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("captions")
    # The page's notebook runs the graphs.
    with pytest.MonkeyPatch.context() as patch, without_graphs():
        patch.setattr(training.CaptionedFaces.__init__, "__defaults__", (200, 30))
        patch.setattr(training, "CALIBRATING", 20)
        patch.setattr(lab, "CONVOLUTIONAL", SMALL)
        small = ["--steps", "3", "--batch-size", "6", "--seed", "3", "--output", str(out)]
        lab.main([*small, "--caption", "an old woman with glasses, smiling"])
    return out


def test_the_lab_leaves_pictures_and_a_record(lab_run):
    names = {"sheet.png", "interpolation.png", "claims.png", "training.gif"}
    assert {path.name for path in lab_run.iterdir()} == names | {"record.json", "unfinished"}
    for name in names:
        picture = np.asarray(Image.open(lab_run / name).convert("L"), float)
        assert min(picture.shape) > 80 and picture.std() > 5, f"{name} is blank"
    assert Image.open(lab_run / "training.gif").n_frames == 4
    record = json.loads((lab_run / "record.json").read_text())
    assert record["settings"]["caption"] == ["an old woman with glasses, smiling"]
    assert set(training.TITLES) | {"ratio", "frechet", "training_seconds"} <= set(record["measures"])


def test_a_finished_run_can_be_resumed_with_other_captions(lab_run):
    about, _ = read_checkpoint(lab_run / "unfinished" / "checkpoints" / "model.npz")
    assert about["steps"] == 3
    # Only settings that are in the checkpoint have to agree.
    assert about["settings"]["caption"] is None and about["settings"]["seed"] == 3


def test_ends_of_a_way_are_the_faces_of_its_captions(data):
    gan = lab.Caption_GAN(
        *lab.conditional_pair("projection", SMALL, 16, 4, 6, 1),
        LatentGenerator(4, seed=0),
        data.train[..., None],
        data.train_captions,
        decoding=lab.FaceScaling.symmetric(),
        further={"text_encoder": lab.build_text_encoder(grammar.MOST_WORDS, len(grammar.VOCABULARY), 0, 6)},
    )
    kept = training.KeptCaptions(gan, data.train_captions, 0.9, 0)
    way = kept.between("a man", "an old woman", rows=2, columns=3).reshape(2, 3, 16, 16)
    sheet = kept.sheet(["a man", "an old woman"], columns=2).reshape(2, 2, 16, 16)
    np.testing.assert_allclose(way[:, 0], sheet[0], atol=1e-5)
    np.testing.assert_allclose(way[:, 2], sheet[1], atol=1e-5)
    assert np.abs(way[:, 1] - way[:, 0]).max() > 1e-4
    # The mean follows the text encoder too.
    for array, weights in zip(kept.averaged.get_layer("text_encoder").get_weights(), gan.text_encoder.get_weights()):
        np.testing.assert_array_equal(array, weights)
    gan.text_encoder.set_weights([array + 1 for array in gan.text_encoder.get_weights()])
    kept.steps_made = 1
    kept.after_steps(1, {})
    for array, weights in zip(kept.averaged.get_layer("text_encoder").get_weights(), gan.text_encoder.get_weights()):
        np.testing.assert_allclose(array, weights - 0.5, atol=1e-6)


def test_the_command_line_answers_at_once(tmp_path):
    options = ("--caption", "--seed", "--output", "--steps", "--resume", "--mismatch")
    assert_answered_at_once("labs/captions.py", options, [["--caption", "a martian"], ["--steps", "0"]], tmp_path)
