"""Compare rendered faces with real ones: the table of the datasheet, and pictures side by side.

Run: python benchmarks/compare_faces.py --faces FOLDER_OR_FILE --output outputs/compare_faces
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gankit import metrics, plots, scripts
from gankit.errors import InputError
from gankit.faces import FACES_FILE, load_faces
from gankit.faces.imports import import_faces
from gankit.faces.principal import PrincipalComponents

COMPONENTS = 10
FEWEST = 20  # fewer faces have no ten components, and too few neighbours


def shares_of_variance(faces: np.ndarray, count: int = COMPONENTS) -> np.ndarray:
    """Each leading principal component's share of the variance."""
    variances = np.linalg.eigvalsh(np.cov(faces.reshape(len(faces), -1), rowvar=False))[::-1]
    return variances[:count] / variances.sum()


def histogram_overlap(first: np.ndarray, second: np.ndarray, bins: int = 20) -> float:
    """Shared area of two normalised histograms, 0 to 1."""
    edges = np.histogram_bin_edges(np.concatenate([first, second]), bins)
    heights = [np.histogram(values, edges)[0] / len(values) for values in (first, second)]
    return float(np.minimum(*heights).sum())


def mean_face_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation of two mean faces over their pixels."""
    return float(np.corrcoef(first.mean(axis=0).ravel(), second.mean(axis=0).ravel())[0, 1])


def compare(rendered: np.ndarray, real: np.ndarray, cnn_seeds: int = 3) -> list[tuple[str, str, str]]:
    """Return the rows of the table: measure, value, aim.

    Parameters
    ----------
    rendered, real : numpy.ndarray
        uint8, shape ``(n, 16, 16)``.
    cnn_seeds : int
        How many CNNs to train.
    """
    a, b = rendered / 255.0, real / 255.0
    order = np.random.default_rng(0).permutation(len(b))
    half, other_half = b[order[: len(b) // 2]], b[order[len(b) // 2 :]]
    size = min(5000, len(a), len(b))
    manifolds = metrics.comparison(b, a, size)
    shares = list(zip(shares_of_variance(a), shares_of_variance(b)))
    # The first network makes TensorFlow search for graphics cards and print notes about it.
    with scripts.quiet_start():
        accuracies = [metrics.classifier_accuracy(a, b, seed=seed) for seed in range(cnn_seeds)]
    spread = f" ({min(accuracies):.3f} to {max(accuracies):.3f})"
    return [
        ("Frechet distance", f"{metrics.frechet_distance(a, b):.3f}", "at most 1.5"),
        ("Frechet distance of two halves of the real set", f"{metrics.frechet_distance(half, other_half):.3f}", ""),
        (f"precision (k = 5, {size} against {size})", f"{manifolds['precision']:.3f}", "at least 0.80"),
        ("coverage", f"{manifolds['coverage']:.3f}", "at least 0.80"),
        ("recall", f"{manifolds['recall']:.3f}", ""),
        ("density", f"{manifolds['density']:.3f}", ""),
        ("correlation of the mean faces", f"{mean_face_correlation(a, b):.4f}", "at least 0.99"),
        *(
            (
                f"component {number}, share of variance: rendered / real",
                f"{ours:.4f} / {theirs:.4f}",
                "within a factor of 1.5",
            )
            for number, (ours, theirs) in enumerate(shares, start=1)
        ),
        ("largest factor between two shares", f"{max(max(x / y, y / x) for x, y in shares):.2f}", "at most 1.5"),
        ("overlap of brightness", f"{histogram_overlap(*(x.mean(axis=(1, 2)) for x in (a, b))):.3f}", "at least 0.85"),
        ("overlap of contrast", f"{histogram_overlap(*(x.std(axis=(1, 2)) for x in (a, b))):.3f}", "at least 0.85"),
        (f"accuracy of a CNN, median of {cnn_seeds} seeds", f"{np.median(accuracies):.3f}{spread}", "at most 0.90"),
    ]


def draw(rendered: np.ndarray, real: np.ndarray, output: scripts.OutputFolder) -> None:
    """Draw grids, mean faces, components and histograms side by side."""
    sets = {"rendered": rendered / 255.0, "real": real / 255.0}
    output.save_figure(plots.faces_side_by_side({name: faces[:100] for name, faces in sets.items()}), "grids.png")
    components = {}
    for name, faces in sets.items():
        principal = PrincipalComponents.fit(faces, COMPONENTS)
        shown = 0.5 + 3 * principal.components.reshape(-1, 16, 16)
        components[f"{name}: mean, {COMPONENTS} components"] = np.clip([principal.mean, *shown], 0, 1)
    output.save_figure(plots.faces_side_by_side(components, columns=COMPONENTS + 1), "components.png")
    panels = {
        title: {name: measure(faces, axis=(1, 2)) for name, faces in sets.items()}
        for title, measure in (("brightness: mean of each face", np.mean), ("contrast: deviation in each face", np.std))
    }
    output.save_figure(plots.histograms(panels), "histograms.png")


def main(arguments: list[str] | None = None) -> None:
    """Print the table and draw the pictures."""
    parser = scripts.OneSentenceParser(prog="benchmarks/compare_faces.py", description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=Path, required=True, help="real faces: a folder of pictures, .npy or .npz")
    parser.add_argument(
        "--crop",
        type=scripts.whole_number(0),
        nargs=4,
        metavar=("LEFT", "TOP", "RIGHT", "BOTTOM"),
        help="the square to take from each real picture, in pixels (default: the largest in the middle)",
    )
    parser.add_argument("--rendered", type=Path, default=FACES_FILE, help="rendered faces (default: the project's own)")
    parser.add_argument("--cnn-seeds", type=scripts.whole_number(1), default=3, help="CNNs to train (default: 3)")
    parser.add_argument("--output", type=Path, default=Path("outputs/compare_faces"), help="folder for the pictures")
    options = parser.parse_args(arguments)
    with scripts.OutputFolder(options.output, scripts.caption(options, parser)) as output:
        rendered, imported = load_faces(options.rendered), import_faces(options.faces, crop=options.crop)
        for path, faces in ((options.rendered, rendered), (options.faces, imported.faces)):
            if len(faces) < FEWEST:
                raise InputError(f"{path} holds {len(faces)} faces; a comparison needs {FEWEST} at least.")
        draw(rendered, imported.faces, output)
        print(f"{len(rendered)} rendered faces, {len(imported.faces)} real ones; {len(imported.skipped)} files skipped")
        for figure, value, aim in (("figure", "value", "aim"), *compare(rendered, imported.faces, options.cnn_seeds)):
            print(f"{figure:<50} {value:<24} {aim}")
    print(f"The pictures are in {options.output}.")


if __name__ == "__main__":
    scripts.run_script(main)
