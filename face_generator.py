"""Task 5: the face generator. It uses the gradient penalty of task 3 and ten thousand faces.

Learning faces needs no new method, only suitable networks and settings. Five of them matter most:
- The wide networks have more channels than task 4's where the maps are large, so hair and shadows can vary.
- Small batches give more updates per minute, and on a laptop time is scarce.
- The first outputs have about the contrast of the faces. With the default of batch normalisation, the network would
  spend hundreds of steps on reducing it.
- In the second half the learning rates fall to 0. The two networks circle around each other, and the circle shrinks.
- The generator that is kept is a running mean over training instead of the last one, because the mean over a circle is
  closer to its centre.

The Frechet distance measures how good the faces are. It compares the mean and the covariance of all pixels between
generated and real faces. A distance of 0 is perfect. Some faces are kept back from training. The distance of the
training faces to these shows how close to 0 a generator can get.

Papers: Gulrajani et al. 2017, Improved Training of Wasserstein GANs; Yazici et al. 2019, The Unusual Effectiveness of
Averaging in GAN Training; Heusel et al. 2017, GANs Trained by a Two Time-Scale Update Rule (the Frechet distance).

Deviations:
1. `disc_iter` is 1 instead of the paper's 5, and the learning rate is ten times the paper's 0.0001. This is faster
   here, and the running mean removes the noise that this causes.
2. The weight of the gradient penalty is 2 instead of 10, because short runs give better faces with 2.
3. The Frechet distance is computed on pixel intensities, not on the features of a network trained on photographs.

Run: python face_generator.py                          (faces, curves, weights in outputs/face_generator)
     python face_generator.py --faces my_faces.npy     (other faces: uint8, shape (n, 16, 16))
     python face_generator.py --recipe best            (half an hour)
     python face_generator.py --recipe convolutional   (the networks of task 4)
     python face_generator.py --recipe coursework      (the settings of the older course; hours)
"""

from __future__ import annotations

import numpy as np

from gankit import plots, scripts
from gankit.faces import FaceScaling, load_faces


def main(arguments: list[str] | None = None) -> int:
    """Train on faces and write pictures, weights and a record."""
    parser = scripts.FaceCommandLine(__doc__)
    options = parser.parse_args(arguments)
    faces = load_faces(options.faces, fewest=4)  # each half needs a covariance

    with parser.open_output(options) as output:
        # TensorFlow takes seconds to start, so all mistakes in the arguments are reported before.
        with scripts.quiet_start():
            from convolutional_gan import convolutional_GenDiscr
            from gankit.networks import LatentGenerator, face_builder, set_contrast, write_weights
            from gankit.training import Run
            from gankit.training import faces as training
            from gankit.training.callbacks import FallingRates, LossCurve
            from gankit.training.threads import use_cores_side_by_side
            from wgan_gp import WGAN_GP

            use_cores_side_by_side()

        # ---- Data. Some faces are kept back, to compare with faces that the networks have not seen ----
        faces, held_out = training.hold_out(faces, options.hold_out, options.seed)
        ### BEGIN SOLUTION
        # Intensities from 0 to 255 -> [-1, 1]
        scaling = FaceScaling.fit(faces)
        prepared = scaling.prepare(faces)

        # ---- Networks ----
        generator, discriminator = face_builder(options.networks, convolutional_GenDiscr)(seed=options.seed)
        set_contrast(generator, options.hidden_contrast, options.contrast)

        # ---- Model ----
        gan = WGAN_GP(
            generator,
            discriminator,
            LatentGenerator(generator.input_shape[-1], seed=options.seed),
            prepared,
            batch_size=options.batch_size,
            disc_iter=options.disc_iter,
            learning_rate=options.learning_rate,
            lambda_gp=options.lambda_gp,
            beta_1=options.beta_1,
            beta_2=options.beta_2,
            seed=options.seed,
            decoding=scaling,
        )
        ### END SOLUTION

        # ---- Training. The mean of the weights comes first, because the frames use it ----
        kept = training.KeptGenerator(gan, options.averaging, options.seed)
        rates = FallingRates(gan.distinct_optimizers, options.steps, options.decay)
        frames = kept.snapshots(options.steps)
        curve = LossCurve(every=max(1, options.steps // 200))
        run = Run(output.checkpoints, options)
        run.fit(
            gan,
            epochs=1,
            steps_per_epoch=options.steps,
            title="WGAN-GP on faces",
            callbacks=[kept, rates, frames, curve],
            steps_per_call=training.steps_per_call(options.steps),
            keep_on_interrupt=True,
        )

        # ---- Measures ----
        real, unseen = faces.astype(np.float32) / 255, held_out.astype(np.float32) / 255
        generated = kept.generate(training.FACES_MEASURED)
        measures = {
            **training.measure_faces(generated, real, unseen),
            "steps_made": curve.steps_made,
            "training_seconds": round(run.seconds["model"], 1),
            **{name: values[-1] for name, values in curve.losses.items()},
        }
        record = output.save_record(measures)

        # ---- Pictures, and the weights with their decoding to intensities ----
        some = np.random.default_rng(1).choice(len(real), min(100, len(real)), replace=False)
        grids = {"generated": kept.generate(100), "real": real[some]}
        output.save_figure(plots.faces_side_by_side(grids), "faces.png")
        output.save_figure(plots.losses(curve.losses, curve.steps), "losses.png")
        output.save_animation(frames.frames, "training.gif", frames.steps, enlarged=4)
        write_weights(output.file("generator.h5"), kept.averaged, gan.decoding, record)
        write_weights(output.file("discriminator.h5"), gan.discriminator, gan.decoding, record)
        if run.interrupted:
            output.keep_checkpoints()

    print("\n".join(training.answers(measures)))
    print(f"Pictures, weights and record.json are in {output.path}.")
    if run.interrupted:
        further = "--resume continues to the end" if run.saved else "the weights learned so far are saved there"
        print(f"Stopped after {measures['steps_made']} of {options.steps} steps; {further}.")
    return 130 if run.interrupted else 0


if __name__ == "__main__":
    scripts.run_script(main)
