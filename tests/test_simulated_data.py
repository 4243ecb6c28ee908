"""Lab 1: densities, what theory says about them, the two losses of 2014, and the script."""

import json
import sys

import numpy as np
import pytest
import tensorflow as tf
from films import WholeFilm, assert_same_frame

from gankit.datasets.densities import DENSITIES, get_density, mixture_log_density
from gankit.errors import InputError
from gankit.metrics.densities import (
    kernel_log_density,
    moments_in_standard_errors,
    optimal_discriminator,
)
from gankit.plots.densities import Fields, density_film
from labs import simulated_data as lab


@pytest.mark.parametrize("name", DENSITIES)
def test_a_density_integrates_to_one_over_its_picture(name):
    density = get_density(name)
    low, high = density.limits
    # Midpoints at a fifth of the least deviation: for Gaussian distributions the error is far below 1e-6.
    deviation = np.sqrt(np.linalg.eigvalsh(density.covariance)[0])
    if name in ("ring", "grid"):
        # The modes are equal and far apart, so one of them is enough.
        centre = density.centres[0]
        axes = [centre[axis] + np.arange(-60, 61) * deviation / 10 for axis in range(2)]
        places = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
        total = np.exp(density.log_density(places)).sum() * (deviation / 10) ** 2 * len(density.centres)
    else:
        cells = int(np.ceil((high - low) / (deviation / 2)))
        middles = low + (high - low) * (np.arange(cells) + 0.5) / cells
        places = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
        total = np.exp(density.log_density(places)).sum() * ((high - low) / cells) ** 2
    # The picture reaches four deviations beyond the centres, which leaves out less than 1e-4.
    assert abs(total - 1) < 2e-4


@pytest.mark.parametrize("name", DENSITIES)
def test_samples_have_the_moments_and_the_mean_log_density_of_their_density(name):
    density = get_density(name)
    points = density.sample(40_000, seed=3)
    assert points.dtype == np.float32 and points.shape == (40_000, 2)
    low, high = density.limits
    assert ((points > low) & (points < high)).mean() > 0.999
    covariance = density.total_covariance
    errors = (points.mean(axis=0) - density.mean) / np.sqrt(np.diag(covariance) / len(points))
    assert np.abs(errors).max() < 5
    # The fourth moments of these mixtures are below twice those of a Gaussian distribution.
    difference = np.cov(points.T) - covariance
    variances = np.diag(covariance)
    assert np.abs(difference / np.sqrt(2 * np.outer(variances, variances) / len(points))).max() < 7
    # Two samples have the same mean log density, within five standard errors.
    logs = [density.log_density(density.sample(4000, seed)) for seed in (1, 2)]
    assert abs(logs[0].mean() - logs[1].mean()) < 5 * np.sqrt(2 / 4000) * logs[0].std()


def test_the_papers_clouds_have_the_papers_sizes():
    ring, grid = get_density("ring"), get_density("grid")
    np.testing.assert_allclose(np.hypot(*ring.centres.T), 1.0)
    assert len(ring.centres) == 8 and ring.deviation == 0.01
    assert sorted(map(tuple, grid.centres)) == [(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)]
    assert grid.deviation == 0.05
    distances = np.sqrt(((grid.sample(20_000, 0)[:, None] - grid.centres) ** 2).sum(axis=2).min(axis=1))
    # The distance of a point from its centre has a Rayleigh distribution: within r with probability 1 - exp(-r^2 / 2).
    for reach in (1, 2, 3):
        share = (distances < reach * 0.05).mean()
        expected = 1 - np.exp(-(reach**2) / 2)
        assert abs(share - expected) < 5 * np.sqrt(expected * (1 - expected) / 20_000)


def test_points_of_a_curve_lie_evenly_along_it():
    spiral = get_density("spiral")
    steps = np.hypot(*np.diff(spiral.centres, axis=0).T)
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-3)
    radius, angle = np.hypot(*spiral.centres.T), np.unwrap(np.arctan2(*spiral.centres.T[::-1]))
    np.testing.assert_allclose(np.diff(angle).sum(), 2 * np.pi * 2, rtol=0.01)  # two turns
    np.testing.assert_allclose(
        radius / radius[-1], (angle - angle[0] + np.pi / 2) / (angle[-1] - angle[0] + np.pi / 2), atol=3e-3
    )
    moons = get_density("moons").centres
    np.testing.assert_allclose(np.hypot(*moons[:500].T), 1.0)
    np.testing.assert_allclose(np.hypot(*(moons[500:] - [1.0, 0.5]).T), 1.0)


def test_the_log_density_of_one_gaussian_is_the_closed_form():
    mean, covariance = np.array([1.0, -0.5]), np.array([[1.0, 0.6], [0.6, 0.5]])
    points = np.random.default_rng(0).normal(0, 3, (50, 2))
    offsets = points - mean
    squares = np.einsum("ni,ij,nj->n", offsets, np.linalg.inv(covariance), offsets)
    expected = -squares / 2 - np.log(2 * np.pi) - np.log(np.linalg.det(covariance)) / 2
    np.testing.assert_allclose(get_density("gaussian").log_density(points), expected, rtol=1e-10)
    # Far from all centres the density underflows, and its logarithm does not.
    far = mixture_log_density(np.array([[1e4, 0.0]]), np.zeros((3, 2)), np.eye(2))
    np.testing.assert_allclose(far, -(1e8) / 2 - np.log(2 * np.pi), rtol=1e-12)


def test_an_unknown_density_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match="'cube'.*gaussian, ring, grid, spiral, moons"):
        get_density("cube")


def test_a_kernel_estimate_approaches_the_density():
    density = get_density("moons")
    points = density.sample(1000, seed=5)
    true = density.log_density(points)
    errors = [np.abs(kernel_log_density(density.sample(count, 6))(points) - true).mean() for count in (200, 8000)]
    assert errors[1] < 0.2 < errors[0]


def cross_entropy(real_logits, fake_logits):
    """The loss of the lab's discriminator."""
    return float(make("non_saturating").discriminator_loss(real_logits, fake_logits))


def test_the_best_discriminator_costs_least_and_two_log_two_where_both_are_alike():
    random = np.random.default_rng(1)
    log_p, log_q = random.normal(0, 2, (2, 30))
    p, q = np.exp(log_p), np.exp(log_q)
    best = optimal_discriminator(log_p, log_q)
    np.testing.assert_allclose(best, p / (p + q), rtol=1e-12)

    def cost(d):
        return -p * np.log(d) - q * np.log1p(-d)

    for other in (best * 0.99, best + 0.01 * (1 - best)):
        assert (cost(best) < cost(other)).all()
    assert optimal_discriminator(np.array(-1e5), np.array(1e5)) == 0.0
    assert optimal_discriminator(np.array(1e5), np.array(-1e5)) == 1.0
    np.testing.assert_allclose(cross_entropy(np.zeros(5), np.zeros(7)), 2 * np.log(2))


def test_the_best_loss_is_two_log_two_minus_twice_the_jensen_shannon_divergence():
    # Two distributions on three points, with sums instead of integrals: samples in exact proportion.
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.3, 0.6])
    logits = np.log(p) - np.log(q)
    loss = cross_entropy(
        np.repeat(logits, (10 * p).round().astype(int)), np.repeat(logits, (10 * q).round().astype(int))
    )
    middle = (p + q) / 2
    divergence = (p * np.log(p / middle)).sum() / 2 + (q * np.log(q / middle)).sum() / 2
    np.testing.assert_allclose(loss, 2 * np.log(2) - 2 * divergence, rtol=1e-12)


def test_standard_errors_of_moments_are_those_of_samples():
    mean, covariance = np.array([1.0, -0.5]), np.array([[1.0, 0.6], [0.6, 0.5]])
    density = get_density("gaussian")
    count, errors = 200, []
    for seed in range(600):
        points = density.sample(count, seed).astype(np.float64)
        found = moments_in_standard_errors(points.mean(axis=0), np.cov(points.T), mean, covariance, count)
        errors.append(np.concatenate([found[0], found[1].ravel()]))
    # Their deviation over 600 samples is 1, within five times its own standard error of 1 / sqrt(1200).
    np.testing.assert_allclose(np.std(errors, axis=0), 1.0, atol=5 / np.sqrt(1200) + 0.02)
    assert np.abs(np.mean(errors, axis=0)).max() < 5 / np.sqrt(600)


# ------------------------------------------------------------------------------------------------- the two losses


def make(loss, **settings):
    options = lab.PARSER.parse_args(["--loss", loss, "--data", "moons"])
    vars(options).update(settings)
    return lab.build_model(options, get_density(options.data))


def test_losses_from_logits_are_those_of_probabilities():
    random = np.random.default_rng(2)
    real, fake = random.normal(0, 2, (2, 9, 1))
    d_real, d_fake = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    minimax, other = make("minimax"), make("non_saturating")
    for gan in (minimax, other):
        expected = -np.log(d_real).mean() - np.log(1 - d_fake).mean()
        np.testing.assert_allclose(gan.discriminator_loss(real, fake), expected, rtol=1e-12)
    np.testing.assert_allclose(minimax.generator_loss(fake), np.log(1 - d_fake).mean(), rtol=1e-12)
    np.testing.assert_allclose(other.generator_loss(fake), -np.log(d_fake).mean(), rtol=1e-12)


def test_the_minimax_gradient_vanishes_for_fakes_that_are_caught_and_the_other_does_not():
    minimax, other = make("minimax"), make("non_saturating")
    scores = tf.constant([[-8.0], [0.0], [8.0]])
    for gan, expected in ((minimax, -tf.sigmoid(scores) / 3), (other, -tf.sigmoid(-scores) / 3)):
        with tf.GradientTape() as tape:
            tape.watch(scores)
            loss = gan.generator_loss(scores)
        # Both push the score up; the first by D(fake), the second by 1 - D(fake).
        np.testing.assert_allclose(tape.gradient(loss, scores), expected, rtol=1e-5)


@pytest.mark.parametrize("loss", ["minimax", "non_saturating"])
def test_one_step_moves_each_network_once_and_only_by_its_own_loss(loss):
    gan = make(loss, batch_size=16, disc_iter=2)
    seen = []
    for network in (gan.discriminator, gan.generator):
        apply = network.optimizer.apply_gradients

        def recorded(pairs, network=network, apply=apply):
            pairs = list(pairs)
            seen.append(
                (network.name, [variable is mine for (_, variable), mine in zip(pairs, network.trainable_variables)])
            )
            return apply(pairs)

        network.optimizer.apply_gradients = recorded
    before = [weight.numpy() for weight in gan.generator.weights]
    losses = gan.train_step(None)
    assert [name for name, _ in seen] == ["discriminator", "discriminator", "generator"]
    assert all(all(own) for _, own in seen)
    assert any((old != new.numpy()).any() for old, new in zip(before, gan.generator.weights))
    assert set(losses) == {"discr_loss", "gen_loss"}
    # Untrained, D is near 1/2: the loss is near 2 log 2, and each generator loss near minus or plus log 2.
    assert abs(float(losses["discr_loss"]) - 2 * np.log(2)) < 1.5
    assert (float(losses["gen_loss"]) < 0) == (loss == "minimax")


def test_without_hidden_layers_the_generator_is_affine_and_its_moments_are_exact():
    options = lab.PARSER.parse_args(["--data", "gaussian"])
    density = get_density("gaussian")
    gan = lab.build_model(options, density)
    observer = lab.DensityObserver(gan, density, lab.LOGIT, True, 0)
    found = observer.measure()["recovered"]
    latents = np.random.default_rng(3).standard_normal((100_000, 2)).astype(np.float32)
    outputs = gan.generator(latents).numpy()
    np.testing.assert_allclose(found["mean"], outputs.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(found["covariance"], np.cov(outputs.T), atol=0.05)


def test_the_best_scores_of_a_perfect_generator_cost_two_log_two():
    """An affine generator that is set to the true Gaussian distribution: p = q, so the best D is 1/2 everywhere."""
    options = lab.PARSER.parse_args(["--data", "gaussian"])
    density = get_density("gaussian")
    gan = lab.build_model(options, density)
    scale = np.sqrt(np.trace(density.total_covariance) / 2)
    kernel, bias = gan.generator.layers[1].weights
    kernel.assign(np.linalg.cholesky(density.covariance).T / scale)
    bias.assign(np.zeros(2))
    observer = lab.DensityObserver(gan, density, lab.LOGIT, True, 0)
    measures = observer.measure()
    np.testing.assert_allclose(measures["discriminator"]["loss_of_the_best"], 2 * np.log(2), atol=1e-4)
    np.testing.assert_allclose(measures["discriminator"]["loss_if_alike"], 2 * np.log(2), rtol=1e-6)
    assert np.abs(measures["recovered"]["mean_in_standard_errors"]).max() < 0.01
    fields = observer.fields(21, 500)
    np.testing.assert_allclose(fields.optimal[~np.isnan(fields.optimal)], 0.5, atol=1e-4)
    assert np.isnan(fields.optimal).any()


@pytest.mark.parametrize("verdict", [lab.LOGIT, lab.PLUS_MINUS_ONE])
def test_scores_and_probabilities_are_inverse(verdict):
    probabilities = np.array([0.001, 0.25, 0.5, 0.9])
    np.testing.assert_allclose(verdict.to_probability(verdict.to_score(probabilities)), probabilities, rtol=1e-9)
    np.testing.assert_allclose(verdict.to_score(np.array([0.5])), 0.0, atol=1e-12)


# ------------------------------------------------------------------------------------------------------ the script


@pytest.mark.parametrize(
    "arguments, pictures",
    [
        (["--data", "gaussian"], {"points.png", "training.gif", "saturation.png"}),
        (["--loss", "least_squares", "--data", "spiral"], {"points.png", "training.gif"}),
        (["--loss", "penalty"], {"points.png", "training.gif"}),
    ],
)
def test_the_lab_leaves_its_pictures_and_measures(arguments, pictures, tmp_path, monkeypatch):
    smaller = {"UPDATES_WATCHED": 40, "FRAMES": 4, "PICTURE_GRID": 31, "FRAME_GRID": 21, "PICTURE_SAMPLE": 3000}
    for name, value in smaller.items():
        monkeypatch.setattr(f"gankit.training.densities.{name}", value)
    monkeypatch.setattr(lab, "REAL_POINTS", 1000)
    lab.main([*arguments, "--steps", "8", "--output", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == pictures | {"record.json"}
    measures = json.loads((tmp_path / "record.json").read_text())["measures"]
    assert ("discriminator" in measures["as_trained"]) == ("with_d_trained_on" in measures)
    assert ("recovered" in measures["as_trained"]) == ("gaussian" in arguments)
    assert ("modes" in measures["as_trained"]["points"]) == ("penalty" in arguments)


def test_the_comparison_has_a_row_for_each_loss_on_each_cloud(tmp_path, monkeypatch, capsys, eagerly):
    monkeypatch.setattr(lab, "SEEDS", 1)
    monkeypatch.setattr(lab, "REAL_POINTS", 1000)
    lab.main(["--compare", "--steps", "2", "--output", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {"comparison.png", "record.json"}
    runs = json.loads((tmp_path / "record.json").read_text())["measures"]["runs"]
    assert {cloud: list(losses) for cloud, losses in runs.items()} == dict.fromkeys(("ring", "grid"), list(lab.RECIPES))
    assert all(len(seeds) == 1 for losses in runs.values() for seeds in losses.values())
    assert capsys.readouterr().out.count("\n| ") == 12  # two lines of heading


@pytest.mark.parametrize("cells", [7, 0])
def test_each_frame_of_a_film_is_the_whole_figure_of_its_moment(cells, monkeypatch):
    random = np.random.default_rng(0)
    frames = [
        Fields(random.normal(size=(30, 2)), random.random((7, 7)), random.random((cells, cells))) for _ in range(2)
    ]
    rest = {"discr_loss": [1.0, 2.0]}, [1, 2], {"discr_loss": 1.4}
    real, limits = random.normal(size=(40, 2)), (-3.0, 3.0)
    found = density_film(real, limits, frames, [4, 8], *rest)
    monkeypatch.setattr(sys.modules["gankit.plots.common"], "Film", WholeFilm)
    for picture, expected in zip(found, density_film(real, limits, frames, [4, 8], *rest)):
        assert_same_frame(picture, expected)
    assert (found[0] != found[1]).any()


def test_a_setting_of_another_loss_is_refused(capsys):
    with pytest.raises(SystemExit):
        lab.PARSER.parse_args(["--loss", "minimax", "--lambda-gp", "1"])
    assert "--lambda-gp is not a setting of --loss minimax" in capsys.readouterr().err
    assert lab.PARSER.parse_args(["--loss", "penalty", "--lambda-gp", "1"]).lambda_gp == 1
