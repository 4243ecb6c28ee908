"""What every script of the course does before TensorFlow is imported."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def assert_answered_at_once(script, options, mistakes, folder):
    """Assert that a script shows these options, and refuses these arguments in one sentence, without TensorFlow."""
    (folder / "tensorflow.py").write_text("raise RuntimeError('imported too early')")
    command = [sys.executable, str(ROOT / script)]
    environment = {"PYTHONPATH": f"{folder}:{ROOT}", "PATH": ""}
    helped = subprocess.run([*command, "--help"], capture_output=True, text=True, env=environment, timeout=60)
    assert helped.returncode == 0, helped.stderr
    for option in options:
        assert option in helped.stdout
    for wrong in mistakes:
        refused = subprocess.run([*command, *wrong], capture_output=True, text=True, env=environment, timeout=60)
        assert refused.returncode == 2 and refused.stderr.count("\n") == 1 and wrong[0] in refused.stderr
