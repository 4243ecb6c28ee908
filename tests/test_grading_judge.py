"""The judge's derivations compared with central differences and closed forms."""

import re
from pathlib import Path

import numpy as np
import oracle
import pytest

from gankit.grading.judge.builder import judges as builder
from gankit.grading.judge.builder.designs import Question, discriminator_designs, generator_designs
from gankit.grading.judge.catalogue import IDEAS
from gankit.grading.judge.networks import Perceptron, glorot_like, upsample_bilinear
from gankit.grading.judge.tasks import TASKS
from gankit.grading.judge.training_steps import adam
from gankit.grading.judge.training_steps.losses import LEAST_SQUARES, PENALISED, PENALTIES, WASSERSTEIN, slopes
from gankit.grading.judge.training_steps.mixing import segment_weights
from gankit.grading.judge.training_steps.scenes import SceneMaker
from gankit.grading.judge.verdicts import TaskResult, fails, in_words, passes, unseen


@pytest.fixture
def network():
    random = np.random.default_rng(0)
    weights = [w.astype(np.float64) for w in glorot_like(random, [4, 5, 3, 1])]
    return Perceptron(("tanh", "linear", "tanh")), weights, random.standard_normal((6, 4)), random


def assert_gradients(found, expected):
    for a, b in zip(found, expected):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-8)


def test_backward(network):
    perceptron, weights, x, random = network
    cotangent = random.standard_normal((6, 1))
    gradients, by_input = perceptron.backward(weights, x, cotangent)
    assert_gradients(
        gradients, oracle.numerical_gradient(lambda w: (cotangent * perceptron.forward(w, x)).sum(), weights)
    )
    expected = oracle.numerical_gradient(lambda w: (cotangent * perceptron.forward(weights, w[0])).sum(), [x])
    assert_gradients([by_input], expected)


@pytest.mark.parametrize("place", range(len(PENALTIES)))
def test_every_penalty_s_gradient_is_second_order(network, place):
    perceptron, weights, x, _ = network
    _, value = PENALTIES[place]

    def penalty(w):
        return value(perceptron.input_gradient(w, x))

    (direction,) = slopes(value, perceptron.input_gradient(weights, x))
    found = perceptron.directional_gradient(weights, x, direction)
    for a, b in zip(found, oracle.numerical_gradient(penalty, weights, 1e-5)):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


ALL_HYPOTHESES = (*LEAST_SQUARES, *WASSERSTEIN, PENALISED, generator_designs(), discriminator_designs())


def test_what_is_right_comes_first_and_every_mistake_has_a_sentence():
    for hypotheses in ALL_HYPOTHESES:
        assert not hypotheses[0].idea
        for hypothesis in hypotheses:
            for said in hypothesis.verdict:
                sentence = IDEAS[said.key].sentence.format(**said.words)
                assert sentence.endswith(".") and "{" not in sentence


def test_the_catalogue_speaks_of_checks_that_exist_in_a_few_sentences():
    checks = {check.key for task in TASKS for check in task.checks} | {"not checked", "hint", "idiom"}
    for (check, idea), found in IDEAS.items():
        assert check in checks and 0 <= found.share < 1, (check, idea)
        assert found.sentence and found.sentence[-1] in ".}" and len(found.sentence) < 300, idea
        assert found.sentence.count(". ") <= 2, found.sentence


def test_every_idiom_that_the_worker_allows_has_a_sentence():
    source = (Path(__file__).parents[1] / "gankit" / "grading" / "worker" / "keras2.py").read_text(encoding="utf-8")
    allowed = set(re.findall(r'_not(?:e|ing)\("(\w+)"', source))
    assert len(allowed) > 5 and allowed == {idiom for kind, idiom in IDEAS if kind == "idiom"}


def test_the_first_failure_stands_and_nothing_else_replaces_anything():
    task = TASKS[0]
    result = TaskResult(task.number, task.title, "simple_gan.py", task.checks)
    result.add([passes("rhythm"), fails("rhythm", "generator_first"), fails("rhythm", "disc_iter_count")])
    result.add([unseen("batches", "nothing_seen", 0.75), passes("batches"), passes("no such check")])
    result.finish("The end.")
    assert result.lost_ideas == [result.failed("rhythm")] == ["generator_first"]
    assert result.findings["batches"].share == 0.75 and result.findings["fit"].sentence == "The end."
    assert set(result.findings) == {check.key for check in task.checks} and result.points == 0.75


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("of <Variable path=dense/kernel, shape=(2, 2), value=[[ 0.44 0.9]\n [-0.6 1e-3]]> 'V'", "shape=(2, 2)> 'V'"),
        ("<tf.Tensor: shape=(2,), dtype=float32, numpy=array([0.4, 0.9], dtype=float32)>", "dtype=float32>"),
        ("Incompatible shapes: [5,1] vs. [5,3,3]", "[5,1] vs. [5,3,3]"),
        ("a list that does not end [[1.5, 2.5" + ", 0.45" * 9, "not end [...]"),
        ("word " * 1000, "word"),
    ],
)
def test_no_values_of_arrays_are_shown(message, kept):
    words = in_words({"type": "ValueError", "message": message, "where": ("a.py", 3)}, "a stack")
    assert f"{kept} (a.py, line 3), on a stack." in words and "0.4" not in words and len(words) < 260


def records(rate, beta_1, beta_2, count=4, **options):
    random = np.random.default_rng(1)
    reference = oracle.Adam(rate, beta_1, beta_2)
    weights, updates = [random.standard_normal((3, 2))], []
    for _ in range(count):
        gradients = [random.standard_normal((3, 2))]
        new = reference(weights, gradients)
        updates.append(adam.Move(weights, gradients, new))
        weights = new
    return updates


def test_adam_is_recognised_and_its_usual_mistakes_are_told_apart():
    counters = [1, 2, 3, 4]
    assert adam.explain(records(0.02, 0.5, 0.9), 0.02, (0.5, 0.9), counters) == ""
    for rate, betas, idea in ((0.02, (0.9, 0.999), "betas"), (0.001, (0.5, 0.9), "learning_rate")):
        assert adam.explain(records(rate, *betas), 0.02, (0.5, 0.9), counters) == idea
    plain = [adam.Move(u.before, u.gradients, [u.before[0] - 0.02 * u.gradients[0]]) for u in records(0.02, 0.5, 0.9)]
    assert adam.explain(plain, 0.02, (0.5, 0.9), counters) == "not_adam"


def test_segment_weights_are_found():
    random = np.random.default_rng(2)
    real, fake, u = random.standard_normal((5, 3)), random.standard_normal((4, 3)), random.uniform(-1, 2, 4)
    found, distance = segment_weights(u[:, None] * real[:4] + (1 - u[:, None]) * fake, real, fake)
    np.testing.assert_allclose(found, u, atol=1e-9)
    np.testing.assert_allclose(distance, 0, atol=1e-9)


def test_scenes_set_formulas_apart_under_every_seed():
    for seed in range(20):
        scenes = SceneMaker("WGAN_GP", np.random.default_rng(seed)).make()
        signs = []
        for name in ("points", "pictures"):
            scene = scenes[name]
            weights = [w.astype(np.float64) for w in scene.request["discriminator"]["weights"]]
            assert all(np.abs(w).max() > 1 for w in weights), "clipping must have something to do"
            g = [w.astype(np.float64) for w in scene.request["generator"]["weights"]]
            fake = scene.networks["generator"].perceptron.forward(g, scene.request["latents"])
            critic = scene.networks["discriminator"].perceptron
            signs.append(
                np.sign(critic.forward(weights, scene.request["real"]).mean() - critic.forward(weights, fake).mean())
            )
        assert signs == [1, -1]


@pytest.mark.parametrize("seed", range(8))
def test_the_epsilon_of_batch_normalisation_costs_nothing(seed):
    scene = builder.scenes(np.random.default_rng(seed))[1]
    weights = [np.asarray(array, np.float64) for _, array in scene["generator"]["weights"]]
    other = generator_designs()[1]
    answers = [
        [other.computed.answer(Question(weights, x.astype(np.float64), mode)) for mode in (False, True)]
        for x in scene["generator"]["inputs"]
    ]
    result = TaskResult(4, "", "a.py", builder.CHECKS)
    evidence = builder.Evidence({"forward": {"generator": answers}}, {}, result, "a stack", scene)
    result.add(builder.judge_function(evidence, "generator"))
    assert {result.findings[f"generator_{what}"].verdict for what in ("function", "training")} == {"pass"}


def test_bilinear_upsampling_keeps_lines_straight():
    maps = np.arange(4.0).reshape(1, 1, 4, 1)
    np.testing.assert_allclose(upsample_bilinear(maps)[0, 0, 1:-1, 0], np.arange(0.25, 3, 0.5))
