"""Task 4: convolutional networks. The same GAN as in task 1, with networks that know what a picture is.

A dense layer ties every output to every input; a picture is local. The generator starts from a 2x2 map with many
channels and doubles it three times, each time repeating every pixel (upsampling) and mixing neighbours (convolution);
the discriminator goes the other way, with convolutions and max-pooling, down to one number. Batch normalisation keeps
the generator's activations at a scale where tanh still has a slope.

Paper: Radford, Metz and Chintala 2016, Unsupervised Representation Learning with DCGANs.

Deviations:
1. Upsampling followed by a convolution instead of a strided transposed convolution, which leaves checkerboards.
2. Max-pooling instead of strided convolutions, and tanh everywhere instead of ReLU.
3. No batch normalisation in the discriminator: a gradient penalty (task 5) is defined for one example at a time.

Run: python convolutional_gan.py   (both summaries on the terminal, pictures in outputs/convolutional_gan)
     python convolutional_gan.py --help
"""

from __future__ import annotations

from gankit import commands

if __name__ == "__main__":  # help and wrong arguments are answered now, as TensorFlow takes seconds to start
    commands.convolutional(__doc__).parse_args()

import time

import numpy as np
from tensorflow import keras

from gankit import layers, plots, runs
from gankit.builders import SeedSequence
from gankit.callbacks import Progress
from gankit.faces import FaceScaling, load_faces
from gankit.latents import LatentGenerator
from simple_gan import Simple_GAN

LATENT_DIMENSION = 16


def convolutional_GenDiscr(seed: int | None = None) -> tuple[keras.Model, keras.Model]:
    """Build a generator `(batch, 16) -> (batch, 16, 16, 1)` and a discriminator `(batch, 16, 16, 1) -> (batch, 1)`.

    `seed` is that of the initial weights; it is drawn from TensorFlow's global generator where it is left out.
    """
    ### BEGIN SOLUTION
    next_seed = SeedSequence(seed)

    def initial() -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(seed=next_seed())

    def upsampling_block(maps, channels: int):  # noqa: ANN001, ANN202 - symbolic tensors
        maps = layers.UpSampling2D()(maps)
        maps = layers.Conv2D(channels, 3, padding="same", kernel_initializer=initial())(maps)
        maps = keras.layers.BatchNormalization()(maps)
        return keras.layers.Activation("tanh")(maps)

    def pooling_block(maps, channels: int):  # noqa: ANN001, ANN202 - symbolic tensors
        maps = layers.Conv2D(channels, 3, padding="same", kernel_initializer=initial())(maps)
        maps = layers.MaxPooling2D()(maps)
        return keras.layers.Activation("tanh")(maps)

    # ---- Generator: 16 -> 2x2x512 -> 4x4x64 -> 8x8x16 -> 16x16x1 ----
    latents = keras.Input((LATENT_DIMENSION,))
    maps = keras.layers.Dense(2048, activation="tanh", kernel_initializer=initial())(latents)
    maps = keras.layers.Reshape((2, 2, 512))(maps)
    for channels in (64, 16, 1):
        maps = upsampling_block(maps, channels)
    generator = keras.Model(latents, maps, name="generator")

    # ---- Discriminator: 16x16x1 -> 8x8x32 -> 4x4x64 -> 2x2x128 -> 1x1x256 -> 1 ----
    pictures = keras.Input((16, 16, 1))
    maps = pictures
    for channels in (32, 64, 128, 256):
        maps = pooling_block(maps, channels)
    # The last layer is linear: a critic's score has no bounds.
    scores = keras.layers.Dense(1, kernel_initializer=initial())(keras.layers.Flatten()(maps))
    discriminator = keras.Model(pictures, scores, name="discriminator")
    return generator, discriminator
    ### END SOLUTION


def main(arguments: list[str] | None = None) -> None:
    """Print both summaries, train for a moment, and draw what the networks make of faces by then."""
    parser = commands.convolutional(__doc__)
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    faces = load_faces(options.faces)

    with runs.OutputFolder(options.output, runs.caption(options, parser)) as output:
        scaling = FaceScaling.fit(faces)
        generator, discriminator = convolutional_GenDiscr(seed=options.seed)
        generator.summary()
        discriminator.summary()
        gan = Simple_GAN(
            generator,
            discriminator,
            LatentGenerator(LATENT_DIMENSION, seed=options.seed),
            scaling.prepare(faces),
            batch_size=options.batch_size,
            disc_iter=1,
            learning_rate=0.001,
            seed=options.seed,
        )
        progress = Progress(options.epochs, "Simple_GAN on faces", unit="epoch")
        history = gan.fit(
            epochs=options.epochs, steps_per_epoch=options.steps_per_epoch, callbacks=[progress], verbose=0
        ).history

        fake = gan.get_fake_sample(1000)
        real_scores = np.ravel(discriminator(gan.match(gan.get_real_sample(1000), fake)))
        fake_scores = np.ravel(discriminator(fake))
        generated = scaling.recover(fake[:10])
        output.save_figure(plots.convolutional(generated, real_scores, fake_scores, history), "faces.png")
        figures = {name: values[-1] for name, values in history.items()}
        output.save_record(runs.run_record(options, started, **figures))
    print(f"Pictures and record.json are in {output.path}.")


if __name__ == "__main__":
    runs.run_script(main)
