"""The contract of the group model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from dlx.contracts.contract import Contract
from dlx.spec import Form, Input, Target


class Model(nn.Module, Contract):
    """A network that maps a batch of inputs to (batch, spec.outputs); those of dlx are a `dlx.nn.network.Network`.

    A model crosses with the groups activation, normalization and regularizer by naming what they give before the star
    of its constructor: `activation()` makes a nonlinearity, `normalization(features, dimensions)` a layer, `dropout` is
    the share of hidden units dropped. What it does not name, it does not use, and a run's notes say so.

    Attributes:
        accepts: kinds of input, the best first; what is not among them is adapted (dlx/data/adapt.py).
        gives: forms of output: one for an example, for every place, for every step.
        parts: named sets of parameters that phases can move by themselves.
        targets: kinds of target that it can give; () is all.
        over_time: how it reads sequences, said of a run on them where it is not plain.
        solves_with: regularizers that `solve` takes into account.
        frozen: modules, by name, that stay in evaluation mode while the others train.
    """

    positional: ClassVar[int] = 1  # spec
    given: ClassVar[tuple[str, ...]] = ("activation", "normalization", "dropout", "truncated_bptt_steps")
    accepts: ClassVar[tuple[Input, ...]] = ("vector",)
    gives: ClassVar[tuple[Form, ...]] = ("vector",)
    parts: ClassVar[tuple[str, ...]] = ("trunk", "output")
    targets: ClassVar[tuple[Target, ...]] = ()
    over_time: ClassVar[str] = ""
    solves_with: ClassVar[tuple[str, ...]] = ()
    frozen: Sequence[str] = ()

    def solve(self, inputs: Tensor, targets: Tensor, penalties: Sequence[Any] = ()) -> None:
        """Set the weights from the training split at once; for models without anything to descend."""
        raise NotImplementedError

    def after_initialization(self) -> None:
        """Change first weights that the model itself decides."""

    def train(self, mode: bool = True) -> Self:
        """Set training or evaluation mode; frozen modules stay in evaluation, so dropout and statistics rest."""
        super().train(mode)
        for name in self.frozen if mode else ():
            self.get_submodule(name).eval()
        return self

    @classmethod
    def is_solved(cls) -> bool:
        """Return whether it has a solution of its own: a `solve` that is not the contract's."""
        return cls.solve is not Model.solve
