"""Point clouds and their measures of quality."""

import numpy as np
import pytest

from gankit.datasets.point_clouds import (
    CLOUD_CENTRES,
    circle,
    circle_quality,
    colours,
    corner_cloud,
    corner_quality,
    four_clouds,
    four_clouds_quality,
    get_points,
    read_points,
)
from gankit.errors import InputError


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
    found = [corner_quality(cloud) for cloud in clouds]
    means = {key: np.mean([distances[key] for distances in found]) for key in found[0]}
    np.testing.assert_allclose(means["mean_squared_distance"], 49 * 0.05**2, rtol=0.01)
    np.testing.assert_allclose(means["barycentre_squared_distance"], 49 * 0.05**2 / 500, rtol=0.12)


def test_corner_quality_of_two_known_points():
    cloud = np.full((2, 4), 0.8)
    cloud[0, 0] += 3
    cloud[1, 1] += 1
    distances = corner_quality(cloud)
    np.testing.assert_allclose(distances["mean_squared_distance"], 5)
    np.testing.assert_allclose(distances["barycentre_squared_distance"], 2.5)


def test_seeds_decide():
    for cloud in (circle, four_clouds, corner_cloud):
        np.testing.assert_array_equal(cloud(seed=3), cloud(seed=3))
        assert (cloud(seed=3) != cloud(seed=4)).any()


def test_circle_quality_of_known_points():
    assert circle_quality(circle(20000)) == {"on_circle": 1.0, "arc_covered": 1.0}
    # A quarter of the circle, and as many points just outside its reach.
    angles = np.linspace(0.001, np.pi / 2 - 0.001, 400)
    arc = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for outside in (0.3 - 0.031, 0.3 + 0.031):
        points = 0.5 + np.concatenate([0.3 * arc, outside * arc])
        assert circle_quality(points) == {"on_circle": 0.5, "arc_covered": 0.25}
    # The centre also lies in a sector, but not on the circle.
    assert circle_quality(np.full((3, 2), 0.5)) == {"on_circle": 0.0, "arc_covered": 0.0}


def test_four_clouds_quality_of_known_points():
    quality = four_clouds_quality(four_clouds(20000))
    # A Gaussian in the plane lies within three deviations with probability 1 - exp(-9/2).
    np.testing.assert_allclose(quality["on_a_cloud"], 1 - np.exp(-4.5), atol=0.003)
    assert quality["and_right_colour"] == quality["on_a_cloud"]
    assert 0.23 < quality["smallest_cloud"] <= 0.25 <= quality["largest_cloud"] < 0.27
    places = CLOUD_CENTRES[[0, 0, 0, 1, 1, 3, 3, 3, 3, 3]] + 0.1
    points = np.concatenate([places, colours(places)], axis=1)
    points[0, 4] += 0.11
    points[1, 2] -= 0.09
    points[3, :2] += 0.2
    assert four_clouds_quality(points) == {
        "on_a_cloud": 0.9,
        "and_right_colour": 0.8,
        "smallest_cloud": 0.0,
        "largest_cloud": 0.5,
    }


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv", ".txt"])
def test_own_points_are_read_and_scaled_column_by_column(suffix, tmp_path):
    points, path = np.array([[1.0, 50, 7], [3, 60, 7], [2, 20, 7], [1, 30, 7]]), tmp_path / f"points{suffix}"
    if suffix == ".npy":
        np.save(path, points)
    elif suffix == ".npz":
        np.savez(path, points=points)
    elif suffix == ".csv":
        path.write_text("a,b,c\n" + "\n".join(",".join(map(str, row)) for row in points) + "\n")
    else:
        np.savetxt(path, points)
    read = get_points(path)
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, [[0.1, 0.7, 0.5], [0.9, 0.9, 0.5], [0.5, 0.1, 0.5], [0.1, 0.3, 0.5]], atol=1e-6)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("1,2\n3,4\n", "shape .2, 2."),
        ("1\n2\n3\n4\n", "shape .4, 1."),
        ("1,2\n3\n4,5\n6,7\n", "different numbers of columns"),
        ("1,2\n3,x\n4,5\n6,7\n", "could not convert"),
        ("1,2\n3,nan\n4,5\n6,7\n", "not finite"),
        ("", "cannot be read|shape"),
    ],
)
def test_points_that_are_none_are_refused_with_a_sentence(content, words, tmp_path):
    (tmp_path / "points.csv").write_text(content)
    with pytest.raises(InputError, match=words):
        read_points(tmp_path / "points.csv")
    np.savez(tmp_path / "two.npz", a=np.zeros((4, 2)), b=np.zeros((4, 2)))
    with pytest.raises(InputError, match="holds 2 arrays"):
        read_points(tmp_path / "two.npz")
    with pytest.raises(InputError, match="no file of points"):
        read_points(tmp_path / "missing.npy")
