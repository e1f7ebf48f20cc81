"""What an augmentation or a regularizer adds to a training step, beside the same arithmetic in a bare loop.

    python benchmarks/added_cost.py [--rounds 150] [--steps 4]

Four loops take turns: dlx's step and a bare one, each with and without the part. The added cost is the difference of
two; CPU time of one thread is taken, of each loop the quickest round, so that a busy machine disturbs little, and a
step is taken before each round, so that no loop pays for the caches that another one filled. The bare loop does what
the part says, in torch's own calls. Exit code 1 if a part adds more than `BOUND` times its own arithmetic and a tenth
of a step more than that.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from torch import Generator, Tensor, nn

from dlx import hydra_plugins, paths
from dlx.assemble import Assembly, assemble
from dlx.step import Member

BOUND = 1.25  # times its own arithmetic
LEAST = 0.1  # of a step: below, Python counts and not the arithmetic
BATCH = 64
Inputs = Callable[[Tensor, Generator], Tensor]
Both = Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]
Penalty = Callable[[list[Tensor]], Tensor]
After = Callable[[list[Tensor]], None]


@dataclass(frozen=True)
class Case:
    """A part as dlx names it, and the same arithmetic by hand: on the batch, as a penalty, on gradients or weights."""

    words: tuple[str, ...]
    inputs: Inputs | None = None
    batch: Both | None = None
    penalty: Penalty | None = None
    gradients: After | None = None
    weights: After | None = None


def mapped(x: Tensor, maps: Tensor) -> Tensor:
    """Map flat 8x8 images by (batch, 2, 3), black being the black of the standardised digits."""
    images = x.view(-1, 1, 8, 8) - BLACK
    grid = F.affine_grid(maps, [len(x), 1, 8, 8], align_corners=False)
    return (F.grid_sample(images, grid, "bilinear", "zeros", align_corners=False) + BLACK).flatten(1)


def drawn(x: Tensor, low: float, high: float, generator: Generator) -> Tensor:
    """Draw one number for each image."""
    return torch.rand(len(x), generator=generator) * (high - low) + low


def rotate(x: Tensor, generator: Generator) -> Tensor:
    """Rotate by up to 30 degrees."""
    angle = drawn(x, -30, 30, generator) * (math.pi / 180)
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    return mapped(x, torch.stack([torch.stack([cos, -sin, zero], 1), torch.stack([sin, cos, zero], 1)], 1))


def affine(x: Tensor, generator: Generator) -> Tensor:
    """Shear, turn, scale and shift at once: the inverse map, as affine_grid wants it."""
    angle, lean = (drawn(x, -30, 30, generator) * (math.pi / 180) for _ in range(2))
    factor, zero, one = (
        drawn(x, math.log(0.7), -math.log(0.7), generator).exp(),
        torch.zeros(len(x)),
        torch.ones(len(x)),
    )
    cos, sin = angle.cos() / factor, angle.sin() / factor
    turned = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)
    leaned = torch.stack([torch.stack([one, -lean.tan()], 1), torch.stack([zero, one], 1)], 1)
    moved = torch.stack([drawn(x, -1, 1, generator), drawn(x, -1, 1, generator)], 1) / 4
    inverse = leaned @ turned
    return mapped(x, torch.cat([inverse, -(inverse @ moved[:, :, None])], 2))


def translate(x: Tensor, generator: Generator) -> Tensor:
    """Shift by up to one pixel, black coming in."""
    padded = F.pad(x.view(-1, 8, 8), (1, 1, 1, 1), value=BLACK)
    down, right = torch.randint(0, 3, (2, len(x), 1), generator=generator)
    rows, columns = (torch.arange(8) + down)[:, :, None], (torch.arange(8) + right)[:, None, :]
    return padded[torch.arange(len(x))[:, None, None], rows, columns].flatten(1)


def mirror(x: Tensor, generator: Generator) -> Tensor:
    """Mirror half of the images."""
    images = x.view(-1, 8, 8)
    return torch.where(torch.rand(len(x), 1, 1, generator=generator) < 0.5, images.flip(2), images).flatten(1)


def blacken(x: Tensor, generator: Generator) -> Tensor:
    """Put a black square of 3x3 at a random place."""
    rows, columns = (
        (torch.arange(8) - c[:, None]).abs() <= 1 for c in torch.randint(0, 8, (2, len(x)), generator=generator)
    )
    return x.view(-1, 8, 8).masked_fill(rows[:, :, None] & columns[:, None, :], BLACK).flatten(1)


def mix(x: Tensor, y: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Mix examples and one-hot classes by one share from Beta(0.2, 0.2)."""
    share, order = float(RANDOM.beta(0.2, 0.2)), torch.randperm(len(x), generator=generator)
    codes = F.one_hot(y, 10).float()
    return torch.lerp(x[order], x, share), torch.lerp(codes[order], codes, share)


def decay(weights: list[Tensor]) -> None:
    """Shrink the weights in place."""
    with torch.no_grad():
        for weight in weights:
            weight.mul_(1 - 1e-3 * 1e-2)


def shake(parameters: list[Tensor]) -> None:
    """Add noise to all gradients in place."""
    for parameter in parameters:
        assert parameter.grad is not None, "called behind backward"
        parameter.grad.add_(torch.randn(parameter.shape), alpha=0.01)


def renorm(weights: list[Tensor]) -> None:
    """Scale rows longer than 3 back, in place."""
    with torch.no_grad():
        for weight in weights:
            norms = weight.norm(dim=1, keepdim=True)
            weight.copy_((weight * (3.0 / norms)).where(norms > 3.0, weight))


def clip(parameters: list[Tensor]) -> None:
    """Clip the norm of all gradients."""
    nn.utils.clip_grad_norm_(parameters, 1.0)


BLACK = -0.8
RANDOM = np.random.default_rng(0)
CASES = (
    Case(("regularizer=l2",), penalty=lambda weights: 1e-3 * squares(weights)),
    Case(("regularizer=l1",), penalty=lambda weights: 1e-3 * absolutes(weights)),
    Case(
        ("regularizer=elastic_net",),
        penalty=lambda weights: 1e-3 * (0.5 * absolutes(weights) + 0.25 * squares(weights)),
    ),
    Case(("regularizer=weight_decay",), weights=decay),
    Case(("regularizer=gradient_noise",), gradients=shake),
    Case(("regularizer=gradient_clipping",), gradients=clip),
    Case(("regularizer=max_norm",), weights=renorm),
    Case(("regularizer=input_noise",), inputs=lambda x, g: x + 0.1 * torch.randn(x.shape, generator=g)),
    Case(("regularizer=mixup",), batch=mix),
    Case(("augmentation=noise",), inputs=lambda x, g: x + 0.3 * torch.randn(x.shape, generator=g)),
    Case(("augmentation=brightness",), inputs=lambda x, g: x + drawn(x, -0.5, 0.5, g)[:, None]),
    Case(("augmentation=flip",), inputs=mirror),
    Case(("augmentation=cutout",), inputs=blacken),
    Case(("augmentation=translation",), inputs=translate),
    Case(("augmentation=rotation",), inputs=rotate),
    Case(("augmentation=affine",), inputs=affine),
)


def squares(weights: list[Tensor]) -> Tensor:
    """Return the sum of all squares."""
    return torch.stack([weight.square().sum() for weight in weights]).sum()


def absolutes(weights: list[Tensor]) -> Tensor:
    """Return the sum of all absolute values."""
    return torch.stack([weight.abs().sum() for weight in weights]).sum()


def assembled(*words: str) -> Assembly:
    """Return the digits MLP with a part."""
    hydra_plugins.register()
    fixed = ("trainer.accelerator=cpu", "model=mlp", "dataset=digits")
    with initialize_config_dir(str(paths.shipped("conf")), version_base="1.3"):
        config = OmegaConf.to_container(compose("train", overrides=[*words, *fixed]), resolve=True)
    return assemble(config)  # type: ignore[arg-type]


def with_dlx(assembly: Assembly) -> Callable[[int], float]:
    """Return a function that takes so many of dlx's steps and returns their CPU seconds."""
    network, generator = assembly.network(), Generator().manual_seed(0)
    optimizer = assembly.optimizer(list(network.parameters()), fused=True)
    member, part = Member(assembly.step(), network, [optimizer]), assembly.train
    batches = list(zip(part.inputs.split(BATCH), part.targets.split(BATCH), strict=True))

    def steps(number: int) -> float:
        began = time.process_time()
        for place in range(number):
            member([batches[place % 16]], generator)
        return time.process_time() - began

    return steps


def by_hand(assembly: Assembly, case: Case | None) -> Callable[[int], float]:
    """Return the same of a bare loop."""
    network, generator = assembly.network(), Generator().manual_seed(0)
    parameters = list(network.parameters())
    matrices: list[Tensor] = [p for p in parameters if p.dim() >= 2]
    optimizer, part = torch.optim.Adam(parameters, lr=1e-3, fused=True), assembly.data.train
    batches = list(zip(part.inputs.split(BATCH), part.targets.split(BATCH), strict=True))

    def steps(number: int) -> float:
        began = time.process_time()
        for place in range(number):
            x, y = batches[place % 16]
            optimizer.zero_grad(set_to_none=True)
            if case is not None and case.inputs is not None:
                x = case.inputs(x, generator)
            if case is not None and case.batch is not None:
                x, y = case.batch(x, y, generator)
            loss = F.cross_entropy(network(x), y)
            if case is not None and case.penalty is not None:
                loss = loss + case.penalty(matrices)
            loss.backward()
            if case is not None and case.gradients is not None:
                case.gradients(parameters)  # type: ignore[arg-type]
            optimizer.step()
            if case is not None and case.weights is not None:
                case.weights(matrices)
        return time.process_time() - began

    return steps


def warm(loop: Callable[[int], float], steps: int) -> float:
    """Return the CPU seconds of steps after one that finds cold caches."""
    loop(1)
    return loop(steps)


def measure(case: Case, rounds: int, steps: int) -> bool:
    """Print what a part adds to a step; tell whether dlx stays within the bound."""
    plain, part = assembled(), assembled(*case.words)
    loops = [with_dlx(plain), with_dlx(part), by_hand(plain, None), by_hand(plain, case)]
    taken = [[warm(loop, steps) for loop in loops] for _ in range(rounds)]
    ours, ours_with, bare, bare_with = (min(column) / steps * 1e6 for column in zip(*taken, strict=True))
    added, arithmetic = ours_with - ours, bare_with - bare
    ratio = added / arithmetic
    print(f"{' '.join(case.words):<32} {bare:7.0f} {arithmetic:9.0f} {ours:9.0f} {added:9.0f} {ratio:8.2f}", flush=True)
    return ratio <= BOUND or added - arithmetic <= LEAST * bare


def main() -> int:
    """Measure all cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--steps", type=int, default=4)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'microseconds a step':<32} {'bare':>7} {'+ part':>9} {'dlx':>9} {'+ part':>9} {'ratio':>8}")
    results = [measure(case, arguments.rounds, arguments.steps) for case in CASES]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
