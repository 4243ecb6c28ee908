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
    5: ("face_generator.py", {"by hand": GENERATE, "a loop of steps": LOOP}),
    6: ("pretrained_explorer.py", {"by hand": EXPLORE, "pictures of eight bits": EIGHT_BIT}),
}
