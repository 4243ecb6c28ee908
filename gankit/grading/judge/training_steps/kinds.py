"""What tasks 1 to 3 have in common and what sets them apart: checks, betas, losses, reported values."""

from __future__ import annotations

from dataclasses import dataclass

from gankit.grading.judge.hypotheses import Hypothesis
from gankit.grading.judge.training_steps.losses import LEAST_SQUARES, PENALISED, WASSERSTEIN
from gankit.grading.judge.verdicts import Check

_COMMON = (
    Check("builds", "the file can be imported and the class built", 1),
    Check("real_sample", "get_real_sample draws real examples", 1),
    Check("fake_sample", "get_fake_sample draws fakes", 1),
    Check("runs", "training steps run without an error, on points and on pictures", 1),
    Check("rhythm", "disc_iter updates of the discriminator, then one of the generator", 2),
    Check("batches", "every update has a fresh batch of its own", 1),
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
    """What distinguishes one of the three tasks; the right loss comes first among those of each network."""

    number: int
    class_name: str
    betas: tuple[float, float]
    discriminator_losses: list[Hypothesis]
    generator_losses: list[Hypothesis]
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
    Kind(1, "Simple_GAN", (0.5, 0.9), *LEAST_SQUARES, _COMMON),
    Kind(2, "WGAN_clip", (0.5, 0.9), *WASSERSTEIN, _COMMON[:9] + _CLIPPING + _COMMON[9:]),
    Kind(
        3,
        "WGAN_GP",
        (0.3, 0.9),
        PENALISED,
        WASSERSTEIN[1],
        _COMMON[:9] + _PENALTY + _COMMON[9:],
        ("discr_loss", "gen_loss", "gp"),
    ),
)
