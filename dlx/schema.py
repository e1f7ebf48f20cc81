"""What a class can be configured with, read from its source: no torch import, so `dlx axes` answers at once.

The convention of all classes of dlx: parameters before the star are given by the program at run time, the
keyword-only ones behind it are the keys of the option's YAML. The two can never overlap.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dlx import paths
from dlx.spec import KINDS


@dataclass(frozen=True)
class Parameter:
    """One key of an option: its name, what it takes (`float > 0`) and its meaning."""

    name: str
    kind: str
    meaning: str = ""


@dataclass(frozen=True)
class ClassSource:
    """A class as its source file shows it."""

    file: Path
    line: int
    summary: str
    parameters: tuple[Parameter, ...]


def module_file(module: str) -> Path | None:
    """Return the source file of a module of dlx or of the user's folder, without importing it."""
    parts = module.split(".")
    base = paths.PACKAGE.parent if parts[0] == "dlx" else Path.cwd()
    for path in (base.joinpath(*parts).with_suffix(".py"), base.joinpath(*parts, "__init__.py")):
        if path.is_file():
            return path
    return None


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def read_class(target: str) -> ClassSource | None:
    """Read the class behind `_target_`, e.g. `dlx.model.mlp.MLP`; None for torch's own classes and unknown ones."""
    module, _, name = target.rpartition(".")
    file = module_file(module) if module else None
    if file is None:
        return None
    for node in _tree(file).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            doc = ast.get_docstring(node) or ""
            meanings = argument_meanings(doc)
            parameters = tuple(
                Parameter(key, describe_node(annotation), meanings.get(key, "")) for key, annotation in _keys(node)
            )
            return ClassSource(file, node.lineno, doc.split("\n\n")[0].replace("\n", " "), parameters)
    return None


def _keys(node: ast.ClassDef) -> list[tuple[str, ast.expr | None]]:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return [(argument.arg, argument.annotation) for argument in item.args.kwonlyargs]
    decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
    if any("dataclass" in text and "kw_only=True" in text for text in decorators):
        return [
            (item.target.id, item.annotation)
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        ]
    return []


def argument_meanings(doc: str) -> dict[str, str]:
    """Return the meaning of each argument from the `Args:` section of a docstring."""
    section = re.search(r"^(?:Args|Attributes):\n(.*?)(?=^\S|\Z)", doc, re.M | re.S)
    meanings: dict[str, str] = {}
    name = None
    for line in section.group(1).splitlines() if section else ():
        start = re.match(r" {4}(\w+): (.*)", line)
        if start:
            name, meanings[start.group(1)] = start.group(1), start.group(2)
        elif name and line.strip():
            meanings[name] += " " + line.strip()
    return meanings


def neutral_values(target: str) -> dict[str, Any]:
    """Return the Python defaults of a class's keys, in order: for members of list groups, the values that do nothing.

    The first key is the one that switches the member on (strength, p, patience).
    """
    module, _, name = target.rpartition(".")
    file = module_file(module) if module else None
    if file is None:
        return {}
    for node in _tree(file).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            for item in node.body:
                if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                    defaults = zip(item.args.kwonlyargs, item.args.kw_defaults, strict=True)
                    return {key.arg: ast.literal_eval(value) for key, value in defaults if value is not None}
    return {}


def describe_node(node: ast.expr | None) -> str:
    """Say what an annotation admits, from its syntax tree, in the same words as `build.describe` from the object."""
    if node is None:
        return "any"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return f"{describe_node(node.left)} or {describe_node(node.right)}"
    if isinstance(node, ast.Constant):
        return "null" if node.value is None else str(node.value)
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Subscript):
        name = ast.unparse(node.value)
        inner = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Literal":
            return "|".join(str(item.value) for item in inner if isinstance(item, ast.Constant))
        if name == "Annotated":
            kinds = [str(KINDS[ast.unparse(item)]) for item in inner[1:]]
            return " ".join([describe_node(inner[0]), *kinds])
        if name == "list":
            return f"list of {describe_node(inner[0])}"
    return ast.unparse(node)
