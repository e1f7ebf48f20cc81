"""A trained network with its preprocessing, as a module of torch: `from dlx import load_model`."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from dlx.data.adapt import reshape
from dlx.run.predict import Trained, load_trained, predict_new

if TYPE_CHECKING:
    import pandas as pd

NAMED = 5  # examples that are named in a warning


class LoadedModel(nn.Module):
    """The network of a run between its preprocessing and the meaning of its outputs, in evaluation mode.

    `forward` takes inputs in the units of the data, as numbers: of a table (examples, inputs) its columns after words,
    dates and missing values have become numbers (`input_names`); of images what `dataset` made of them; of a series
    windows (examples, `length`, series) of all its columns. It returns the probabilities of the classes (examples,
    classes), or numbers in the units of the data (examples, outputs). `predict` takes frames as they come from a file.

    Attributes:
        network: the network itself, on standardized inputs.
        input_names: names of the inputs; () if they have none.
        classes: names of the classes; () if it predicts numbers.
        shape: shape of one input of `forward`.
    """

    mean: Tensor
    std: Tensor
    target_mean: Tensor
    target_std: Tensor

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        self.trained, fitted = trained, trained.fitted
        self.network, spec = trained.network, fitted.spec
        self.kind = trained.blank.spec.input
        self.changes_form = spec.input != self.kind
        names = [fitted.columns[place] for place in fitted.inputs_at] if fitted.inputs_at else fitted.columns
        self.input_names: tuple[str, ...] = tuple(fitted.columns if spec.input == "series" else names)
        self.classes = spec.classes
        self.order = 0 if fitted.differences is None else fitted.differences.order
        width = len(fitted.columns) or spec.shape[-1]
        self.length = spec.shape[0] + self.order if spec.input == "series" else 0
        self.shape: tuple[int, ...] = (self.length, width) if spec.input == "series" else spec.shape
        self.register_buffer("mean", torch.from_numpy(fitted.mean))
        self.register_buffer("std", torch.from_numpy(fitted.std))
        self.register_buffer("target_mean", torch.from_numpy(fitted.target_mean))
        self.register_buffer("target_std", torch.from_numpy(fitted.target_std))
        self.restores = spec.target in ("number", "series")
        self.eval()

    @property
    def dtype(self) -> torch.dtype:
        """The type of the inputs: double precision, in which they are scaled, as in the training."""
        return torch.long if self.trained.fitted.spec.input == "tokens" else torch.float64

    def forward(self, inputs: Tensor) -> Tensor:
        """Return what the network says of inputs (examples, *shape) in the units of the data."""
        if self.trained.fitted.spec.input == "tokens":
            return self.answers(self.network(self.adapted(inputs)))
        values = inputs.double()
        x = self.differenced(values)
        place = next(self.network.parameters(), torch.zeros(0))
        x = ((x - self.mean) / self.std).to(torch.float32).to(place.dtype)
        found = self.answers(self.network(self.adapted(x)))
        return self.levels(found, values) if self.order else found

    def adapted(self, x: Tensor) -> Tensor:
        """Return inputs in the form that the network takes."""
        spec = self.trained.fitted.spec
        return reshape(x, self.kind, spec.symbols) if self.changes_form else x

    def answers(self, outputs: Tensor) -> Tensor:
        """Return the meaning of outputs: probabilities, or numbers in the units of the data."""
        found = self.trained.recipe.objective.interpreted(outputs)
        if not self.restores:
            return found
        if self.trained.fitted.double:
            found = found.double()
        return found * self.target_std.to(found.dtype) + self.target_mean.to(found.dtype)

    def differenced(self, values: Tensor) -> Tensor:
        """Return the inputs of a window (examples, length, series), as differences if the run learned those."""
        fitted = self.trained.fitted
        x = values[..., list(fitted.inputs_at)] if fitted.spec.input == "series" and fitted.inputs_at else values
        if fitted.difference == "returns":
            return x[:, 1:] / x[:, :-1] - 1
        for _ in range(self.order):
            x = x[:, 1:] - x[:, :-1]
        return x

    def levels(self, changes: Tensor, values: Tensor) -> Tensor:
        """Return values (examples, horizon * series) from forecast differences and the window before them."""
        fitted = self.trained.fitted
        before = values[..., list(fitted.targets_at)] if fitted.targets_at else values
        steps = changes.reshape(-1, fitted.horizon, fitted.series).double()
        if fitted.difference == "returns":
            last, found = before[:, -1], []
            for step in range(fitted.horizon):
                last = last * (1 + steps[:, step])
                found.append(last)
            return torch.stack(found, 1).flatten(1)
        for order in range(self.order - 1, -1, -1):
            tail = before
            for _ in range(order):
                tail = tail[:, 1:] - tail[:, :-1]
            steps = tail[:, -1:] + torch.cumsum(steps, 1)
        return steps.flatten(1)

    def predict(self, source: pd.DataFrame | np.ndarray | Tensor | str | Path, every: bool = False) -> pd.DataFrame:
        """Return predictions for new examples as a frame, as `dlx predict` does.

        Rows that cannot be predicted are left out, and a warning names them.

        Args:
            source: a frame with the columns of the training's file, an array or a tensor of inputs in the units of the
                data, or the path of a file.
            every: of a series, the forecasts from all windows.

        Raises:
            ConfigError: Nothing can be predicted; the message says what was expected.
        """
        import pandas as pd

        if isinstance(source, Tensor):
            source = source.detach().cpu().numpy()
        found = predict_new(self.trained, Path(source) if isinstance(source, str) else source, every)
        for note in found.notes:
            warnings.warn(note, stacklevel=2)
        if found.refused:
            more = len(found.refused) - NAMED
            said = "; ".join(found.refused[:NAMED]) + (f"; and {more} more" if more > 0 else "")
            warnings.warn(f"not predicted: {said}", stacklevel=2)
        columns: dict[str, Any] = dict(found.ids)
        for name, values in found.columns.items():
            label = f"{name} (predicted)" if name in found.ids else name
            if values.ndim == 2:
                columns |= {f"{label}_{n + 1}": values[:, n] for n in range(values.shape[1])}
            else:
                columns[label] = list(values) if values.ndim > 2 else values
        return pd.DataFrame(columns)

    def summary(self) -> pd.DataFrame:
        """Return a table of the layers: name, class, shape of the output for a batch of one, and parameters."""
        import pandas as pd

        place = next(self.network.parameters(), torch.zeros(0))
        example = self.trained.blank.test.inputs[:1]
        shapes = output_shapes(self.network, example.to(place.dtype) if example.is_floating_point() else example)
        table: list[dict[str, Any]] = [
            {
                "layer": name or "network",
                "class": type(module).__name__,
                "output": "x".join(map(str, shapes.get(name, ()))),
                "parameters": sum(p.numel() for p in module.parameters()),
            }
            for name, module in leaves(self.network).items()
        ]
        total = sum(p.numel() for p in self.network.parameters())
        own = total - sum(row["parameters"] for row in table)
        table += [{"layer": "others", "class": "", "output": "", "parameters": own}] if own else []
        return pd.DataFrame([*table, {"layer": "total", "class": "", "output": "", "parameters": total}])


def leaves(network: nn.Module) -> dict[str, nn.Module]:
    """Return the modules of a network that contain no others, by name."""
    return {name: module for name, module in network.named_modules() if not any(True for _ in module.children())}


def output_shapes(network: nn.Module, example: Tensor) -> dict[str, tuple[int, ...]]:
    """Return the shape of the first output of each of these modules for an example; those that are not called lack."""
    shapes: dict[str, tuple[int, ...]] = {}

    def note(name: str) -> Any:
        def hook(module: nn.Module, given: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple) else output
            shapes.setdefault(name, tuple(first.shape) if isinstance(first, Tensor) else ())

        return hook

    handles = [module.register_forward_hook(note(name)) for name, module in leaves(network).items()]
    try:
        with torch.no_grad():
            network(example)
    finally:
        for handle in handles:
            handle.remove()
    return shapes


def load_model(folder: str | Path) -> LoadedModel:
    """Return the trained network of a run with its preprocessing, a `torch.nn.Module` in evaluation mode.

    The data of the training are not needed, and nothing in the folder is executed.

    Args:
        folder: the folder of the run.

    Raises:
        ConfigError: There is no trained network in the folder, or one of its files is broken.

    Example:
        from dlx import load_model
        model = load_model("outputs/runs/2026-01-31/12-00-00-3f2a1b4c")
        model.predict(pandas.read_csv("new.csv"))
    """
    return LoadedModel(load_trained(Path(folder), lambda note: warnings.warn(note, stacklevel=3)))
