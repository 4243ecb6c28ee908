"""The grader on known-wrong and known-right training steps."""

import pytest
from grading_support import grade, lost, patched, sampled
from submissions.right.training_steps import STYLES, source
from submissions.wrong.training_steps import ALL

CLASSES = {"0-simple_gan.py": "Simple_GAN", "1-wgan_clip.py": "WGAN_clip", "2-wgan_gp.py": "WGAN_GP"}
NUMBERS = {"simple_gan.py": 1, "wgan_clip.py": 2, "wgan_gp.py": 3}
# What is needed beside the two scenes that show the losses.
SCENES = {"robust_dead": {"dead"}, "statistics_clipped": {"modes"}}
WRONG = [(file, name, idea, edits) for file, mistakes in ALL.items() for name, idea, edits in mistakes]


@pytest.mark.parametrize(("file", "name", "idea", "edits"), sampled(WRONG, 46))
def test_a_mistake_is_named(file, name, idea, edits, workers):
    scenes = {"points", "pictures"} | SCENES.get(idea, set())
    (task,) = grade(workers, patched(file, edits), [NUMBERS[file]], scenes=scenes)
    assert task.lost_ideas[:1] == [idea], lost(task)
    assert len(task.lost_ideas) <= 2


@pytest.mark.parametrize(("style",), sampled([(style,) for style in STYLES], 7))
def test_a_right_solution_gets_all_points_whatever_its_style(style, workers):
    files = {file: source(style, class_name) for file, class_name in CLASSES.items()}
    for task in grade(workers, files, [1, 2, 3]):
        assert task.points == task.most, lost(task)


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


@pytest.mark.exhaustive
def test_the_reference_gets_all_points(workers):
    files = {}
    for name in NUMBERS:
        files.update(patched(name, []))
    for task in grade(workers, files, [1, 2, 3]):
        assert task.points == task.most and not task.hints, (lost(task), task.hints)


def test_a_missing_or_broken_file_costs_its_own_points_only(workers):
    files = {"0-simple_gan.py": b"import sys\nsys.exit(3)\n"}
    text = source("coursework", "WGAN_GP").replace(
        b"import numpy as np\n", b"import numpy as np\nSimple_GAN = __import__('0-simple_gan').Simple_GAN\n"
    )
    files["2-wgan_gp.py"] = text
    first, second, third = grade(workers, files, [1, 2, 3], scenes={"points", "pictures"})
    assert first.points == second.points == 0 and second.file is None
    assert third.findings["discriminator_loss"].verdict == "pass", lost(third)


@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", range(100))
def test_the_score_does_not_depend_on_the_seed(seed, workers):
    files = {**patched("simple_gan.py", []), **patched("wgan_clip.py", []), **patched("wgan_gp.py", [])}
    for task in grade(workers, files, [1, 2, 3], seed=seed, scenes={"points", "pictures", "samplers"}):
        assert not task.lost_ideas, lost(task)
