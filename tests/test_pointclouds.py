"""Point clouds and the distances that judge them."""

import numpy as np

from gankit.datasets.point_clouds import circle, colours, corner_cloud, corner_distances, four_clouds


def test_circle():
    points = circle(2000, seed=1)
    assert points.dtype == np.float32 and points.shape == (2000, 2)
    np.testing.assert_allclose(np.linalg.norm(points - 0.5, axis=1), 0.3, atol=1e-6)
    np.testing.assert_allclose(points.mean(axis=0), 0.5, atol=0.02)


def test_four_clouds():
    points = four_clouds(8000, seed=1)
    assert points.dtype == np.float32 and points.shape == (8000, 5)
    nearest = np.where(points[:, :2] > 0.5, 0.75, 0.25)
    offsets = points[:, :2] - nearest
    np.testing.assert_allclose(offsets.std(axis=0), 0.05, rtol=0.04)
    np.testing.assert_allclose(offsets.mean(axis=0), 0, atol=0.003)
    _, counts = np.unique(nearest, axis=0, return_counts=True)
    assert len(counts) == 4 and counts.min() > 1850
    np.testing.assert_allclose(points[:, 2:], colours(points[:, :2]), atol=1e-6)


def test_colours_follow_their_formula():
    np.testing.assert_allclose(
        colours(np.array([[0.5, 0.5], [1.2, 0.3], [0.9, 0.8]])),
        [[0.25, 0.25, 0.5], [1.0, 0.09, 0.0], [0.81, 0.64, 0.0]],
        atol=1e-12,
    )


def test_corner_cloud_lies_at_the_distances_theory_gives():
    clouds = [corner_cloud(500, seed=seed) for seed in range(40)]
    assert clouds[0].shape == (500, 49) and clouds[0].dtype == np.float32
    found = [corner_distances(cloud) for cloud in clouds]
    means = {key: np.mean([distances[key] for distances in found]) for key in found[0]}
    np.testing.assert_allclose(means["mean_squared_distance"], 49 * 0.05**2, rtol=0.01)
    np.testing.assert_allclose(means["barycentre_squared_distance"], 49 * 0.05**2 / 500, rtol=0.12)


def test_corner_distances_of_two_known_points():
    cloud = np.full((2, 4), 0.8)
    cloud[0, 0] += 3
    cloud[1, 1] += 1
    distances = corner_distances(cloud)
    np.testing.assert_allclose(distances["mean_squared_distance"], 5)
    np.testing.assert_allclose(distances["barycentre_squared_distance"], 2.5)


def test_seeds_decide():
    for cloud in (circle, four_clouds, corner_cloud):
        np.testing.assert_array_equal(cloud(seed=3), cloud(seed=3))
        assert (cloud(seed=3) != cloud(seed=4)).any()
