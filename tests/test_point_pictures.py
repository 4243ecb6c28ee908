"""Pictures and animations of point clouds: their content, and that a dead critic looks dead."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from films import WholeFilm, assert_same_frame

from gankit import plots
from gankit.datasets import point_clouds
from gankit.networks import fully_connected_GenDiscr
from gankit.plots.common import Film, frame_of, new_figure, picture_of
from gankit.plots.points import score_limits
from gankit.training import Run
from gankit.training.points import FRAME_GRID, POINTS_IN_A_FRAME, PointFilm, show_points, undecided_losses
from gankit.training.recipes import Part
from simple_gan import Simple_GAN
from wgan_clip import WGAN_clip
from wgan_gp import WGAN_GP


def score(gan, points):
    return float(np.ravel(gan.discriminator(points))[0])


def make(part, gan_class=Simple_GAN):
    points = point_clouds.get_points(part.cloud)
    networks = fully_connected_GenDiscr([*part.widths, points.shape[1]], points, seed=0)
    return gan_class(*networks, points, part.batch_size, seed=0)


CIRCLE = Part("circle", (2, 8), batch_size=20, epochs=3, steps_per_epoch=4)
CLOUDS = Part("four_clouds", (2, 8), batch_size=20, epochs=2, steps_per_epoch=5)
CORNER = Part("corner_cloud", (3, 8), batch_size=20, epochs=2, steps_per_epoch=5)


def test_rounding_errors_of_a_dead_critic_get_no_colours():
    dead = -1 + 1e-7 * np.arange(4)
    limits = score_limits(dead)
    assert limits["vmin"] == pytest.approx(-1.05) and limits["vmax"] == pytest.approx(-0.95)
    assert score_limits(np.array([0.0, 2.0]), np.array([-4.0])) == {"vmin": -4.0, "vmax": 2.0}


def test_a_dead_critic_can_be_drawn():
    trained = show_points(make(CORNER), {"discr_loss": [0.0]}, CORNER, seed=0)
    dead = np.float32(-1) + np.float32(6e-8) * (np.arange(1000) % 2).astype(np.float32)
    trained = replace(trained, real_scores=dead, fake_scores=dead[::-1])
    (scores,) = (axes for axes in plots.points(trained).axes if axes.get_title() == "D on real and on fake points")
    assert sum(patch.get_height() for patch in scores.patches) == 2000
    plots.histograms({"D": {"real": dead, "fake": dead}})


def test_the_losses_of_an_undecided_discriminator():
    assert undecided_losses(make(CIRCLE)) == {"discr_loss": 2.0, "gen_loss": 1.0}
    for gan_class in (WGAN_clip, WGAN_GP):
        assert undecided_losses(make(CIRCLE, gan_class)) == {"discr_loss": 0.0, "gen_loss": 0.0}


def test_what_is_shown_of_a_trained_gan():
    gan = make(CLOUDS)
    before = gan.latent_generator(3).numpy()
    trained = show_points(gan, {"discr_loss": [1.0]}, CLOUDS, seed=5)
    np.testing.assert_array_equal(show_points(gan, {"discr_loss": [1.0]}, CLOUDS, seed=5).fake, trained.fake)
    assert trained.fake.shape == (1000, 5) and trained.latents.shape == (1000, 2)
    np.testing.assert_allclose(
        trained.latent_scores, gan.discriminator(gan.generator(trained.latents))[:, 0], atol=1e-6
    )
    # The corner (0, 1) of the plane, second coordinate first, with the colour of this position.
    corner = tf.constant([[0.0, 1.0, 0.0, 1.0, 0.0]])
    np.testing.assert_allclose(trained.plane_scores[-1, 0], score(gan, corner), atol=1e-6)
    np.testing.assert_allclose(
        trained.latent_plane_scores[0, -1],
        score(gan, gan.generator(tf.constant([[3.0, -3.0]]))),
        atol=1e-6,
    )
    assert (before != gan.latent_generator(3).numpy()).any(), "the model's own latents continued"
    corner_part = show_points(make(CORNER), {"discr_loss": [1.0]}, CORNER, seed=5)
    assert corner_part.plane_scores is None and set(corner_part.measures) >= {"mean_squared_distance"}


def test_the_arrows_of_a_film_point_uphill():
    gan = make(CIRCLE)
    film = PointFilm(gan, CIRCLE, seed=0)
    uphill, step = film._uphill().reshape(15, 15, 2), 1e-2
    for row, column in ((0, 0), (3, 11), (14, 7)):
        middle = (np.array([[column, row]], np.float32) + 0.5) / 15
        for axis in (0, 1):
            shift = np.zeros((1, 2), np.float32)
            shift[0, axis] = step
            slope = (score(gan, middle + shift) - score(gan, middle - shift)) / (2 * step)
            assert uphill[row, column, axis] == pytest.approx(slope, abs=2e-4)


@pytest.mark.parametrize("part", [CIRCLE, CLOUDS, CORNER], ids=lambda part: part.cloud)
def test_a_film_begins_before_training_and_ends_after_it(part, capsys, monkeypatch):
    gan = make(part)
    film = PointFilm(gan, part, seed=0)
    before = gan.generator.get_weights()
    losses = Run().fit(gan, part.epochs, part.steps_per_epoch, callbacks=[film], steps_per_call=3)
    capsys.readouterr()
    assert film.steps[0] == 0 and film.steps[-1] == part.steps and len(film.frames) > 3
    latents = film._latents
    last = gan.generator(latents).numpy()
    np.testing.assert_allclose(film.frames[-1][: last.size], last.ravel(), atol=1e-6)
    gan.generator.set_weights(before)
    first = gan.generator(latents).numpy()
    np.testing.assert_allclose(film.frames[0][: first.size], first.ravel(), atol=1e-6)
    pictures = film.draw(losses)
    assert len(pictures) == len(film.frames)
    assert len({picture.shape for picture in pictures}) == 1 and pictures[0].dtype == np.uint8
    assert (pictures[0] != pictures[-1]).any()
    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["gankit.plots.common"], "Film", WholeFilm)
        film.frames, film.steps = film.frames[:: len(pictures) - 1], film.steps[:: len(pictures) - 1]
        for found, expected in zip((pictures[0], pictures[-1]), film.draw(losses)):
            assert_same_frame(found, expected)
    assert len(film.frames[0]) == POINTS_IN_A_FRAME * gan.real_examples.shape[1] + (
        0 if part is CORNER else FRAME_GRID**2 + 15 * 15 * 2
    )


def test_a_frame_of_which_a_part_was_drawn_before_is_the_whole_figure():
    random = np.random.default_rng(0)
    figure = new_figure((5, 3))
    left, right = figure.subplots(1, 2)
    left.scatter(*random.random((2, 50)), label="still")
    dots, image = left.scatter([0.0], [0.0], color="red"), right.imshow(random.random((4, 4)))
    left.legend(loc="upper right")
    film = Film(figure, [left.title, dots, *frame_of(left), image, *frame_of(right)])
    frames = []
    for number in range(3):
        left.set_title(f"frame {number}")
        dots.set_offsets(random.random((30, 2)))
        image.set_data(random.random((4, 4)))
        frames.append(film.frame())
    assert all((first != second).any() for first, second in zip(frames, frames[1:]))
    assert_same_frame(frames[-1], picture_of(figure))


@pytest.mark.parametrize("part", [CIRCLE, CLOUDS, CORNER], ids=lambda part: part.cloud)
def test_pictures_have_an_axes_for_all_there_is_to_see(part):
    trained = show_points(make(part), {"discr_loss": [1.0, 2.0], "gen_loss": [1.0, 1.0]}, part, seed=0)
    titles = [axes.get_title() for axes in plots.points(trained).axes]
    assert "losses" in titles
    if part is CIRCLE:
        assert "D over the plane (rings: real, dots: fake)" in titles
    elif part is CLOUDS:
        wanted = {"real points", "fake points", "D on real points", "D on fake points"}
        assert wanted | {"D(G(z)) over the latent plane", "D(G(z)) on a latent sample"} <= set(titles)
    else:
        assert "D on real and on fake points" in titles
    columns = plots.points_side_by_side({"one": trained, "other": trained})
    titles = [axes.get_title() for axes in columns.axes]
    assert titles.count("losses") == 2 and {"one", "other"} <= set(titles)
    # The dashed lines show the losses of a discriminator that is 0 everywhere.
    (losses,) = (axes for axes in plots.points(trained).axes if axes.get_title() == "losses")
    levels = {line.get_ydata()[0] for line in losses.lines if line.get_linestyle() == "--"}
    assert levels == {2.0, 1.0}
