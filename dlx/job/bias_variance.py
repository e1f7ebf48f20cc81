"""Why is a model wrong: is it too simple, or too easily swayed?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import torch

from dlx.contracts.job import Job
from dlx.data.load import divided
from dlx.spec import AtLeastTwo

if TYPE_CHECKING:
    from dlx.assembly.assemble import Assembly
    from dlx.run.trials import Trials


class BiasVariance(Job):
    """Train the configured model on many draws of the noise: squared bias, variance and noise (Geman et al. 1992).

    The design is fixed, whatever `dataset.design` says: each resample has the same inputs, the same split and the same
    first weights, and its own noise on the targets. At each input the predictions' mean differs from the truth by the
    bias, and they scatter by the variance. Gives `bias_squared`, `variance` and `noise` (the mean square of the drawn
    noise), means over the inputs; their `sum`; `mean_square`, the direct mean square of the predictions' errors against
    the noisy targets of the *next* resample; `mean_square_to_truth`, which is exactly bias² + variance; and the
    difference of these two as `error`. From R resamples bias² is too large by variance / R. All in the squared units of
    the data.

    Args:
        resamples: how many draws of the noise, a training each.
        part: at which inputs: those of the training split, or of the test split.

    Example:
        dlx train -m job=bias_variance model.degree=0,1,3,5,9
    """

    def __init__(self, *, resamples: Annotated[int, AtLeastTwo], part: Literal["train", "test"]) -> None:
        self.resamples, self.part = resamples, part

    def check(self, assembly: Assembly) -> None:
        """Refuse data whose truth is not known."""
        if assembly.data.spec.target == "class" or "target_noise" not in assembly.config["dataset"]:
            raise ValueError(
                "bias_variance needs a synthetic regression with dataset.target_noise; the data are "
                f"{assembly.data.spec}; try dataset=polynomial_curve or dataset=linear"
            )

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return the parts of the error."""
        inputs, truth = self._targets(trials.variant({**self._draw(trials, 0), "dataset.target_noise": 0.0}))
        predictions, targets = [], []
        for number in range(self.resamples):
            variant = trials.variant(self._draw(trials, number))
            same, noisy = self._targets(variant)
            if not torch.equal(same, inputs):
                raise ValueError("the inputs differ from resample to resample; the design is not fixed")
            part = variant.data.splits()[self.part]
            outputs = trials.outputs(trials.train(variant), part)
            predictions.append(variant.data.restore(outputs, part).double())
            targets.append(noisy)
        prediction, target = torch.stack(predictions), torch.stack(targets)  # (resamples, examples, outputs)
        return decompose(prediction, target, truth)

    def _draw(self, trials: Trials, number: int) -> dict[str, Any]:
        streams = {name: trials.seed(name) % 2**31 for name in ("split", "init", "order")}
        streams["data"] = trials.seed("resample", number) % 2**31
        design = {"dataset.design": "fixed"} if "design" in divided(trials.assembly.config["dataset"])[0] else {}
        return {**design, **{f"streams.{name}": seed for name, seed in streams.items()}}

    def _targets(self, assembly: Assembly) -> tuple[torch.Tensor, torch.Tensor]:
        part = assembly.data.splits()[self.part]
        return part.inputs, assembly.data.restore(part.targets, part).double()


def decompose(prediction: torch.Tensor, target: torch.Tensor, truth: torch.Tensor) -> dict[str, float]:
    """Return the parts of the error of predictions (resamples, examples, outputs) against targets and truth."""
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
