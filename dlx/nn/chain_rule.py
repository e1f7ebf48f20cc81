"""Operations of torch as formulas, and the chain rule at each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# The value of an operation, by its arguments a, b, c.
FORWARD: Mapping[str, str] = {
    "addmm": "{b} · {c} + {a}",
    "mm": "{a} · {b}",
    "bmm": "{a} · {b}",
    "relu": "max(0, {a})",
    "sigmoid": "σ({a})",
    "tanh": "tanh({a})",
    "add": "{a} + {b}",
    "sub": "{a} - {b}",
    "mul": "{a} ⊙ {b}",
    "div": "{a} / {b}",
    "neg": "-{a}",
    "exp": "exp({a})",
    "log": "log({a})",
    "pow": "{a} ^ {b}",
    "square": "{a}²",
    "abs": "|{a}|",
    "sum": "sum of {a}",
    "mean": "mean of {a}",
    "_softmax": "softmax({a})",
    "_log_softmax": "log softmax({a})",
    "nll_loss_forward": "-mean over the examples of {a}[class]",
    "mse_loss": "mean of ({a} - {b})²",
    "softplus": "log(1 + exp({a}))",
    "convolution": "{a} * {b} + {c}",
    "embedding": "rows {b} of {a}",
    "cat": "joined {a}",
    "stack": "joined {a}",
    "part": "part {b} of {a}",
}
# The derivative of the loss by an argument of an operation, by g, the derivative by its value v.
BACKWARD: Mapping[str, Sequence[str]] = {
    "addmm": ("column sums of {g}", "{g} · {c}ᵀ", "{b}ᵀ · {g}"),
    "mm": ("{g} · {b}ᵀ", "{a}ᵀ · {g}"),
    "bmm": ("{g} · {b}ᵀ", "{a}ᵀ · {g}"),
    "relu": ("{g} ⊙ [{a} > 0]",),
    "sigmoid": ("{g} ⊙ {v} ⊙ (1 - {v})",),
    "tanh": ("{g} ⊙ (1 - {v}²)",),
    "add": ("{g}", "{g}"),
    "sub": ("{g}", "-{g}"),
    "mul": ("{g} ⊙ {b}", "{g} ⊙ {a}"),
    "neg": ("-{g}",),
    "pow": ("{b} {a} ^ ({b} - 1) ⊙ {g}",),
    "exp": ("{g} ⊙ {v}",),
    "log": ("{g} / {a}",),
    "square": ("2 {a} ⊙ {g}",),
    "abs": ("{g} ⊙ sign({a})",),
    "sum": ("{g}, for each entry",),
    "mean": ("{g} / number of entries",),
    "_softmax": ("{v} ⊙ ({g} - sum of {g} ⊙ {v})",),
    "_log_softmax": ("{g} - softmax({a}) · sum of {g}",),
    "nll_loss_forward": ("-1 / number of examples at the class of each, otherwise 0",),
    "mse_loss": ("2 ({a} - {b}) / number of entries",),
    "softplus": ("{g} ⊙ σ({a})",),
    "convolution": ("{g} convolved with the flipped {b}", "{a} correlated with {g}", "sums of {g} over the positions"),
    "cat": ("its part of {g}",),
    "stack": ("its part of {g}",),
    "part": ("{g} at part {b}, otherwise 0",),
    "embedding": ("{g}, added to the rows {b}",),
}
# The same where the matrix on the right is transposed, as the weights of a linear layer are.
TRANSPOSED: Mapping[str, str] = {"addmm": "{g}ᵀ · {b}", "mm": "{g}ᵀ · {a}"}
TIMES = "{g} times the derivative of {v} by it"


def forward_text(kind: str, names: Sequence[str]) -> str:
    """Return an operation as a formula of the names of its arguments."""
    letters = dict(zip("abc", [*names, "", ""][:3], strict=True))
    return (
        FORWARD[kind].format(**letters) if kind in FORWARD else f"{kind.strip('_')}({', '.join(filter(None, names))})"
    )


def backward_text(kind: str, place: int, names: Sequence[str], value: str, transposed: bool = False) -> str:
    """Return the derivative of the loss by an argument of an operation, by the derivative by its value.

    Args:
        kind: the operation.
        place: number of the argument.
        names: names of all arguments.
        value: name of the value.
        transposed: whether the argument is the transpose of what the derivative is taken by.
    """
    rules = BACKWARD.get(kind, ())
    letters = dict(zip("abc", [*names, "", ""][:3], strict=True))
    rule = rules[place] if place < len(rules) else TIMES
    rule = TRANSPOSED.get(kind, rule) if transposed else rule
    return rule.format(g=f"∂L/∂{value}", v=value, **letters).replace("ᵀᵀ", "")
