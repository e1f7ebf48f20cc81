"""Bias-variance decomposition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import torch

from dlx.contracts.job import Job, NoAnswer
from dlx.spec import AtLeastTwo

if TYPE_CHECKING:
    from dlx.assembly.assembly import Assembly
    from dlx.run.trials import Trials


class BiasVariance(Job):
    """Squared bias, variance and noise of the configured model over many draws of the noise (Geman et al. 1992).

    The design is fixed, regardless of `dataset.design`: each resample has the same inputs, split and initial weights,
    and its own noise on the targets. Reports `bias_squared`, `variance` and `noise` (the mean square of the drawn
    noise), averaged over the inputs; their `sum`; `mean_square`, the mean squared error of the predictions against the
    noisy targets of the *next* resample; `mean_square_to_truth`, which equals bias² + variance; and the absolute
    difference of these two as `error`. With R resamples bias² is too large by variance / R. All values are in the
    squared units of the data.

    Args:
        resamples: number of draws of the noise; the model is trained once for each.
        part: split at whose inputs the decomposition is computed, training or test.

    Example:
        dlx train -m job=bias_variance model.degree=0,1,3,5,9
    """

    def __init__(self, *, resamples: Annotated[int, AtLeastTwo], part: Literal["train", "test"]) -> None:
        self.resamples, self.part = resamples, part

    def check(self, assembly: Assembly) -> None:
        """Refuse data without a known true function, and those whose inputs cannot stay the same."""
        needed = {"target_noise", "design"}
        if assembly.data.spec.target != "number" or not needed <= set(assembly.checked.dataset.keys):
            raise ValueError(
                "bias_variance needs a synthetic regression with dataset.target_noise and dataset.design; the data are "
                f"{assembly.data.spec}; try dataset=polynomial_curve or dataset=linear"
            )

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return the components of the error."""
        inputs, truth = self._targets(trials.variant({**self._draw(trials, 0), "dataset.target_noise": 0.0}))
        predictions, targets = [], []
        for number in range(self.resamples):
            variant = trials.variant(self._draw(trials, number))
            same, noisy = self._targets(variant)
            if not torch.equal(same, inputs):
                raise NoAnswer("dataset.design=fixed: the inputs differ all the same; try dataset=polynomial_curve")
            part = variant.data.splits()[self.part]
            outputs = trials.outputs(trials.train(variant), part)
            predictions.append(variant.data.restore(outputs, part).double())
            targets.append(noisy)
        prediction, target = torch.stack(predictions), torch.stack(targets)  # (resamples, examples, outputs)
        return decompose(prediction, target, truth)

    def _draw(self, trials: Trials, number: int) -> dict[str, Any]:
        streams = {name: trials.seed(name) % 2**31 for name in ("split", "init", "order")}
        streams["data"] = trials.seed("resample", number) % 2**31
        return {"dataset.design": "fixed", **{f"streams.{name}": seed for name, seed in streams.items()}}

    def _targets(self, assembly: Assembly) -> tuple[torch.Tensor, torch.Tensor]:
        part = assembly.data.splits()[self.part]
        return part.inputs, assembly.data.restore(part.targets, part).double()


def decompose(prediction: torch.Tensor, target: torch.Tensor, truth: torch.Tensor) -> dict[str, float]:
    """Return the components of the error of predictions (resamples, examples, outputs) against targets and truth."""
    bias = prediction.mean(0) - truth
    parts = {
        "bias_squared": bias.square().mean(),
        "variance": prediction.var(0, correction=0).mean(),
        "noise": (target - truth).square().mean(),
    }
    direct = (prediction - truth).square().mean()
    return {
        **{name: float(value) for name, value in parts.items()},
        "sum": float(torch.stack(list(parts.values())).sum()),
        "mean_square": float((prediction - target.roll(-1, 0)).square().mean()),
        "mean_square_to_truth": float(direct),
        "error": float((direct - parts["bias_squared"] - parts["variance"]).abs()),
    }
