"""Known-wrong losses, as expressions of the scores of real examples `r` and of fakes `f`, and known-wrong penalties.

Every entry is (name, idea that has to be named, expression). Together with `training_steps.py` there is one for every
wrong formula that the judge knows.
"""

from submissions.wrong.training_steps import D1, D2, G1, G2, MEAN_P

MEAN = "tf.reduce_mean"
ENTROPY = "tf.keras.losses.binary_crossentropy"


def bce(scores, target, logits=True):
    return f"{MEAN}({ENTROPY}(tf.fill(tf.shape({scores}), {target}), {scores}, from_logits={logits}))"


def hinge(r="r", f="f"):
    return f"{MEAN}(tf.nn.relu(1.0 - {r})) + {MEAN}(tf.nn.relu(1.0 + {f}))"


R1, F1 = f"{MEAN}((r - 1.0) ** 2)", f"{MEAN}((f + 1.0) ** 2)"
ENTROPIES = [
    ("cross-entropy of logits, halved", "cross_entropy", f"0.5 * ({bce('r', 1.0)} + {bce('f', 0.0)})"),
    ("cross-entropy of probabilities", "cross_entropy", f"{bce('r', 1.0, False)} + {bce('f', 0.0, False)}"),
    ("cross-entropy with target -1", "cross_entropy", f"{bce('r', 1.0)} + {bce('f', -1.0)}"),
    ("cross-entropy of probabilities, -1", "cross_entropy", f"{bce('r', 1.0, False)} + {bce('f', -1.0, False)}"),
]
GENERATOR_ENTROPIES = [
    ("the generator's cross-entropy", "cross_entropy", bce("f", 1.0)),
    ("the generator's old cross-entropy", "cross_entropy", f"-{bce('f', 0.0)}"),
    ("the generator's cross-entropy of probabilities", "cross_entropy", bce("f", 1.0, False)),
]
LEAST_SQUARES_D = [
    ("doubled", "loss_doubled", f"2.0 * ({R1} + {F1})"),
    ("0 for real, -1 for fakes", "real_target_zero", f"{MEAN}(r**2) + {F1}"),
    ("0 for real, 1 for fakes", "zero_one_swapped", f"{MEAN}(r**2) + {MEAN}((f - 1.0) ** 2)"),
    ("-1 for both", "same_target", f"{MEAN}((r + 1.0) ** 2) + {F1}"),
    ("a smoothed target", "smoothed_target", f"{MEAN}((r - 0.9) ** 2) + {F1}"),
    ("the other difference of terms", "terms_subtracted", f"{F1} - {R1}"),
    ("roots", "root_of_square", f"tf.sqrt({R1}) + tf.sqrt({F1})"),
    ("square of a sum", "squared_sum", f"({MEAN}(r - 1.0) + {MEAN}(f + 1.0)) ** 2"),
    ("a Wasserstein loss turned round", "wasserstein_loss", f"{MEAN}(r) - {MEAN}(f)"),
    ("a hinge", "hinge_loss", hinge()),
    *ENTROPIES,
]
LEAST_SQUARES_G = [
    ("the generator's loss halved", "loss_halved", f"0.5 * {MEAN}((f - 1.0) ** 2)"),
    ("the generator's loss doubled", "loss_doubled", f"2.0 * {MEAN}((f - 1.0) ** 2)"),
    ("the generator's sum", "sum_for_mean", "tf.reduce_sum((f - 1.0) ** 2)"),
    ("the generator flees its target", "generator_target", f"-{F1}"),
    ("the generator's square of the mean", "square_of_mean", f"({MEAN}(f) - 1.0) ** 2"),
    ("the generator's absolute distances", "absolute_for_square", f"{MEAN}(tf.abs(f - 1.0))"),
    ("the generator's root", "root_of_square", f"tf.sqrt({MEAN}((f - 1.0) ** 2))"),
    ("the generator's Wasserstein loss turned round", "wasserstein_loss", f"{MEAN}(f)"),
    *GENERATOR_ENTROPIES,
]
WASSERSTEIN_D = [
    ("halved", "loss_halved", f"0.5 * ({MEAN}(f) - {MEAN}(r))"),
    ("doubled", "loss_doubled", f"2.0 * ({MEAN}(f) - {MEAN}(r))"),
    ("means added, below zero", "terms_added", f"-{MEAN}(r) - {MEAN}(f)"),
    ("minus the absolute difference", "absolute_difference", f"-tf.abs({MEAN}(f) - {MEAN}(r))"),
    ("absolute scores", "absolute_scores", f"{MEAN}(tf.abs(f)) - {MEAN}(tf.abs(r))"),
    ("square of the difference", "squared_scores", f"({MEAN}(f) - {MEAN}(r)) ** 2"),
    ("difference of squares", "squared_scores", f"{MEAN}(f**2) - {MEAN}(r**2)"),
    ("a hinge", "hinge_loss", hinge()),
    ("cross-entropy of logits", "cross_entropy", f"{bce('r', 1.0)} + {bce('f', 0.0)}"),
    *ENTROPIES,
]
WASSERSTEIN_G = [
    ("the generator's loss halved", "loss_halved", f"-0.5 * {MEAN}(f)"),
    ("the generator's loss doubled", "loss_doubled", f"-2.0 * {MEAN}(f)"),
    ("the generator's sum", "sum_for_mean", "-tf.reduce_sum(f)"),
    ("minus absolute scores", "absolute_scores", f"-{MEAN}(tf.abs(f))"),
    ("absolute scores of the generator", "absolute_scores", f"{MEAN}(tf.abs(f))"),
    ("the generator's squares", "squared_scores", f"-{MEAN}(f**2)"),
    ("the generator is task 1's, and to be found out", "least_squares_loss", F1),
    *GENERATOR_ENTROPIES,
]
# Expressions of `norms`, one an example, and of `gradients`.
PENALTY = [
    ("pulled to zero, not squared", "penalty_to_zero", f"{MEAN}(norms)"),
    ("not squared, signed", "penalty_not_squared", f"{MEAN}(norms - 1.0)"),
    ("measured from -1", "penalty_sign_plus", f"{MEAN}((norms + 1.0) ** 2)"),
    ("halved", "penalty_halved", f"0.5 * {MEAN}((norms - 1.0) ** 2)"),
    ("rooted", "penalty_rooted", f"tf.sqrt({MEAN}((norms - 1.0) ** 2))"),
    ("every coordinate", "penalty_per_coordinate", f"{MEAN}((gradients - 1.0) ** 2)"),
    ("every coordinate's size", "penalty_per_coordinate", f"{MEAN}((tf.abs(gradients) - 1.0) ** 2)"),
    (
        "sum of absolute values",
        "penalty_one_norm",
        f"{MEAN}((tf.reduce_sum(tf.abs(gradients), axis=list(range(1, len(gradients.shape)))) - 1.0) ** 2)",
    ),
    ("norm over the last axis", "norm_axis", f"{MEAN}((tf.norm(gradients, axis=-1) - 1.0) ** 2)"),
]
TOTAL = "discr_loss + self.lambda_gp * gp"
# Expressions of the loss and of the penalty.
WEIGHTS = [
    ("lambda on the loss", "lambda_misplaced", "self.lambda_gp * discr_loss + gp"),
    ("the penalty alone", "only_penalty", "self.lambda_gp * gp"),
    ("lambda twice", "lambda_twice", "discr_loss + self.lambda_gp * self.lambda_gp * gp"),
    ("divided by lambda", "lambda_divides", "discr_loss + gp / self.lambda_gp"),
    ("half the penalty's weight", "lambda_halved", "discr_loss + 0.5 * self.lambda_gp * gp"),
    ("everything turned round", "loss_sign", "-(discr_loss + self.lambda_gp * gp)"),
]


def in_class(old, expressions):
    """Put each expression in the place of the reference's line."""
    names = "r = real_scores\n        f = fake_scores\n" if old in (D1, D2) else "f = fake_scores\n"
    return [(name, idea, [(old, f"{names}        return {text}")]) for name, idea, text in expressions]


ALL = {
    "simple_gan.py": in_class(D1, LEAST_SQUARES_D) + in_class(G1, LEAST_SQUARES_G),
    "wgan_clip.py": in_class(D2, WASSERSTEIN_D) + in_class(G2, WASSERSTEIN_G),
    "wgan_gp.py": [(name, idea, [(MEAN_P, f"return {text}")]) for name, idea, text in PENALTY]
    + [(name, idea, [(TOTAL, text)]) for name, idea, text in WEIGHTS],
}
