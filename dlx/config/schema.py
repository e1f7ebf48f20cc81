"""The keys of classes with their kinds, defaults and descriptions, read from the source files.

Nothing is imported, torch included, so `dlx axes` starts quickly. In all classes of dlx the parameters before the star
are run-time values that the program passes, and the keyword-only parameters are the keys of the option's YAML.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from dlx.config.definitions import ancestry, module_name, named
from dlx.spec import KINDS, Kind

# Python types and the words that describe them to a user; `kinds.describe` uses the same table.
WORDS = {"Any": "any", "dict": "mapping"}
OPTION = "option of {}"  # description of `Annotated[str, Node("initializer")]`
SECTION = re.compile(r"(Args|Attributes|Example|Raises):")


@dataclass(frozen=True)
class Parameter:
    """A key of an option.

    Attributes:
        name: its name.
        kind: the values that it accepts, e.g. `float > 0`.
        meaning: its description in the docstring of the class.
        below: dotted name of the dataclass that declares the keys of a nested mapping, or "".
    """

    name: str
    kind: str
    meaning: str = ""
    below: str = ""


@dataclass(frozen=True)
class ClassSource:
    """A class as read from its source file.

    Attributes:
        file: the source file.
        line: line number of the class.
        summary: first paragraph of its docstring.
        details: paragraphs that follow, up to the first section such as `Args:`.
        example: text of the section `Example:`.
        parameters: its keys.
    """

    file: Path
    line: int
    summary: str
    details: tuple[str, ...]
    example: str
    parameters: tuple[Parameter, ...]


def read_class(target: str) -> ClassSource | None:
    """Return the class of a dotted name, e.g. `dlx.model.mlp.MLP`, or None for torch's own and unknown classes."""
    lineage = ancestry(target)
    if not lineage:
        return None
    file, node = lineage[0]
    doc = ast.get_docstring(node) or ""
    meanings: dict[str, str] = {}
    for _, ancestor in reversed(lineage):
        meanings |= argument_meanings(ast.get_docstring(ancestor) or "")
    parameters = tuple(
        Parameter(key, describe_node(annotation, home), meanings.get(key, ""), _class_below(annotation, home))
        for key, (annotation, _, home) in _keys(lineage).items()
    )
    summary, *paragraphs = [paragraph.replace("\n", " ") for paragraph in doc.split("\n\n")]
    details = tuple(takewhile(lambda paragraph: not SECTION.match(paragraph), paragraphs))
    example = next((text for text in paragraphs if text.startswith("Example:")), "")
    return ClassSource(file, node.lineno, summary, details, example.removeprefix("Example:").strip(), parameters)


def _class_below(annotation: ast.expr | None, file: Path) -> str:
    """Return the dotted name of the dataclass that an annotation names, e.g. dlx.model.lstm.Gates, or ""."""
    found = named(annotation.id, file) if isinstance(annotation, ast.Name) else None
    return f"{module_name(found[1])}.{found[0].name}" if found and isinstance(found[0], ast.ClassDef) else ""


def neutral_values(target: str) -> dict[str, Any]:
    """Return the Python defaults of a class's keys in order; for members of list groups they have no effect.

    The first key is the one that activates the member (strength, p, patience).
    """
    keys = _keys(ancestry(target))
    return {key: ast.literal_eval(default) for key, (_, default, _) in keys.items() if default is not None}


def constant(target: str, name: str) -> Any:
    """Return the value of a literal in a class body, e.g. `accepts` of a model, or None if there is none."""
    for _, node in ancestry(target):
        for item in node.body:
            targets = item.targets if isinstance(item, ast.Assign) else []
            targets = [item.target] if isinstance(item, ast.AnnAssign) and item.value is not None else targets
            if any(ast.unparse(target) == name for target in targets):
                return ast.literal_eval(item.value)  # type: ignore[attr-defined]
    return None


def methods(target: str) -> set[str]:
    """Return the names of the methods that a class or one of its bases defines."""
    return {item.name for _, node in ancestry(target) for item in node.body if isinstance(item, ast.FunctionDef)}


def unused_keys(target: str) -> tuple[str, ...]:
    """Return the keys of an optimizer that have no effect (the attribute `unused` of its class)."""
    return tuple(constant(target, "unused") or ())


def _keys(lineage: list[tuple[Path, ast.ClassDef]]) -> dict[str, tuple[ast.expr | None, ast.expr | None, Path]]:
    """Return annotation, default and file of each key of the first `__init__`, or of a keyword-only dataclass."""
    for file, node in lineage:
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                defaults = zip(item.args.kwonlyargs, item.args.kw_defaults, strict=True)
                return {key.arg: (key.annotation, default, file) for key, default in defaults}
    fields: dict[str, tuple[ast.expr | None, ast.expr | None, Path]] = {}
    for file, node in reversed(lineage):
        if any("kw_only=True" in ast.unparse(decorator) for decorator in node.decorator_list):
            for item in node.body:
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                    fields[item.target.id] = (item.annotation, item.value, file)
    return fields


def argument_meanings(doc: str) -> dict[str, str]:
    """Return the description of each argument in the `Args:` or `Attributes:` section of a docstring."""
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


def describe_node(node: ast.expr | None, file: Path | None = None) -> str:
    """Return a description of the values that an annotation admits, equal to that of `kinds.describe`.

    Args:
        node: syntax tree of the annotation.
        file: its source file, in which names such as `Precision = Literal[...]` are looked up; imports are followed.
    """
    if node is None:
        return "any"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return f"{describe_node(node.left, file)} or {describe_node(node.right, file)}"
    if isinstance(node, ast.Constant):
        plain = {"None": "null", "True": "true", "False": "false"}
        return plain.get(repr(node.value), str(node.value))
    if isinstance(node, ast.Name):
        found = named(node.id, file)
        if found is not None and isinstance(found[0], ast.expr):
            return describe_node(found[0], found[1])
        if found is not None and isinstance(found[0], ast.ClassDef):
            return WORDS["dict"]  # a mapping whose keys are those of the dataclass
        return WORDS.get(node.id, node.id)
    if isinstance(node, ast.Subscript):
        name = ast.unparse(node.value)
        inner = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Literal":
            return "|".join(describe_node(item, file) for item in inner)
        options = [item for item in inner if isinstance(item, ast.Call) and ast.unparse(item.func) == "Node"]
        if name == "Annotated" and options:
            return OPTION.format(ast.literal_eval(options[0].args[0]))
        if name == "Annotated":
            return " ".join([describe_node(inner[0], file), *(_describe_kind(item, file) for item in inner[1:])])
        if name == "list":
            return f"list of {describe_node(inner[0], file)}"
        if name == "dict":
            return WORDS["dict"]
    return ast.unparse(node)


def _describe_kind(node: ast.expr, file: Path | None) -> str:
    """Return a description of a range: a name of dlx/spec.py, or a call such as `Kind("Angle", low=0, high=180)`."""
    if isinstance(node, ast.Name) and node.id in KINDS:
        return str(KINDS[node.id])
    found = named(node.id, file) if isinstance(node, ast.Name) else None
    meant = found[0] if found else node
    if isinstance(meant, ast.Call) and ast.unparse(meant.func).split(".")[-1] == "Kind":
        values = [ast.literal_eval(value) for value in meant.args]
        return str(Kind(*values, **{word.arg: ast.literal_eval(word.value) for word in meant.keywords if word.arg}))
    return ast.unparse(node)
