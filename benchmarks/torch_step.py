"""The convolutional WGAN-GP step in PyTorch: one step for every line on stdin.

``step_time.py --torch PYTHON`` runs this file with a Python that has PyTorch. That Python needs no other packages. The
networks, the batches and the order of the updates are those of tasks 3 and 4, in a typical first implementation in
PyTorch. After each step, the file prints the generator's loss.

Run: python benchmarks/step_time.py --torch PYTHON
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import torch
from torch import nn

LATENT_DIMENSION = 16


def networks() -> tuple[nn.Sequential, nn.Sequential]:
    """Return the networks of task 4."""
    generator = [nn.Linear(LATENT_DIMENSION, 2048), nn.Tanh(), nn.Unflatten(1, (512, 2, 2))]
    for inputs, outputs in ((512, 64), (64, 16), (16, 1)):
        generator += [nn.Upsample(scale_factor=2), nn.Conv2d(inputs, outputs, 3, padding=1)]
        generator += [nn.BatchNorm2d(outputs), nn.Tanh()]
    discriminator: list[nn.Module] = []
    for inputs, outputs in ((1, 32), (32, 64), (64, 128), (128, 256)):
        discriminator += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.MaxPool2d(2), nn.Tanh()]
    return nn.Sequential(*generator), nn.Sequential(*discriminator, nn.Flatten(), nn.Linear(256, 1))


def make_step(
    batch_size: int, disc_iter: int, learning_rate: float, beta_1: float, beta_2: float
) -> Callable[[], float]:
    """Return a function that makes one training step and returns the generator's loss."""
    generator, discriminator = networks()
    generator_adam, discriminator_adam = (
        torch.optim.Adam(network.parameters(), learning_rate, betas=(beta_1, beta_2))
        for network in (generator, discriminator)
    )
    pictures = 2 * torch.rand(10_000, 1, 16, 16) - 1

    def step() -> float:
        for _ in range(disc_iter):
            real = pictures[torch.randperm(len(pictures))[:batch_size]]
            with torch.no_grad():
                fake = generator(torch.randn(batch_size, LATENT_DIMENSION))
            u = torch.rand(batch_size, 1, 1, 1)
            mixed = (u * real + (1 - u) * fake).requires_grad_()
            (gradients,) = torch.autograd.grad(discriminator(mixed).sum(), mixed, create_graph=True)
            penalty = ((gradients.flatten(1).norm(dim=1) - 1) ** 2).mean()
            loss = discriminator(fake).mean() - discriminator(real).mean() + 10 * penalty
            discriminator_adam.zero_grad()
            loss.backward()
            discriminator_adam.step()
        # The generator's update needs no gradients of the discriminator's weights.
        discriminator.requires_grad_(False)
        loss = -discriminator(generator(torch.randn(batch_size, LATENT_DIMENSION))).mean()
        generator_adam.zero_grad()
        loss.backward()
        generator_adam.step()
        discriminator.requires_grad_(True)
        return loss.item()

    return step


def main() -> None:
    """Print the version, then make one step for every line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("batch_size", type=int)
    parser.add_argument("disc_iter", type=int)
    for name in ("learning_rate", "beta_1", "beta_2"):
        parser.add_argument(name, type=float)
    step = make_step(**vars(parser.parse_args()))
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", flush=True)
    for _ in sys.stdin:
        print(step(), flush=True)


if __name__ == "__main__":
    main()
