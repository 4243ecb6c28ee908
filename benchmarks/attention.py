"""Time and memory of plain and of efficient attention against the number of tokens, up to 4,096.

One example with one head of 32 channels, float32: attention, and its gradients in queries, keys and values.
- Tensors: the bytes of all tensors that the graph makes, by their shapes.
- Peak: the peak memory of a process of its own for each point, above what the process held before the work.
- Time: processor time, the median of several turns.
The powers are those of growth between the last three sizes: 1 is linear growth, 2 quadratic.

Run: python benchmarks/attention.py          (figure and record in outputs/attention)
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gankit import scripts

TOKENS = (64, 256, 1024, 2048, 4096)
KINDS = ("plain", "efficient")
CHANNELS = 32
# Turns last at least this many seconds together, so that short ones can be measured.
ENOUGH_SECONDS = 0.5
QUANTITIES = {"milliseconds": "time, ms", "tensor_megabytes": "tensors, MB", "peak_megabytes": "peak memory, MB"}


def bytes_of_tensors(graph: object) -> int:
    """Return the bytes of all tensors that the operations of a graph make, apart from its arguments."""
    made = [tensor for operation in graph.get_operations() for tensor in operation.outputs]
    return sum(
        tensor.shape.num_elements() * tensor.dtype.size
        for tensor in made
        if tensor.op.type not in ("Placeholder", "Identity", "NoOp") and tensor.shape.is_fully_defined()
    )


def measure(kind: str, tokens: int) -> dict[str, float]:
    """Compute attention and its gradients; return the time, the bytes of the tensors, and the peak of the memory."""
    import tensorflow as tf

    from gankit.networks.attention import KINDS

    _, attention = KINDS[kind]

    @tf.function
    def work(queries: tf.Tensor, keys: tf.Tensor, values: tf.Tensor) -> list[tf.Tensor]:
        inputs = [queries, keys, values]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            found = attention(*inputs)
            loss = tf.reduce_sum(found**2)
        return tape.gradient(loss, inputs)

    inputs = tf.unstack(tf.random.stateless_normal((3, tokens, CHANNELS), (0, 0)))
    # A few tokens go through everything first, so that the peak is that of this number of tokens.
    work(*[each[:2] for each in inputs])
    graph = work.get_concrete_function(*inputs).graph
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work(*inputs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    turns, began = [], time.process_time()
    while time.process_time() - began < ENOUGH_SECONDS:
        started = time.process_time()
        work(*inputs)[0].numpy()
        turns.append(time.process_time() - started)
    return {
        "tokens": tokens,
        "milliseconds": 1e3 * float(np.median(turns)),
        "tensor_megabytes": bytes_of_tensors(graph) / 2**20,
        "peak_megabytes": peak / 1024,
    }


def power(points: list[dict[str, float]], quantity: str) -> float:
    """Fit the power with which a quantity grows over the last three sizes."""
    sizes, values = np.log([[point["tokens"], max(point[quantity], 1e-3)] for point in points[-3:]]).T
    return float(np.polyfit(sizes, values, 1)[0])


def draw(results: dict[str, list[dict[str, float]]], output: scripts.OutputFolder) -> None:
    """Write the figure: a panel for each quantity."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    figure = Figure(figsize=(11, 3.6), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0.05, 1, 0.95))  # room for the caption
    for axes, (quantity, label) in zip(figure.subplots(1, len(QUANTITIES)), QUANTITIES.items()):
        for kind, points in results.items():
            curve = [(point["tokens"], max(point[quantity], 0.05)) for point in points]
            axes.loglog(*zip(*curve), "o-", label=f"{kind}: power {power(points, quantity):.2f}")
        axes.set(xlabel="tokens", title=label, xticks=TOKENS, xticklabels=[f"{each:,}" for each in TOKENS])
        axes.tick_params(axis="x", labelsize=7)
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8)
    output.save_figure(figure, "attention.png")


def main(arguments: list[str] | None = None) -> None:
    """Print a table, and write a figure and a record."""
    parser = scripts.CommandLine(__doc__, "attention")
    parser.add_argument("--point", nargs=2, metavar=("KIND", "TOKENS"), help="measure one point and print it as JSON")
    options = parser.parse_args(arguments)
    if options.point:
        print(json.dumps(measure(options.point[0], int(options.point[1]))))
        return
    started = time.perf_counter()
    results: dict[str, list[dict[str, float]]] = {}
    with scripts.OutputFolder(options.output, scripts.caption(options, parser)) as output:
        for kind in KINDS:
            results[kind] = []
            for tokens in TOKENS:
                command = [sys.executable, __file__, "--point", kind, str(tokens)]
                answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
                point = json.loads(answer)
                results[kind].append(point)
                numbers = "".join(f"{point[quantity]:10.2f} {quantity}" for quantity in QUANTITIES)
                print(f"{kind:<10} {tokens:>6,} tokens{numbers}", flush=True)
            powers = ", ".join(f"{quantity} {power(results[kind], quantity):.2f}" for quantity in QUANTITIES)
            print(f"{kind:<10} powers: {powers}", flush=True)
        draw(results, output)
        output.save_record(scripts.run_record(options, started, **results))


if __name__ == "__main__":
    scripts.run_script(main)
