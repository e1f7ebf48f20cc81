"""The structure of dlx/ in numbers, so that none of them grows unseen.

    python benchmarks/structure.py

Prints the loose files of dlx/, the import cycles, calls of getattr and hasattr (comments and strings are not counted),
files of the program that name `_target_`, and the longest modules and functions.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "dlx"
SHOWN = 3  # of the longest modules and functions


def module_of(file: Path) -> str:
    """Return the dotted name of a file of dlx/."""
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.Module, modules: set[str]) -> set[str]:
    """Return the modules of dlx that a module imports, those inside functions too, but for type checkers' ones."""
    for_checkers = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) not in for_checkers and isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif id(node) not in for_checkers and isinstance(node, ast.ImportFrom) and node.module:
            dotted = [f"{node.module}.{alias.name}" for alias in node.names]
            names |= {name if name in modules else node.module for name in dotted}
    return names & modules


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return import cycles, one after the other, each without the imports that closed those before it."""
    left, found = {name: set(others) for name, others in graph.items()}, []
    while True:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            path: list[str] = error.args[1]  # each is imported by the next
            found.append(path)
            left[path[1]].discard(path[0])
        else:
            return found


def questions(tree: ast.Module) -> int:
    """Return the number of calls of getattr and hasattr."""
    return sum(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr")
        for node in ast.walk(tree)
    )


def names_target(tree: ast.Module) -> bool:
    """Return whether a string that is no docstring holds `_target_`."""
    docs = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return any(
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and "_target_" in node.value
        and id(node) not in docs
        for node in ast.walk(tree)
    )


def functions(module: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield length in lines and name of every function and method, docstring and signature included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1, f"{module}.{node.name}"


def main() -> None:
    """Print all counts."""
    texts = {module_of(file): file.read_text(encoding="utf-8") for file in sorted(PACKAGE.rglob("*.py"))}
    trees = {module: ast.parse(text) for module, text in texts.items()}
    graph = {module: imported(tree, set(trees)) - {module} for module, tree in trees.items()}
    asked = {module: count for module, tree in trees.items() if (count := questions(tree))}
    named = [module for module, tree in trees.items() if names_target(tree)]
    lengths = sorted(((len(text.splitlines()), module) for module, text in texts.items()), reverse=True)
    longest = sorted((item for module, tree in trees.items() for item in functions(module, tree)), reverse=True)
    found = cycles(graph)
    print(f"modules                {len(texts)}, {sum(length for length, _ in lengths)} lines")
    print(f"loose files in dlx/    {len(list(PACKAGE.glob('*.py')))}")
    print("; ".join([f"import cycles          {len(found)}", *map(" -> ".join, found)]))
    print(f"getattr and hasattr    {sum(asked.values())}  {', '.join(f'{m} {n}' for m, n in asked.items())}")
    print(f"files with _target_    {len(named)}  {', '.join(named)}")
    print(f"longest modules        {', '.join(f'{module} {length}' for length, module in lengths[:SHOWN])}")
    print(f"longest functions      {', '.join(f'{name} {length}' for length, name in longest[:SHOWN])}")


if __name__ == "__main__":
    main()
