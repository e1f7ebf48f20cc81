"""The contract of the group model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from torch import Tensor, nn

from dlx.contracts.contract import Contract
from dlx.spec import Form, Input, Target


class Model(nn.Module, Contract):
    """A network that maps a batch of inputs to (batch, spec.outputs); most subclass `dlx.nn.network.Network`.

    A model uses the groups activation, normalization and regularizer through parameters before the star of its
    constructor: `activation()` returns a nonlinearity, `normalization(features, dimensions)` returns a layer, and
    `dropout` is the dropout probability of hidden units. A parameter that is not declared is not used, and the notes of
    the run mention it. A model that composes others builds them with `build` (dlx/nn/nested.py).

    Attributes:
        accepts: kinds of input, in order of preference; other kinds are converted (dlx/data/adapt.py).
        gives: forms of output: one per example, per position or per step.
        parts: named sets of parameters that phases can update separately.
        targets: kinds of target that it can predict; (): all.
        codes: whether `encode(x)` maps inputs (batch, *shape) to codes (batch, d), and `decode(z)` codes to outputs.
        over_time: how it reads sequences, for the notes of a run on sequences; "": no note.
        solves_with: regularizers that `solve` takes into account.
        reduction: factor by which its strides and pooling make a map of outputs coarser than its inputs.
        frozen: names of the modules that stay in evaluation mode during training.
        cross_attention: names of the modules whose output is the weights of attention from answers to inputs (batch,
            heads, steps, time).
        attention_heads: number of heads of an attention between all pairs of steps, whose weights take memory that
            grows with the square of the number of steps, so that evaluation takes fewer long sequences at once; 0:
            none.
        revision: version of what the model computes, a literal; a change that alters the numbers of its runs raises it.
            From 2 on it is part of the identity of the runs that `revised_for` describes, whose older folders are
            neither reused nor averaged with new ones.
        revised_for: the runs whose numbers were altered, a literal: the values of a key of the configuration for which
            it is so (None: the key is not set), where the key `classes` stands for the number of classes; {}: all runs.
    """

    positional: ClassVar[int] = 1  # DataSpec of its inputs and targets
    given: ClassVar[tuple[str, ...]] = ("activation", "normalization", "dropout", "truncated_bptt_steps", "build")
    accepts: ClassVar[tuple[Input, ...]] = ("vector",)
    gives: ClassVar[tuple[Form, ...]] = ("vector",)
    parts: ClassVar[tuple[str, ...]] = ("trunk", "output")
    targets: ClassVar[tuple[Target, ...]] = ()
    codes: ClassVar[bool] = False
    over_time: ClassVar[str] = ""
    solves_with: ClassVar[tuple[str, ...]] = ()
    reduction: int = 1
    frozen: Sequence[str] = ()
    cross_attention: Sequence[str] = ()
    attention_heads: int = 0
    revision: ClassVar[int] = 1
    revised_for: ClassVar[Mapping[str, Sequence[Any]]] = {}

    def solve(self, inputs: Tensor, targets: Tensor, penalties: Sequence[Any] = ()) -> None:
        """Compute the weights from the training split in closed form, for models without trainable parameters.

        Args:
            inputs: training inputs (examples, *shape).
            targets: training targets.
            penalties: active regularizers; passed only if `solves_with` is not empty.
        """
        raise NotImplementedError

    def after_initialization(self) -> None:
        """Set the initial weights that the model itself defines; called after the initializer."""

    def arguments(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the arguments of a forward pass in training for inputs (batch, *shape); its cost is reported."""
        return (x,)

    def from_earlier(self, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return the weights of an earlier revision of the model, by name, in the form of this one."""
        return state

    def train(self, mode: bool = True) -> Self:
        """Set training or evaluation mode; frozen modules stay in evaluation mode."""
        super().train(mode)
        for name in self.frozen if mode else ():
            self.get_submodule(name).eval()
        return self

    @classmethod
    def is_solved(cls) -> bool:
        """Return whether the model has a closed-form solution, i.e. overrides `solve`."""
        return cls.solve is not Model.solve
