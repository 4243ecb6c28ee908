"""Tasks 1 to 3: the verdicts on a training step, from its recorded trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gankit.grading.judge import adam
from gankit.grading.judge.formulas import (
    LEAST_SQUARES,
    PENALTIES,
    RIGHT,
    WASSERSTEIN,
    Formula,
    Penalty,
    slopes,
)
from gankit.grading.judge.gan_scenes import FIT_EPOCHS, FIT_STEPS, Scene
from gankit.grading.judge.trace import (
    AppliedUpdate,
    Batches,
    BrokenTrace,
    Call,
    Run,
    Sorter,
    Step,
    find_rows,
    readings,
    rows,
)
from gankit.grading.judge.verdicts import Check, TaskResult

GENERATOR, DISCRIMINATOR = "generator", "discriminator"

_COMMON = (
    Check("builds", "the file can be imported and the class built", 1),
    Check("real_sample", "get_real_sample draws real examples", 1),
    Check("fake_sample", "get_fake_sample draws fakes", 1),
    Check("rhythm", "disc_iter updates of the discriminator, then one of the generator", 2),
    Check("batches", "every update has a fresh batch of its own", 2),
    Check("separate", "only the network whose turn it is moves", 1),
    Check("discriminator_loss", "the discriminator learns from its loss", 3),
    Check("generator_loss", "the generator learns from its loss", 3),
    Check("optimizer", "each network has its own Adam with the task's settings", 2),
    Check("reported", "train_step returns its losses", 1),
    Check("training_mode", "networks run in training mode inside an update", 1),
    Check("fit", "fit runs the steps it is asked for", 1),
    Check("robust", "other forms of examples work too", 1),
)
_CLIPPING = (Check("clipping", "every trainable weight of the critic is clipped after each of its updates", 3),)
_PENALTY = (
    Check("penalty", "the penalty is one norm per example, compared with 1", 3),
    Check("penalty_applied", "lambda_gp times the penalty is part of the update", 2),
    Check("mixing", "the penalty looks at random places between real and fake", 2),
)


@dataclass(frozen=True)
class Kind:
    """What distinguishes one of the three tasks."""

    number: int
    class_name: str
    betas: tuple[float, float]
    formulas: tuple[list[Formula], list[Formula]]
    checks: tuple[Check, ...]
    keys: tuple[str, ...] = ("discr_loss", "gen_loss")

    @property
    def has_penalty(self) -> bool:
        """Whether the update has a gradient penalty."""
        return "gp" in self.keys

    @property
    def has_clipping(self) -> bool:
        """Whether the critic is clipped."""
        return any(check.key == "clipping" for check in self.checks)


KINDS = (
    Kind(1, "Simple_GAN", (0.5, 0.9), LEAST_SQUARES, _COMMON),
    Kind(2, "WGAN_clip", (0.5, 0.9), WASSERSTEIN, _COMMON[:8] + _CLIPPING + _COMMON[8:]),
    Kind(3, "WGAN_GP", (0.3, 0.9), WASSERSTEIN, _COMMON[:8] + _PENALTY + _COMMON[8:], ("discr_loss", "gen_loss", "gp")),
)
TRAINING_CHECKS = (
    "rhythm",
    "batches",
    "separate",
    "discriminator_loss",
    "generator_loss",
    "clipping",
    "penalty",
    "penalty_applied",
    "mixing",
    "optimizer",
    "reported",
)


def in_words(error: dict[str, Any], stack: str) -> str:
    """Say what was raised, on which stack, and where in the student's file."""
    where = f" ({error['where'][0]}, line {error['where'][1]})" if error["where"] else ""
    message = f": {error['message'].rstrip('.')}" if error["message"] else ""
    return f"{error['type']}{message}{where}, on {stack}."


class GanJudge:
    """Judges one of tasks 1 to 3.

    Parameters
    ----------
    kind : Kind
        Which task.
    scenes : dict
        The scenes that were played, by name.
    results, errors : dict
        What came back of each, or what it raised.
    ended : str
        Why the process ended, ``done`` where it did by itself.
    result : TaskResult
        Where the findings go.
    strict : bool
        Whether other forms of examples and the discriminator's training mode count: this project's statement asks for
        them, the older coursework's does not.
    stack : str
        The libraries' versions, for error messages.
    """

    def __init__(
        self,
        kind: Kind,
        scenes: dict[str, Scene],
        results: dict[str, Any],
        errors: dict[str, Any],
        result: TaskResult,
        strict: bool,
        stack: str,
    ):
        self._kind = kind
        self._scenes = scenes
        self._results = results
        self._errors = errors
        self._out = result
        self._strict = strict
        self._stack = stack
        # The checks for which something was seen: no failure seen is no pass.
        self._seen: set[str] = set()
        self._steps_seen = {DISCRIMINATOR: 1.0, GENERATOR: 1.0}

    def judge(self) -> None:
        """Write a finding for every check."""
        self._judge_attributes()
        if "builds" not in self._out.findings:
            self._out.passed("builds")
        self._judge_samplers()
        self._judge_training()
        self._judge_modes()
        self._judge_fit()
        self._judge_robustness()

    # --------------------------------------------------------------- building and sampling

    def _judge_attributes(self) -> None:
        for name in ("attributes", "defaults"):
            if name in self._errors:
                error = in_words(self._errors[name], self._stack)
                self._out.failed("builds", "cannot_build", f"The class could not be built with its arguments: {error}")
                continue
            found = self._results.get(name)
            if not isinstance(found, dict):
                self._out.skipped("builds", "The process ended before the class was built.")
                continue
            scene = self._scenes[name]
            beta_1, beta_2 = self._kind.betas
            expected = {"beta_1": beta_1, "beta_2": beta_2, "batch_size": 200, "disc_iter": 2, "learning_rate": 0.005}
            expected["lambda_gp"] = 10
            if name == "attributes":
                expected.update(
                    batch_size=scene.batch_size,
                    disc_iter=scene.disc_iter,
                    learning_rate=scene.learning_rate,
                    lambda_gp=scene.lambda_gp,
                )
            for attribute in scene.request["names"]:
                value = found.get(attribute)
                if value is None:
                    self._out.failed(
                        "builds",
                        "attribute_missing",
                        f"The argument or setting {attribute} is not kept as the attribute self.{attribute}, where "
                        "scripts look for it. Look at the constructor.",
                        0.5,
                    )
                elif not np.isclose(value, expected[attribute], rtol=1e-4):
                    what = "its default is not the task's" if name == "defaults" else "it is not what was passed"
                    self._out.failed(
                        "builds",
                        "attribute_value",
                        f"self.{attribute} has another value than it should: {what}. Look at the constructor.",
                        0.5,
                    )

    def _judge_samplers(self) -> None:
        if "samplers" in self._errors:
            sentence = "The samplers could not be called: " + in_words(self._errors["samplers"], self._stack)
            self._out.failed("real_sample", "sampler_error", sentence)
            self._out.skipped("fake_sample", "The samplers could not be called.")
            return
        found = self._results.get("samplers")
        if not isinstance(found, dict):
            for key in ("real_sample", "fake_sample"):
                self._out.skipped(key, "The process ended before the samplers were called.")
            return
        scene = self._scenes["samplers"]
        samples = found["samples"]
        self._judge_real(scene, samples)
        self._judge_fake(scene, samples, found["events"])

    def _sampling_error(self, key: str, samples: dict[str, Any], names: list[str]) -> bool:
        for name in names:
            if isinstance(samples.get(name), dict):
                error = {**samples[name], "where": None}
                call = f"get_{name.split('_')[0]}_sample"
                self._out.failed(key, "sampler_error", f"{call} raised {in_words(error, self._stack)}")
                return True
        return False

    def _judge_real(self, scene: Scene, samples: dict[str, Any]) -> None:
        key = "real_sample"
        if self._sampling_error(key, samples, ["real_default", "real_again", "real_sized"]):
            return
        real = rows(scene.request["real"])
        places = {}
        for name, size in (("real_default", 6), ("real_again", 6), ("real_sized", 30)):
            sample = samples[name]
            if sample.ndim < 2 or sample.shape[1:] != (3,):
                self._out.failed(key, "real_shape", "get_real_sample does not return rows of the real examples' shape.")
                return
            if len(sample) != size:
                how = "default to batch_size" if name != "real_sized" else "follow the size that is asked for"
                self._out.failed(key, "real_size", f"The number of rows get_real_sample returns does not {how}.")
                return
            places[name] = find_rows(rows(sample), real)
            if (places[name] < 0).any():
                self._out.failed(key, "real_rows", "get_real_sample returns rows that are not among the real examples.")
                return
        if list(places["real_default"]) == list(places["real_again"]):
            self._out.failed(
                key,
                "real_not_random",
                "get_real_sample returns the same rows at every call: they are to be drawn anew.",
            )
        elif len(set(places["real_sized"])) < 30:
            self._out.failed(
                key,
                "real_replacement",
                "get_real_sample draws some rows twice: the rows of one batch are to be drawn without replacement.",
                0.5,
            )
        self._out.passed(key)

    def _judge_fake(self, scene: Scene, samples: dict[str, Any], events: list[dict[str, Any]]) -> None:
        key = "fake_sample"
        if self._sampling_error(key, samples, ["fake_default", "fake_sized", "fake_training"]):
            return
        pool = rows(scene.request["latents"])
        weights = [w.astype(np.float64) for w in scene.request["generator"]["weights"]]
        answers = scene.networks[GENERATOR].perceptron.forward(weights, pool)
        flags: dict[str, Any] = {}
        current = ""
        for event in events:
            if event["kind"] == "sample":
                current = event["name"]
            elif event["kind"] == "call" and event["network"] == GENERATOR:
                flags[current] = event["training"]
        for name, size in (("fake_default", 6), ("fake_sized", 30), ("fake_training", 6)):
            sample = samples[name]
            if sample.ndim != 2 or sample.shape[1] != 3:
                self._out.failed(
                    key, "fake_shape", "get_fake_sample does not return a batch of the generator's output."
                )
                return
            if len(sample) != size:
                how = "follow the size that is asked for" if name == "fake_sized" else "default to batch_size"
                self._out.failed(key, "fake_size", f"The number of fakes get_fake_sample returns does not {how}.")
                return
            if (np.abs(rows(sample)[:, None] - answers[None]).max(axis=2).min(axis=1) > 1e-3).any():
                self._out.failed(
                    key,
                    "fake_rows",
                    "get_fake_sample returns something else than the generator's answers to latents that "
                    "latent_generator gave.",
                )
                return
        if flags.get("fake_training") is not True or flags.get("fake_default") is True:
            self._out.failed(
                key,
                "fake_training",
                "get_fake_sample does not hand its argument training on to the generator: it says whether batch "
                "normalisation and dropout are at work, and is off unless asked for.",
                0.5,
            )
        self._out.passed(key)

    # -------------------------------------------------------------------- the training step

    def _judge_training(self) -> None:
        keys = [check.key for check in self._kind.checks if check.key in TRAINING_CHECKS]
        runs: list[tuple[Scene, Run]] = []
        for name in ("points", "pictures"):
            if name in self._errors:
                self._training_error(name, keys)
                continue
            if not isinstance(self._results.get(name), dict):
                continue
            scene = self._scenes[name]
            try:
                runs.append((scene, self._run(name)))
            except BrokenTrace:
                for key in keys:
                    self._out.skipped(key, "The record of the training step does not fit together.")
                self._out.findings.pop(keys[0], None)
                self._out.failed(
                    keys[0], "tampered", "The record of the training step does not fit together: it was tampered with."
                )
                return
        if not runs:
            for key in keys:
                self._out.skipped(key, "The training step could not be run.")
            return
        sorted_runs = [(scene, run, self._sorter(scene, run)) for scene, run in runs]
        for scene, run, sorter in sorted_runs:
            self._judge_rhythm(scene, run)
            self._judge_separate(run)
            self._judge_batches(scene, run, sorter)
        chosen = self._judge_discriminator_loss(sorted_runs)
        chosen_generator = self._judge_generator_loss(sorted_runs)
        if self._kind.has_clipping:
            for _, run, _ in sorted_runs:
                self._judge_clipping(run)
        if self._kind.has_penalty:
            self._judge_mixing(sorted_runs)
        for scene, run in runs:
            self._judge_optimizers(scene, run)
        for scene, run, sorter in sorted_runs:
            self._judge_reported(scene, run, sorter, chosen, chosen_generator)
        for key in keys:
            if len(runs) < 2:
                self._out.skipped(key, "The training step could not be run in every case.")
            elif key in self._seen:
                self._out.passed(key)
            else:
                self._out.skipped(key, "An earlier item failed: there was nothing to see.")

    def _run(self, name: str) -> Run:
        scene = self._scenes[name]
        return Run(self._results[name], scene.networks, scene.request["steps"])

    @staticmethod
    def _sorter(scene: Scene, run: Run) -> Sorter:
        return Sorter(run, scene.request["real"], scene.request["decoy"])

    def _training_error(self, name: str, keys: list[str]) -> None:
        error = self._errors[name]
        text = in_words(error, self._stack)
        message = error["message"]
        if "No gradients provided" in message or ("gradient" in message and "None" in message):
            self._out.failed(
                "generator_loss" if "generator_loss" in keys else keys[0],
                "no_gradient",
                "The tape saw no way from a loss to the weights that are to be updated: the networks must be called "
                "and the loss put together inside the tape, from tensors. train_step raised " + text,
            )
        elif "optimizer cannot recognize" in message or "Unknown variable" in message or "unknown variable" in message:
            self._out.failed(
                "optimizer",
                "shared_optimizer",
                "An optimizer was given weights that are not its own: each network has its own. train_step raised "
                + text,
            )
        else:
            what = "on pictures" if name == "pictures" and "points" in self._results else "in a training step"
            self._out.failed("rhythm", "step_error", f"The class raised an error {what}: {text}")
        for key in keys:
            self._out.skipped(key, "The training step could not be run.")

    def _judge_rhythm(self, scene: Scene, run: Run) -> None:
        wanted = scene.disc_iter
        for step in run.steps:
            owners = [update.owner for update in step.updates]
            discriminator, generator = owners.count(DISCRIMINATOR), owners.count(GENERATOR)
            self._seen.add("rhythm")
            if wanted == 1:
                self._steps_seen = {DISCRIMINATOR: discriminator, GENERATOR: generator}
            if owners == [DISCRIMINATOR] * wanted + [GENERATOR]:
                continue
            if "both" in owners or "none" in owners:
                continue
            if not owners:
                moved = not run.same(step.first_state, step.last_state, DISCRIMINATOR)
                text = "without a Keras optimizer" if moved else "at all: no gradient reaches an optimizer"
                self._out.failed("rhythm", "no_update", f"The weights are not updated {text} in a training step.")
            elif generator == 0:
                self._out.failed("rhythm", "no_generator_update", "The generator's weights are never updated.")
            elif discriminator == 0:
                self._out.failed("rhythm", "no_discriminator_update", "The discriminator's weights are never updated.")
            elif wanted > 1 and generator == discriminator == wanted:
                self._out.failed(
                    "rhythm",
                    "generator_each_time",
                    "The generator is updated once for every update of the discriminator: it has one update in a "
                    "training step, after all of the discriminator's. Look at what is inside the loop.",
                )
            elif generator > 1:
                self._out.failed(
                    "rhythm", "generator_too_often", "The generator is updated more than once in a training step."
                )
            elif wanted > 1 and discriminator == 1:
                self._out.failed(
                    "rhythm",
                    "disc_iter_ignored",
                    "The discriminator is updated once in a training step, whatever disc_iter says. Look at the loop.",
                )
            elif discriminator != wanted:
                self._out.failed(
                    "rhythm",
                    "disc_iter_count",
                    "The discriminator is updated more or fewer than disc_iter times in a training step. "
                    "Look at the loop.",
                )
            else:
                self._out.failed(
                    "rhythm",
                    "generator_first",
                    "The order of the updates is not the algorithm's: first the discriminator's, all of them, then the "
                    "generator's.",
                )

    def _judge_separate(self, run: Run) -> None:
        if run.updates_of(GENERATOR) and run.updates_of(DISCRIMINATOR):
            self._seen.add("separate")
        for step in run.steps:
            for update in step.updates:
                if update.owner in ("both", "none"):
                    self._out.failed(
                        "separate",
                        "joint_update",
                        "One update moves both networks at once: each loss is minimised by the weights of one network. "
                        "Look at which variables the gradients are applied to.",
                    )
                    return
                other = GENERATOR if update.owner == DISCRIMINATOR else DISCRIMINATOR
                if not run.same_trainable(update.before, update.after, other):
                    self._moved(other, update.owner)
            first = next((update for update in step.updates if update.owner == GENERATOR), None)
            if first is not None and not run.same_trainable(step.first_state, first.before, GENERATOR):
                self._moved(GENERATOR, DISCRIMINATOR)

    def _moved(self, network: str, during: str) -> None:
        self._out.failed(
            "separate",
            f"{network}_moved",
            f"The {network}'s weights moved while the {during} was being updated: only one network learns at a time.",
        )

    def _judge_batches(self, scene: Scene, run: Run, sorter: Sorter) -> None:
        pool = rows(scene.request["latents"])
        before_real: list[tuple[int, ...]] = []
        before_latents: list[tuple[float, ...]] = []
        for step in run.steps:
            generated: list[Call] = []
            earlier: list[Call] = []
            for update in step.updates:
                generated += [call for call in update.calls if call.network == GENERATOR]
                shown = [call for call in update.calls if call.network == DISCRIMINATOR]
                if update.owner == DISCRIMINATOR:
                    batches = readings(update.calls, earlier, sorter, generated)[0]
                    unseen = [
                        call for call in shown if not any(np.array_equal(call.inputs, old.inputs) for old in earlier)
                    ]
                    fresh = sorter.sort(unseen, generated)
                    self._judge_one_batch(scene, batches, fresh, before_real, before_latents)
                    before_real.append(tuple(sorted(set(batches.real_places.tolist()))))
                    before_latents += [tuple(row) for row in batches.latents]
                elif update.owner == GENERATOR:
                    self._judge_generator_batch(scene, update, sorter, generated, before_latents)
                earlier += shown
            for call in step.calls:
                if call.network == GENERATOR and (find_rows(rows(call.inputs), pool) < 0).any():
                    self._out.failed(
                        "batches",
                        "own_latents",
                        "The generator is fed latents that did not come from latent_generator, or were changed since.",
                    )

    def _judge_one_batch(
        self, scene: Scene, all_rows: Batches, fresh: Batches, before_real: list, before_latents: list
    ) -> None:
        key = "batches"
        if len(all_rows.real) or len(all_rows.fake):
            self._seen.add(key)
        if all_rows.decoy:
            self._out.failed(
                key,
                "argument_used",
                "The training step learns from the batch that Keras passes in: its argument is to be ignored, and real "
                "examples come from get_real_sample.",
            )
        elif not len(all_rows.real) and not len(all_rows.fake):
            if len(all_rows.other):
                self._out.failed(
                    key, "changed_rows", "The discriminator is shown rows that are neither real examples nor fakes."
                )
        elif not len(fresh.real) and not len(fresh.fake):
            self._out.failed(
                key,
                "same_batch",
                "The same batch is used for all of the discriminator's updates: each one needs a fresh real and a "
                "fresh fake batch. Look at what is drawn outside the loop.",
            )
        elif len(all_rows.real) and not len(fresh.real):
            self._out.failed(
                key,
                "same_real_batch",
                "The same real batch is used for all of the discriminator's updates: each one needs a fresh one. "
                "Look at what is drawn outside the loop.",
            )
        elif len(all_rows.fake) and before_latents and {tuple(row) for row in fresh.latents} <= set(before_latents):
            self._out.failed(
                key,
                "same_fake_batch",
                "The same latents make the fakes for all of the discriminator's updates: each one needs fresh ones. "
                "Look at what is drawn outside the loop.",
            )
        else:
            for name, found in (("real", fresh.real), ("fake", fresh.fake)):
                whole = scene.batch_size
                if len(found) and len(found) % whole:
                    self._out.failed(
                        key,
                        "batch_size",
                        f"The discriminator's {name} batch does not hold batch_size rows.",
                        0.5,
                    )

    def _judge_generator_batch(
        self, scene: Scene, update: AppliedUpdate, sorter: Sorter, generated: list[Call], before_latents: list
    ) -> None:
        shown = [call for call in update.calls if call.network == DISCRIMINATOR]
        batches = sorter.sort(shown, generated)
        latents = {tuple(row) for row in batches.latents}
        if latents and latents <= set(before_latents):
            self._out.failed(
                "batches",
                "generator_batch_reused",
                "The generator's update reuses latents that the discriminator has just learned from: it needs a fresh "
                "batch of fakes.",
                0.5,
            )
        elif len(batches.fake) and len(batches.fake) % scene.batch_size:
            self._out.failed("batches", "batch_size", "The generator's batch does not hold batch_size rows.", 0.5)

    # ------------------------------------------------------------------- losses

    def _judge_discriminator_loss(self, sorted_runs: list) -> _Choice:
        """Find the formula that reproduces every recorded gradient of the discriminator."""
        candidates = _discriminator_candidates(self._kind)
        # The usual mistakes are only tried where the right loss does not explain everything.
        fits, clipped_fits = self._fitting_candidates(sorted_runs, candidates[:1])
        if any(0 not in found for found in fits):
            fits, clipped_fits = self._fitting_candidates(sorted_runs, candidates)
        if not fits:
            for key in ("discriminator_loss", "penalty", "penalty_applied"):
                if any(check.key == key for check in self._kind.checks):
                    self._out.skipped(key, "The discriminator is never updated on its own.")
            return _Choice(None, None)
        self._seen |= {"discriminator_loss", "penalty", "penalty_applied"}
        best = _best_candidate(fits, len(candidates))
        if best is None:
            if clipped_fits:
                self._out.failed(
                    "discriminator_loss",
                    "gradients_clipped",
                    "The discriminator's gradients are clipped before they are applied, which this task does not do.",
                )
            else:
                self._out.failed(
                    "discriminator_loss",
                    "loss_other",
                    "The discriminator's gradient is not that of the task's loss on the batches it was shown. "
                    "Compare the loss with the table of losses, term by term, and look at what is inside the tape.",
                )
            for key in ("penalty", "penalty_applied"):
                if self._kind.has_penalty:
                    self._out.skipped(key, "The discriminator's loss could not be recognised.")
            return _Choice(None, None)
        candidate = candidates[best]
        if candidate.idea != RIGHT:
            self._out.failed(candidate.check, candidate.idea, candidate.sentence, candidate.share)
        return _Choice(candidate.formula, candidate.penalty if self._kind.has_penalty else None, candidate.check)

    def _fitting_candidates(self, sorted_runs: list, candidates: list[_Candidate]) -> tuple[list[set[int]], int]:
        """Return, for each update of the discriminator, the candidates that reproduce it; and how many were clipped."""
        fits: list[set[int]] = []
        clipped = 0
        for scene, run, update, read in _discriminator_updates(sorted_runs):
            found: set[int] = set()
            if all(gradient is not None for gradient in update.gradients):
                matcher = _Matcher(run, scene, update)
                for batches in read():
                    found |= matcher.fitting(batches, candidates)
                clipped += matcher.clipped
            fits.append(found)
        return fits, clipped

    def _judge_generator_loss(self, sorted_runs: list) -> Formula | None:
        formulas = self._kind.formulas[1]
        updates = [(run, update) for _, run, _ in sorted_runs for _, update in run.updates_of(GENERATOR)]
        fits = [_generator_fits(run, update, formulas[:1]) for run, update in updates]
        if any(0 not in found for found in fits):
            fits = [_generator_fits(run, update, formulas) for run, update in updates]
        if not fits:
            self._out.skipped("generator_loss", "The generator is never updated on its own.")
            return None
        self._seen.add("generator_loss")
        best = _best_candidate(fits, len(formulas))
        if best:
            # Two losses may have the same gradient on these batches; the value that was reported tells them apart.
            alike = [number for number in range(1, len(formulas)) if all(number in found for found in fits)]
            reported = [
                n for n in alike if all(_reports(step, formulas[n]) for _, run, _ in sorted_runs for step in run.steps)
            ]
            best = (reported or [best])[0]
        if best is None:
            self._out.failed(
                "generator_loss",
                "generator_loss_other",
                "The generator's gradient is not that of the task's loss on the fakes that the discriminator was "
                "shown. Compare the loss with the table of losses, and look at what is inside the tape.",
            )
            return None
        formula = formulas[best]
        if formula.idea != RIGHT:
            self._out.failed("generator_loss", formula.idea, formula.sentence, formula.share)
        return formula

    # ----------------------------------------------------------- clipping and the penalty

    def _judge_clipping(self, run: Run) -> None:
        key = "clipping"
        flat = [(step, update) for step in run.steps for update in step.updates]
        clipped: list[bool] = []
        last_of_step: list[bool] = []
        failing: list[tuple[Step, list[np.ndarray], list[np.ndarray], list[np.ndarray]]] = []
        for number, (step, update) in enumerate(flat):
            if update.owner != DISCRIMINATOR:
                continue
            self._seen.add(key)
            following = flat[number + 1][1] if number + 1 < len(flat) else None
            later = following.before if following is not None else step.last_state
            after, settled = run.trainable(update.after, DISCRIMINATOR), run.trainable(later, DISCRIMINATOR)
            expected = [np.clip(w, -1, 1) for w in after]
            clipped.append(_close(settled, expected))
            last_of_step.append(following is None or following.owner != DISCRIMINATOR)
            if not clipped[-1]:
                failing.append((step, after, settled, expected))
        if failing:
            step, after, settled, expected = failing[0]
            biases = [w for w in settled if w.ndim == 1]
            kernels = [w for w in settled if w.ndim > 1]
            inside = [_in_box(group) for group in (kernels, biases)]
            unchanged = _close(settled, after)
            only_last = any(clipped) and all(ok != last for ok, last in zip(clipped, last_of_step))
            if unchanged and only_last:
                self._out.failed(
                    key,
                    "clipped_before_update",
                    "The critic is clipped before its update and leaves the box again in it: clip after the update.",
                    0.3,
                )
            elif unchanged and any(clipped):
                self._out.failed(
                    key,
                    "clipped_sometimes",
                    "The critic is not clipped after each of its updates, only after some. Look at what is inside the "
                    "loop.",
                    0.3,
                )
            elif unchanged and _in_box(run.trainable(step.last_state, DISCRIMINATOR)):
                self._out.failed(
                    key,
                    "clipped_late",
                    "The critic is clipped at the end of the training step only: the generator learns from a critic "
                    "outside the box. Clip after each of the critic's updates.",
                    0.3,
                )
            elif unchanged:
                self._out.failed(key, "not_clipped", "The critic's weights are not clipped: they stay outside the box.")
            elif inside == [True, False]:
                self._out.failed(
                    key,
                    "biases_not_clipped",
                    "Biases were not clipped: every trainable weight of the critic belongs into the box.",
                    0.5,
                )
            elif inside == [False, True]:
                self._out.failed(
                    key,
                    "kernels_not_clipped",
                    "Kernels were not clipped: every trainable weight of the critic belongs into the box.",
                    0.3,
                )
            elif any(_close([s], [e]) for s, e in zip(settled, expected)) and not all(inside):
                self._out.failed(
                    key,
                    "some_not_clipped",
                    "Only some of the critic's weights were clipped: every trainable weight belongs into the box.",
                    0.3,
                )
            elif _clipped_to_other_box(after, settled):
                self._out.failed(
                    key, "clip_box", "The critic's weights are clipped to another box than the task's.", 0.5
                )
            else:
                self._out.failed(
                    key,
                    "clip_other",
                    "The critic's weights are changed after the update, but not by clipping each of them to the box.",
                )
            return
        for step in run.steps:
            before, after = run.trainable(step.first_state, GENERATOR), run.trainable(step.last_state, GENERATOR)
            if max(np.abs(w).max() for w in before) > 1.05 and max(np.abs(w).max() for w in after) <= 1 + 1e-6:
                self._out.failed(
                    key,
                    "generator_clipped",
                    "The generator's weights are clipped too: only the critic has to be kept in bounds.",
                    0.5,
                )

    def _judge_mixing(self, sorted_runs: list) -> None:
        key = "mixing"
        weights: list[np.ndarray] = []
        for _, _, _, read in _discriminator_updates(sorted_runs):
            found = read()
            batches = found[1] if len(found) > 1 and len(found[1].other) else found[0]
            if not self._judge_one_mixing(batches, weights):
                return
        if not weights:
            return
        self._seen.add(key)
        everything = np.concatenate(weights)
        if any(np.ptp(u) < 1e-4 for u in weights if len(u) > 2):
            if np.ptp(everything) < 1e-4:
                self._out.failed(
                    key,
                    "mixing_constant",
                    "The penalty always looks at the same place between real and fake: the place is to be drawn at "
                    "random, for each example.",
                    0.3,
                )
            else:
                self._out.failed(
                    key,
                    "mixing_shared",
                    "One interpolation weight is shared by the whole batch: each example needs its own.",
                    0.5,
                )
        elif everything.min() < -1e-3 or everything.max() > 1 + 1e-3:
            self._out.failed(
                key,
                "mixing_outside",
                "The penalty looks beyond the segment between real and fake: an interpolation weight drawn from a "
                "normal distribution does that, or a sign that is turned round.",
                0.3,
            )
        elif everything.max() < 0.6 or everything.min() > 0.4:
            self._out.failed(
                key,
                "mixing_not_uniform",
                "The interpolation weights keep to one side: they are to be uniform between real and fake.",
                0.5,
            )

    def _judge_one_mixing(self, batches: Batches, weights: list[np.ndarray]) -> bool:
        key = "mixing"
        if not len(batches.other):
            self._out.failed(
                key,
                "no_mixing",
                "The penalty is not taken between real and fake: the critic is never shown a mixture of the two, one "
                "row of each.",
            )
            return False
        if not len(batches.real) or not len(batches.fake):
            return True
        u, distance = segment_weights(batches.other, batches.real, batches.fake)
        if (distance > 1e-4 * (1 + np.abs(batches.other).max())).any():
            low, high = (
                np.minimum(batches.real.min(0), batches.fake.min(0)),
                np.maximum(batches.real.max(0), batches.fake.max(0)),
            )
            if _between_by_coordinates(batches):
                self._out.failed(
                    key,
                    "mixing_per_coordinate",
                    "Every coordinate has an interpolation weight of its own: one number an example places it on the "
                    "segment between real and fake.",
                    0.5,
                )
            else:
                inside = bool(((batches.other >= low - 1e-6) & (batches.other <= high + 1e-6)).all())
                self._out.failed(
                    key,
                    "mixing_other",
                    "The penalty looks at places that are not on a segment between a real example and a fake of the "
                    f"batch, though {'near' if inside else 'far from'} them. Look at how the two are mixed.",
                )
            return False
        weights.append(u)
        return True

    # ------------------------------------------------------------ optimizers and reports

    def _judge_optimizers(self, scene: Scene, run: Run) -> None:
        for network in (DISCRIMINATOR, GENERATOR):
            record = run.adam_record(network)
            if not record:
                continue
            self._seen.add("optimizer")
            found = adam.explain(record, scene.learning_rate, self._kind.betas, run.counters(network))
            if found is not None:
                idea, symptom = found
                self._out.failed(
                    "optimizer",
                    idea,
                    f"The {network}'s optimizer: {symptom}. Look at where it is made, and with which arguments.",
                    0.5 if idea in ("betas", "learning_rate") else 0.0,
                )

    def _judge_reported(
        self, scene: Scene, run: Run, sorter: Sorter, chosen: _Choice, generator_formula: Formula | None
    ) -> None:
        key = "reported"
        history = _History()
        for step in run.steps:
            returned = step.returned
            if returned is None:
                self._out.failed(key, "no_dictionary", "train_step does not return a dictionary of its losses.")
                return
            missing = [name for name in self._kind.keys if name not in returned]
            if missing:
                self._out.failed(
                    key,
                    "key_missing",
                    f"The dictionary that train_step returns has no entry {missing[0]!r}; scripts and plots look "
                    "for it.",
                )
                return
            if any(returned[name].size != 1 for name in self._kind.keys):
                self._out.failed(key, "not_scalar", "train_step returns a loss that is not a single number.", 0.5)
                return
            if chosen.formula is not None and generator_formula is not None:
                self._seen.add(key)
            values = {name: float(returned[name].reshape(())) for name in self._kind.keys}
            possible = _possible_reports(self._kind, scene, run, step, sorter, chosen, generator_formula, history)
            for name in self._kind.keys:
                options = possible.get(name)
                if options and not _among(values[name], options):
                    self._wrong_report(name, values, possible)
                    return
            if "discr_loss" in possible and self._kind.has_penalty and chosen.formula is not None:
                plain = possible["plain"]
                if plain and not _among(values["discr_loss"], plain) and not self._out.hints:
                    self._out.hints.append(
                        "discr_loss is reported with the penalty in it. That is accepted; without it, it can be "
                        "compared with task 2's."
                    )

    def _wrong_report(self, name: str, values: dict[str, float], possible: dict[str, list[float]]) -> None:
        other = "gen_loss" if name == "discr_loss" else "discr_loss"
        if possible.get(other) and name != "gp" and _among(values[name], possible[other]):
            idea, symptom = "reports_swapped", "it holds the other network's loss"
        elif _among(-values[name], possible[name]):
            idea, symptom = "report_sign", "its sign is turned round"
        else:
            idea, symptom = "report_value", "it is not the loss of the last update, nor the mean over the updates"
        self._out.failed("reported", idea, f"The value returned as {name!r} is another one: {symptom}.", 0.5)

    # --------------------------------------------------- training mode, fit, other forms

    def _judge_modes(self) -> None:
        key = "training_mode"
        if "modes" in self._errors:
            self._out.skipped(key, "A training step on networks with batch normalisation and dropout could not be run.")
            if any(name in self._results for name in ("points", "pictures")):
                self._out.findings.pop(key)
                error = in_words(self._errors["modes"], self._stack)
                self._out.failed(
                    key, "modes_error", f"Networks with batch normalisation and dropout raise an error: {error}"
                )
            return
        if not isinstance(self._results.get("modes"), dict):
            self._out.skipped(key, "The process ended before this was looked at.")
            return
        try:
            run = self._run("modes")
        except BrokenTrace:
            self._out.skipped(key, "The record of the training step does not fit together.")
            return
        for owner in (GENERATOR, DISCRIMINATOR):
            if not run.updates_of(owner):
                self._out.skipped(key, f"The {owner} is never updated on its own.")
            for _, update in run.updates_of(owner):
                calls = [call for call in update.calls if call.network == owner]
                if any(call.training is True for call in calls):
                    continue
                sentence = (
                    f"The {owner} does not run in training mode in its own update: dropout is off, and the "
                    "statistics of batch normalisation never move. Look for training= at each call."
                )
                if owner == DISCRIMINATOR and not self._strict:
                    # No discriminator of the older coursework has a layer for which it makes a difference.
                    hint = sentence + " The coursework does not ask for it; this costs nothing."
                    if hint not in self._out.hints:
                        self._out.hints.append(hint)
                    continue
                self._out.failed(key, f"{owner}_not_training", sentence)
        if self._kind.has_clipping:
            last = run.steps[-1].last_state
            statistics = [w for place, w in enumerate(run.weights(last, DISCRIMINATOR)) if place in (4, 5)]
            if run.updates_of(DISCRIMINATOR) and np.abs(statistics[1]).max() <= 1 + 1e-6:
                self._out.failed(
                    "clipping",
                    "statistics_clipped",
                    "The statistics of batch normalisation are clipped: only trainable weights belong into the box.",
                    0.7,
                )
        self._out.passed(key)

    def _judge_fit(self) -> None:
        key = "fit"
        if "fit" in self._errors:
            self._out.failed(key, "fit_error", f"fit raised {in_words(self._errors['fit'], self._stack)}")
            return
        found = self._results.get("fit")
        if not isinstance(found, dict):
            self._out.skipped(key, "The process ended before fit was called.")
            return
        history, updates = found["history"], found["updates"]
        for name in self._kind.keys:
            if name not in history:
                self._out.failed(key, "fit_history", f"The history that fit returns has no entry {name!r}.")
                return
            if history[name].size != FIT_EPOCHS:
                self._out.failed(key, "fit_history", f"The history's {name!r} does not hold one value an epoch.")
                return
        for network in (DISCRIMINATOR, GENERATOR):
            wanted = FIT_EPOCHS * FIT_STEPS * self._steps_seen[network]
            if not wanted:
                self._out.skipped(key, f"The {network} is never updated.")
            elif updates[network] != wanted:
                self._out.failed(
                    key,
                    "fit_steps",
                    "fit does not run epochs * steps_per_epoch training steps: the "
                    f"{network} was updated another number of times.",
                )
                return
        self._out.passed(key)

    def _judge_robustness(self) -> None:
        cases = {
            "float64": "examples in double precision",
            "few": "fewer examples than batch_size",
            "no_channel": "pictures without a channel axis beside a generator whose output has one",
            "dead": "a critic whose gradient is zero (the root's slope is infinite there)",
        }
        played = self._results.keys() | self._errors.keys()
        cases = {name: words for name, words in cases.items() if name in played}
        if not cases or not any(isinstance(self._results.get(name), dict) for name in ("points", "pictures")):
            self._out.skipped("robust", "The training step could not be run.")
            return
        failing = []
        for name, words in cases.items():
            if name in self._errors:
                failing.append((name, f"{words}: {in_words(self._errors[name], self._stack)}"))
            elif not isinstance(self._results.get(name), dict):
                continue
            elif not self._finite(name):
                failing.append((name, f"{words}: weights become NaN."))
            elif name == "no_channel" and self._kind.has_penalty and not self._mixes_without_channel():
                failing.append((name, f"{words}: the mixtures are of neither form, by broadcasting."))
        if not failing:
            self._out.passed("robust")
            return
        sentence = "The training step fails on " + failing[0][1]
        if not self._strict:
            self._out.hints.append(sentence + " The coursework does not ask for it; this costs nothing.")
            self._out.passed("robust")
            return
        self._out.failed("robust", f"robust_{failing[0][0]}", sentence, 1 - len(failing) / len(cases))

    def _finite(self, name: str) -> bool:
        try:
            run = self._run(name)
        except BrokenTrace:
            return False
        last = run.steps[-1].last_state
        return all(np.isfinite(w).all() for network in (GENERATOR, DISCRIMINATOR) for w in run.weights(last, network))

    def _mixes_without_channel(self) -> bool:
        scene = self._scenes["no_channel"]
        run = self._run("no_channel")
        sorter = self._sorter(scene, run)
        generated = [call for call in run.steps[0].calls if call.network == GENERATOR]
        for _, update in run.updates_of(DISCRIMINATOR):
            calls = [call for call in update.calls if call.network == DISCRIMINATOR]
            if any(rows(call.inputs).shape[1] != 9 or len(call.inputs) > 4 * scene.batch_size for call in calls):
                return False
            batches = sorter.sort(calls, generated)
            if len(batches.other) and len(batches.real) and len(batches.fake):
                _, distance = segment_weights(batches.other, batches.real, batches.fake)
                if (distance > 1e-3).any():
                    return False
        return True


# ----------------------------------------------------------------------------- helpers


@dataclass(frozen=True)
class _Choice:
    """The discriminator's formula and penalty as they were recognised; None where they were not."""

    formula: Formula | None
    penalty: Penalty | None
    check: str = ""


@dataclass(frozen=True)
class _Candidate:
    check: str
    idea: str
    sentence: str
    share: float
    formula: Formula
    penalty: Penalty | None = None
    # (weight of the loss, weight of the penalty) from lambda_gp
    weights: Callable[[float], tuple[float, float]] = lambda weight: (1.0, weight)
    place: str = "other"


LOOK_L = "Look at how the penalty enters the loss."


def _discriminator_candidates(kind: Kind) -> list[_Candidate]:
    formulas = kind.formulas[0]
    if not kind.has_penalty:
        return [_Candidate("discriminator_loss", f.idea, f.sentence, f.share, f) for f in formulas]
    right, penalty = formulas[0], PENALTIES[0]
    candidates = [_Candidate("discriminator_loss", RIGHT, "", 1.0, right, penalty)]
    for weights, idea, sentence, share in (
        (
            lambda weight: (1.0, 0.0),
            "penalty_left_out",
            "The penalty does not reach the critic's update: it is left out of the loss, or computed where the tape "
            "does not see it. " + LOOK_L,
            0.0,
        ),
        (
            lambda weight: (1.0, 1.0),
            "lambda_missing",
            "The penalty enters the loss without its weight lambda_gp. " + LOOK_L,
            0.5,
        ),
        (
            lambda weight: (1.0, 10.0),
            "lambda_fixed",
            "The penalty's weight is a fixed number, whatever lambda_gp was passed. " + LOOK_L,
            0.5,
        ),
        (
            lambda weight: (1.0, -weight),
            "penalty_subtracted",
            "The penalty is subtracted: it is a cost, and is added to the loss. " + LOOK_L,
            0.0,
        ),
        (
            lambda weight: (weight, weight),
            "lambda_everywhere",
            "lambda_gp multiplies the whole loss: it weighs the penalty alone. " + LOOK_L,
            0.3,
        ),
        (
            lambda weight: (weight, 1.0),
            "lambda_misplaced",
            "lambda_gp weighs the wrong part of the loss: it belongs to the penalty. " + LOOK_L,
            0.3,
        ),
        (
            lambda weight: (0.0, weight),
            "only_penalty",
            "The critic learns from the penalty alone. " + LOOK_L,
            0.0,
        ),
        (
            lambda weight: (1.0, weight**2),
            "lambda_twice",
            "lambda_gp is multiplied in twice. " + LOOK_L,
            0.5,
        ),
        (
            lambda weight: (1.0, 1 / weight),
            "lambda_divides",
            "The penalty is divided by lambda_gp instead of multiplied. " + LOOK_L,
            0.3,
        ),
        (
            lambda weight: (1.0, weight / 2),
            "penalty_halved",
            "The penalty is halved: only lambda_gp stands in front of it. " + LOOK_L,
            0.5,
        ),
    ):
        candidates.append(_Candidate("penalty_applied", idea, sentence, share, right, penalty, weights))
    for other in PENALTIES[1:]:
        candidates.append(_Candidate("penalty", other.idea, other.sentence, 0.0, right, other))
    for place, words in (("real", "real examples"), ("fake", "fakes")):
        candidates.append(
            _Candidate(
                "mixing",
                f"penalty_at_{place}",
                f"The penalty is taken at the {words} themselves: it belongs to random places between real and fake.",
                0.0,
                right,
                penalty,
                place=place,
            )
        )
    for formula in formulas[1:]:
        candidates.append(
            _Candidate("discriminator_loss", formula.idea, formula.sentence, formula.share, formula, penalty)
        )
    # Without any penalty, and with another loss besides: the loss is the idea to begin with.
    for formula in formulas[1:]:
        candidates.append(
            _Candidate(
                "discriminator_loss",
                formula.idea,
                formula.sentence,
                formula.share,
                formula,
                penalty,
                lambda weight: (1.0, 0.0),
            )
        )
    candidates.append(
        _Candidate(
            "discriminator_loss",
            "loss_sign",
            "The sign of the critic's whole loss is turned round, penalty included: its update makes worse what it "
            "should make better.",
            0.0,
            formulas[1],
            penalty,
            lambda weight: (1.0, -weight),
        )
    )
    return candidates


def _discriminator_updates(
    sorted_runs: list[tuple[Scene, Run, Sorter]],
) -> Iterator[tuple[Scene, Run, AppliedUpdate, Callable[[], list[Batches]]]]:
    """Yield each update of the discriminator with a function that reads its batches, to be called before the next."""
    for scene, run, sorter in sorted_runs:
        for step in run.steps:
            generated: list[Call] = []
            earlier: list[Call] = []
            for update in step.updates:
                generated += [call for call in update.calls if call.network == GENERATOR]
                if update.owner == DISCRIMINATOR:
                    yield scene, run, update, partial(readings, update.calls, earlier, sorter, generated)
                earlier += [call for call in update.calls if call.network == DISCRIMINATOR]


class _Matcher:
    """Compares one recorded gradient of the discriminator with those of all candidates."""

    def __init__(self, run: Run, scene: Scene, update: AppliedUpdate):
        self._scene = scene
        self._perceptron = scene.networks[DISCRIMINATOR].perceptron
        # The weights as the networks saw them: a clip may come between the loss and the update.
        states = [call.state for call in update.calls if call.network == DISCRIMINATOR]
        self._weights = run.trainable(states[-1] if states else update.before, DISCRIMINATOR)
        self._found = _flat(update.gradients)
        self.clipped = 0

    def fitting(self, batches: Batches, candidates: list[_Candidate]) -> set[int]:
        """Return the numbers of the candidates that give the recorded gradient on these batches."""
        r, by_real = self._scores(batches.real)
        f, by_fake = self._scores(batches.fake)
        penalties: dict[tuple[int, str], np.ndarray] = {}
        losses: dict[int, np.ndarray] = {}
        fitting = set()
        for number, candidate in enumerate(candidates):
            formula = candidate.formula
            if id(formula) not in losses:
                dr, df = slopes(formula.loss, r, f)
                losses[id(formula)] = dr @ by_real + df @ by_fake
            expected = losses[id(formula)]
            if candidate.penalty is not None:
                weight, penalty_weight = candidate.weights(self._scene.lambda_gp)
                expected = weight * expected
                if penalty_weight:
                    part = (id(candidate.penalty), candidate.place)
                    if part not in penalties:
                        penalties[part] = self._penalty_gradient(candidate, batches)
                    expected = expected + penalty_weight * penalties[part]
            if _near(self._found, expected):
                fitting.add(number)
            elif number == 0 and _near(self._found, np.clip(expected, -1, 1)):
                self.clipped += 1
        return fitting

    def _scores(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not len(batch):
            return np.zeros(0), np.zeros((0, len(self._found)))
        scores = self._perceptron.forward(self._weights, batch)[:, 0]
        one = np.ones((1, 1))
        return scores, np.stack([_flat(self._perceptron.backward(self._weights, row[None], one)[0]) for row in batch])

    def _penalty_gradient(self, candidate: _Candidate, batches: Batches) -> np.ndarray:
        x = getattr(batches, candidate.place)
        if not len(x):
            return np.full(len(self._found), np.nan)
        gradients = self._perceptron.input_gradient(self._weights, x).reshape(len(x), *self._scene.example)
        (direction,) = slopes(candidate.penalty.value, gradients)
        return _flat(self._perceptron.directional_gradient(self._weights, x, direction))


def _generator_fits(run: Run, update: AppliedUpdate, formulas: list[Formula]) -> set[int]:
    if any(gradient is None for gradient in update.gradients):
        return set()
    found = _flat(update.gradients)
    generator, discriminator = (run.networks[name].perceptron for name in (GENERATOR, DISCRIMINATOR))
    g = run.trainable(update.before, GENERATOR)
    made = [call for call in update.calls if call.network == GENERATOR]
    shown = [call for call in update.calls if call.network == DISCRIMINATOR]
    if not made or not shown:
        return set()
    fits: set[int] = set()
    outputs = np.concatenate([rows(call.outputs) for call in made])
    latents = np.concatenate([rows(call.inputs) for call in made])
    choices = [[call] for call in shown] + ([shown] if len(shown) > 1 else [])
    for choice in reversed(choices):
        d = run.trainable(choice[-1].state, DISCRIMINATOR)
        inputs = np.concatenate([rows(call.inputs) for call in choice])
        places = find_rows(inputs, outputs)
        x, z = inputs[places >= 0], latents[places[places >= 0]]
        if not len(x):
            continue
        r, f = np.zeros(0), discriminator.forward(d, x)[:, 0]
        for number, formula in enumerate(formulas):
            _, df = slopes(formula.loss, r, f)
            _, by_x = discriminator.backward(d, x, df[:, None])
            expected = _flat(generator.backward(g, z, by_x)[0])
            if _near(found, expected):
                fits.add(number)
    return fits


def _reports(step: Step, formula: Formula) -> bool:
    """Tell whether a step's reported generator loss is this formula's on a batch that its last update was shown."""
    value = (step.returned or {}).get("gen_loss")
    updates = [update for update in step.updates if update.owner == GENERATOR]
    if value is None or value.size != 1 or not updates:
        return False
    shown = [call for call in updates[-1].calls if call.network == DISCRIMINATOR]
    scores = [call.outputs.astype(np.float64).reshape(-1) for call in shown]
    return _among(float(value.reshape(())), [formula.loss(np.zeros(0), f) for f in scores])


def _best_candidate(fits: list[set[int]], count: int) -> int | None:
    """Return the first candidate that explains every update, or else every update that the right one does not."""
    if all(0 in found for found in fits):
        return 0
    for wanted in (fits, [found for found in fits if 0 not in found]):
        for number in range(1, count):
            if all(number in found for found in wanted):
                return number
    return None


class _History:
    """The losses of the steps so far: a report may be a running mean, as Keras's trackers make it."""

    def __init__(self) -> None:
        self._each: dict[str, list[float]] = {}
        self._last: dict[str, list[float]] = {}

    def running_means(self, name: str, values: list[float]) -> list[float]:
        """Add a step's values, one an update, and return the means over all updates and over the last ones."""
        if not values:
            return []
        self._each.setdefault(name, []).extend(values)
        self._last.setdefault(name, []).append(values[-1])
        return [float(np.mean(self._each[name])), float(np.mean(self._last[name]))]


def _possible_reports(
    kind: Kind,
    scene: Scene,
    run: Run,
    step: Step,
    sorter: Sorter,
    chosen: _Choice,
    generator_formula: Formula | None,
    history: _History,
) -> dict[str, list[float]]:
    """Return, for each key, every value that is a fair report; nothing for what was not recognised."""
    generated = [call for call in step.calls if call.network == GENERATOR]
    windows: list[list[Call]] = [update.calls for update in step.updates if update.owner == DISCRIMINATOR]
    tail: list[Call] = []
    last = max((n for n, update in enumerate(step.updates) if update.owner == DISCRIMINATOR), default=-1)
    for update in step.updates[last + 1 :]:
        tail += update.calls
    tail += step.late_calls
    possible: dict[str, list[float]] = {"plain": []}

    def scores(calls: list[Call]) -> tuple[list[np.ndarray], list[np.ndarray], list[tuple[Call, np.ndarray]]]:
        real, fake, other = [], [], []
        for call in calls:
            if call.network != DISCRIMINATOR:
                continue
            inputs = rows(call.inputs)
            answers = call.outputs.astype(np.float64).reshape(-1)
            if len(answers) != len(inputs):
                continue
            batches = sorter.sort([call], generated)
            is_real = find_rows(inputs, batches.real) >= 0
            is_fake = find_rows(inputs, batches.fake) >= 0
            if is_real.any():
                real.append(answers[is_real])
            if is_fake.any():
                fake.append(answers[is_fake])
            if (~is_real & ~is_fake).any():
                other.append((call, inputs[~is_real & ~is_fake]))
        return real, fake, other

    penalty = chosen.penalty
    per_window = [scores(calls) for calls in windows]
    if not per_window:
        return {"plain": []}
    real, fake, other = scores(windows[-1] + tail)
    if chosen.formula is not None:
        loss = chosen.formula.loss
        reals, fakes = real or [np.zeros(0)], fake or [np.zeros(0)]
        plain = [loss(r, f) for r in reals for f in fakes]
        means = [loss(r[-1] if r else np.zeros(0), f[-1] if f else np.zeros(0)) for r, f, _ in per_window]
        plain += [float(np.mean(means)), *history.running_means("discr_loss", means)]
        possible["plain"] = plain
        possible["discr_loss"] = list(plain)
    if penalty is not None:

        def penalty_of(call: Call, x: np.ndarray) -> list[float]:
            weights = run.trainable(call.state, DISCRIMINATOR)
            gradient = scene.networks[DISCRIMINATOR].perceptron.input_gradient(weights, x)
            return [penalty.value(gradient.reshape(len(x), *scene.example))]

        values = [value for call, x in other for value in penalty_of(call, x)]
        each = [penalty_of(*found[-1])[0] for _, _, found in per_window if found]
        if each:
            values += [float(np.mean(each)), *history.running_means("gp", each)]
        if values:
            possible["gp"] = values
            if chosen.formula is not None:
                weight = scene.lambda_gp
                with_penalty = [a + factor * b for a in possible["plain"] for b in values for factor in (1, weight)]
                possible["discr_loss"] += with_penalty
            if chosen.check == "penalty_applied":
                # Reported with or without its weight: the idea was named already.
                possible["gp"] = values + [scene.lambda_gp * value for value in values]
    if generator_formula is not None:
        _, late_fake, _ = scores(tail)
        losses = [generator_formula.loss(np.zeros(0), f) for f in late_fake]
        possible["gen_loss"] = losses + history.running_means("gen_loss", losses[:1])
    return {name: options for name, options in possible.items() if options or name == "plain"}


def _among(value: float, options: list[float]) -> bool:
    return any(abs(value - option) <= 1e-3 * abs(option) + 2e-5 for option in options)


def _flat(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.asarray(array, np.float64).ravel() for array in arrays])


def _near(found: np.ndarray, expected: np.ndarray) -> bool:
    if found.shape != expected.shape or not np.isfinite(expected).all():
        return False
    return bool(np.linalg.norm(found - expected) <= 5e-4 * np.linalg.norm(expected) + 1e-6)


def _close(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(np.abs(a - b).max() <= 1e-6 for a, b in zip(first, second))


def _in_box(arrays: list[np.ndarray]) -> bool:
    return all(np.abs(w).max() <= 1 + 1e-6 for w in arrays)


def _clipped_to_other_box(after: list[np.ndarray], settled: list[np.ndarray]) -> bool:
    largest = max(np.abs(w).max() for w in settled)
    return _close(settled, [np.clip(w, -largest, largest) for w in after]) or _close(
        settled, [np.clip(w, 0, largest) for w in after]
    )


def segment_weights(x: np.ndarray, real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find for each row of x the pair (real, fake) on whose line it lies best.

    Returns
    -------
    u, distance : arrays of shape (rows,)
        x = u * real + (1 - u) * fake up to ``distance``.
    """
    difference = real[:, None, :] - fake[None, :, :]
    offset = x[:, None, None, :] - fake[None, None, :, :]
    u = (offset * difference).sum(-1) / np.maximum((difference**2).sum(-1), 1e-12)
    distance = np.linalg.norm(offset - u[..., None] * difference, axis=-1)
    flat = distance.reshape(len(x), -1)
    best = flat.argmin(axis=1)
    rows_ = np.arange(len(x))
    return u.reshape(len(x), -1)[rows_, best], flat[rows_, best]


def _between_by_coordinates(batches: Batches) -> bool:
    """Tell whether each row lies in the box spanned by a real example and a fake, as with one weight a coordinate."""
    low = np.minimum(batches.real[:, None], batches.fake[None]) - 1e-5
    high = np.maximum(batches.real[:, None], batches.fake[None]) + 1e-5
    x = batches.other[:, None, None, :]
    inside = ((x >= low) & (x <= high)).all(axis=-1)
    return bool(inside.any(axis=(1, 2)).all())
