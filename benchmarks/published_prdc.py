"""Precision, recall, density and coverage in 1,000 dimensions, beside the figures that the package prdc publishes.

The README of https://github.com/clovaai/generative-evaluation-prdc compares 10,000 real with 10,000 fake examples. Both
are standard normal vectors of 1,000 values without a seed, and k is 5. If the package is installed (`pip install prdc
scikit-learn`), it measures the same draws, and the results must agree.

Run: python benchmarks/published_prdc.py --seeds 0 1 2
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gankit import scripts
from gankit.metrics import density_coverage, precision_recall

PUBLISHED = {"precision": 0.4772, "recall": 0.4705, "density": 1.0555, "coverage": 0.9735}


def main() -> None:
    """Measure each draw, and print the results below the published ones."""
    parser = scripts.OneSentenceParser(prog="benchmarks/published_prdc.py", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=scripts.whole_number(0), nargs="+", default=[0, 1, 2], help="one draw for each")
    parser.add_argument("--examples", type=scripts.whole_number(6), default=10_000, help="examples in a set")
    parser.add_argument("--dimensions", type=scripts.whole_number(1), default=1000, help="values of an example")
    options = parser.parse_args()
    try:
        from prdc import compute_prdc
    except ImportError:
        compute_prdc = None
        print("prdc is not installed, so only the published figures are compared.")

    print(f"{'':<12}" + "".join(f"{name:>11}" for name in PUBLISHED))
    print(f"{'published':<12}" + "".join(f"{value:11.4f}" for value in PUBLISHED.values()))
    for seed in options.seeds:
        random = np.random.default_rng(seed)
        real, fake = random.standard_normal((2, options.examples, options.dimensions))
        started = time.process_time()
        found = {**precision_recall(real, fake), **density_coverage(real, fake)}
        seconds = time.process_time() - started
        print(f"{f'seed {seed}':<12}" + "".join(f"{found[name]:11.4f}" for name in PUBLISHED) + f"   {seconds:.0f} s")
        if compute_prdc is not None:
            other = compute_prdc(real, fake, nearest_k=5)
            print(f"{'  prdc':<12}" + "".join(f"{other[name]:11.4f}" for name in PUBLISHED), flush=True)


if __name__ == "__main__":
    scripts.run_script(main)
