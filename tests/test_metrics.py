"""Metrics compared with closed forms, degenerate cases, and brute force."""

import numpy as np
import pytest

from gankit.metrics import (
    beside_floor,
    classifier_accuracy,
    classifier_beside_floor,
    comparison,
    density_coverage,
    farthest_apart,
    frechet_distance,
    kernel_distance,
    mode_coverage,
    precision_recall,
    sliced_wasserstein_distance,
)
from gankit.metrics import distances as metrics


def test_frechet_distance_of_two_sets_with_known_moments():
    random = np.random.default_rng(0)
    cloud = random.standard_normal((400, 5))
    # The sample is whitened, so that its moments are known exactly.
    cloud = (cloud - cloud.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(cloud.T))).T
    scales, shift = np.array([1.0, 2.0, 0.5, 3.0, 0.1]), np.array([0.0, 1.0, -2.0, 0.0, 0.5])
    expected = (shift**2).sum() + ((scales - 1) ** 2).sum()
    np.testing.assert_allclose(frechet_distance(cloud, cloud * scales + shift), expected, rtol=1e-8)
    turn = np.linalg.qr(random.standard_normal((5, 5)))[0]
    np.testing.assert_allclose(frechet_distance(cloud @ turn, (cloud * scales + shift) @ turn), expected, rtol=1e-8)


def test_frechet_distance_of_covariances_that_do_not_commute():
    random = np.random.default_rng(1)
    first, second = random.standard_normal((300, 4)) @ random.standard_normal((4, 4)), random.standard_normal((500, 4))
    a, b = np.cov(first.T), np.cov(second.T)
    roots = np.sqrt(np.linalg.eigvals(a @ b).real)
    expected = ((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(a) + np.trace(b) - 2 * roots.sum()
    np.testing.assert_allclose(frechet_distance(first, second), expected, rtol=1e-9)
    np.testing.assert_allclose(frechet_distance(second, first), expected, rtol=1e-9)


def test_frechet_distance_of_a_set_to_itself_is_zero_even_where_it_is_flat():
    flat = np.random.default_rng(0).standard_normal((50, 3)) @ np.eye(3, 8)
    assert abs(frechet_distance(flat.reshape(50, 2, 4), flat.reshape(50, 2, 4))) < 1e-6


def brute_force(real, fake, k):
    """The definitions of Kynkaanniemi 2019 and Naeem 2020, computed point by point."""

    def radius(points, i):
        return sorted(np.linalg.norm(points - points[i], axis=1))[k]

    real_radii = [radius(real, i) for i in range(len(real))]
    fake_radii = [radius(fake, i) for i in range(len(fake))]
    inside = np.array([[np.linalg.norm(f - r) <= rad for r, rad in zip(real, real_radii)] for f in fake])
    recalled = [any(np.linalg.norm(r - f) <= rad for f, rad in zip(fake, fake_radii)) for r in real]
    return {
        "precision": inside.any(axis=1).mean(),
        "recall": np.mean(recalled),
        "density": inside.sum() / (k * len(fake)),
        "coverage": inside.any(axis=0).mean(),
    }


@pytest.mark.parametrize("k", [1, 3, 5])
def test_neighbour_metrics_match_brute_force(k):
    random = np.random.default_rng(k)
    real, fake = random.standard_normal((60, 3)), 0.8 * random.standard_normal((45, 3)) + 0.4
    found = {**precision_recall(real, fake, k), **density_coverage(real, fake, k)}
    expected = brute_force(real, fake, k)
    assert 0.2 < expected["coverage"] < 1
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-12)


def test_memory_is_bounded_and_blocks_change_nothing(monkeypatch):
    for count in (2, 10_000, 50_000, 20_000_000):
        blocks = list(metrics._blocks(50_000, count))
        assert [rows.start for rows in blocks] == [0, *(rows.stop for rows in blocks[:-1])] and blocks[
            -1
        ].stop == 50_000
        assert all((rows.stop - rows.start) * count <= max(metrics._BLOCK_ENTRIES, count) for rows in blocks)

    random = np.random.default_rng(3)
    real, fake = random.standard_normal((97, 4)), 1.2 * random.standard_normal((61, 4))
    whole = {**comparison(real, fake), **density_coverage(real, fake, 3)}
    shapes = []
    plain = metrics._squared_distances
    monkeypatch.setattr(metrics, "_BLOCK_ENTRIES", 500)
    monkeypatch.setattr(
        metrics,
        "_squared_distances",
        lambda rows, others: shapes.append((len(rows), len(others))) or plain(rows, others),
    )
    in_blocks = {**comparison(real, fake), **density_coverage(real, fake, 3)}
    assert max(rows * columns for rows, columns in shapes) <= 500
    assert whole.keys() == in_blocks.keys()
    for name, value in whole.items():
        np.testing.assert_allclose(in_blocks[name], value, rtol=1e-9, atol=1e-12)


def test_the_comparison_measures_each_set_s_neighbours_once(monkeypatch):
    measured = []
    radii = metrics._neighbour_radii
    monkeypatch.setattr(
        metrics, "_neighbour_radii", lambda vectors, k: measured.append(len(vectors)) or radii(vectors, k)
    )
    random = np.random.default_rng(3)
    comparison(random.standard_normal((30, 4)), random.standard_normal((20, 4)))
    assert measured == [30, 20]


def test_identical_and_disjoint_sets():
    cloud = np.random.default_rng(0).standard_normal((80, 2, 2))
    same = {**precision_recall(cloud, cloud), **density_coverage(cloud, cloud)}
    assert same["precision"] == same["recall"] == same["coverage"] == 1
    far = {**precision_recall(cloud, cloud + 100), **density_coverage(cloud, cloud + 100)}
    assert set(far.values()) == {0}


@pytest.mark.parametrize("bad", [np.zeros(4), np.zeros((1, 4)), np.full((5, 4), np.nan), np.zeros((5, 3))])
def test_what_cannot_be_compared_is_refused(bad):
    with pytest.raises(ValueError, match="set"):
        frechet_distance(np.zeros((5, 4)), bad)


def test_kernel_distance_matches_its_definition():
    random = np.random.default_rng(2)
    first, second = random.standard_normal((7, 2, 2)), random.standard_normal((5, 2, 2)) + 0.5

    def kernel(x, y):
        return (float((x * y).sum()) / 4 + 1) ** 3

    expected = np.mean([kernel(x, y) for i, x in enumerate(first) for j, y in enumerate(first) if i != j])
    expected += np.mean([kernel(x, y) for i, x in enumerate(second) for j, y in enumerate(second) if i != j])
    expected -= 2 * np.mean([kernel(x, y) for x in first for y in second])
    np.testing.assert_allclose(kernel_distance(first, second), expected, rtol=1e-10)


def test_kernel_distance_of_equal_distributions_is_zero_on_average_and_of_different_ones_is_not():
    random = np.random.default_rng(3)
    estimates = [kernel_distance(random.standard_normal((60, 4)), random.standard_normal((40, 4))) for _ in range(200)]
    assert abs(np.mean(estimates)) < 3 * np.std(estimates) / np.sqrt(200)
    assert min(estimates) < 0 < max(estimates), "an unbiased estimate of zero has both signs"
    # For one-dimensional constants a and b the distance is that of (a^2 + 1)^3, (b^2 + 1)^3 and (a b + 1)^3.
    assert kernel_distance(np.full((3, 1), 2.0), np.full((4, 1), 1.0)) == pytest.approx(125 + 8 - 2 * 27)


def test_sliced_wasserstein_distance_along_one_axis():
    # Mass 1/2 at 0 and at 3 against 1/3 at 1, 2 and 3: 1/3 goes 0 -> 1, 1/6 0 -> 2, 1/6 3 -> 2, 1/3 stays.
    distance = sliced_wasserstein_distance(np.array([[3.0], [0.0]]), np.array([[2.0], [1.0], [3.0]]))
    np.testing.assert_allclose(distance**2, 1 / 3 * 1 + 1 / 6 * 4 + 1 / 6 * 1, rtol=1e-12)


def test_sliced_wasserstein_distance_of_a_shift():
    cloud = np.random.default_rng(4).standard_normal((200, 6))
    shift = np.array([3.0, 0, -4, 0, 0, 0])
    distance = sliced_wasserstein_distance(cloud, cloud + shift, projections=4000)
    np.testing.assert_allclose(distance**2, 25 / 6, rtol=0.08)  # four standard errors
    np.testing.assert_allclose(sliced_wasserstein_distance(cloud, cloud[::-1]), 0, atol=1e-12)
    larger = np.repeat(cloud, 3, axis=0)
    np.testing.assert_allclose(sliced_wasserstein_distance(cloud, larger), 0, atol=1e-7)
    with pytest.raises(ValueError, match="direction"):
        sliced_wasserstein_distance(cloud, cloud, projections=0)


def test_mode_coverage():
    centres = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    points = np.array([[0.0, 0.1], [0.05, 0.0], [1.0, 0.15], [0.5, 0.5], [0.0, 0.84]])
    found = mode_coverage(points, centres, reach=0.15)
    assert found["modes"] == 2 and found["high_quality"] == 0.6
    # Two of three points lie on one mode and one on another: 2/3 log(4 * 2/3) + 1/3 log(4 * 1/3).
    np.testing.assert_allclose(found["mode_divergence"], 2 / 3 * np.log(8 / 3) + np.log(4 / 3) / 3, rtol=1e-12)
    assert mode_coverage(centres, centres, reach=0.1) == {"modes": 4, "high_quality": 1.0, "mode_divergence": 0.0}
    np.testing.assert_allclose(mode_coverage(centres[:1], centres, 0.1)["mode_divergence"], np.log(4), rtol=1e-12)
    assert np.isnan(mode_coverage(centres + 9, centres, 0.1)["mode_divergence"])
    with pytest.raises(ValueError, match="shapes"):
        mode_coverage(points, centres[:, :1], reach=1.0)
    with pytest.raises(ValueError, match="finite"):
        mode_coverage(points * np.nan, centres, reach=1.0)


def test_the_classifier_is_sure_of_different_sets_and_helpless_with_equal_ones():
    random = np.random.default_rng(5)
    noise = random.random((600, 4, 4))
    assert classifier_accuracy(noise[:300], np.sort(noise[300:], axis=1)) > 0.9
    accuracy = classifier_accuracy(noise[:300], noise[300:], seed=1)
    assert 0.35 < accuracy < 0.65
    assert classifier_accuracy(noise[:300], noise[300:], seed=1) == accuracy


def test_the_comparison_holds_every_metric_of_both_sets():
    random = np.random.default_rng(6)
    real, fake = random.random((40, 3, 3)), random.random((30, 3, 3)) ** 2
    found = comparison(real, fake)
    assert found["kernel_distance"] == pytest.approx(kernel_distance(real, fake))
    assert found["sliced_wasserstein_distance"] == pytest.approx(sliced_wasserstein_distance(real, fake))
    for name, value in {**precision_recall(real, fake), **density_coverage(real, fake)}.items():
        assert found[name] == value
    assert set(comparison(real[:3], fake[:3])) == set(found), "small sets are compared with fewer neighbours"
    assert comparison(real, fake, size=20) == comparison(real[:20], fake[:20])


def test_beside_the_comparison_stands_that_of_two_halves_of_the_real_examples():
    random = np.random.default_rng(8)
    real, generated = random.standard_normal((400, 2)), 3 + random.standard_normal((90, 2))
    found = beside_floor(real, generated)
    assert found["frechet_distance"] == pytest.approx(frechet_distance(real, generated))
    assert 15 < found["frechet_distance"] < 21 and 0 < found["frechet_floor"] < 0.3
    assert found["metrics"]["recall"] < 0.1 and found["metrics_floor"]["recall"] > 0.9
    # Sets of equal size have equal precision. Larger sets would not.
    same = beside_floor(real, real[::-1], size=200)
    assert same["metrics"].keys() == same["metrics_floor"].keys() == comparison(real, real).keys()
    assert abs(same["metrics"]["density"] - same["metrics_floor"]["density"]) < 0.2


def test_the_classifier_stands_beside_its_floor():
    noise = np.random.default_rng(0).random((400, 8, 8))
    found = classifier_beside_floor(noise, np.sort(noise[:250], axis=1))
    assert set(found) == {"classifier_accuracy", "classifier_floor"}
    assert found["classifier_accuracy"] > 0.85 and 0.3 < found["classifier_floor"] < 0.7


def test_the_two_examples_that_are_farthest_apart():
    pictures = np.zeros((5, 2, 2))
    pictures[1, 0, 0], pictures[3, 1, 1], pictures[4, 0, 1] = 3.0, 4.0, -1.0
    assert set(farthest_apart(pictures)) == {1, 3}
