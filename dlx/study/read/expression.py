"""Expressions over the metrics of runs, such as `train/accuracy - test/accuracy` or `test/loss > 2.29`.

They are parsed by `ast` and never evaluated by Python; only names, numbers, operators and a few functions are valid.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from dlx.errors import ConfigError, nearest

Value = float | Sequence[float]
# A division has spaces around its slash, a path has none: `test/loss / train/loss`. A final `*` matches many metrics.
NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.\w+)*(?:/(?:[\w.]+|\*(?!\w)))*")
WORDS = ("and", "or", "not", "True", "False")
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "log10": np.log10,
    "log": np.log,
    "log2": np.log2,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
}
FOLDS: dict[str, Callable[..., Any]] = {"min": np.min, "max": np.max, "sum": np.sum, "mean": np.mean}
BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes:
        text: the text of the expression.
        names: the paths in it, in order of appearance.
    """

    text: str
    names: tuple[str, ...]
    _tree: ast.expr

    def __call__(self, lookup: Callable[[str], Value]) -> float:
        """Return the value, with each name looked up; True is 1, False is 0, and undefined results are nan or inf."""
        with np.errstate(all="ignore"):
            return float(self._value(self._tree, lookup))

    def _value(self, node: ast.expr, lookup: Callable[[str], Value]) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                value = lookup(self.names[int(node.id.removeprefix("_n"))])
                return np.float64(value) if isinstance(value, int | float) else np.asarray(value, float)
            case ast.UnaryOp():
                value = self._value(node.operand, lookup)
                if isinstance(node.op, ast.USub):
                    return -value
                return math.nan if math.isnan(value) else not value
            case ast.BinOp():
                return BINARY[type(node.op)](self._value(node.left, lookup), self._value(node.right, lookup))
            case ast.BoolOp():
                values = [self._value(value, lookup) for value in node.values]
                if any(math.isnan(value) for value in values):
                    return math.nan
                return all(values) if isinstance(node.op, ast.And) else any(values)
            case ast.Compare():
                sides = [self._value(side, lookup) for side in (node.left, *node.comparators)]
                if any(math.isnan(side) for side in sides):
                    return math.nan
                return all(COMPARE[type(op)](a, b) for op, a, b in zip(node.ops, sides, sides[1:], strict=False))
            case ast.Call():
                values = [np.atleast_1d(self._value(argument, lookup)) for argument in node.args]
                name = node.func.id  # type: ignore[attr-defined]
                return FUNCTIONS[name](values[0][0]) if name in FUNCTIONS else FOLDS[name](np.concatenate(values))
        raise AssertionError(f"not admitted by parse: {node}")


def _calls(match: re.Match[str]) -> bool:
    """Return True if a name is that of a function."""
    return match.string[match.end() :].lstrip().startswith("(")


def _called(named: Mapping[str, str], match: re.Match[str]) -> str:
    return f"({named[match[0]]})" if match[0] in named and not _calls(match) else match[0]


def parse(text: Any, where: str, named: Mapping[str, str] = MappingProxyType({})) -> Expression:
    """Return the expression that a text represents.

    Args:
        text: the text; a number is an expression as well.
        where: the key of the expression, for messages.
        named: named expressions, which are inserted for their names.

    Raises:
        ConfigError: The text is not an expression, or contains syntax that is not allowed.
    """
    if isinstance(text, int | float):
        text = repr(float(text))
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(f"{where}: expected an expression such as 'train/loss - test/loss', got {text!r}")
    text = named.get(text) or NAME.sub(partial(_called, named), text)
    names: list[str] = []

    def replace(match: re.Match[str]) -> str:
        word = match.group()
        if word in WORDS or _calls(match):
            return word
        if word not in names:
            names.append(word)
        return f"_n{names.index(word)}"

    try:
        tree = ast.parse(NAME.sub(replace, text.strip()), mode="eval").body
    except SyntaxError:
        raise ConfigError(f"{where}: cannot read the expression {text!r}; expected e.g. 'a/b - c/d'") from None
    _admit(tree, text, where)
    return Expression(text.strip(), tuple(names), tree)


def _admit(node: ast.AST, text: str, where: str) -> None:
    parts: list[ast.expr]
    match node:
        case ast.Constant() if isinstance(node.value, int | float):
            parts = []
        case ast.Name() if node.id.startswith("_n"):
            parts = []
        case ast.UnaryOp() if isinstance(node.op, ast.USub | ast.Not):
            parts = [node.operand]
        case ast.BinOp() if type(node.op) in BINARY:
            parts = [node.left, node.right]
        case ast.BoolOp():
            parts = node.values
        case ast.Compare() if all(type(op) in COMPARE for op in node.ops):
            parts = [node.left, *node.comparators]
        case ast.Call() if isinstance(node.func, ast.Name) and not node.keywords:
            known = [*FUNCTIONS, *FOLDS]
            if node.func.id not in known or not node.args or (node.func.id in FUNCTIONS and len(node.args) != 1):
                raise ConfigError(f"{where}: {node.func.id}(...): no such function{nearest(node.func.id, known)}")
            parts = node.args
        case _:
            raise ConfigError(f"{where}: {text!r}: only + - * / **, comparisons, and/or/not and functions are read")
    for part in parts:
        _admit(part, text, where)
