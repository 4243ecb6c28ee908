"""The grader on training steps: cases that the older coursework does not require, broken files, seeds."""

import pytest
from grading_support import grade
from submissions.corpus import CLASSES, NUMBERS, patched, sentences, wrong
from submissions.right.training_steps import source


def test_the_coursework_s_way_to_call_the_discriminator_costs_nothing_there(workers):
    def without(name):
        text = source("coursework", CLASSES[name])
        for called in (b"real", b"fake"):
            text = text.replace(
                b"self.discriminator(" + called + b", training=True)", b"self.discriminator(" + called + b")"
            )
        return text

    scenes = {"modes"}
    (task,) = grade(workers, {"0-simple_gan.py": without("0-simple_gan.py")}, [1], scenes=scenes)
    assert task.findings["training_mode"].verdict == "pass" and "training mode" in task.hints[0]
    (task,) = grade(workers, {"simple_gan.py": without("0-simple_gan.py")}, [1], scenes=scenes)
    assert task.findings["training_mode"].verdict == "fail"


# All scenes are played: what costs points elsewhere, as the mistake goes on to `fit` and to other examples, counts.
@pytest.mark.parametrize(
    ("task", "name", "most"),
    [
        (3, "a tape that watches nothing", 4),
        (3, "a mixing weight of shape (batch, 1)", 2),
        (1, "the fake is made outside the generator's tape", 4.25),
        (1, "a step for pictures only", 4),
        (1, "a misspelt name", 8),
        (2, "no discriminator update", 8),
        (1, "arguments in another order", 0.5),
        (2, "one update for each term", 5.25),
        (3, "steps by hand", 8),
    ],
)
def test_one_idea_costs_few_points(task, name, most, workers):
    (case,) = (case for case in wrong() if case.name == name and case.task == task)
    (found,) = grade(workers, case.files, [task])
    assert found.lost_ideas == [case.idea] and found.most - found.points <= most, sentences(found)


@pytest.mark.exhaustive
def test_the_reference_gets_all_points(workers):
    files = {}
    for name in NUMBERS:
        files.update(patched(name, []))
    for task in grade(workers, files, [1, 2, 3]):
        assert task.points == task.most and not task.hints, (sentences(task), task.hints)


def test_a_missing_or_broken_file_costs_its_own_points_only(workers):
    files = {"0-simple_gan.py": b"import sys\nsys.exit(3)\n"}
    text = source("coursework", "WGAN_GP").replace(
        b"import numpy as np\n", b"import numpy as np\nSimple_GAN = __import__('0-simple_gan').Simple_GAN\n"
    )
    files["2-wgan_gp.py"] = text
    first, second, third = grade(workers, files, [1, 2, 3], scenes={"points", "pictures"})
    assert first.points == second.points == 0 and second.file is None
    assert third.findings["discriminator_loss"].verdict == "pass", sentences(third)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(100))
def test_the_score_does_not_depend_on_the_seed(seed, workers):
    files = {**patched("simple_gan.py", []), **patched("wgan_clip.py", []), **patched("wgan_gp.py", [])}
    for task in grade(workers, files, [1, 2, 3], seed=seed, scenes={"points", "pictures", "samplers"}):
        assert not task.lost_ideas, sentences(task)
