"""Task 6: the pretrained explorer. It shows what a generator has learned, and what it has not.

The script puts the weights stored in `data/` into the networks that they belong to, and answers four questions:
1. Which faces does the discriminator find best and worst? A picture shows 400 faces, sorted by its score.
2. Is there a face between any two faces? A picture shows 20 faces on a straight line between two latent vectors.
3. Are faces just a cloud of correlated normal numbers? The coordinates along their principal components are
   uncorrelated, and each histogram looks nearly normal. A Gaussian in those coordinates is the "PCA generator".
4. Are those coordinates also independent? For independent normal coordinates, the sum of 49 squares follows the
   chi-squared distribution with 49 degrees of freedom. It does if each coordinate is shuffled over the faces, but it
   does not for the faces themselves. A generator that learned faces must show the same misfit.
The script prints what it measured for each question.

Papers: Turk and Pentland 1991, Eigenfaces for Recognition; Radford et al. 2016 (walks in the latent space).

From Python, in any folder: `from pretrained_explorer import sample_faces; faces = sample_faces(100, seed=0)`

Run: python pretrained_explorer.py                (pictures in outputs/pretrained_explorer)
     python pretrained_explorer.py --networks convolutional     (task 4's networks; by default, the wide ones)
     python pretrained_explorer.py --generator my_generator.h5 --discriminator my_discriminator.h5
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gankit import scripts
from gankit.choices import NETWORKS
from gankit.errors import InputError
from gankit.faces import FACES_FILE, WEIGHTS, FaceScaling, load_faces
from gankit.memory import network_in_parts

if TYPE_CHECKING:
    from wgan_gp import WGAN_GP

COMPONENTS = 49


def load_gan(
    generator_file: Path | None = None,
    discriminator_file: Path | None = None,
    networks: str | None = None,
    faces: np.ndarray | None = None,
    seed: int = 0,
) -> WGAN_GP:
    """Build networks, put stored weights into them, and return the model.

    Parameters
    ----------
    generator_file, discriminator_file : path, optional
        HDF5 weights; see :func:`gankit.networks.read_weights`. By default, those that are stored for ``networks``.
    networks : str, optional
        The networks that the weights belong to, one of :data:`gankit.choices.NETWORKS`; by default, those that the
        generator's file fits, or the wide ones if no file is given.
    faces : numpy.ndarray, optional
        Real faces, uint8, shape ``(n, 16, 16)``; by default, those of the project.
    seed : int
        Seed of the latents.
    """
    # TensorFlow takes seconds to start, so most mistakes are reported before.
    with scripts.quiet_start():
        from convolutional_gan import convolutional_GenDiscr
        from gankit.networks import LatentGenerator, face_builder, fitting_networks
        from wgan_gp import WGAN_GP

        if networks is None:
            networks = fitting_networks(generator_file, convolutional_GenDiscr) if generator_file else NETWORKS[0]
        generator, discriminator = face_builder(networks, convolutional_GenDiscr)(seed=seed)

    faces = load_faces() if faces is None else faces
    scaling = FaceScaling.fit(faces)
    latent_generator = LatentGenerator(generator.input_shape[-1], seed=seed)
    gan = WGAN_GP(generator, discriminator, latent_generator, scaling.prepare(faces), decoding=scaling)
    stored_generator, stored_discriminator = WEIGHTS[networks]
    generator_file, discriminator_file = generator_file or stored_generator, discriminator_file or stored_discriminator
    gan.replace_weights(generator_file, discriminator_file)
    return gan


def sample_faces(count: int, seed: int = 0, networks: str = NETWORKS[0]) -> np.ndarray:
    """Sample new faces from the stored weights: float32, shape ``(count, 16, 16)``, intensities in [0, 1].

    The same seed gives the same faces. ``networks`` is one of :data:`gankit.choices.NETWORKS`.
    """
    return load_gan(networks=networks).generate(count, seed)


def standardised(faces: np.ndarray) -> np.ndarray:
    """Give each face, ``(n, height, width)``, the mean 0 and the deviation 1."""
    means = faces.mean(axis=(1, 2), keepdims=True)
    return (faces - means) / (faces.std(axis=(1, 2), keepdims=True) + 1e-6)


def command_line() -> scripts.CommandLine:
    """Return the parser."""
    parser = scripts.CommandLine(__doc__, "pretrained_explorer")
    parser.add_argument("--generator", type=Path, help="the generator's weights; by default, stored ones")
    parser.add_argument("--discriminator", type=Path, help="the discriminator's weights; by default, stored ones")
    parser.add_argument("--faces", type=Path, default=FACES_FILE, help="real faces to compare with, .npy or .npz")
    text = "networks of the weights, as in face_generator.py; by default, those that --generator fits, or else wide"
    parser.add_argument("--networks", choices=NETWORKS, help=text)
    wanted = parser.add_argument_group("pictures (default: all of them)")
    wanted.add_argument("--grid", action="store_true", help="100 generated faces")
    wanted.add_argument("--scores", action="store_true", help="400 faces sorted by the discriminator's score")
    wanted.add_argument("--segment", action="store_true", help="20 faces between two latent vectors")
    wanted.add_argument("--pca", action="store_true", help="the comparison with principal components")
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Load the weights and draw the pictures asked for."""
    parser = command_line()
    options = parser.parse_args(arguments)
    everything = not (options.grid or options.scores or options.segment or options.pca)
    faces = load_faces(options.faces)
    for weights in (options.generator, options.discriminator):
        if weights is not None and not weights.is_file():
            raise InputError(f"There is no weights file at {weights}; face_generator.py writes such files.")

    with parser.open_output(options) as output:
        gan = load_gan(options.generator, options.discriminator, options.networks, faces, options.seed)
        from gankit import plots
        from gankit.faces.principal import PrincipalComponents
        from gankit.metrics import distances_to_nearest, farthest_apart, frechet_distance

        generator, discriminator, width = gan.generator, gan.discriminator, gan.require_latent_generator().dimension

        # All pictures use latents from one table, so that leaving one picture out does not change the others.
        random = np.random.default_rng(options.seed)
        latents = random.standard_normal((len(faces), width)).astype(np.float32)
        # ---- z -> G(z), in the network's own range -> intensities in [0, 1] ----
        # Only the comparison of distributions needs as many faces as there are real ones.
        wanted = latents if options.pca or everything else latents[:400]
        outputs = network_in_parts(generator, 1000, wanted)
        generated = gan.decoding.recover(outputs)
        real = faces.astype(np.float32) / 255
        measures: dict[str, dict] = {}

        if options.grid or everything:
            output.save_figure(plots.faces_side_by_side({"generated faces": generated[:100]}), "grid.png")

        if options.scores or everything:
            # ---- 1. D(G(z)) ----
            ### BEGIN SOLUTION
            scores = np.ravel(discriminator(outputs[:400], training=False))
            output.save_figure(plots.faces_by_score(generated[:400], scores), "faces_by_score.png")
            brightness, contrast = generated[:400].mean(axis=(1, 2)), generated[:400].std(axis=(1, 2))
            measures["score"] = {
                "correlation_with_brightness": np.corrcoef(scores, brightness)[0, 1],
                "correlation_with_contrast": np.corrcoef(scores, contrast)[0, 1],
            }
            ### END SOLUTION

        if options.segment or everything:
            # ---- 2. G((1 - t) z_0 + t z_1) ----
            ### BEGIN SOLUTION
            # Take two good faces. Of 100, those farthest from all real faces are odd, and those closest to one are
            # blurred, so take the two of the middle 30 that differ most. Brightness and contrast do not count.
            standard, standard_real = standardised(generated[:100]), standardised(real)
            middle = np.argsort(distances_to_nearest(standard, standard_real), kind="stable")[35:65]
            first, last = middle[list(farthest_apart(standard[middle]))]
            t = np.linspace(0, 1, 20, dtype=np.float32)[:, None]
            between = generator((1 - t) * latents[first] + t * latents[last], training=False)
            output.save_figure(plots.segment(gan.decoding.recover(between)), "segment.png")
            pairs = latents[: 2 * min(1000, len(latents) // 2)].reshape(2, -1, width)
            halfway = gan.decoding.recover(generator(pairs.mean(axis=0), training=False))
            ends = gan.decoding.recover(generator(pairs[0], training=False))
            measures["segment"] = {
                "frechet_distance_of_ends": frechet_distance(ends, real),
                "frechet_distance_halfway": frechet_distance(halfway, real),
            }
            ### END SOLUTION

        if options.pca or everything:
            # ---- 3. Coordinates along the real faces' principal components, against the normal curve ----
            ### BEGIN SOLUTION
            principal = PrincipalComponents.fit(real, COMPONENTS)
            real_coordinates = principal.coordinates(real)
            generated_coordinates = principal.coordinates(generated)
            figure = plots.principal_coordinates(real_coordinates, generated_coordinates)
            output.save_figure(figure, "principal_coordinates.png")
            gaussian = principal.faces(random.standard_normal((100, COMPONENTS)))
            grids = {"PCA generator": gaussian, "GAN": generated[:100], "real": real[:100]}
            output.save_figure(plots.faces_side_by_side(grids), "pca_generator.png")
            ### END SOLUTION

            # ---- 4. Sums of squares, against chi-squared ----
            ### BEGIN SOLUTION
            shuffled = random.permuted(real_coordinates, axis=0)
            sums = {
                "real faces": (real_coordinates**2).sum(axis=1),
                "real, each coordinate shuffled": (shuffled**2).sum(axis=1),
                "generated by the GAN": (generated_coordinates**2).sum(axis=1),
            }
            output.save_figure(plots.squared_sums(sums, COMPONENTS), "chi_squared.png")
            measures["sums"] = {
                name: {"mean": values.mean(), "variance": values.var()} for name, values in sums.items()
            }
            ### END SOLUTION
        output.save_record(measures)
    print_answers(measures)
    print(f"Pictures and record.json are in {output.path}.")


def print_answers(measures: dict[str, dict]) -> None:
    """Print the measured answers to the questions."""
    if "score" in measures:
        brightness, contrast = measures["score"].values()
        print(f"1. Correlation of the score with brightness {brightness:+.2f}, with contrast {contrast:+.2f}.")
    if "segment" in measures:
        ends, halfway = measures["segment"].values()
        print(f"2. Frechet distance to real faces: at the ends of segments {ends:.2f}, halfway {halfway:.2f}.")
    if "sums" in measures:
        print("3. Each histogram is nearly normal. What this leaves out is seen in pca_generator.png.")
        print("4. Sums of 49 squares, mean and variance (chi-squared: 49 and 98):")
        for name, found in measures["sums"].items():
            print(f"   {name:>30}: {found['mean']:5.1f}, {found['variance']:4.0f}")


if __name__ == "__main__":
    scripts.run_script(main)
