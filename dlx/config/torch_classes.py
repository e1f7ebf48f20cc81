"""Which of torch's own classes a configuration may name, and the kinds of their keys (torch has no ranges itself)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from dlx.spec import AtLeastTwo, BelowOne, Fraction, NonNegative, OpenFraction, Pair, Positive

# group: the public module, the module of the base class, the base class that every admitted class must have.
BASES = {
    "activation": ("torch.nn", "torch.nn", "Module"),
    "optimizer": ("torch.optim", "torch.optim", "Optimizer"),
    "scheduler": ("torch.optim.lr_scheduler", "torch.optim.lr_scheduler", "LRScheduler"),
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
OWN: dict[str, dict[str, Any]] = {  # where the same name means another thing
    "RMSprop": {"alpha": Annotated[float, BelowOne]},
}


def kind_of(cls: str, key: str) -> Any:
    """Return the kind of a key of one of torch's classes, None where it is none of ours."""
    return OWN.get(cls, {}).get(key, KEYS.get(key))
