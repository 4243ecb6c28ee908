"""Shared fixtures. The test suite needs no network and nothing outside the project."""

import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Two test processes share two cores. More threads would only wait for each other.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from eager import without_graphs


@pytest.fixture
def some_faces(tmp_path):
    """A file of 120 small pictures in the coursework's form, each a smooth random pattern."""
    random = np.random.default_rng(5)
    coarse = random.uniform(0, 255, (120, 4, 4))
    faces = np.kron(coarse, np.ones((1, 4, 4))) * 0.8 + random.uniform(0, 51, (120, 16, 16))
    path = tmp_path / "some_faces.npy"
    np.save(path, faces.astype(np.uint8))
    return path


def pytest_addoption(parser):
    parser.addoption("--submission", metavar="DIR", help="grade the task files in DIR instead of testing the project")
    parser.addoption("--every-submission", action="store_true", help="test the grader on all submissions (minutes)")


def pytest_configure(config):
    # By default, Python's garbage collector searches all objects that TensorFlow imported again and again.
    gc.set_threshold(50_000, 20, 1000)
    config.addinivalue_line("markers", "exhaustive: only with --every-submission")
    config.addinivalue_line("markers", "stored: compares with numbers or bytes that another machine has stored")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--every-submission"):
        left_out = [item for item in items if item.get_closest_marker("exhaustive")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session", autouse=True)
def quick_pictures():
    """Draw pictures in half of the time: smaller, and without a search for the best layout.

    The notebooks run in a process of their own, with layouts.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    save = Figure.savefig

    def save_small(figure, *arguments, **options):
        return save(figure, *arguments, **{**options, "dpi": 80})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", save_small)
        patch.setattr(ConstrainedLayoutEngine, "execute", lambda engine, figure: None)
        yield


@pytest.fixture
def eagerly():
    """Run without graphs: making the graph of a training step takes seconds, and a tiny step milliseconds."""
    with without_graphs():
        yield


@pytest.fixture(scope="session")
def workers():
    from gankit.grading.runner import Workers

    with Workers() as workers:
        yield workers


def pytest_ignore_collect(collection_path, config):
    """With --submission only the grading items run; without it they do not run."""
    if collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    grades = collection_path.name == "test_submission.py"
    return True if grades != bool(config.getoption("--submission")) else None


def pytest_terminal_summary(terminalreporter, config):
    report = getattr(config, "submission_report", None)
    if report is not None:
        from gankit.grading import reports

        terminalreporter.section("points")
        terminalreporter.write(reports.text(report))
