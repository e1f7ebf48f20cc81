"""The house's floors: a file imports only from lower ones, so that each can be read without those above it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from dlx import paths

OPTIONS = (
    "model", "initializer", "regularizer", "optimizer", "scheduler", "activation", "normalization", "dataset",
    "augmentation", "objective", "diagnostics", "job",
)  # fmt: skip
HYDRA = ("hydra_plugins", "hydra_session", "hydra_gate")  # of the floor of sweep/
ABOVE = {"sweep": ("study", "cli"), "study": ("cli",), "hydra": ("study", "cli")}
FILES = sorted(paths.PACKAGE.rglob("*.py"))


def imports(file: Path) -> list[tuple[int, str]]:
    """Return line and module of every import, but those for type checkers."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if id(node) in typing:
            continue
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "dlx" else [node.module]
            found += [(node.lineno, name) for name in names]
    return found


def refused(part: str, module: str) -> str:
    """Say why a file of a part of dlx may not import a module; "" where it may."""
    root, _, rest = module.partition(".")
    name = rest.split(".")[0]
    if part in OPTIONS:
        if root in ("hydra", "omegaconf"):
            return "an option is a plain class: its keys come through the gate (build.py), not from Hydra"
        if root == "dlx" and name in OPTIONS:
            return "options stand side by side: move what two of them share into a module of dlx/ named by its job"
        if root == "dlx" and name in ("sweep", "study", "cli", "task", "fit", "attempt", "run", *HYDRA):
            return "an option is built by what stands above it and knows nothing of it"
    if root == "dlx" and name in ABOVE.get(part, ("sweep", "study", "cli", *HYDRA) if part not in ("cli",) else ()):
        return "it stands on a higher floor (docs/design.md, dlx/): move what both need down"
    return ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(paths.PACKAGE)))
def test_a_file_imports_only_from_lower_floors(file: Path) -> None:
    place = file.relative_to(paths.PACKAGE)
    part = place.parts[0] if len(place.parts) > 1 else place.stem
    if part in HYDRA:
        part = "hydra"
    if part == "__main__":
        return
    mistakes = [
        f"{place}:{line} imports {module}: {reason}"
        for line, module in imports(file)
        if (reason := refused(part, module))
    ]
    assert not mistakes, "\n".join(mistakes)


@pytest.mark.parametrize("module", ["dlx.cli.main", "dlx.cli.axes", "dlx.cli.completion"])
def test_what_answers_at_once_imports_no_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules or 'lightning' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0, f"{module}: import torch inside the command that needs it, not at the head of a file"


@pytest.mark.parametrize(
    ("part", "module"),
    [
        ("model", "dlx.dataset.digits"),
        ("dataset", "hydra.core"),
        ("objective", "dlx.run"),
        ("run", "dlx.sweep.plan"),
        ("assemble", "dlx.cli"),
        ("sweep", "dlx.study.read.study"),
        ("study", "dlx.cli.show"),
    ],
)
def test_the_rules_refuse(part: str, module: str) -> None:
    assert refused(part, module)
    assert not refused("cli", "dlx.sweep.plan")
    assert not refused("sweep", "dlx.config.hydra.session")
