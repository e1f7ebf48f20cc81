"""Networks compared with their published equations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Generator, nn

from dlx.contracts.job import Job
from dlx.errors import ConfigError
from dlx.job._layer_equations import EQUATIONS

if TYPE_CHECKING:
    from dlx.run.trials import Trials

EXAMPLES = 6
FEW = 4  # weights that a message names


class LayerEquations(Job):
    """Compare the configured network with its published equation, computed in numpy from the same weights.

    All weights and running statistics are drawn at random, in double precision. Reports `error`, the largest difference
    of the outputs for some training examples in evaluation mode, and `size`, the largest output. The functions of
    dlx/job/_layer_equations.py state the equations; they do not use torch.

    Args:
        equation: the equation that the configured network is to compute.

    Example:
        dlx train job=layer_equations job.equation=lstm model=lstm dataset=adding
    """

    def __init__(
        self,
        *,
        equation: Literal[
            "mlp",
            "residual",
            "layer_norm",
            "rms_norm",
            "batch_norm",
            "maxout",
            "rnn",
            "lstm",
            "lstm_without_gates",
            "gru",
            "tdnn",
            "cnn",
            "locally_connected",
        ],
    ) -> None:
        self.equation = equation

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return the largest difference and the largest output.

        Raises:
            ConfigError: The configured model does not compute this equation.
        """
        network = trials.network().double().eval()
        fill(network, Generator().manual_seed(trials.seed("weights")))
        inputs = trials.data.train.inputs[:EXAMPLES].double()
        with torch.no_grad():
            ours = network(inputs).numpy()
        weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
        try:
            theirs = EQUATIONS[self.equation](weights, inputs.numpy())
        except (KeyError, ValueError):  # a weight that is not there, or of another shape
            theirs = np.empty(0)
        if ours.shape != theirs.shape:
            raise ConfigError(self._misfit(trials.assembly.checked.model.option, list(weights)))
        return {"error": float(np.abs(ours - theirs).max()), "size": float(np.abs(ours).max())}

    def _misfit(self, model: str, weights: list[str]) -> str:
        """Return the message on a model of another equation; it names the model's own, if there is one."""
        hint = f"; try job.equation={model}" if model in EQUATIONS and model != self.equation else ""
        named = f"{', '.join(weights[:FEW])}{', ...' if len(weights) > FEW else ''}" or "none"
        return f"job.equation={self.equation}: model={model} has other weights: {named}{hint}"


def fill(network: nn.Module, random: Generator) -> None:
    """Set all weights to normal numbers, and running variances to positive ones."""
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            drawn = torch.randn(tensor.shape, generator=random, dtype=tensor.dtype) / 2
            tensor.copy_(drawn.abs() + 0.5 if name.endswith("running_var") else drawn)
