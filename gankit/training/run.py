"""A training run of any model: it shows progress, writes checkpoints, and can be resumed."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tensorflow import keras

from gankit.choices import NOT_SETTINGS
from gankit.errors import InputError
from gankit.models.adversarial import AdversarialModel
from gankit.training.callbacks import LossCurve, Progress, below
from gankit.training.checkpoints import read_checkpoint, write_checkpoint

FORMAT = 1


class Run:
    """Trains the models of one script and writes checkpoints, so that an interruption loses little.

    A checkpoint holds networks, optimizers, random streams, callbacks, losses, and the number of steps made. On the
    same machine with the same number of threads, a run that was killed at any moment and resumed ends with the same
    weights, losses and pictures, bit for bit, as one that never stopped. This was tested with the networks of this
    project and :class:`gankit.fast.Adam`. On Keras 2, the last digits of Keras's own Adam vary from run to run, and the
    state of dropout cannot be read.

    Parameters
    ----------
    checkpoints : path, optional
        Folder of the checkpoints, made for the first one; by default, no checkpoints are written.
    options : argparse.Namespace, optional
        The settings of the script. ``resume`` continues the run in the folder. ``checkpoint_every`` is the time between
        two checkpoints in seconds; 0 writes one after every call of the graph. All other settings must equal those of
        the resumed run.

    Attributes
    ----------
    interrupted : bool
        True once Ctrl-C has ended a ``fit`` with ``keep_on_interrupt``.
    saved : bool
        True once there is a checkpoint from which this run can be resumed.
    seconds : dict of float
        Seconds of training of each ``fit``, by its name, over all sessions.
    """

    def __init__(self, checkpoints: Path | None = None, options: Namespace | None = None):
        settings = vars(options) if options is not None else {}
        self._folder = checkpoints
        self._resume = bool(settings.get("resume", False))
        self._every = float(settings.get("checkpoint_every", 30))
        self._settings = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in settings.items()
            if name not in NOT_SETTINGS
        }
        found = sorted(checkpoints.glob("*.npz")) if checkpoints is not None else []
        self.interrupted = False
        self.saved = self._resume and bool(found)
        self.seconds: dict[str, float] = {}
        # Old checkpoints stay until a new one replaces them.
        self._replaced = [] if self._resume else found
        if self._resume and not found:
            print("There is no unfinished run to resume; training begins from the start.", flush=True)
        if checkpoints is not None and found and not self._resume:
            print(
                f"An unfinished run in {checkpoints.parent} is replaced; --resume would have continued it.", flush=True
            )

    def fit(
        self,
        model: AdversarialModel,
        epochs: int,
        steps_per_epoch: int,
        *,
        name: str = "model",
        title: str | None = None,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        steps_per_call: int | None = None,
        keep_on_interrupt: bool = False,
    ) -> dict[str, list[float]]:
        """Train a model for ``epochs * steps_per_epoch`` steps, including those of an earlier session.

        Parameters
        ----------
        model : AdversarialModel
            The model, as constructed.
        epochs, steps_per_epoch : int
            The length of the training. Each value of the losses stands for one epoch.
        name : str
            Distinguishes the trainings of one script; the checkpoint is ``<name>.npz``.
        title : str, optional
            Text in front of the progress bar.
        callbacks : sequence of keras.callbacks.Callback
            Called in this order after every call of the graph. Checkpoints include callbacks that have ``state_arrays``
            and ``restore_arrays``.
        steps_per_call : int, optional
            Largest number of steps in one call of the graph; by default, the model chooses it.
        keep_on_interrupt : bool
            Let Ctrl-C end the training but not the script.

        Returns
        -------
        dict of list of float
            Each loss's mean over each epoch.

        Raises
        ------
        InputError
            If a checkpoint is damaged, cannot be written, or belongs to other settings, or if the losses of all epochs
            do not fit into memory.
        """
        model.require_memory_for_losses(epochs)
        most = steps_per_call or model.most_steps_in_one_call()
        curve = LossCurve(steps_per_epoch)
        progress = Progress(epochs, steps_per_epoch, title or f"{type(model).__name__} on {name}")
        observers = [*callbacks, curve, progress]
        about = self._about(model)
        made = restored = self._restore(name, about, model, observers)
        before, started = self.seconds.setdefault(name, 0.0), time.perf_counter()
        saved = started

        announce = keras.callbacks.CallbackList(observers, model=model, add_history=False)
        model.stop_training = False
        try:
            announce.on_train_begin()
            while made < epochs * steps_per_epoch and not model.stop_training:
                epoch, position = divmod(made, steps_per_epoch)
                if position == 0:
                    announce.on_epoch_begin(epoch)
                count = min(most, steps_per_epoch - position)
                announce.on_train_batch_begin(position)
                losses = model.train_steps(count)
                made += count
                announce.on_train_batch_end(position + count - 1, losses)
                if position + count == steps_per_epoch:
                    announce.on_epoch_end(epoch, {each: values[-1] for each, values in curve.losses.items()})
                now = time.perf_counter()
                self.seconds[name] = before + now - started
                if now - saved >= self._every:
                    self._save(name, about, model, observers, made)
                    saved = time.perf_counter()
            announce.on_train_end()
        except KeyboardInterrupt:
            if not keep_on_interrupt:
                raise
            self.interrupted = True
            print("\nStopping; what has been learned is kept.", flush=True)
        else:
            # If the script is killed later, in its next training or while drawing, it need not repeat this training.
            if made > restored:
                self.seconds[name] = before + time.perf_counter() - started
                self._save(name, about, model, observers, made)
        return curve.losses

    def _about(self, model: AdversarialModel) -> dict[str, Any]:
        """Return the properties in which a checkpoint must agree with the run that resumes it."""
        examples = model.fingerprint() if self._folder is not None else 0
        return {
            "format": FORMAT,
            "model": type(model).__name__,
            "examples": examples,
            "settings": self._settings,
        }

    def _save(
        self, name: str, about: dict[str, Any], model: AdversarialModel, observers: Sequence[Any], made: int
    ) -> None:
        if self._folder is None:
            return
        arrays = {f"model/{key}": array for key, array in model.state_arrays().items()}
        for name_there, observer in _with_state(observers).items():
            arrays.update((f"{name_there}/{key}", array) for key, array in observer.state_arrays().items())
        for file in self._replaced:
            file.unlink(missing_ok=True)
        self._replaced = []
        progress = {"steps": made, "seconds": self.seconds[name]}
        write_checkpoint(self._folder / f"{name}.npz", {**about, **progress}, arrays)
        self.saved = True

    def _restore(self, name: str, about: dict[str, Any], model: AdversarialModel, observers: Sequence[Any]) -> int:
        """Restore the state of an earlier session, if there is one to resume; return the number of its steps."""
        path = self._folder / f"{name}.npz" if self._folder is not None else None
        if path is None or not self._resume or not path.is_file():
            return 0
        stored, arrays = read_checkpoint(path)
        _check_agreement(path, stored, about)
        model.restore_arrays(below("model", arrays))
        for name_there, observer in _with_state(observers).items():
            state = below(name_there, arrays)
            if not state:
                raise InputError(
                    f"The checkpoint {path} was made with other callbacks; give the same ones, or leave --resume out."
                )
            observer.restore_arrays(state)
        self.seconds[name] = stored["seconds"]
        return int(stored["steps"])


def _with_state(observers: Sequence[Any]) -> dict[str, Any]:
    """Return the callbacks that a checkpoint includes, by their names in it."""
    stateful = [observer for observer in observers if hasattr(observer, "state_arrays")]
    return {f"callback_{number}_{type(each).__name__}": each for number, each in enumerate(stateful)}


def _check_agreement(path: Path, stored: dict[str, Any], expected: dict[str, Any]) -> None:
    if stored.get("format") != expected["format"]:
        raise InputError(f"The checkpoint {path} was written by another version of this project; delete it.")
    settings = stored.get("settings") or {}
    for key in sorted({*expected["settings"], *settings}):
        then, now = settings.get(key), expected["settings"].get(key)
        if then != now:
            flag = "--" + key.replace("_", "-")
            raise InputError(
                f"The unfinished run in {path.parent} was begun with {flag} {then}, and this one has {now}; "
                f"give the same settings, or leave --resume out."
            )
    if any(stored.get(key) != expected[key] for key in ("model", "examples")):
        raise InputError(
            f"The checkpoint {path} was made with another model or other training data; "
            f"give the same ones, or leave --resume out."
        )
