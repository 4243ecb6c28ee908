"""Final quality of tasks 1 to 3: their default runs with several seeds.

Run: python benchmarks/first_hour.py                 (every part of every task, seeds 0 to 4)
     python benchmarks/first_hour.py --tasks wgan_gp --part corner --seeds 0 1 2
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
TASKS = ("simple_gan", "wgan_clip", "wgan_gp")


def measured(task: str, seed: int, options: list[str], folder: Path) -> dict[str, dict]:
    """Run a task file as a user does; return the measures that it records, by part."""
    command = [sys.executable, str(ROOT / f"{task}.py"), "--seed", str(seed), "--output", str(folder), *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return json.loads((folder / "record.json").read_text())["measures"]


def main() -> None:
    """Print a row for each part and measure: the median, the worst and the best of the seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--part", nargs="+", default=[], help="only these parts")
    parser.add_argument("--seeds", nargs="+", type=int, default=range(5))
    options = parser.parse_args()
    for task in options.tasks:
        known = importlib.import_module(task).RECIPES["default"]
        wanted = [part for part in options.part if any(name.startswith(part) for name in known)]
        if options.part and not wanted:
            continue
        found: dict[str, dict[str, list[float]]] = {}
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as folder:
                measures = measured(task, seed, ["--part", *wanted] if wanted else [], Path(folder))
            for part, values in measures.items():
                numbers = {**values["quality"], "frechet_distance": values["frechet_distance"]}
                numbers["training_seconds"] = values["training_seconds"]
                for name, value in numbers.items():
                    found.setdefault(part, {}).setdefault(name, []).append(value)
        for part, numbers in found.items():
            for name, values in numbers.items():
                print(
                    f"{task:>10} {part:>18} {name:>26}: median {np.median(values):8.4f}   "
                    f"from {min(values):8.4f} to {max(values):8.4f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
