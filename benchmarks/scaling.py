"""Growth of time and memory: steps with the batch, samples with the data, rendering and metrics with the faces.

Every point is measured in a separate process, which gives the peak memory of this point alone. Memory is the peak above
what the process held before the work; the figure shows at least 1 MB. Times are the fastest of several turns. A line in
the table gives the power with which time grows between the last two sizes: 1 is linear growth, 0 is none. The metrics
based on neighbours and kernels compare every face with every other one, so their time is quadratic. Their memory must
not be.

Run: python benchmarks/scaling.py          (figure and record in outputs/scaling)
     python benchmarks/scaling.py --largest
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gankit import scripts

# A point that took longer than this is not measured again.
ENOUGH_SECONDS = 30
METRICS = (
    "frechet_distance",
    "precision_recall",
    "density_coverage",
    "kernel_distance",
    "sliced_wasserstein_distance",
    "comparison",
)
FACES = (1000, 2000, 5000, 10_000)
SIZES = {
    "convolutional step": (16, 32, 64, 128, 256, 512, 1024),
    "point-cloud step": (16, 32, 64, 128, 256, 512, 1024),
    "get_real_sample": (1000, 10_000, 100_000, 1_000_000, 10_000_000),
    "render": (250, 500, 1000, 2000),
    **dict.fromkeys(METRICS, FACES),
}
UNITS = {"convolutional step": "batch size", "point-cloud step": "batch size", "get_real_sample": "examples"}


def prepare(subject: str, size: int) -> tuple[Callable[[], object], int]:
    """Return a function that does the work once or several times, and the number of times."""
    random = np.random.default_rng(0)
    if subject == "render":
        from gankit.faces.renderer import render_faces

        return lambda: render_faces(size), 1
    if subject in METRICS:
        from gankit import metrics

        first, second = random.random((2, size, 16, 16), np.float32)
        measure = getattr(metrics, subject)
        # By default, `comparison` uses at most 5,000 faces of a set.
        return lambda: measure(first, second, size) if subject == "comparison" else measure(first, second), 1

    import tensorflow as tf

    from gankit.networks.fully_connected import fully_connected_GenDiscr
    from wgan_gp import WGAN_GP

    if subject == "convolutional step":
        from convolutional_gan import LATENT_DIMENSION, convolutional_GenDiscr
        from gankit.networks.latents import LatentGenerator

        examples = random.random((10_000, 16, 16, 1), np.float32)
        networks = (*convolutional_GenDiscr(seed=0), LatentGenerator(LATENT_DIMENSION, seed=0))
        gan, count = WGAN_GP(*networks, examples, batch_size=size, learning_rate=0.0001, seed=0), 1
    elif subject == "point-cloud step":
        examples = random.random((2000, 5), np.float32)
        gan, count = WGAN_GP(*fully_connected_GenDiscr([2, 10, 10, 5], examples), examples, batch_size=size), 100
    else:
        examples = random.random((size, 2), np.float32)
        gan, count = WGAN_GP(*fully_connected_GenDiscr([1, 10, 2], examples), examples), 100

    @tf.function
    def work() -> tf.Tensor:
        total = tf.zeros(())
        for _ in tf.range(count):
            result = gan.get_real_sample()[0, 0] if subject == "get_real_sample" else gan.train_step(None)["gen_loss"]
            total += result
        return total

    return lambda: work().numpy(), count


def measure(subject: str, size: int, turns: int) -> dict[str, float]:
    """Do the work; return its time in milliseconds and its memory in megabytes."""
    work, count = prepare(subject, size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    fastest, spent = np.inf, 0.0
    for turn in range(turns + 1):
        started = time.perf_counter()
        work()
        seconds = time.perf_counter() - started
        if turn == 0:  # the first turn allocates all memory and builds the graph, if there is one
            megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        fastest, spent = min(fastest, seconds), spent + seconds
        if spent > ENOUGH_SECONDS:
            break
    return {"size": size, "milliseconds": fastest / count * 1e3, "megabytes": megabytes}


def growth(points: list[dict[str, float]]) -> float:
    """Return the power with which time grows between the last two sizes."""
    before, last = points[-2:]
    return float(np.log(last["milliseconds"] / before["milliseconds"]) / np.log(last["size"] / before["size"]))


def draw(results: dict[str, list[dict[str, float]]], output: scripts.OutputFolder) -> None:
    """Write the figure: time above, memory below, and one column per measure of size."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    columns = {"batch size": [], "examples": [], "faces": []}
    for subject in results:
        columns[UNITS.get(subject, "faces")].append(subject)
    shown = {unit: subjects for unit, subjects in columns.items() if subjects}
    figure = Figure(figsize=(max(9, 1 + 4 * len(shown)), 7), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0.03, 1, 0.97))  # room for the caption
    axes = figure.subplots(2, len(shown), squeeze=False)
    for column, (unit, subjects) in enumerate(shown.items()):
        for row, (quantity, least) in enumerate((("milliseconds", 0.0), ("megabytes", 1.0))):
            curves = [[(point["size"], max(point[quantity], least)) for point in results[name]] for name in subjects]
            for subject, curve in zip(subjects, curves):
                axes[row, column].loglog(*zip(*curve), "o-", label=subject)
            # Curves of linear growth are parallel to this line.
            left, bottom = min(point for curve in curves for point in curve)
            right = max(size for curve in curves for size, _ in curve)
            axes[row, column].loglog([left, right], [bottom, bottom * right / left], "k:", linewidth=1, label="linear")
            axes[row, column].set(xlabel=unit, ylabel=quantity)
            axes[row, column].xaxis.set_minor_formatter(NullFormatter())
            axes[row, column].legend(fontsize=8)
    output.save_figure(figure, "scaling.png")


def main(arguments: list[str] | None = None) -> None:
    """Print a table, and write a figure and a record."""
    parser = scripts.CommandLine(__doc__, "scaling")
    parser.add_argument("--repeats", type=scripts.whole_number(1), default=3, help="turns of each measurement")
    parser.add_argument("--only", choices=SIZES, nargs="+", default=list(SIZES), help="what to measure")
    parser.add_argument("--largest", action="store_true", help="also metrics of 50,000 faces (takes many minutes)")
    parser.add_argument("--point", nargs=2, metavar=("SUBJECT", "SIZE"), help="measure one point and print it as JSON")
    options = parser.parse_args(arguments)
    if options.point:
        print(json.dumps(measure(options.point[0], int(options.point[1]), options.repeats)))
        return
    started = time.perf_counter()
    results: dict[str, list[dict[str, float]]] = {}
    with scripts.OutputFolder(options.output, scripts.caption(options, parser)) as output:
        for subject in options.only:
            results[subject] = []
            for size in SIZES[subject] + ((50_000,) if options.largest and subject in METRICS else ()):
                command = [sys.executable, __file__, "--repeats", str(options.repeats), "--point", subject, str(size)]
                answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
                results[subject].append(json.loads(answer))
                point = results[subject][-1]
                print(
                    f"{subject:<28} {size:>10,} {UNITS.get(subject, 'faces'):<10} "
                    f"{point['milliseconds']:>12.3f} ms {point['megabytes']:>8.1f} MB",
                    flush=True,
                )
            print(f"{subject:<28} time grows with the power {growth(results[subject]):.2f}", flush=True)
        draw(results, output)
        output.save_record(scripts.run_record(options, started, **results))


if __name__ == "__main__":
    scripts.run_script(main)
