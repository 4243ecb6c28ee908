"""The grader on submissions that are known to be wrong or right."""

import pytest
from grading_support import complaint, sampled
from submissions import corpus


@pytest.mark.parametrize("case", sampled(corpus.wrong(), 53))
def test_a_mistake_is_named(case, workers):
    assert not complaint(case, workers)


@pytest.mark.parametrize("case", sampled(corpus.right(), 13))
def test_a_right_solution_gets_all_points_whatever_its_style(case, workers):
    assert not complaint(case, workers)


def test_there_are_enough_submissions_of_every_kind():
    wrong, right = list(corpus.wrong()), list(corpus.right())
    for task, fewest in {1: 12, 2: 12, 3: 12, 4: 8, 5: 8, 6: 8}.items():
        assert len({case.name for case in wrong if case.task == task}) >= fewest
    for task, fewest in {1: 6, 2: 6, 3: 6, 4: 6, 5: 6, 6: 6}.items():
        assert len({case.name for case in right if case.task == task}) >= fewest
    labels = [case.label for case in wrong + right]
    assert len(labels) == len(set(labels))
