"""Metrics against closed forms, degenerate cases, and brute force."""

import numpy as np
import pytest

from gankit.metrics import density_coverage, frechet_distance, precision_recall


def test_frechet_distance_of_two_sets_with_known_moments():
    random = np.random.default_rng(0)
    cloud = random.standard_normal((400, 5))
    # Whitened to the last digit, so that the moments are known and not only expected.
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
    """The definitions of Kynkaanniemi 2019 and Naeem 2020, point by point."""

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
