"""Learning-rate range test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from torch import Generator

from dlx.contracts import Batch, Metric, Picture
from dlx.contracts.job import Job, NoAnswer
from dlx.contracts.optimizer import how_it_steps
from dlx.data.batches import Batches
from dlx.results.figure import COLORS, new_figure, style
from dlx.spec import AtLeastTwo, BelowOne, Positive
from dlx.step.member import Member
from dlx.step.solve import is_settled

if TYPE_CHECKING:
    from dlx.assembly.assembly import Assembly
    from dlx.run.trials import Trials

DIVERGED = 4.0  # the test ends where the loss exceeds this multiple of its smallest value
SHARE = 0.1  # of the learning rate with the smallest loss that is named


class LRFinder(Job):
    """Train while the learning rate rises from step to step, and name the rate to train with (Smith 2017).

    The learning rate grows by the same factor in each step, from `start` to `end` (Smith 2017, section 3.3). The loss
    of each batch is smoothed by an exponential moving average with bias correction; the test ends where it exceeds four
    times its smallest value. Reports `lr`, a tenth of the learning rate at which the smoothed loss is smallest: there
    the steps are already as large as the loss allows, and a tenth keeps away from that edge. Also `lr_at_minimum`, that
    edge; `loss_at_start` and `lowest_loss`, smoothed; and `steps`, the number of steps taken. The run draws the curve
    as lr_finder.svg and lr_finder.png. It costs `steps` training steps.

    Args:
        start: learning rate of the first step.
        end: learning rate of the last step.
        steps: number of training steps.
        smoothing: weight of the former mean in the moving average of the loss; 0: no smoothing.

    Example:
        dlx train job=lr_finder model=mlp optimizer=sgd
    """

    metric_info: ClassVar[Mapping[str, Metric]] = {"lr": Metric()}

    def __init__(
        self,
        *,
        start: Annotated[float, Positive],
        end: Annotated[float, Positive],
        steps: Annotated[int, AtLeastTwo],
        smoothing: Annotated[float, BelowOne],
    ) -> None:
        if start >= end:
            raise ValueError(f"start: expected a learning rate below end={end:g}, got {start:g}")
        self.start, self.end, self.steps, self.smoothing = start, end, steps, smoothing
        self.rates: list[float] = []
        self.losses: list[float] = []
        self.found = (0.0, 0.0)  # the suggested learning rate, and that of the smallest loss

    def check(self, assembly: Assembly) -> None:
        """Refuse an optimizer without a learning rate, parts that have one of their own, and a network without steps.

        Raises:
            ValueError: The configuration cannot be trained with a learning rate.
        """
        choice, parts = assembly.recipe.optimizer, assembly.recipe.parts
        if how_it_steps(choice.cls) != "gradient" or "lr" not in choice.keys:
            raise ValueError(f"needs a learning rate, which optimizer={choice.option} has not; try optimizer=sgd")
        if choice.keys.get("lr_scale", "absolute") != "absolute":
            raise ValueError("needs a learning rate in absolute terms; expected optimizer.lr_scale=absolute")
        if own := [f"{part}.optimizer" for part, groups in parts.items() if "optimizer" in groups]:
            raise ValueError(f"tests one learning rate, and {own[0]} has another; leave {own[0]} out")
        if is_settled(assembly.network()):
            option = assembly.checked.model.option
            raise ValueError(f"model={option} has no weights that steps would train; try model=mlp")

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return the suggested learning rate and what it was read from.

        Raises:
            NoAnswer: The loss does not fall at any learning rate.
        """
        self.rates, losses = self._losses(trials)
        self.losses = smoothed(losses, self.smoothing)
        if len(self.losses) < 3 or min(self.losses) >= self.losses[0]:
            until = self.rates[-1] if self.rates else self.start
            raise NoAnswer(
                f"the loss does not fall at any learning rate from job.start={self.start:g} to {until:g}; "
                f"try job.start={self.start / 100:g}"
            )
        lowest = int(np.argmin(self.losses))
        self.found = (float(f"{SHARE * self.rates[lowest]:.2g}"), self.rates[lowest])
        return {
            "lr": self.found[0],
            "lr_at_minimum": self.found[1],
            "loss_at_start": self.losses[0],
            "lowest_loss": self.losses[lowest],
            "steps": float(len(self.losses)),
        }

    def suggests(self, metrics: Mapping[str, float]) -> dict[str, float]:
        """Return the learning rate to train with."""
        return {"optimizer.lr": metrics["lr"]}

    def pictures(self) -> dict[str, Picture]:
        """Return the smoothed loss against the learning rate, with the suggested one."""
        with style():
            figure, (own,) = new_figure()
            own.plot(self.rates[: len(self.losses)], self.losses, color=COLORS[0])
            own.axvline(self.found[0], color=COLORS[1], linestyle="--")
            place = (self.found[0], max(self.losses[0], min(self.losses)))
            own.annotate(f" {self.found[0]:g}", place, color=COLORS[1], fontsize=9, va="bottom")
            own.set_xscale("log")
            own.set_xlabel("learning rate")
            own.set_ylabel("loss (smoothed)")
            own.set_ylim(min(self.losses) * 0.9, self.losses[0] * 1.6)
            own.set_title(f"Train with a learning rate of {self.found[0]:g}", loc="left", fontsize=11)
        caption = (
            "Loss of each batch (moving average) while the learning rate rises by a constant factor from step to step. "
            "To the right of the lowest point the steps are too large; the dashed line is at a tenth of its rate."
        )
        return {"lr_finder": Picture(figure, "Learning-rate range test", caption)}

    def _losses(self, trials: Trials) -> tuple[list[float], list[float]]:
        assembly, network = trials.assembly, trials.network()
        recipe = assembly.recipe
        made = [recipe.optimizers(phase, network, fused=False) for phase in recipe.objective.phases()]
        optimizers = [optimizer for each in made for optimizer in each.values()]
        member = Member(assembly.step(), network, optimizers)
        examples = assembly.examples
        batches = Batches(examples.train, assembly.streams.order, examples.batch_size, recipe.trainer.accumulate)
        generator = Generator().manual_seed(trials.seed("lr_finder"))
        first = recipe.objective.phases()[0].name
        rates, losses = [], []
        for number in range(self.steps):
            trials.pause()
            place = number % recipe.steps
            if place == 0:
                batches.shuffle(number // recipe.steps)

            def further(update: int, place: int = place) -> tuple[list[Batch], float]:
                taken, _, share = batches.take((place + update) % recipe.steps)
                return taken, share

            rate = self.start * (self.end / self.start) ** (number / (self.steps - 1))
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = rate
            taken, _, share = batches.take(place)
            loss = float(member(taken, generator, share, number, further)[first].loss)
            if not math.isfinite(loss):
                break
            rates.append(rate)
            losses.append(loss)
            if smoothed(losses, self.smoothing)[-1] > DIVERGED * min(smoothed(losses, self.smoothing)):
                break
        return rates, losses


def smoothed(values: Sequence[float], weight: float) -> list[float]:
    """Return the exponential moving average of values with bias correction (Kingma & Ba 2015, section 3)."""
    mean, found = 0.0, []
    for number, value in enumerate(values, 1):
        mean = weight * mean + (1 - weight) * value
        found.append(mean / (1 - weight**number))
    return found
