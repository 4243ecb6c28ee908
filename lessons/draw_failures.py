"""Draw the two pictures of failures that no option of a task gives.

- Task 4: networks that learn from faces as they are stored, with intensities from 0 to 255, beside the same networks
  that learn from scaled faces.
- Task 6: the outputs of the stored generator, read through their own scaling and without it.
- Conditional GAN: digits that are drawn together with their labels, beside digits with shuffled labels.

Run: python lessons/draw_failures.py   (two minutes; pictures in docs/, in the folders of these lessons)
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from gankit import plots, scripts
from gankit.faces import DATA, FaceScaling, load_faces

STEPS, FACES = 600, 40
STEPS_ON_DIGITS = 600


def faces_learned(examples: np.ndarray) -> np.ndarray:
    """Train the networks of task 4 on examples, and return some outputs of the generator: ``(n, 16, 16)``."""
    from convolutional_gan import LATENT_DIMENSION, convolutional_GenDiscr
    from gankit.networks import LatentGenerator
    from gankit.training import Run
    from simple_gan import Simple_GAN

    networks = convolutional_GenDiscr(seed=0)
    latents = LatentGenerator(LATENT_DIMENSION, seed=0)
    gan = Simple_GAN(*networks, latents, examples, batch_size=32, disc_iter=1, learning_rate=0.001, seed=0)
    Run().fit(gan, 1, STEPS)
    return gan.get_fake_sample(FACES).numpy()[..., 0]


def digits_asked_for(shuffled: bool) -> np.ndarray:
    """Train a conditional GAN on digits, with their labels or with shuffled ones; return a sheet, ``(80, 8, 8)``."""
    from gankit.networks import LatentGenerator
    from gankit.training import Run
    from gankit.training.conditional import Digits, KeptConditional
    from labs.conditional_gan import Conditional_GAN, conditional_pair

    digits = Digits()
    order = np.arange(len(digits.train))
    labels = digits.train_conditions[np.random.default_rng(0).permutation(order) if shuffled else order]
    scaling = FaceScaling.symmetric()
    pictures = scaling.apply(digits.train)[..., None]
    networks = conditional_pair("projection", digits.inner, 8, 64, 10, seed=0)
    gan = Conditional_GAN(*networks, LatentGenerator(64, seed=0), pictures, labels, seed=0, decoding=scaling)
    kept = KeptConditional(gan, digits, 0.995, 0)
    Run().fit(gan, 1, STEPS_ON_DIGITS, callbacks=[kept], steps_per_call=10)
    return kept.sheet()


def draw(picture: Path, grids: dict[str, np.ndarray]) -> None:
    """Write grids of faces side by side into a file."""
    plots.faces_side_by_side(grids).savefig(picture, dpi=80)
    print(f"{picture.relative_to(ROOT)} is drawn.")


def main() -> None:
    """Draw both pictures."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with scripts.quiet_start():
        from pretrained_explorer import load_gan

    # ---- Task 4 ----
    faces = load_faces()
    scaling = FaceScaling.fit(faces)
    draw(
        ROOT / "docs" / "convolutional_gan" / "wrong_range.png",
        {
            "learned from scaled faces": scaling.recover(faces_learned(scaling.prepare(faces))),
            "learned from intensities of 0 to 255": np.clip(faces_learned(faces.astype(np.float32)) / 255, 0, 1),
        },
    )

    # ---- Task 6 ----
    gan = load_gan(DATA / "generator.h5", DATA / "discriminator.h5")
    outputs = gan.get_fake_sample(FACES).numpy()
    draw(
        ROOT / "docs" / "pretrained_explorer" / "wrong_scaling.png",
        {
            "read through their own scaling": gan.decoding.recover(outputs),
            "read as intensities from 0 to 1": np.clip(outputs[..., 0], 0, 1),
        },
    )

    # ---- Conditional GAN ----
    draw(
        ROOT / "docs" / "conditional_gan" / "separate_draws.png",
        {
            "digits with their labels": digits_asked_for(shuffled=False),
            "digits with shuffled labels": digits_asked_for(shuffled=True),
        },
    )


if __name__ == "__main__":
    main()
