"""The command lines of the task files.

Importing this module does not import TensorFlow. Each script parses its arguments before that slow import, so that
help and mistakes are answered at once.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gankit.choices import LATENT_TYPES, NETWORKS
from gankit.faces import FACES_FILE
from gankit.scripts.arguments import OneSentenceParser, fraction, not_negative, positive, whole_number
from gankit.scripts.output import OutputFolder
from gankit.scripts.record import caption
from gankit.training.recipes import RECIPES


class CommandLine(OneSentenceParser):
    """The parser of a task file, with the options that all of them share.

    Parameters
    ----------
    documentation : str
        The script's docstring; its first line becomes the description.
    name : str
        The script's name without ``.py``; the default output folder is ``outputs/<name>``.
    """

    def __init__(self, documentation: str, name: str):
        super().__init__(
            prog=f"{name}.py",
            description=documentation.splitlines()[0],
            formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        )
        self.add_argument("--output", type=Path, default=Path("outputs") / name, help="folder for everything made")
        self.add_argument("--seed", type=whole_number(0), default=0, help="seed of all random draws")

    def add_training(self) -> None:
        """Add the options of scripts that train: when checkpoints are written, and whether one is resumed."""
        self.add_argument("--resume", action="store_true", help="go on with the unfinished run in the output folder")
        self.add_argument(
            "--checkpoint-every", type=not_negative, default=30, metavar="SECONDS", help="time between two checkpoints"
        )

    def open_output(self, options: argparse.Namespace) -> OutputFolder:
        """Return the output folder that parsed options name, to be used as a context manager."""
        return OutputFolder(options.output, caption(options, self), options)


def point_clouds(documentation: str, name: str) -> CommandLine:
    """Return the parser of a point-cloud script."""
    parser = CommandLine(documentation, name)
    at_least_one = whole_number(1)
    parser.add_argument("--epochs", type=at_least_one, help="epochs of every run (left out: each run's own)")
    parser.add_argument("--steps-per-epoch", type=at_least_one, help="steps in an epoch (left out: each run's own)")
    parser.add_argument("--batch-size", type=at_least_one, default=200, help="examples in one update")
    parser.add_argument("--latent-type", choices=LATENT_TYPES, default="normal", help="distribution of the latents")
    parser.add_training()
    return parser


def convolutional(documentation: str) -> CommandLine:
    """Return the parser of ``convolutional_gan.py``."""
    parser = CommandLine(documentation, "convolutional_gan")
    parser.add_argument("--faces", type=Path, default=FACES_FILE, help="faces to train on, .npy or .npz")
    parser.add_argument("--epochs", type=whole_number(1), default=5, help="epochs")
    parser.add_argument("--steps-per-epoch", type=whole_number(1), default=5, help="steps in an epoch")
    parser.add_argument("--batch-size", type=whole_number(1), default=10, help="faces in one update")
    parser.add_training()
    return parser


class FaceCommandLine(CommandLine):
    """The parser of ``face_generator.py``; a recipe sets the defaults of everything below it."""

    def __init__(self, documentation: str):
        super().__init__(documentation, "face_generator")
        at_least_one = whole_number(1)
        self.add_argument("--faces", type=Path, default=FACES_FILE, help="faces to train on, .npy or .npz")
        self.add_argument("--recipe", choices=RECIPES, default="fast", help="where the defaults below come from")
        self.add_argument("--networks", choices=NETWORKS, help="those of task 4, or the wide ones of gankit")
        self.add_argument("--steps", type=at_least_one, help="training steps")
        self.add_argument("--batch-size", type=at_least_one, help="faces in one update")
        self.add_argument("--disc-iter", type=at_least_one, help="discriminator updates in a step")
        self.add_argument("--learning-rate", type=positive, help="step size of both Adam optimizers")
        self.add_argument("--decay", type=fraction, help="last part of the steps, over which the step sizes fall to 0")
        self.add_argument("--beta-1", type=fraction, help="Adam's weight of the past in the mean gradient")
        self.add_argument("--beta-2", type=fraction, help="Adam's weight of the past in the mean squared gradient")
        self.add_argument("--lambda-gp", type=not_negative, help="weight of the gradient penalty")
        self.add_argument("--averaging", type=fraction, help="weight of the past in the running mean; 0 for none")
        self.add_argument("--contrast", type=positive, help="deviation of the generator's first outputs")
        self.add_argument("--hidden-contrast", type=positive, help="deviation of its first hidden maps")
        self.add_training()
        self.set_defaults(**RECIPES["fast"])

    def parse_args(self, arguments: list[str] | None = None, namespace: None = None) -> argparse.Namespace:
        """Parse twice: the first time for the recipe, the second time with its defaults."""
        self.set_defaults(**RECIPES[super().parse_args(arguments).recipe])
        return super().parse_args(arguments)
