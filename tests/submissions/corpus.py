"""All submissions that the grader is tested with, as one list: each says which verdict it deserves."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from submissions.hostile import attacks
from submissions.right import builder as right_builder
from submissions.right import scripts as right_scripts
from submissions.right import stored
from submissions.right import training_steps as right_steps
from submissions.wrong import builder as wrong_builder
from submissions.wrong import losses as wrong_losses
from submissions.wrong import scripts as wrong_scripts
from submissions.wrong import training_steps as wrong_steps
from submissions.wrong import whole_class

from gankit.grading.submission import TASK_FILES, Submission

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = {"simple_gan.py": 1, "wgan_clip.py": 2, "wgan_gp.py": 3}
CLASSES = {"0-simple_gan.py": "Simple_GAN", "1-wgan_clip.py": "WGAN_clip", "2-wgan_gp.py": "WGAN_GP"}
POINTS = {1: 20, 2: 23, 3: 27, 4: 15, 5: 5, 6: 10}
# The scenes that show a loss, and what else is needed to see some mistakes; the others are not played, to save time.
LOSS_SCENES = frozenset({"points", "pictures"})
FURTHER_SCENES = {"robust_dead": {"dead"}, "statistics_clipped": {"modes"}}
# Mistakes that cost points for a second idea as well; all others cost them for one.
SECOND_IDEAS = {
    (1, "noise on everything the discriminator sees"): "loss_other",
    (2, "one update moves both networks"): "generator_clipped",
    (2, "gradients are clipped instead"): "not_clipped",
    (3, "a penalty of zero"): "no_mixing",
    (3, "everything turned round"): "report_sign",
    (4, "relu in both networks"): "activation",
    (6, "half of the pictures"): "no_segment",
    (6, "mixed with the old ones"): "other_weights",
    (6, "only the first layer"): "some_weights",
    (6, "kernels only"): "some_weights",
    (6, "trainable weights only"): "statistics_missing",
    (6, "the wrong order of arguments"): "files_swapped",
    (6, "files swapped"): "files_swapped",
    **{(6, name): "discriminator_unchanged" for name in ("into copies", "errors swallowed", "nothing", "by name")},
}
# Right solutions that are given hints, with a word of each; they cost nothing.
HINTS = {
    **{(task, "decorated"): ["double precision"] for task in (1, 2, 3)},
    (3, "coursework"): ["double precision"],
    (3, "keras_2"): ["double precision"],
    (3, "functions"): ["fewer examples"],
    (3, "windows"): ["fewer examples"],
    (3, "halves"): ["with the penalty in it", "fewer examples"],
    (6, "alias"): ["replace_weights"],
}
# What Keras 3 no longer knows is a hint there, and nothing on the coursework's stack.
IDIOMS = {
    **{(task, "keras_2"): ["tape.watch", "optimizer.lr", "minimize", "legacy"] for task in (1, 2, 3)},
    (4, "unrolled"): ["keras.Input"],
    (4, "keras_2"): ["batch_input_shape"],
    (6, "files of its own"): ["save_weights", "read_value"],
}
if metadata.version("keras").startswith("3."):
    HINTS = {**HINTS, **{name: HINTS.get(name, []) + words for name, words in IDIOMS.items()}}
# What an attack may pass: updates of the right networks in the right order, and losses that are right.
DESERVED = {
    "remembered values": {"rhythm", "separate", "optimizer"},
    "settings of its own": {"runs", "separate", "discriminator_loss", "generator_loss", "reported"},
}


@dataclass(frozen=True)
class Case:
    """A submission and what it deserves.

    `idea` is what has to be named first; it is empty for right submissions, which get all points. `scenes` are those
    that are played, None for all. `deserved` are the checks that a hostile submission may pass.
    """

    kind: str
    name: str
    task: int
    files: dict
    idea: str = ""
    scenes: frozenset | None = None
    deserved: frozenset = frozenset()

    @property
    def label(self):
        return f"{self.kind}, task {self.task}: {self.name}"

    def complaint(self, result):
        """What is wrong with a verdict on this submission; an empty string if nothing is."""
        lost, passed = result.lost_ideas, {key for key, f in result.findings.items() if f.verdict == "pass"}
        shares = [finding.share for finding in result.findings.values() if finding.verdict != "pass"]
        if not all(0 <= share < 1 for share in shares):
            return f"what did not pass was given {shares} of its points"
        if self.kind == "right":
            if result.points != POINTS[self.task]:
                return f"a right solution has {result.points} points: {sentences(result)}"
            words = HINTS.get((self.task, self.name), [])
            expected = len(words) == len(result.hints) and all(map(str.__contains__, result.hints, words))
            return "" if expected else f"a right solution was given hints: {result.hints}"
        if self.kind == "hostile":
            return "" if passed <= self.deserved else f"an attack passed {sorted(passed - self.deserved)}"
        second = SECOND_IDEAS.get((self.task, self.name))
        if lost != [self.idea] + ([second] if second else []):
            return f"{self.idea} was to be named, and not {lost}: {sentences(result)}"
        return "" if result.points < result.most else "a mistake cost nothing"


def sentences(result):
    """The sentences of what did not pass."""
    return [finding.sentence for finding in result.findings.values() if finding.verdict != "pass"]


def taken(files):
    """The submission of these files, bytes by name."""
    tasks = {number: name for number, names in TASK_FILES.items() for name in names if name in files}
    return Submission("somebody", dict(files), tasks)


def patched(name, edits):
    """The reference's file with edits (old, new)."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, f"{name} no longer holds:\n{old}"
        text = text.replace(old, new)
    return {name: text.encode()}


def right():
    """Solutions that get all points."""
    reference = {path.name: path.read_bytes() for path in ROOT.glob("*.py")}
    for task in range(1, 7):
        yield Case("right", "reference", task, reference)
    for style in right_steps.STYLES:
        for task, (file, class_name) in enumerate(CLASSES.items(), start=1):
            yield Case("right", style, task, {file: right_steps.source(style, class_name)})
    yield Case("right", "weights bound by constraints", 2, patched("wgan_clip.py", right_steps.CONSTRAINTS))
    for style, text in right_builder.STYLES.items():
        yield Case("right", style, 4, {"3-generate_faces.py": text.encode()})
    for style, body in stored.RIGHT.items():
        yield Case("right", style, 6, {"4-wgan_gp.py": stored.with_method(body)})
    for task, (file, styles) in right_scripts.ALL.items():
        for style, text in styles.items():
            earlier = patched("wgan_gp.py", []) if task == 6 else {}
            yield Case("right", style, task, {file: text.encode(), **earlier})


def wrong():
    """Solutions with one mistake each."""
    for file, number in NUMBERS.items():
        for name, idea, edits in wrong_steps.ALL[file] + wrong_losses.ALL[file]:
            scenes = LOSS_SCENES | FURTHER_SCENES.get(idea, set())
            yield Case("wrong", name, number, patched(file, edits), idea, scenes)
        for name, idea, scenes, edits in whole_class.ALL[file]:
            yield Case("wrong", name, number, patched(file, edits), idea, frozenset(scenes))
    for name, idea, edits in wrong_builder.BUILDER:
        yield Case("wrong", name, 4, patched("convolutional_gan.py", edits), idea)
    for name, (idea, body) in stored.WRONG.items():
        yield Case("wrong", name, 6, {"4-wgan_gp.py": stored.with_method(body)}, idea)
    for task, (file, mistakes) in wrong_scripts.ALL.items():
        for name, idea, edits in mistakes:
            yield Case("wrong", name, task, patched(file, edits), idea)


def hostile(root, witness):
    """Attacks in the place of task 1; `root` and `witness` are what they read and write."""
    for name, source in attacks.all_sources(root, witness).items():
        deserved = frozenset(DESERVED.get(name, ())) | {"builds"}
        yield Case("hostile", name, 1, {"simple_gan.py": source}, scenes=LOSS_SCENES, deserved=deserved)
