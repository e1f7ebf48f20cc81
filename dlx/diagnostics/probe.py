"""Linear probes of hidden states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Loss, Metric
from dlx.contracts.diagnostics import Diagnostic
from dlx.data.prepared import Data, Split
from dlx.nn.layers import Call, watched
from dlx.nn.recurrent import Unrolled
from dlx.nn.weights import is_recurrent
from dlx.spec import DataSpec, NonNegative, Positive

PIECE = 1024  # examples in one forward pass


class Probe(Diagnostic):
    """Linear probes, which predict a quantity from a state of the network without changing it (Alain & Bengio 2016).

    A probe is fitted to the training split and scored on the validation split: logistic regression with its accuracy
    for classes and signs, ridge regression with its R² for numbers, both by scikit-learn on standardized states. It
    reports `probe/<state>/<what>/accuracy` or `.../r2`, where <what> is `label` or `lag_<steps>`. The cost is a forward
    pass on both splits and a small fit for each state and lag.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        states: states to read: `h`, the last hidden state of the last recurrent layer; `c`, its last cell state; or the
            path of a layer, for its output.
        target: quantity to predict: the target of the example (label), the input some steps before the end (input), or
            whether that input is above its mean (sign).
        lags: numbers of steps before the end, where 0 is the last step; ignored for label.
        feature: index of the input feature, from 0.

    Example:
        dlx train model=lstm dataset=latch diagnostics=probe 'diagnostics.probe.states=[h,c]'
    """

    examples = 1  # whole splits are taken
    metric_info: ClassVar[Mapping[str, Metric]] = {"accuracy": Metric("max", counted=True), "r2": Metric("max")}
    scored_on: ClassVar[Mapping[str, str]] = {"probe": "val"}

    def __init__(
        self,
        spec: DataSpec,
        *,
        every: Annotated[int, Positive],
        states: list[str],
        target: Literal["label", "input", "sign"],
        lags: Annotated[list[int], NonNegative],
        feature: Annotated[int, NonNegative],
    ) -> None:
        if target != "label":
            if len(spec.shape) != 2:
                raise ValueError(f"target={target} needs sequences; the model is given {spec}; try model=lstm")
            if max(lags, default=0) >= spec.shape[0] or feature >= spec.shape[1]:
                raise ValueError(f"lags and feature: expected a step and a feature of {spec}, got {lags} and {feature}")
        if target == "label" and spec.target not in ("class", "number", "series"):
            raise ValueError(f"target=label needs one target per example; the data are {spec}; try target=input")
        self.every, self.states, self.target, self.lags, self.feature = every, states, target, lags, feature

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network has the states to read.

        Raises:
            ValueError: If it does not; the message names the available states.
        """
        layers = dict(network.named_modules())
        recurrent = [layer for layer in layers.values() if is_recurrent(layer)]
        cells = [layer for layer in recurrent if isinstance(layer, nn.LSTM) or states_of(layer) > 1]
        known = {name for name in layers if name} | ({"h"} if recurrent else set()) | ({"c"} if cells else set())
        if not known:
            raise ValueError("states: this network has no layer to read; try model=lstm")
        for state in self.states:
            if state not in known:
                raise ValueError(f"states: the model has no {state!r}; expected one of: {', '.join(sorted(known))}")

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return scalars by name."""
        splits = {name: data.splits()[name].like(batch.inputs) for name in ("train", "val")}
        read = {name: self._read(network, split) for name, split in splits.items()}
        result = {}
        for what, train, val in self._targets(data):
            for state in self.states:
                kind, score = fit_and_score(read["train"][state], train, read["val"][state], val)
                result[f"probe/{state}/{what}/{kind}"] = torch.tensor(score, dtype=torch.float64)
        return result

    def _targets(self, data: Data) -> list[tuple[str, np.ndarray, np.ndarray]]:
        if self.target == "label":
            return [("label", data.train.targets.numpy(), data.val.targets.numpy())]
        found = []
        for lag in self.lags:
            train, val = (part.inputs[:, -1 - lag, self.feature].numpy() for part in (data.train, data.val))
            if self.target == "sign":
                train, val = train > train.mean(), val > train.mean()
            found.append((f"lag_{lag}", train, val))
        return found

    def _read(self, network: nn.Module, part: Split) -> dict[str, np.ndarray]:
        """Return the values of each state (examples, values) on a split."""
        pieces: dict[str, list[Tensor]] = {state: [] for state in self.states}
        modules = dict(network.named_modules())
        recurrent = [name for name, module in modules.items() if is_recurrent(module)]
        with watched(network, {*recurrent, *(state for state in self.states if state in modules)}) as seen:
            for piece in part.inputs.split(PIECE):
                with torch.no_grad():
                    network(piece)
                states = {name: call.first for name, call in seen.items() if isinstance(call.first, Tensor)}
                if recurrent:
                    states |= final_states(modules[recurrent[-1]], seen[recurrent[-1]])
                for state in self.states:
                    pieces[state].append(states[state].flatten(1).cpu())
        return {state: torch.cat(found).double().numpy() for state, found in pieces.items()}


def final_states(layer: Any, call: Call) -> dict[str, Tensor]:
    """Return the final states (batch, directions, width) of a recurrent layer: `h`, and `c` if it has a cell state."""
    ways, state = 2 if layer.bidirectional else 1, call.output[1]
    final = state if isinstance(state, tuple) else (state,)  # each (layers · ways, batch, width)
    return {key: part[-ways:].movedim(0, 1) for key, part in zip("hc", final, strict=False)}


def states_of(layer: nn.Module) -> int:
    """Return the number of tensors in the state of a recurrent layer of dlx, or 0 for other layers."""
    return int(layer.cell.states) if isinstance(layer, Unrolled) else 0


def fit_and_score(x: np.ndarray, y: np.ndarray, new_x: np.ndarray, new_y: np.ndarray) -> tuple[str, float]:
    """Return the name and the value of the score of a linear probe.

    Args:
        x: states (examples, values) to fit the probe to.
        y: targets (examples,).
        new_x: states to score the probe on.
        new_y: their targets.
    """
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classes = not np.issubdtype(y.dtype, np.floating)
    if classes and len(np.unique(y)) == 1:
        return "accuracy", float((new_y == y[0]).mean())
    model = LogisticRegression(max_iter=1000) if classes else Ridge()
    probe = make_pipeline(StandardScaler(), model).fit(x, y)
    return ("accuracy" if classes else "r2"), float(probe.score(new_x, new_y))
