"""Task 4: convolutional networks. This is the GAN of task 1 with networks that are made for pictures.

A dense layer connects every output to every input, but in a picture mainly neighbouring pixels are related. The
generator starts from a 2x2 map with many channels and doubles its size three times. Each time it repeats every pixel
(upsampling) and mixes neighbours (convolution). The discriminator goes the other way: convolutions and max-pooling
reduce a picture to one number. Batch normalisation keeps the generator's activations in the range where tanh has a
slope.

Paper: Radford, Metz and Chintala 2016, Unsupervised Representation Learning with DCGANs.

Deviations:
1. Upsampling followed by a convolution instead of a strided transposed convolution, which causes checkerboard patterns.
2. Max-pooling instead of strided convolutions, and tanh everywhere instead of ReLU.
3. No batch normalisation in the discriminator, because a gradient penalty (task 5) is defined per example.

Run: python convolutional_gan.py   (both summaries on the terminal, pictures in outputs/convolutional_gan)
     python convolutional_gan.py --help
"""

from __future__ import annotations

from gankit import scripts

scripts.answer_at_once(__name__, scripts.convolutional(__doc__))

import numpy as np
from tensorflow import keras

from gankit import plots
from gankit.faces import FaceScaling, load_faces
from gankit.networks import LatentGenerator
from gankit.randomness import SeedSequence
from gankit.training import Run
from simple_gan import Simple_GAN

LATENT_DIMENSION = 16


def convolutional_GenDiscr(seed: int | None = None) -> tuple[keras.Model, keras.Model]:
    """Build a generator `(batch, 16) -> (batch, 16, 16, 1)` and a discriminator `(batch, 16, 16, 1) -> (batch, 1)`.

    Every call builds new networks, named `generator` and `discriminator`, of these layers:

    | generator                                     | output    | parameters    |
    | --------------------------------------------- | --------- | ------------- |
    | Input                                         | 16        |               |
    | Dense 2048, tanh                              | 2048      | 34,816        |
    | Reshape                                       | 2x2x512   |               |
    | UpSampling2D, Conv2D 64, batch norm, tanh     | 4x4x64    | 294,976 + 256 |
    | UpSampling2D, Conv2D 16, batch norm, tanh     | 8x8x16    | 9,232 + 64    |
    | UpSampling2D, Conv2D 1, batch norm, tanh      | 16x16x1   | 145 + 4       |

    | discriminator                                 | output    | parameters    |
    | --------------------------------------------- | --------- | ------------- |
    | Input                                         | 16x16x1   |               |
    | Conv2D 32, MaxPooling2D, tanh                 | 8x8x32    | 320           |
    | Conv2D 64, MaxPooling2D, tanh                 | 4x4x64    | 18,496        |
    | Conv2D 128, MaxPooling2D, tanh                | 2x2x128   | 73,856        |
    | Conv2D 256, MaxPooling2D, tanh                | 1x1x256   | 295,168       |
    | Flatten, Dense 1                              | 1         | 257           |

    The layers of a row are applied in the order given. Every convolution is 3x3 with `padding="same"` and a bias.
    Upsampling doubles height and width by repeating each pixel (`interpolation="nearest"`, Keras' default). Pooling
    takes the maximum of 2x2 pixels. The last layer of the discriminator is linear.

    `seed` is the seed of the initial weights; by default, TensorFlow's global generator chooses it.
    """
    ### BEGIN SOLUTION
    next_seed = SeedSequence(seed)

    def initial() -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(seed=next_seed())

    def upsampling_block(maps: keras.KerasTensor, channels: int) -> keras.KerasTensor:
        maps = keras.layers.UpSampling2D()(maps)
        maps = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer=initial())(maps)
        maps = keras.layers.BatchNormalization()(maps)
        return keras.layers.Activation("tanh")(maps)

    def pooling_block(maps: keras.KerasTensor, channels: int) -> keras.KerasTensor:
        maps = keras.layers.Conv2D(channels, 3, padding="same", kernel_initializer=initial())(maps)
        maps = keras.layers.MaxPooling2D()(maps)
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
    """Print both summaries, train for a few seconds, and draw the faces and scores of the networks."""
    parser = scripts.convolutional(__doc__)
    options = parser.parse_args(arguments)
    faces = load_faces(options.faces)

    with parser.open_output(options) as output:
        # ---- Data: intensities from 0 to 255 -> [-1, 1] ----
        scaling = FaceScaling.fit(faces)
        prepared = scaling.prepare(faces)

        # ---- Networks ----
        generator, discriminator = convolutional_GenDiscr(seed=options.seed)
        generator.summary()
        discriminator.summary()

        # ---- Model ----
        gan = Simple_GAN(
            generator,
            discriminator,
            LatentGenerator(LATENT_DIMENSION, seed=options.seed),
            prepared,
            batch_size=options.batch_size,
            disc_iter=1,
            learning_rate=0.001,
            seed=options.seed,
            decoding=scaling,
        )
        run = Run(output.checkpoints, options)
        losses = run.fit(gan, options.epochs, options.steps_per_epoch, name="faces")

        # ---- Pictures ----
        fake = gan.get_fake_sample(1000)
        real_scores = np.ravel(discriminator(gan.match(gan.get_real_sample(1000), fake)))
        fake_scores = np.ravel(discriminator(fake))
        generated = gan.decoding.recover(fake[:10])
        output.save_figure(plots.convolutional(generated, real_scores, fake_scores, losses), "faces.png")
        output.save_record({name: values[-1] for name, values in losses.items()})
    print(f"Pictures and record.json are in {output.path}.")


if __name__ == "__main__":
    scripts.run_script(main)
