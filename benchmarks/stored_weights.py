"""Measure the stored weights against faces of a seed that nothing was trained on.

Run: python -m gankit.faces render --seed 7 --output unseen.npz
     python benchmarks/stored_weights.py --against unseen.npz
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gankit import metrics, scripts
from gankit.choices import NETWORKS
from gankit.faces import load_faces
from gankit.networks.face_encoder import FaceEncoder
from pretrained_explorer import sample_faces

COMPARED = 5000  # of each, by neighbours and CNNs


def measure(faces: np.ndarray, real: np.ndarray, cnns: int) -> dict[str, float]:
    """Compare faces with real ones, both with intensities in [0, 1], shapes ``(n, 16, 16)``, on pixels and features.

    ``cnn`` is the median accuracy of ``cnns`` CNNs, or NaN without one.
    """
    encoder = FaceEncoder.load()
    some = real[np.random.default_rng(0).permutation(len(real))[:COMPARED]]
    fakes = faces[: len(some)]
    accuracies = [metrics.classifier_accuracy(some, fakes, seed=seed) for seed in range(cnns)]
    return {
        "frechet_distance": metrics.frechet_distance(faces, real),
        "encoder_distance": metrics.frechet_distance(encoder.features(faces), encoder.features(real)),
        **metrics.precision_recall(some, fakes, k=5),
        **metrics.density_coverage(some, fakes, k=5),
        "cnn": float(np.median(accuracies)) if accuracies else float("nan"),
    }


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = scripts.OneSentenceParser(prog="benchmarks/stored_weights.py", description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, required=True, help="rendered faces of another seed, .npz")
    parser.add_argument("--cnns", type=scripts.whole_number(1), default=3, help="CNNs to train; the median counts")
    parser.add_argument("--seed", type=scripts.whole_number(0), default=0, help="seed of the generated faces")
    options: argparse.Namespace = parser.parse_args(arguments)
    real = load_faces(options.against).astype(np.float32) / 255
    rows = {name: sample_faces(len(real), options.seed, name) for name in NETWORKS}
    rows["data/faces.npz (floor)"] = load_faces().astype(np.float32)[: len(real)] / 255
    measures = {name: measure(faces, real, options.cnns) for name, faces in rows.items()}
    print(scripts.table(measures))


if __name__ == "__main__":
    scripts.run_script(main)
