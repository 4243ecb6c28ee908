"""Compare rendered faces with real ones: the table of the datasheet, and pictures side by side.

Run: python benchmarks/compare_faces.py --faces real_faces.npy --output outputs/compare_faces
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gankit import metrics, plots, runs
from gankit.faces import FACES_FILE, load_faces
from gankit.faces.principal import PrincipalComponents


def shares_of_variance(faces: np.ndarray, count: int = 10) -> np.ndarray:
    """Each leading principal component's share of the variance."""
    variances = np.linalg.eigvalsh(np.cov(faces.reshape(len(faces), -1), rowvar=False))[::-1]
    return variances[:count] / variances.sum()


def histogram_overlap(first: np.ndarray, second: np.ndarray, bins: int = 20) -> float:
    """Shared area of two normalised histograms, 0 to 1."""
    edges = np.histogram_bin_edges(np.concatenate([first, second]), bins)
    heights = [np.histogram(values, edges)[0] / len(values) for values in (first, second)]
    return float(np.minimum(*heights).sum())


def classifier_accuracy(first: np.ndarray, second: np.ndarray, training: int = 7000, seed: int = 0) -> float:
    """Share of held-out faces that a small CNN, trained for 8 epochs, assigns to the right set; 0.5 is chance."""
    with runs.quiet_start():
        from tensorflow import keras
    keras.utils.set_random_seed(seed)
    size = min(len(first), len(second))
    pictures = np.concatenate([first[:size], second[:size]])[..., None].astype(np.float32)
    labels = np.repeat([0.0, 1.0], size)
    order = np.random.default_rng(seed).permutation(2 * size)
    pictures, labels = pictures[order], labels[order]
    training = min(training, int(1.4 * size))
    network = keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            keras.layers.Conv2D(32, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    network.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    network.fit(pictures[:training], labels[:training], epochs=8, batch_size=64, verbose=0)
    return float(network.evaluate(pictures[training:], labels[training:], verbose=0)[1])


def compare(rendered: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """Every figure of the table; both sets uint8, shape (n, 16, 16)."""
    a, b = rendered / 255.0, real / 255.0
    order = np.random.default_rng(0).permutation(len(b))
    half, other_half = b[order[: len(b) // 2]], b[order[len(b) // 2 :]]
    size = min(5000, len(a), len(b))
    ratios = shares_of_variance(a) / shares_of_variance(b)
    table = {
        "Frechet distance": metrics.frechet_distance(a, b),
        "Frechet distance of two halves of the real set": metrics.frechet_distance(half, other_half),
        **metrics.precision_recall(b[:size], a[:size], k=5),
        **metrics.density_coverage(b[:size], a[:size], k=5),
        "correlation of the mean faces": np.corrcoef(a.mean(axis=0).ravel(), b.mean(axis=0).ravel())[0, 1],
        "largest factor between shares of variance, ten components": np.maximum(ratios, 1 / ratios).max(),
        "overlap of brightness": histogram_overlap(a.mean(axis=(1, 2)), b.mean(axis=(1, 2))),
        "overlap of contrast": histogram_overlap(a.std(axis=(1, 2)), b.std(axis=(1, 2))),
        "accuracy of a CNN that tells them apart": classifier_accuracy(a, b),
    }
    return {name: float(value) for name, value in table.items()}


def draw(rendered: np.ndarray, real: np.ndarray, output: runs.OutputFolder) -> None:
    """Grids, mean faces, components and histograms side by side."""
    sets = {"rendered": rendered / 255.0, "real": real / 255.0}
    output.save_figure(plots.faces_side_by_side({name: faces[:100] for name, faces in sets.items()}), "grids.png")
    components = {}
    for name, faces in sets.items():
        principal = PrincipalComponents.fit(faces, 9)
        shown = 0.5 + 3 * principal.components.reshape(-1, 16, 16)
        components[f"{name}: mean, components"] = np.clip(np.concatenate([principal.mean[None], shown]), 0, 1)
    output.save_figure(plots.faces_side_by_side(components), "components.png")
    for name, function in (("brightness", np.mean), ("contrast", np.std)):
        values = {label: function(faces, axis=(1, 2)) for label, faces in sets.items()}
        output.save_figure(plots.histograms(values, name), f"{name}.png")


def main(arguments: list[str] | None = None) -> None:
    """Print the table and draw the pictures."""
    parser = runs.OneSentenceParser(prog="compare_faces.py", description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=Path, required=True, help="real faces, .npy or .npz")
    parser.add_argument("--rendered", type=Path, default=FACES_FILE, help="rendered faces")
    parser.add_argument("--output", type=Path, default=Path("outputs/compare_faces"), help="folder for the pictures")
    options = parser.parse_args(arguments)
    rendered, real = load_faces(options.rendered), load_faces(options.faces)
    with runs.OutputFolder(options.output) as output:
        draw(rendered, real, output)
        for name, value in compare(rendered, real).items():
            print(f"{name:<60} {value:.3f}")


if __name__ == "__main__":
    runs.run_script(main)
