"""Task 5: the face generator. The gradient penalty of task 3, the networks of task 4, ten thousand faces.

Nothing new is needed to learn faces, only care with the settings. Four of them matter most here. Small batches give
more updates a minute, and on a laptop minutes are what is scarce. The first outputs have about the contrast of the
faces: from what a fresh batch norm gives, hundreds of steps would go into turning it down. Hidden maps start three
times as strong as a fresh batch norm makes them, where tanh bends. And the generator that is kept is not the last one
but a running mean over training: the two networks circle around each other, and the mean lies nearer the middle.

How good are the faces? The Frechet distance compares the mean and the covariance of all pixels between generated and
real faces: 0 is perfect, and two halves of the real faces show how near to 0 one can get.

Papers: Gulrajani et al. 2017, Improved Training of Wasserstein GANs; Yazici et al. 2019, The Unusual Effectiveness of
Averaging in GAN Training; Heusel et al. 2017, GANs Trained by a Two Time-Scale Update Rule (the Frechet distance).

Deviations:
1. `disc_iter` is 1 instead of the paper's 5, and the learning rate ten times the paper's 0.0001: faster here, and the
   running mean takes out the noise that it brings.
2. The weight of the gradient penalty is 2 instead of 10, which short runs do better with.
3. The Frechet distance is taken on pixel intensities, not on the features of a network trained on photographs.

Run: python face_generator.py                          (faces, curves, weights in outputs/face_generator)
     python face_generator.py --faces my_faces.npy     (other faces: uint8, shape (n, 16, 16))
     python face_generator.py --recipe best            (wider networks, for half an hour)
     python face_generator.py --recipe coursework      (the settings of the older course; hours)
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from gankit import recipes, runs
from gankit.faces import FaceScaling, load_faces

if TYPE_CHECKING:
    import argparse

    from gankit.faceruns import FaceRun


def prepare_run(options: argparse.Namespace, faces: np.ndarray) -> FaceRun:
    """Return the run that the options describe, ready to train on faces: uint8, shape ``(n, 16, 16)``."""
    # TensorFlow takes seconds to start; by now all that can be wrong with the arguments has been said.
    with runs.quiet_start():
        from convolutional_gan import convolutional_GenDiscr
        from gankit.face_networks import wide_GenDiscr
        from gankit.faceruns import FaceRun, set_contrast, use_cores_side_by_side
        from gankit.latents import LatentGenerator
        from wgan_gp import WGAN_GP

        use_cores_side_by_side()
        build = {"convolutional": convolutional_GenDiscr, "wide": wide_GenDiscr}[options.networks]
        generator, discriminator = build(seed=options.seed)

    ### BEGIN SOLUTION
    scaling = FaceScaling.fit(faces)
    set_contrast(generator, options.hidden_contrast, options.contrast)
    gan = WGAN_GP(
        generator,
        discriminator,
        LatentGenerator(generator.input_shape[-1], seed=options.seed),
        scaling.prepare(faces),
        batch_size=options.batch_size,
        disc_iter=options.disc_iter,
        learning_rate=options.learning_rate,
        lambda_gp=options.lambda_gp,
        beta_1=options.beta_1,
        beta_2=options.beta_2,
        seed=options.seed,
    )
    return FaceRun(
        gan, scaling, steps=options.steps, averaging=options.averaging, seed=options.seed, decay=options.decay
    )
    ### END SOLUTION


def main(arguments: list[str] | None = None) -> int:
    """Train on faces and leave pictures, weights and a record."""
    parser = recipes.command_line(__doc__)
    options = recipes.parse(parser, arguments)
    started = time.perf_counter()
    faces = load_faces(options.faces, fewest=4)  # so that each half of them has a covariance

    with runs.OutputFolder(options.output, runs.caption(options, parser)) as output:
        run = prepare_run(options, faces)
        interrupted = run.train()

        intensities = faces.astype(np.float32) / 255
        figures = run.measure(intensities)
        run.draw(intensities, output)
        record = runs.run_record(options, started, **figures)
        run.save_weights(output, record)
        output.save_record(record)

    distance, floor = figures["frechet_distance"], figures["frechet_floor"]
    print(f"Frechet distance on pixels, {figures['generated_faces']} generated against {len(faces)} real faces:")
    print(f"  generated {distance:.3f}   (two halves of the real faces: {floor:.3f})")
    if "classifier_accuracy" in figures:
        told, by_chance = figures["classifier_accuracy"], figures["classifier_floor"]
        print(f"A small CNN tells generated from real faces in {told:.0%} of cases   (half from half: {by_chance:.0%})")
    print(f"Pictures, weights and record.json are in {output.path}.")
    if interrupted:
        print(
            f"Stopped after {figures['steps_made']} of {options.steps} steps; what was learned by then is saved there."
        )
    return 130 if interrupted else 0


if __name__ == "__main__":
    runs.run_script(main)
