"""Settings for training on faces: three recipes by name, and the command line on which each setting has its option.

How the recipes were found stands in ``benchmarks/README.md``.
"""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from gankit import runs
from gankit.choices import NETWORKS
from gankit.faces import FACES_FILE

# "fast": what a laptop does best with in a minute and a half; "best": in half an hour, with networks of more channels;
# "coursework": the older course's 150 epochs of 200 steps, from the initial values that Keras gives.
RECIPES = {
    "fast": {
        "networks": "convolutional",
        "steps": 1800,
        "batch_size": 32,
        "disc_iter": 1,
        "learning_rate": 0.001,
        "decay": 0.0,
        "beta_1": 0.0,
        "beta_2": 0.9,
        "lambda_gp": 2.0,
        "averaging": 0.995,
        "contrast": 0.25,
        "hidden_contrast": 3.0,
    },
    "best": {
        "networks": "wide",
        "steps": 25000,
        "batch_size": 32,
        "disc_iter": 1,
        "learning_rate": 0.001,
        "decay": 0.5,
        "beta_1": 0.0,
        "beta_2": 0.9,
        "lambda_gp": 2.0,
        "averaging": 0.998,
        "contrast": 0.25,
        "hidden_contrast": 1.0,
    },
    "coursework": {
        "networks": "convolutional",
        "steps": 30000,
        "batch_size": 200,
        "disc_iter": 2,
        "learning_rate": 0.0001,
        "decay": 0.0,
        "beta_1": 0.3,
        "beta_2": 0.9,
        "lambda_gp": 10.0,
        "averaging": 0.0,
        "contrast": 1.0,
        "hidden_contrast": 1.0,
    },
}


def command_line(documentation: str) -> runs.CommandLine:
    """Return the parser of the face generator; a recipe sets the defaults of everything below it."""
    parser = runs.CommandLine(documentation, "face_generator")
    at_least_one = runs.whole_number(1)
    parser.add_argument("--faces", type=Path, default=FACES_FILE, help="faces to train on, .npy or .npz")
    parser.add_argument("--recipe", choices=RECIPES, default="fast", help="where the defaults below come from")
    parser.add_argument("--networks", choices=NETWORKS, help="those of task 4, or the wide ones of gankit")
    parser.add_argument("--steps", type=at_least_one, help="training steps")
    parser.add_argument("--batch-size", type=at_least_one, help="faces in one update")
    parser.add_argument("--disc-iter", type=at_least_one, help="discriminator updates in a step")
    parser.add_argument("--learning-rate", type=runs.positive, help="step size of both Adam optimizers")
    parser.add_argument(
        "--decay", type=runs.fraction, help="last part of the steps, over which the step sizes fall to 0"
    )
    parser.add_argument("--beta-1", type=runs.fraction, help="Adam's decay of the mean gradient")
    parser.add_argument("--beta-2", type=runs.fraction, help="Adam's decay of the mean squared gradient")
    parser.add_argument("--lambda-gp", type=runs.not_negative, help="weight of the gradient penalty")
    parser.add_argument("--averaging", type=runs.fraction, help="weight of the past in the running mean; 0 for none")
    parser.add_argument("--contrast", type=runs.positive, help="deviation of the generator's first outputs")
    parser.add_argument("--hidden-contrast", type=runs.positive, help="deviation of its first hidden maps")
    parser.set_defaults(**RECIPES["fast"])
    return parser


def parse(parser: runs.CommandLine, arguments: list[str] | None) -> Namespace:
    """Parse twice: the first time for the recipe, the second time with its defaults."""
    recipe = parser.parse_args(arguments).recipe
    parser.set_defaults(**RECIPES[recipe])
    return parser.parse_args(arguments)
