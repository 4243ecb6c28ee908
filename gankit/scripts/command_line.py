"""The command lines of the task files and labs.

Importing this module does not import TensorFlow. Each script parses its arguments before that slow import, so that it
answers --help and reports mistakes at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from gankit.choices import DISCRIMINATOR_OUTPUTS, LATENT_TYPES, MOST_DISC_ITER, NETWORKS
from gankit.datasets.tones import LONGEST, SHORTEST
from gankit.errors import InputError
from gankit.faces import FACES_FILE
from gankit.scripts.arguments import (
    DefaultsFormatter,
    OneSentenceParser,
    between,
    existing_file,
    fraction,
    not_negative,
    positive,
    whole_number,
)
from gankit.scripts.output import OutputFolder
from gankit.scripts.record import caption
from gankit.training.recipes import RECIPES, Part

# The settings that recipes and parts hold: the type of each option, and its help.
SETTINGS: dict[str, tuple[Callable[[str], Any], str]] = {
    "steps": (whole_number(1), "training steps"),
    "epochs": (whole_number(1), "epochs"),
    "steps_per_epoch": (whole_number(1), "steps in an epoch"),
    "batch_size": (whole_number(1), "examples in one update"),
    "disc_iter": (whole_number(1, MOST_DISC_ITER), "discriminator updates in a step"),
    "learning_rate": (positive, "learning rate of both Adam optimizers"),
    "decay": (fraction, "last part of the steps, in which the learning rates fall to 0"),
    "beta_1": (fraction, "Adam's weight of the past in the mean gradient"),
    "beta_2": (fraction, "Adam's weight of the past in the mean squared gradient"),
    "lambda_gp": (not_negative, "weight of the gradient penalty"),
    "lessons": (whole_number(4), "pictures of the teacher to learn from"),
    "adversarial": (not_negative, "weight of the adversarial loss beside the squared error"),
    "r1": (not_negative, "weight of the penalty on the discriminator's slope at real examples; 0 for none"),
    "mismatch": (not_negative, "weight of real pictures with conditions of others, as fakes; 0 for none"),
    "cycle": (not_negative, "weight of the cycle loss"),
    "identity": (not_negative, "weight of the identity loss; 0 for none"),
    "buffer": (whole_number(0), "old fakes that each discriminator is shown again, at least a batch; 0 for none"),
    "cycle_noise": (not_negative, "deviation of noise on what is mapped back, where pictures range from -1 to 1"),
    "smoothing": (fraction, "what is taken off the target 1 of real examples (one-sided label smoothing); 0 for none"),
    "pictures": (whole_number(4), "training pictures"),
    "classifier_steps": (whole_number(1), "training steps of each classifier"),
    "generated": (whole_number(2), "faces that each GAN makes for the classifiers"),
    "share": (fraction, "share of the added faces in a batch of a classifier"),
    "tones": (whole_number(100), "training tones"),
    "duration": (between(SHORTEST, LONGEST), "seconds of a tone"),
    "fade": (fraction, "share of the steps of a resolution in which it is faded in; 0 for none"),
    "jitter": (not_negative, "largest shift of a face, in pixels of 28"),
    "hidden_layers": (whole_number(1, 10), "hidden layers of each network"),
    "hidden_units": (whole_number(1), "units of a hidden layer"),
    "solver_steps": (whole_number(1, 1000), "steps of the solver from time 0 to time 1"),
    "latents": (whole_number(1), "latents of a picture"),
    "signs": (whole_number(0), "latents of which only the sign counts, at most all"),
    "averaging": (fraction, "weight of the past in the running mean of the generator's weights; 0 for none"),
    "mixing": (fraction, "probability that a face of the training step gets two styles"),
    "generator_rate": (positive, "learning rate of the generator, relative to the discriminator's"),
    "mapping_rate": (positive, "learning rate of the mapping network, relative to the other networks"),
    "contrast": (positive, "deviation of the generator's first outputs"),
    "hidden_contrast": (positive, "deviation of its first hidden maps"),
}
# The settings of a part that command-line options can replace.
PART_SETTINGS = {field.name for field in fields(Part)} - {"cloud", "gan"}
PART_NUMBERS = ("epochs", "steps_per_epoch", "batch_size", "disc_iter", "learning_rate", "decay", "beta_1", "lambda_gp")


def values_of(options: argparse.Namespace, names: Sequence[str]) -> dict[str, Any]:
    """Return some settings by name, as keyword arguments of a model."""
    return {name: getattr(options, name) for name in names}


class CommandLine(OneSentenceParser):
    """The parser of a task file, with the options that all of them share.

    Parameters
    ----------
    documentation : str
        The script's docstring; its first line becomes the description.
    name : str
        The script's path in the project without ``.py``, such as ``labs/digits``; the default output folder is
        ``outputs/digits``.
    """

    def __init__(self, documentation: str, name: str):
        super().__init__(
            prog=f"{name}.py",
            description=documentation.splitlines()[0],
            formatter_class=DefaultsFormatter,
        )
        self.add_argument(
            "--output", type=Path, default=Path("outputs") / Path(name).name, help="folder for all results"
        )
        self.add_argument("--seed", type=whole_number(0), default=0, help="seed of all random numbers")

    def add_training(self) -> None:
        """Add the options of scripts that train: --resume and --checkpoint-every."""
        self.add_argument("--resume", action="store_true", help="continue the unfinished run in the output folder")
        self.add_argument(
            "--checkpoint-every", type=not_negative, default=30, metavar="SECONDS", help="time between two checkpoints"
        )

    def open_output(self, options: argparse.Namespace) -> OutputFolder:
        """Return the output folder that the options name, for use as a context manager."""
        return OutputFolder(options.output, caption(options, self), options)


class PointCommandLine(CommandLine):
    """The parser of a point-cloud lesson. A recipe holds the settings of each part; options replace them in all parts.

    Parameters
    ----------
    documentation, name : str
        As in :class:`CommandLine`.
    recipes : mapping
        Maps the name of each recipe to its parts by name; the first recipe is the default.
    """

    def __init__(self, documentation: str, name: str, recipes: Mapping[str, Mapping[str, Part]]):
        super().__init__(documentation, name)
        self._recipes = recipes
        names = list(dict.fromkeys(part for parts in recipes.values() for part in parts))
        at_least_one = whole_number(1)
        self.add_argument("--recipe", choices=recipes, default=next(iter(recipes)), help="where all settings come from")
        self.add_argument(
            "--part",
            nargs="+",
            metavar="NAME",
            default=argparse.SUPPRESS,
            help=f"only these parts, each named by its beginning: {', '.join(names)}",
        )
        self.add_argument(
            "--points",
            type=existing_file,
            metavar="FILE",
            default=argparse.SUPPRESS,
            help="learn your own points instead: .npy, .npz, .csv or .txt, one point per row",
        )
        settings = self.add_argument_group("settings (default: those of each part)")
        for setting in PART_NUMBERS:
            if setting == "lambda_gp" and name != "wgan_gp":
                continue
            kind, text = SETTINGS[setting]
            flag = "--" + setting.replace("_", "-")
            settings.add_argument(flag, type=kind, default=argparse.SUPPRESS, help=text)
        settings.add_argument(
            "--widths",
            type=at_least_one,
            nargs="+",
            default=argparse.SUPPRESS,
            help="the generator's latents and hidden layers, as 2 100 100; the discriminator mirrors them",
        )
        for flag, choices, text in (
            ("--latent-type", LATENT_TYPES, "distribution of the latents"),
            ("--discriminator-output", DISCRIMINATOR_OUTPUTS, "what the discriminator's last layer ends in"),
        ):
            settings.add_argument(flag, choices=choices, default=argparse.SUPPRESS, help=text)
        self.add_training()

    def parts(self, options: argparse.Namespace) -> dict[str, Part]:
        """Return the parts that the options ask for, by name, with the settings that the options give.

        Raises
        ------
        InputError
            If there is no such part, or if --part and --points are combined.
        """
        parts = dict(self._recipes[options.recipe])
        given = {name: value for name, value in vars(options).items() if name in PART_SETTINGS}
        if "widths" in given:
            given["widths"] = tuple(given["widths"])
        wanted = getattr(options, "part", None)
        if hasattr(options, "points"):
            if wanted:
                raise InputError("--points and --part cannot be combined; with --points there is only one part.")
            # Its settings suit points with more than two coordinates, and most clouds in the plane as well.
            return {"points": replace(parts["four_clouds"], cloud=options.points, **given)}
        for beginning in wanted or ():
            if not any(name.startswith(beginning) for name in parts):
                raise InputError(f"There is no part {beginning!r} in this recipe; its parts are {', '.join(parts)}.")
        return {
            name: replace(part, **given)
            for name, part in parts.items()
            if not wanted or any(name.startswith(beginning) for beginning in wanted)
        }


class RecipeCommandLine(CommandLine):
    """A parser in which one option, --recipe, names the recipe that sets the defaults of the others.

    Parameters
    ----------
    documentation, name : str
        As in :class:`CommandLine`.
    recipes : mapping
        Maps the name of each recipe to its settings; the first recipe is the default. Each setting becomes an option.
    choices : mapping, optional
        The allowed values of a setting, and its help. All other settings are those of :data:`SETTINGS`.
    flags : mapping, optional
        Options that are given or not, and their help.
    selector : str
        Another name for --recipe.
    """

    def __init__(
        self,
        documentation: str,
        name: str,
        recipes: Mapping[str, Mapping[str, Any]],
        choices: Mapping[str, tuple[Sequence[str], str]] | None = None,
        flags: Mapping[str, str] | None = None,
        selector: str = "recipe",
    ):
        super().__init__(documentation, name)
        self._recipes, self._selector = recipes, selector
        default = next(iter(recipes))
        if len(recipes) > 1:
            text = "where the defaults below come from"
            self.add_argument(f"--{selector}", choices=recipes, default=default, help=text)
        self._names = list(dict.fromkeys(setting for recipe in recipes.values() for setting in recipe))
        for setting in self._names:
            flag = "--" + setting.replace("_", "-")
            if choices and setting in choices:
                allowed, text = choices[setting]
                self.add_argument(flag, choices=allowed, help=text)
            else:
                kind, text = SETTINGS[setting]
                self.add_argument(flag, type=kind, help=text)
        for setting, text in (flags or {}).items():
            self.add_argument("--" + setting.replace("_", "-"), action="store_true", help=text)
        self.add_training()
        self.set_defaults(**recipes[default])

    # argparse declares overloads for a namespace of the caller's own, which no caller has here.
    def parse_args(  # type: ignore[override]
        self, arguments: list[str] | None = None, namespace: None = None
    ) -> argparse.Namespace:
        """Parse twice: first to find the recipe, then with the recipe's defaults.

        A setting that the recipe does not have is refused.
        """
        self.set_defaults(**self._recipes[next(iter(self._recipes))])
        chosen = getattr(super().parse_args(arguments), self._selector, None) or next(iter(self._recipes))
        recipe = self._recipes[chosen]
        self.set_defaults(**{name: recipe.get(name) for name in self._names})
        options = super().parse_args(arguments)
        for name in self._names:
            if name not in recipe and getattr(options, name) is not None:
                self.error(f"--{name.replace('_', '-')} is not a setting of --{self._selector} {chosen}")
        return options


class FaceCommandLine(RecipeCommandLine):
    """The parser of ``face_generator.py``."""

    def __init__(self, documentation: str):
        networks = (NETWORKS, "those of task 4, or the wide ones of gankit")
        super().__init__(documentation, "face_generator", RECIPES, {"networks": networks})
        self.add_argument("--faces", type=Path, default=FACES_FILE, help="faces to train on, .npy or .npz")
        self.add_argument(
            "--hold-out",
            type=fraction,
            default=0.2,
            metavar="SHARE",
            help="share of the faces to keep back and only compare with; 0 for none",
        )


def convolutional(documentation: str) -> CommandLine:
    """Return the parser of ``convolutional_gan.py``."""
    recipe = {"epochs": 5, "steps_per_epoch": 5, "batch_size": 10}
    parser = RecipeCommandLine(documentation, "convolutional_gan", {"default": recipe})
    parser.add_argument("--faces", type=Path, default=FACES_FILE, help="faces to train on, .npy or .npz")
    return parser
