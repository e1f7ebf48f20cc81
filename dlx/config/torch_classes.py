"""The classes of torch that a configuration may name, and the kinds of their keys, since torch declares no ranges."""

from __future__ import annotations

import inspect
import operator
import types
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from dlx.spec import AtLeastTwo, BelowOne, Fraction, Kind, Length, NonNegative, OpenFraction, Pair, Positive

# By group: public module, module and name of the base class, and module in which torch defines the allowed classes.
BASES = {
    "activation": ("torch.nn", "torch.nn", "Module", "torch.nn.modules.activation"),
    "optimizer": ("torch.optim", "torch.optim", "Optimizer", "torch.optim"),
    "scheduler": ("torch.optim.lr_scheduler", "torch.optim.lr_scheduler", "LRScheduler", "torch.optim.lr_scheduler"),
}


KEYS: dict[str, Any] = {
    # optimizers
    "lr": Annotated[float, Positive],
    "betas": Annotated[list[float], BelowOne, Pair],
    "eps": Annotated[float, Positive],
    "weight_decay": Annotated[float, NonNegative],
    "momentum": Annotated[float, BelowOne],
    "dampening": Annotated[float, Fraction],
    "nesterov": bool,
    "amsgrad": bool,
    "decoupled_weight_decay": bool,
    "alpha": Annotated[float, NonNegative],
    "centered": bool,
    "rho": Annotated[float, Fraction],
    "lr_decay": Annotated[float, NonNegative],
    "initial_accumulator_value": Annotated[float, NonNegative],
    "momentum_decay": Annotated[float, NonNegative],
    # schedulers
    "step_size": Annotated[int, Positive],
    "gamma": Annotated[float, OpenFraction],
    "max_lr": Annotated[float, Positive],
    "total_steps": Annotated[int, AtLeastTwo],
    "pct_start": Annotated[float, OpenFraction],
    "div_factor": Annotated[float, Positive],
    "final_div_factor": Annotated[float, Positive],
    "mode": Literal["min", "max"],
    "factor": Annotated[float, OpenFraction],
    "patience": Annotated[int, NonNegative],
    "threshold": Annotated[float, NonNegative],
    "cooldown": Annotated[int, NonNegative],
    "min_lr": Annotated[float, NonNegative],
    # activations
    "negative_slope": float,
    "init": float,
    "beta": Annotated[float, Positive],
    "approximate": Literal["none", "tanh"],
}
OWN: dict[str, dict[str, Any]] = {  # keys with another range in this class
    "RMSprop": {"alpha": Annotated[float, BelowOne]},
}


# Parameters that are not keys: switches of torch's implementation, and values that the program passes.
SWITCHES = {"optimizer", "params", "foreach", "fused", "capturable", "differentiable", "maximize", "last_epoch"}


def kind_of(cls: str, key: str) -> Any:
    """Return the kind of a key of a torch class from the tables OWN and KEYS, or None if neither has it."""
    return OWN.get(cls, {}).get(key, KEYS.get(key))


def keys_of(cls: type) -> dict[str, Any]:
    """Return the keys of a torch class with their kinds.

    The kind comes from the tables if torch's default satisfies it. Any other key of an optimizer or a scheduler, e.g.
    Adafactor's eps, which is a pair, has the kind of its annotation, and its numbers must be non-negative unless the
    default is negative.
    """
    derives = f"{cls.__module__}.".startswith("torch.optim.")
    found = {}
    for parameter in inspect.signature(cls).parameters.values():
        kind = kind_of(cls.__name__, parameter.name)
        if derives and (kind is None or not fits(kind, parameter.default)):
            kind = None if parameter.name in SWITCHES else derived(cls, parameter)
        if kind is not None:
            found[parameter.name] = kind
    return found


def fits(kind: Any, default: Any) -> bool:
    """Return whether torch's default satisfies a kind; a default that is missing or None always does."""
    if default is inspect.Parameter.empty or default is None:
        return True
    base, *ranges = get_args(kind) if get_origin(kind) is Annotated else (kind,)
    if get_origin(base) is Literal:
        return default in get_args(base)
    if (get_origin(base) is list) != isinstance(default, tuple):
        return False
    values = default if isinstance(default, tuple) else (default,)
    if base is bool or any(isinstance(value, bool) for value in values):
        return base is bool and isinstance(default, bool)
    return all(
        isinstance(value, int | float) and all(not isinstance(kind, Kind) or kind.admits(value) for kind in ranges)
        for value in values
    )


def derived(cls: type, parameter: inspect.Parameter) -> Any:
    """Return the kind of a torch parameter from its annotation and default, or None if YAML cannot express it."""
    # torch imports these names for type checkers only
    names = {"Callable": Callable, "Iterable": Iterable, "Sequence": Sequence}
    hint = get_type_hints(cls.__init__, localns=names).get(parameter.name)  # type: ignore[misc]
    default = parameter.default
    values = default if isinstance(default, tuple) else (default,)
    signed = any(isinstance(value, int | float) and value < 0 for value in values)
    return plain(hint, () if signed else (NonNegative,))


def plain(hint: Any, ranges: tuple[Kind, ...]) -> Any:
    """Return the part of an annotation that YAML can express (numbers, words, null and lists of them), or None.

    Args:
        hint: annotation of torch.
        ranges: ranges that numbers must lie in.
    """
    origin, args = get_origin(hint), get_args(hint)
    if hint in (bool, str, type(None)) or origin is Literal:
        return hint
    if hint in (int, float):
        return Annotated[(hint, *ranges)] if ranges else hint  # type: ignore[misc]
    if origin in (Union, types.UnionType):
        members = [kind for kind in (plain(arg, ranges) for arg in args) if kind is not None]
        return reduce(operator.or_, members) if members and members != [type(None)] else None
    if origin is tuple and args[-1] is not Ellipsis:
        inner = plain(args[0], ranges)
        length = Pair if len(args) == 2 else Length("Length", len(args))
        return None if inner is None else Annotated[list[inner], length]  # type: ignore[valid-type]
    if origin in (list, Iterable, Sequence):
        inner = plain(args[0], ranges)
        return None if inner is None else list[inner]  # type: ignore[valid-type]
    return None
