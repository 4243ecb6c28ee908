"""Importing a student's task file, whatever its name, with its earlier files or a neutral stand-in beside it."""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

# The names under which the same task is known; a task file may import an earlier one under any of them.
FAMILIES = (
    ("simple_gan", "0-simple_gan"),
    ("wgan_clip", "1-wgan_clip"),
    ("wgan_gp", "2-wgan_gp", "4-wgan_gp"),
    ("convolutional_gan", "3-generate_faces"),
    ("face_generator",),
    ("pretrained_explorer",),
)
# By how much a training step of a stand-in shifts each of the generator's weights.
SHIFT = 0.01
# The stand-ins for the classes of tasks 1 to 3 that a script has built.
stand_ins_built: list[Any] = []
CLASSES = {"simple_gan": "Simple_GAN", "wgan_clip": "WGAN_clip", "wgan_gp": "WGAN_GP"}


class EarlierTasks:
    """Finder for the task files that a task file imports.

    A file that is there and can be imported is used; one that is missing or broken is replaced by a stand-in whose
    class does nothing, so that it costs its own points only. With ``stand_ins_only`` no earlier file is ever run: one
    of them ends the process when it is imported.
    """

    def __init__(self, folder: Path, stand_ins_only: bool = False):
        self._folder = folder
        self._stand_ins_only = stand_ins_only

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Answer the import system for names of task files, and for no other."""
        family = next((family for family in FAMILIES if name in family), None)
        if family is None:
            return None
        # The exact name first, then its other spellings.
        found = [self._folder / f"{other}.py" for other in (name, *family)]
        file = next((file for file in found if file.is_file() and not self._stand_ins_only), None)
        return importlib.machinery.ModuleSpec(name, _Loader(file, family[0]))


class _Loader(importlib.abc.Loader):
    def __init__(self, file: Path | None, task: str):
        self._file = file
        self._task = task

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        if self._file:
            # Whatever an earlier file does costs its own task only.
            with contextlib.suppress(BaseException):
                _run(self._file, module)
                return
        vars(module).update(_stand_ins(self._task))


def _stand_ins(task: str) -> dict[str, Any]:
    """Return classes and builders that do as little as can be done: enough for a later task to run, no solution."""
    import tensorflow as tf

    from gankit.models.gan import GAN

    class Past:
        # Keras does not look inside an object of a plain class, and will not store these with the weights.
        def __init__(self, first_weights: list[Any], steps: tf.Variable):
            self.first_weights, self.steps = first_weights, steps

    class Idle(GAN):
        loss_names = ("discr_loss", "gen_loss", "gp")

        def __init__(self, *arguments: Any, lambda_gp: float = 10, **options: Any):
            super().__init__(*arguments[:7], **options)
            self.lambda_gp = lambda_gp
            self.past = Past(self.generator.get_weights(), tf.Variable(0, trainable=False, dtype=tf.int64))
            stand_ins_built.append(self)

        def train_step(self, _: Any) -> dict[str, Any]:
            # Nothing is learned, but what was trained can be told from the weights.
            for variable in self.generator.trainable_variables:
                variable.assign_add(SHIFT * tf.ones_like(variable))
            self.past.steps.assign_add(1)
            return {name: tf.zeros(()) for name in self.loss_names}

    if task == "convolutional_gan":
        return {"convolutional_GenDiscr": small_networks, "LATENT_DIMENSION": 16}
    name = CLASSES.get(task)
    return {name: type(name, (Idle,), {})} if name else {}


def small_networks(seed: int | None = None) -> tuple[Any, Any]:
    """Build linear networks for faces, which stand in for task 4's and for the kit's wide ones."""
    from tensorflow import keras

    generator = keras.Sequential(
        [keras.Input((16,)), keras.layers.Dense(256), keras.layers.Reshape((16, 16, 1))], name="generator"
    )
    discriminator = keras.Sequential(
        [keras.Input((16, 16, 1)), keras.layers.Flatten(), keras.layers.Dense(1)], name="discriminator"
    )
    return generator, discriminator


def load(file: Path) -> ModuleType:
    """Import a file under its own stem, run as an imported module and not as a script."""
    module = ModuleType(file.stem)
    module.__spec__ = importlib.machinery.ModuleSpec(file.stem, None, origin=str(file))
    sys.modules[file.stem] = module
    _run(file, module)
    return module


def _run(file: Path, module: ModuleType) -> None:
    module.__file__ = str(file)
    # Bytes, so that Python itself deals with byte-order marks, line ends and declared encodings.
    exec(compile(file.read_bytes(), str(file), "exec"), vars(module))  # noqa: S102


def describe_error(error: BaseException, folder: Path) -> dict[str, Any]:
    """Say what was raised, and where in the student's own files: type, message, file, line."""
    where = None
    walk = error.__traceback__
    while walk is not None:
        file = walk.tb_frame.f_code.co_filename
        if Path(file).parent == folder:
            where = [Path(file).name, walk.tb_lineno]
        walk = walk.tb_next
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).parent == folder:
        where = [Path(error.filename).name, error.lineno or 0]
    message = ""
    # A student's exception class may fail to print.
    with contextlib.suppress(BaseException):
        message = str(error)
    return {"type": type(error).__name__[:60], "message": " ".join(message.split())[:4000], "where": where}
