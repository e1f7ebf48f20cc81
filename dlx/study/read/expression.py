"""Expressions over the metrics of runs, such as `train/accuracy - test/accuracy` or `test/loss > 2.29`.

They are parsed by `ast` and never evaluated by Python; only names, numbers, operators and a few functions are valid.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from dlx.config.yaml_file import short
from dlx.errors import ConfigError, nearest

Value = float | Sequence[float]
# A division has spaces around its slash, a path has none: `test/loss / train/loss`. A final `*` matches many metrics.
NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.\w+)*(?:/(?:[\w.]+|\*(?!\w)))*")
LONGEST, DEEPEST = 2000, 100  # signs of an expression, and operators inside one another
LARGEST = 1.7e308
TOO_DEEP = "{}: {}: nested too deeply; name parts of it under study.metrics"
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
                return np.float64(node.value)  # type: ignore[arg-type]
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
                values = [self._value(argument, lookup) for argument in node.args]
                name = node.func.id  # type: ignore[attr-defined]
                if name in FUNCTIONS:
                    return FUNCTIONS[name](values[0])
                return FOLDS[name](np.concatenate([np.atleast_1d(value) for value in values]))
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
    text = str(named[text]) if text in named else NAME.sub(partial(_called, named), text)
    if len(text) > LONGEST:
        raise ConfigError(f"{where}: expected an expression of at most {LONGEST:,} signs, got {len(text):,}")
    names: list[str] = []

    def replace(match: re.Match[str]) -> str:
        word = match.group()
        if word in WORDS or _calls(match):
            return word
        if word not in names:
            names.append(word)
        return f"_n{names.index(word)}"

    replaced = NAME.sub(replace, text.strip())
    if not replaced.isascii():
        raise ConfigError(f"{where}: {short(text)}: expected names, numbers and operators in ASCII")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)  # `1or 2`
            tree = ast.parse(replaced, mode="eval").body
    except (SyntaxError, ValueError):  # a ValueError: a null byte
        raise ConfigError(f"{where}: cannot read the expression {short(text)}; expected e.g. 'a/b - c/d'") from None
    except (RecursionError, MemoryError):
        raise ConfigError(TOO_DEEP.format(where, short(text))) from None
    stars = {f"_n{place}" for place, name in enumerate(names) if "*" in name}
    if _admit(tree, text, where, stars):
        star = next(name for name in names if "*" in name)
        raise ConfigError(
            f"{where}: {short(text)}: {star} matches several metrics; make one number of them, such as mean({star})"
        )
    return Expression(text.strip(), tuple(names), tree)


def _admit(node: ast.AST, text: str, where: str, stars: Collection[str], depth: int = 0) -> bool:
    """Check a part of an expression, and return True if it may have several values, because of a star.

    Raises:
        ConfigError: It contains syntax that is not allowed, or is nested too deeply.
    """
    if depth > DEEPEST:
        raise ConfigError(TOO_DEEP.format(where, short(text)))
    parts: list[ast.expr]
    single = False
    match node:
        case ast.Constant() if isinstance(node.value, int | float):
            if not isinstance(node.value, bool) and node.value > LARGEST:
                raise ConfigError(f"{where}: expected numbers up to {LARGEST:.1e}, got one of {len(text)} signs")
            parts = []
        case ast.Name() if node.id.startswith("_n"):
            return node.id in stars
        case ast.UnaryOp() if isinstance(node.op, ast.USub | ast.Not):
            parts, single = [node.operand], isinstance(node.op, ast.Not)
        case ast.BinOp() if type(node.op) in BINARY:
            parts = [node.left, node.right]
        case ast.BoolOp():
            parts, single = node.values, True
        case ast.Compare() if all(type(op) in COMPARE for op in node.ops):
            parts, single = [node.left, *node.comparators], True
        case ast.Call() if isinstance(node.func, ast.Name) and not node.keywords:
            known = [*FUNCTIONS, *FOLDS]
            if node.func.id not in known:
                raise ConfigError(f"{where}: {node.func.id}(...): no such function{nearest(node.func.id, known)}")
            if not node.args or (node.func.id in FUNCTIONS and len(node.args) != 1):
                number = "one value" if node.func.id in FUNCTIONS else "a value at least"
                raise ConfigError(f"{where}: {node.func.id}(...): expected {number}, got {len(node.args)}")
            parts = node.args
        case _:
            raise ConfigError(
                f"{where}: {short(text)}: only + - * / **, comparisons, and/or/not and functions are read"
            )
    several = [_admit(part, text, where, stars, depth + 1) for part in parts]
    if single and any(several):
        raise ConfigError(
            f"{where}: {short(text)}: a star matches several metrics; compare one number, such as max(x/*)"
        )
    return any(several) and not (isinstance(node, ast.Call) and node.func.id in FOLDS)  # type: ignore[attr-defined]
