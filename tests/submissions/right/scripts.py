"""Known-right scripts of tasks 5 and 6 that use nothing of the kit but the students' own earlier classes."""

GENERATE = """
import argparse, os
import numpy as np
import tensorflow as tf
import matplotlib.pyplot as plt
from convolutional_gan import convolutional_GenDiscr
from wgan_gp import WGAN_GP

parser = argparse.ArgumentParser()
parser.add_argument("--faces", default="small_res_faces_10000.npy")
parser.add_argument("--steps", type=int, default=30000)
parser.add_argument("--batch-size", type=int, default=200)
parser.add_argument("--output", default="outputs")
args = parser.parse_args()
os.makedirs(args.output, exist_ok=True)

faces = np.load(args.faces) / 255
mean_face = faces.mean(axis=0)
max_face = faces.max(axis=0)
x = ((faces - mean_face) / max_face).astype("float32")


def recover(images):
    return np.clip(np.reshape(images, (-1, 16, 16)) * max_face + mean_face, 0, 1)


generator, discriminator = convolutional_GenDiscr()
gan = WGAN_GP(generator, discriminator, lambda k: tf.random.normal((k, 16)), x, batch_size=args.batch_size, disc_iter=2, learning_rate=0.0001)
history = gan.fit(x, epochs=1, steps_per_epoch=args.steps)

fake = recover(gan.get_fake_sample(25))
fig, axs = plt.subplots(5, 5)
for ax, image in zip(axs.flat, fake):
    ax.imshow(image, cmap="gray")
    ax.axis("off")
plt.savefig(os.path.join(args.output, "faces.png"))
plt.figure()
for key in history.history:
    plt.plot(history.history[key], label=key)
plt.legend()
plt.savefig(os.path.join(args.output, "losses.png"))
generator.save_weights(os.path.join(args.output, "generator.weights.h5"))
discriminator.save_weights(os.path.join(args.output, "discriminator.weights.h5"))
"""
LOOP = (
    GENERATE.replace(
        "history = gan.fit(x, epochs=1, steps_per_epoch=args.steps)\n",
        "losses = []\nfor step in range(args.steps):\n    logs = gan.train_step(None)\n    losses.append(float(logs['gen_loss']))\n",
    )
    .replace(
        """for key in history.history:
    plt.plot(history.history[key], label=key)
plt.legend()
""",
        "plt.plot(losses)\n",
    )
    .replace(
        """fig, axs = plt.subplots(5, 5)
for ax, image in zip(axs.flat, fake):
    ax.imshow(image, cmap="gray")
    ax.axis("off")
""",
        "plt.imshow(np.block([[fake[5 * i + j] for j in range(5)] for i in range(5)]), cmap='gray')\n",
    )
)
TRAINING = GENERATE[: GENERATE.index("history = gan.fit")]
# One call of fit for each step, on faces with a channel axis, weights kept by a callback, a film of several pictures.
FILM = (
    TRAINING.replace('.astype("float32")', "[..., None]")
    + """
keep = tf.keras.callbacks.ModelCheckpoint(os.path.join(args.output, "gan.weights.h5"), save_weights_only=True)
z = tf.random.normal((9, 16))
gan(z)
for step in range(args.steps):
    gan.fit(x, epochs=1, steps_per_epoch=1, verbose=0, callbacks=[keep])
    fig, axs = plt.subplots(3, 3)
    for ax, image in zip(axs.flat, recover(generator(z, training=False))):
        ax.imshow(image[..., None].repeat(3, -1))
        ax.set_axis_off()
    fig.savefig(os.path.join(args.output, f"step_{step}.png"))
    plt.close(fig)
"""
)
# A running mean of the weights, kept as arrays and written with h5py; one picture, written without Matplotlib.
AVERAGED = (
    TRAINING
    + """
import h5py
from PIL import Image

mean = [np.array(w) for w in generator.get_weights()]


class Averaging(tf.keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        for a, w in zip(mean, generator.get_weights()):
            a += 0.5 * (w - a)


gan.fit(tf.data.Dataset.from_tensor_slices(x).repeat().batch(4), steps_per_epoch=args.steps, callbacks=[Averaging()], verbose=2)
generator.set_weights(mean)
with h5py.File(os.path.join(args.output, "generator.h5"), "w") as file:
    for number, array in enumerate(generator.get_weights()):
        file.create_dataset(f"array_{number}", data=array)
pictures = recover(generator.predict(np.random.randn(16, 16), verbose=0))
sheet = pictures.reshape(4, 4, 16, 16).swapaxes(1, 2).reshape(64, 64)
Image.fromarray(np.uint8(255 * sheet)).resize((256, 256)).save(os.path.join(args.output, "faces.png"))
"""
)
# Functions and a main; the whole training in epochs of one step; everything by keywords.
FUNCTIONS = """
from argparse import ArgumentParser
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

import convolutional_gan
import wgan_gp


def prepare(path):
    faces = np.load(path, allow_pickle=False).astype(np.float64) / 255.0
    mean = faces.mean(0, keepdims=True)
    scale = faces.max(0, keepdims=True)
    return (faces - mean) / scale, mean, scale


def main():
    parser = ArgumentParser()
    for name, kind in (("faces", Path), ("steps", int), ("batch-size", int), ("output", Path)):
        parser.add_argument(f"--{name}", type=kind, required=True)
    options = parser.parse_args()
    x, mean, scale = prepare(options.faces)
    generator, discriminator = convolutional_gan.convolutional_GenDiscr()
    gan = wgan_gp.WGAN_GP(
        generator=generator,
        discriminator=discriminator,
        latent_generator=lambda count: tf.random.normal(shape=(count, 16)),
        real_examples=tf.constant(x, tf.float32),
        batch_size=options.batch_size,
        disc_iter=1,
        learning_rate=5e-4,
        lambda_gp=10,
    )
    history = gan.fit(x=x, epochs=options.steps, steps_per_epoch=1, verbose=0).history
    options.output.mkdir(parents=True)
    generator.save_weights(str(options.output / "generator.weights.h5"))
    sample = generator(tf.random.normal((36, 16)), training=False).numpy().squeeze() * scale + mean
    figure, axes = plt.subplots(1, 2)
    axes[0].imshow(np.pad(sample, ((0, 0), (1, 0), (1, 0))).reshape(6, 6, 17, 17).swapaxes(1, 2).reshape(102, 102))
    axes[1].imshow(mean[0])
    figure.savefig(options.output / "generated.pdf")
    figure, axes = plt.subplots()
    axes.plot(history["discr_loss"])
    figure.savefig(options.output / "loss.png")


if __name__ == "__main__":
    main()
"""
EXPLORE = """
import argparse, os, sys
import numpy as np
import tensorflow as tf
import matplotlib.pyplot as plt
from convolutional_gan import convolutional_GenDiscr
from wgan_gp import WGAN_GP


def show(images, columns, path):
    rows = len(images) // columns
    fig, axs = plt.subplots(rows, columns, squeeze=False)
    for ax, image in zip(axs.flat, images):
        ax.imshow(image, cmap="gray", vmin=0, vmax=1)
    fig.savefig(path)
    plt.close(fig)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--generator")
    parser.add_argument("--discriminator")
    parser.add_argument("--faces")
    parser.add_argument("--output")
    args = parser.parse_args()
    os.makedirs(args.output, exist_ok=True)
    faces = np.load(args.faces) / 255.0
    generator, discriminator = convolutional_GenDiscr()
    gan = WGAN_GP(generator, discriminator, lambda k: tf.random.normal((k, 16)), tf.constant(faces))
    gan.replace_weights(args.generator, args.discriminator)

    fake = gan.get_fake_sample(400)
    scores = discriminator(fake).numpy().ravel()
    order = np.argsort(scores)
    images = fake.numpy()[order].reshape(-1, 16, 16)
    big = np.block([[images[20 * i + j] for j in range(20)] for i in range(20)])
    plt.imshow(big, cmap="gray")
    plt.savefig(os.path.join(args.output, "scores.png"))

    a, b = np.random.randn(2, 16)
    z = np.array([a + (b - a) * k / 19 for k in range(20)], dtype="float32")
    show(generator(z).numpy().reshape(-1, 16, 16), 20, os.path.join(args.output, "segment.png"))

    flat = faces.reshape(len(faces), -1)
    mean = flat.mean(0)
    u, s, v = np.linalg.svd(flat - mean, full_matrices=False)
    coordinates = (flat - mean) @ v[:49].T
    deviations = coordinates.std(0) + 1e-9
    gaussian = np.clip(np.random.randn(20, 49) * deviations @ v[:49] + mean, 0, 1).reshape(-1, 16, 16)
    show(gaussian, 20, os.path.join(args.output, "pca.png"))
    mine = (fake.numpy().reshape(400, -1) - mean) @ v[:49].T
    plt.figure()
    for c in (coordinates, np.stack([np.random.permutation(column) for column in coordinates.T], 1), mine):
        plt.hist(((c / deviations) ** 2).sum(1), bins=30, density=True, alpha=0.4)
    plt.savefig(os.path.join(args.output, "chi_squared.png"))


if __name__ == "__main__":
    main()
"""
# Scores as 8-bit pictures, colours from dark to bright, and the best face first.
EIGHT_BIT = EXPLORE.replace("order = np.argsort(scores)", "order = np.argsort(scores)[::-1]").replace(
    'plt.imshow(big, cmap="gray")', 'plt.imshow((255 * np.clip(big, 0, 1)).astype("uint8"), cmap="gray")'
)
ALL = {
    5: (
        "face_generator.py",
        {
            "by hand": GENERATE,
            "a loop of steps": LOOP,
            "a film": FILM,
            "averaged by hand": AVERAGED,
            "functions and keywords": FUNCTIONS,
        },
    ),
    6: ("pretrained_explorer.py", {"by hand": EXPLORE, "pictures of eight bits": EIGHT_BIT}),
}
