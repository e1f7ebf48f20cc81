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
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from bare_arithmetic import (
    absolutes,
    affine,
    blacken,
    clip,
    decay,
    drawn,
    mirror,
    mix,
    renorm,
    rotate,
    shake,
    squares,
    translate,
)  # fmt: skip
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from torch import Generator, Tensor

from dlx import paths
from dlx.assembly.assemble import Assembly, assemble
from dlx.step.member import Member
from dlx.sweep import register

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


def assembled(*words: str) -> Assembly:
    """Return the digits MLP with a part."""
    register.register()
    fixed = ("trainer.accelerator=cpu", "model=mlp", "dataset=digits")
    with initialize_config_dir(str(paths.shipped("conf")), version_base="1.3"):
        config = OmegaConf.to_container(compose("train", overrides=[*words, *fixed]), resolve=True)
    return assemble(config)  # type: ignore[arg-type]


def with_dlx(assembly: Assembly) -> Callable[[int], float]:
    """Return a function that takes so many of dlx's steps and returns their CPU seconds."""
    network, generator = assembly.network(), Generator().manual_seed(0)
    optimizer = assembly.recipe.optimizer.make(list(network.parameters()), fused=True)
    member, part = Member(assembly.step(), network, [optimizer]), assembly.examples.train
    batches = [part.batch(slice(begin, begin + BATCH)) for begin in range(0, len(part), BATCH)]

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
