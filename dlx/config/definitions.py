"""Classes with their bases, and module-level names, found in source files. Nothing is imported."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from dlx import paths


def module_file(module: str) -> Path | None:
    """Return the source file of a module of dlx or of the working directory without importing it, or None."""
    parts = module.split(".")
    base = paths.PACKAGE.parent if parts[0] == "dlx" else Path.cwd()
    for path in (base.joinpath(*parts).with_suffix(".py"), base.joinpath(*parts, "__init__.py")):
        if path.is_file():
            return path
    return None


def tree(file: Path) -> ast.Module:
    """Return the syntax tree of a file, read again only if the file has changed."""
    state = file.stat()
    return parsed(file, state.st_mtime_ns, state.st_size)


@cache
def parsed(file: Path, changed: int, size: int) -> ast.Module:
    """Return the syntax tree of a file; the cache distinguishes its states, since a user's module may change."""
    return ast.parse(file.read_text(encoding="utf-8"))


def ancestry(target: str) -> list[tuple[Path, ast.ClassDef]]:
    """Return file and syntax tree of a class of dlx or of the working directory, followed by those of its bases."""
    return list(shipped_ancestry(target)) if target.startswith("dlx.") else found_ancestry(target)


@cache
def shipped_ancestry(target: str) -> tuple[tuple[Path, ast.ClassDef], ...]:
    """Return the ancestry of a class of dlx, whose files do not change, as those of a user may."""
    return tuple(found_ancestry(target))


def found_ancestry(target: str) -> list[tuple[Path, ast.ClassDef]]:
    """Return the ancestry of a class as its files are now; [] for an unknown class."""
    module, _, name = target.rpartition(".")
    found = named(name, module_file(module)) if module else None
    if found is None or not isinstance(found[0], ast.ClassDef):
        return []
    lineage = [(found[1], found[0])]
    for base in found[0].bases:
        above = named(base.id, found[1]) if isinstance(base, ast.Name) else None
        if above is not None and isinstance(above[0], ast.ClassDef):
            lineage += [item for item in ancestry(f"{module_name(above[1])}.{above[0].name}") if item not in lineage]
    return lineage


def module_name(file: Path) -> str:
    """Return the dotted name of the module of a source file, the reverse of `module_file`."""
    base = paths.PACKAGE.parent if file.is_relative_to(paths.PACKAGE) else Path.cwd()
    return ".".join(file.relative_to(base).with_suffix("").parts)


def named(name: str, file: Path | None) -> tuple[ast.AST, Path] | None:
    """Return the definition of a module-level name and its file, following `from dlx.x import name`, or None."""
    for node in tree(file).body if file else ():
        if file and isinstance(node, ast.ClassDef) and node.name == name:
            return node, file
        if file and isinstance(node, ast.Assign) and any(ast.unparse(target) == name for target in node.targets):
            return node.value, file
        if isinstance(node, ast.ImportFrom) and node.module:
            for item in node.names:
                if (item.asname or item.name) == name:
                    return named(item.name, module_file(node.module))
    return None
