"""The command lines of tasks 1 to 4. Importing this module does not import TensorFlow.

Each script parses its arguments before that slow import, so that help and mistakes are answered at once.
"""

from __future__ import annotations

from pathlib import Path

from gankit import runs
from gankit.choices import LATENT_TYPES
from gankit.faces import FACES_FILE


def point_clouds(documentation: str, name: str) -> runs.CommandLine:
    """Return the parser of a point-cloud script."""
    parser = runs.CommandLine(documentation, name)
    at_least_one = runs.whole_number(1)
    parser.add_argument("--epochs", type=at_least_one, help="epochs of every run (left out: each run's own)")
    parser.add_argument("--steps-per-epoch", type=at_least_one, help="steps in an epoch (left out: each run's own)")
    parser.add_argument("--batch-size", type=at_least_one, default=200, help="examples in one update")
    parser.add_argument("--latent-type", choices=LATENT_TYPES, default="normal", help="distribution of the latents")
    return parser


def convolutional(documentation: str) -> runs.CommandLine:
    """Return the parser of ``convolutional_gan.py``."""
    parser = runs.CommandLine(documentation, "convolutional_gan")
    parser.add_argument("--faces", type=Path, default=FACES_FILE, help="faces to train on, .npy or .npz")
    parser.add_argument("--epochs", type=runs.whole_number(1), default=5, help="epochs")
    parser.add_argument("--steps-per-epoch", type=runs.whole_number(1), default=5, help="steps in an epoch")
    parser.add_argument("--batch-size", type=runs.whole_number(1), default=10, help="faces in one update")
    return parser
