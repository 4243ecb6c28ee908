"""Time until a script answers: the help of every task, and the explorer's first picture beside TensorFlow's start.

Every command runs in a separate process. The commands take turns, so that other work on the machine slows all of them.
The aims are at most 1.3 times the time of ``import tensorflow`` for the picture, and 0.3 seconds for help.

Run: python benchmarks/start_up.py
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gankit import scripts

ROOT = Path(__file__).resolve().parents[1]
TASKS = ("simple_gan", "wgan_clip", "wgan_gp", "convolutional_gan", "face_generator", "pretrained_explorer")


def commands(folder: str) -> dict[str, list[str]]:
    """Return the commands to time; the first one is the reference."""
    return {
        "import tensorflow": ["-c", "import tensorflow"],
        "pretrained_explorer.py --grid": ["pretrained_explorer.py", "--grid", "--output", folder],
        **{f"{task}.py --help": [f"{task}.py", "--help"] for task in TASKS},
    }


def run(arguments: list[str]) -> tuple[float, float]:
    """Run Python once; return the wall time and the processor time in seconds."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, check=True)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main(arguments: list[str] | None = None) -> None:
    """Print a table."""
    parser = scripts.OneSentenceParser(prog="start_up.py", description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=scripts.whole_number(1), default=5, help="turns of each command")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        timed = commands(folder)
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in timed}
        for _ in range(options.repeats):
            for name, command in timed.items():
                times[name].append(run(command))
    yardstick = np.min(times["import tensorflow"], axis=0)
    print(f"Seconds, {options.repeats} turns; in brackets as a multiple of `import tensorflow`")
    for name, values in times.items():
        (fastest, busy), median = np.min(values, axis=0), np.median(values, axis=0)[0]
        print(
            f"{name:<30} fastest {fastest:6.2f} ({fastest / yardstick[0]:.2f})  median {median:6.2f}  "
            f"processor time {busy:6.2f} ({busy / yardstick[1]:.2f})"
        )


if __name__ == "__main__":
    scripts.run_script(main)
