"""Both stacks give the same losses: each is compared with values stored in ``losses_of_20_steps.json``.

``python tests/test_stacks_agree.py`` writes that file anew.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

STORED = Path(__file__).with_name("losses_of_20_steps.json")
CLOUDS = ("circle", "four_clouds", "corner_cloud")


def losses_of_20_steps(class_name, cloud_name):
    from gankit.datasets import point_clouds
    from gankit.networks.fully_connected import fully_connected_GenDiscr
    from simple_gan import Simple_GAN
    from wgan_clip import WGAN_clip
    from wgan_gp import WGAN_GP

    kind = {"Simple_GAN": Simple_GAN, "WGAN_clip": WGAN_clip, "WGAN_GP": WGAN_GP}[class_name]
    widths = {"circle": [1, 10, 10, 2], "four_clouds": [2, 10, 10, 5], "corner_cloud": [49, 98, 98, 49]}[cloud_name]
    cloud = getattr(point_clouds, cloud_name)(seed=0)
    networks = fully_connected_GenDiscr(widths, cloud, seed=0)
    gan = kind(*networks, cloud, learning_rate=0.001, seed=0)
    return gan.fit(cloud, epochs=20, steps_per_epoch=1, verbose=0).history


@pytest.mark.parametrize("cloud_name", CLOUDS)
@pytest.mark.parametrize("class_name", ["Simple_GAN", "WGAN_clip", "WGAN_GP"])
def test_losses_are_those_of_the_other_stack(class_name, cloud_name):
    stored = json.loads(STORED.read_text())[f"{class_name} on {cloud_name}"]
    found = losses_of_20_steps(class_name, cloud_name)
    assert set(found) == set(stored)
    for name, values in stored.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=2e-6)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    names = [(kind, cloud) for kind in ("Simple_GAN", "WGAN_clip", "WGAN_GP") for cloud in CLOUDS]
    STORED.write_text(json.dumps({f"{k} on {c}": losses_of_20_steps(k, c) for k, c in names}, indent=1) + "\n")
