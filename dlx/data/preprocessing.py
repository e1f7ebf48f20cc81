"""The preprocessing of inputs and targets as fitted to the training split; a run keeps it for new examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from math import prod
from typing import Any, get_args

import numpy as np
import torch

from dlx.data.scale import Units
from dlx.data.windows import Differences
from dlx.spec import DataSpec, Input, Target
from dlx.stored.form import Fields, MisfitError, count, flag, listed, mapped, misfit, node, number, one_of, text

SPEC = Fields(
    needed={
        "input": one_of(*get_args(Input)),
        "shape": listed(count),
        "target": one_of(*get_args(Target)),
        "outputs": count,
    },
    others={
        "features": listed(text),
        "classes": listed(text),
        "symbols": count,
        "steps": count,
        "padded": flag,
    },
    defaults={"features": [], "classes": [], "symbols": 0, "steps": 0, "padded": False},
)
ARRAY = Fields(needed={"shape": listed(count), "values": listed(number)})


def array(value: Any, place: str) -> np.ndarray:
    """Accept an array in double precision, as `{shape, values}`."""
    found = ARRAY(value, place)
    if prod(found["shape"]) != len(found["values"]):
        raise misfit(place, f"{prod(found['shape'])} values", len(found["values"]))
    return np.array(found["values"], dtype=np.float64).reshape(found["shape"])


def difference(value: Any, place: str) -> int | str:
    """Accept an order of differencing, or `returns`."""
    return "returns" if value == "returns" else count(value, place)


FORM = Fields(
    needed={
        "spec": SPEC,
        "mean": array,
        "std": array,
        "target_mean": array,
        "target_std": array,
        "double": flag,
        "inputs_at": listed(count),
        "targets_at": listed(count),
        "columns": listed(text),
        "encoding": node,
    },
    others={
        "filled": mapped(number),
        "shares": mapped(listed(number)),
        "white": number,
        "difference": difference,
        "series": count,
    },
    defaults={"filled": {}, "shares": {}, "white": 1.0, "difference": 0, "series": 1},
)


@dataclass(frozen=True)
class Preprocessing:
    """The preprocessing that was fitted to the training split of a run, or found in its file.

    Attributes:
        spec: the specification of the data before they were adapted to the model.
        mean: what is subtracted from an example, in double precision; its shape is that of an example, or 1 along axes
            without features.
        std: what it is divided by.
        target_mean: mean of real targets, 0 if they are not standardized.
        target_std: their standard deviation.
        double: whether targets are converted in double precision.
        columns: names of the columns of the raw inputs, or of all series; () if they have none.
        inputs_at: places of the columns that are inputs, or of the series; () if all are.
        targets_at: for series, the places of those that are forecast; () if all are.
        encoding: see `dlx.data.raw.Table`.
        filled: medians that stand for missing numbers, by the name of the input.
        shares: share of each word in the training split, by the name of the input.
        white: value of white in images.
        difference: order of differencing of a series, or `returns`.
        series: number of series that are forecast.
    """

    spec: DataSpec
    mean: np.ndarray
    std: np.ndarray
    target_mean: np.ndarray = field(default_factory=lambda: np.zeros(1))
    target_std: np.ndarray = field(default_factory=lambda: np.ones(1))
    double: bool = False
    columns: tuple[str, ...] = ()
    inputs_at: tuple[int, ...] = ()
    targets_at: tuple[int, ...] = ()
    encoding: Mapping[str, Any] = field(default_factory=dict)
    filled: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, list[float]] = field(default_factory=dict)
    white: float = 1.0
    difference: int | str = 0
    series: int = 1

    @property
    def units(self) -> Units:
        """The mean and standard deviation of real targets."""
        kind = torch.float64 if self.double else torch.float32
        return Units(torch.from_numpy(self.target_mean).to(kind), torch.from_numpy(self.target_std).to(kind))

    @property
    def differences(self) -> Differences | None:
        """The differencing of a series; None for other data."""
        if self.spec.input != "series":
            return None
        return Differences(self.difference, self.series)

    @property
    def horizon(self) -> int:
        """The number of values of each series that are forecast; 1 for other data."""
        return 1 if self.differences is None else self.spec.outputs // self.series

    @property
    def targets(self) -> tuple[str, ...]:
        """The names of the series that are forecast."""
        places = self.targets_at or range(len(self.columns))
        return tuple(self.columns[place] for place in places)

    def with_units(self, units: Units) -> Preprocessing:
        """Return a copy with the units of the targets."""
        mean, std = (values.double().numpy().reshape(-1) for values in (units.mean, units.sd))
        return replace(self, target_mean=mean, target_std=std, double=units.mean.dtype == torch.float64)

    def record(self) -> dict[str, Any]:
        """Return values for a JSON file, from which `restored` makes an equal one."""
        spec = {key: value for key, value in asdict(self.spec).items() if key in {*SPEC.needed, *SPEC.others}}
        arrays = {name: vars(self)[name] for name in ("mean", "std", "target_mean", "target_std")}
        plain = {name: {"shape": list(one.shape), "values": one.ravel().tolist()} for name, one in arrays.items()}
        return {**vars(self), **plain, "spec": spec}

    @classmethod
    def restored(cls, value: Any) -> Preprocessing:
        """Return what a run kept.

        Raises:
            MisfitError: The value does not have the form of a record, or its parts do not fit each other.
        """
        found = FORM(value, "preprocessing")
        made = cls(DataSpec(**with_tuples(found.pop("spec"))), **with_tuples(found))
        made.check()
        return made

    def check(self) -> None:
        """Check that the parts fit each other.

        Raises:
            MisfitError: They do not.
        """
        shape = self.spec.shape
        try:
            fits = np.broadcast_shapes(shape, self.mean.shape, self.std.shape) == shape
        except ValueError:
            fits = False
        if self.spec.input != "tokens" and not fits:
            raise MisfitError(f"preprocessing.mean: expected a shape that fits {shape}, got {self.mean.shape}")
        if self.columns and max((*self.inputs_at, *self.targets_at), default=0) >= len(self.columns):
            raise MisfitError("preprocessing.inputs_at: expected places of columns")
        names = [self.columns[place] for place in self.inputs_at] or self.columns
        unknown = [name for name in (*self.filled, *self.shares) if name not in names]
        if unknown:
            raise MisfitError(f"preprocessing.filled: expected names of inputs, got {ascii(unknown[0])[:60]}")
        if self.spec.target == "class" and len(self.spec.classes) != self.spec.outputs:
            raise MisfitError(f"preprocessing.spec.classes: expected {self.spec.outputs} names")
        if self.differences is not None and (not self.series or self.spec.outputs % self.series):
            raise MisfitError("preprocessing.series: expected a divisor of the number of outputs")


def with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with tuples in the place of lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
