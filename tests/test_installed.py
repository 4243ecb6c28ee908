"""The project as a wheel: it is built, installed into a separate environment, and used from an empty folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import numpy as np
import pytest

from gankit.choices import NETWORKS
from gankit.faces import DATA, load_faces
from pretrained_explorer import sample_faces

ROOT = Path(__file__).resolve().parents[1]
# One process does it all, because starting TensorFlow takes longer than anything else here.
USE = """
import simple_gan, wgan_clip, wgan_gp, convolutional_gan, face_generator, pretrained_explorer
from pathlib import Path
assert not list(Path().iterdir())
print("imported", flush=True)

import runpy, sys
import numpy as np, gankit
from gankit.faces import load_faces
from gankit.networks.face_encoder import FaceEncoder
from pretrained_explorer import sample_faces
faces = sample_faces(12, seed=3)
assert "site-packages" in gankit.__file__ and len(load_faces()) == 10_000
assert len(FaceEncoder.load().attributes(faces)["smile"]) == 12
np.save("faces.npy", faces)
sys.argv = ["pretrained_explorer", "--grid", "--output", "pictures"]
runpy.run_module("pretrained_explorer", run_name="__main__")
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of an environment with the wheel; it sees this environment's libraries but not the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    # Building leaves a folder in the source, so the test builds a copy.
    source = folder / "source"
    left_out = shutil.ignore_patterns(
        ".*", "outputs", "build", "*.egg-info", "__pycache__", "docs", "tests", "benchmarks"
    )
    shutil.copytree(ROOT, source, ignore=left_out)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--disable-pip-version-check"]
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "wheel", *options, "--wheel-dir", str(folder), str(source)], check=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "environment", symlinks=os.name != "nt", with_pip=False)
    place = sysconfig.get_paths(vars={"base": str(folder / "environment")})["purelib"]
    install = [option for option in options if option != "--no-build-isolation"]
    subprocess.run([*pip, "install", *install, "--target", place, str(wheel)], check=True, timeout=300)
    return folder / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python"


def test_an_installed_kit_works_from_an_empty_folder(python, tmp_path):
    libraries = sysconfig.get_paths()["purelib"]
    done = subprocess.run(
        [str(python), "-c", USE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": libraries},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    # Importing the tasks does and writes nothing.
    assert done.stdout.startswith("imported\n")
    # Both processes run on one machine with the same weights. Only the number of threads may differ.
    np.testing.assert_allclose(np.load(tmp_path / "faces.npy"), sample_faces(12, seed=3), atol=1e-5)
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {"grid.png", "record.json"}


@pytest.mark.parametrize("networks", NETWORKS)
def test_sampled_faces_are_intensities_and_repeat_with_their_seed(networks):
    faces = sample_faces(300, seed=1, networks=networks)
    assert faces.shape == (300, 16, 16) and faces.dtype == np.float32
    assert faces.min() >= 0 and faces.max() <= 1
    # Outputs that are not decoded look like no face: their mean is about 0.
    real = load_faces() / np.float32(255)
    assert np.corrcoef(faces.mean(axis=0).ravel(), real.mean(axis=0).ravel())[0, 1] > 0.95
    assert 0.75 < faces.std(axis=0).mean() / real.std(axis=0).mean() < 1.25
    np.testing.assert_array_equal(faces[:30], sample_faces(300, seed=1, networks=networks)[:30])
    np.testing.assert_allclose(faces[:7], sample_faces(7, seed=1, networks=networks), atol=1e-5)
    assert np.abs(faces[:30] - sample_faces(30, seed=2, networks=networks)).max() > 0.1
    assert (DATA / "README.md").is_file()
