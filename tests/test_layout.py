"""The rooms of dlx/ and what each may import, so that a room can be read without those above it."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from dlx import paths

BASE = ("base", "stored")
# Each folder mirrors conf/<group>/: file = option = class.
OPTIONS = (
    "model", "initializer", "regularizer", "optimizer", "scheduler", "activation", "normalization", "dataset",
    "augmentation", "objective", "diagnostics", "job", "transfer", "callbacks", "logger",
)  # fmt: skip
# Room: the rooms that it may import from, in the order in which a run passes through them.
ARROWS: dict[str, tuple[str, ...]] = {
    "base": (),  # spec, errors, contracts, seeds, paths, files, console
    "stored": ("base",),
    "config": BASE,
    "results": (*BASE, "config"),
    "data": (*BASE, "config"),
    "metrics": (*BASE, "data", "results"),
    "nn": (*BASE, "config", "results", "data"),
    "step": (*BASE, "data"),
    **dict.fromkeys(OPTIONS, (*BASE, "data", "metrics", "nn", "step", "results")),
    "config.hydra": (*BASE, "config"),
    "assembly": (*BASE, "config", "results", "data", "metrics", "nn", "step"),
    "training": (*BASE, "results", "data", "nn", "step", "assembly"),
    "run": (*BASE, "config", "results", "data", "metrics", "nn", "step", "assembly", "training"),
    "sweep": (*BASE, "config", "config.hydra", "results", "data", "assembly", "run"),
    "study.read": (*BASE, "config", "results", "sweep"),
    "study.find": (*BASE, "config", "study.read"),
    "study.judge": (*BASE, "results", "sweep", "study.read"),
    "study.book": (*BASE, "results", "sweep", "study.read", "study.judge"),
    "study": (*BASE, "config", "config.hydra", "results", "sweep", "study.read", "study.judge", "study.book"),
    "cli": (
        *BASE, "config", "config.hydra", "results", "run", "sweep", "study", "study.find", "study.read",
        "study.judge", "study.book",
    ),
}  # fmt: skip
LOOSE = 9  # files directly in dlx/
HYDRA = ("config", "config.hydra", "sweep", "study.read", "cli")  # rooms that may name Hydra or OmegaConf
PUBLIC = ("dlx", "dlx.__main__")  # the package's public face may look into any room
FILES = sorted(paths.PACKAGE.rglob("*.py"))


def module_of(file: Path) -> str:
    """Return the dotted name of a file of dlx/."""
    parts = file.relative_to(paths.PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in FILES}


def room_of(module: str) -> str:
    """Return the room of a module: `dlx.study.judge.fold` -> `study.judge`, `dlx.model.mlp` -> `model`."""
    parts = module.split(".")[1:]
    for length in (2, 1):
        if ".".join(parts[:length]) in ARROWS and len(parts) > length - 1:
            return ".".join(parts[:length])
    return "base"


@cache
def imports(file: Path) -> tuple[tuple[int, str], ...]:
    """Return line and module of every import, those inside functions too, but for type checkers' ones."""
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
            dotted = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [(node.lineno, name if name in MODULES else node.module) for name in dotted]
    return tuple(dict.fromkeys(found))


def refused(module: str, imported: str) -> str:
    """Return why a module of dlx may not import another; "" where it may."""
    room = room_of(module)
    root = imported.split(".")[0]
    if root in ("hydra", "omegaconf") and room not in HYDRA:
        return "only the configuration, sweeps and the command line speak with Hydra"
    if root != "dlx" or imported in PUBLIC or module in PUBLIC:
        return ""
    other = room_of(imported)
    if other == room:
        leaf = imported.removeprefix(f"dlx.{room}").lstrip(".").split(".")[0]
        inside = module.removeprefix(f"dlx.{room}").lstrip(".").split(".")[0]
        if room in OPTIONS and not leaf.startswith("_") and not (paths.PACKAGE / room / leaf).is_dir():
            return f"options stand side by side: what two of them share goes into dlx/{room}/_name.py"
        return "" if room not in OPTIONS or inside != leaf or imported != module else "itself"
    if other not in ARROWS[room]:
        return f"{room} may import from {', '.join(ARROWS[room]) or 'nothing'}: move what both need down"
    return ""


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_imports_only_what_its_room_may(module: str) -> None:
    mistakes = [
        f"{MODULES[module].relative_to(paths.PACKAGE.parent)}:{line} imports {imported}: {reason}"
        for line, imported in imports(MODULES[module])
        if (reason := refused(module, imported))
    ]
    assert not mistakes, "\n".join(mistakes)


def test_there_are_no_import_cycles() -> None:
    graph = {name: {m for _, m in imports(file) if m in MODULES and m != name} for name, file in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")


def test_the_table_has_every_room_and_no_arrow_upwards() -> None:
    folders = {module_of(file) for file in FILES if file.name == "__init__.py"} - {"dlx"}
    rooms = {room_of(f"{name}.module") for name in folders}
    assert rooms | {"base"} == set(ARROWS)
    graph = {room: set(allowed) for room, allowed in ARROWS.items()}
    assert next(iter(TopologicalSorter(graph).static_order())) == "base"  # raises CycleError otherwise


def test_few_files_are_loose() -> None:
    loose = [file.name for file in paths.PACKAGE.glob("*.py")]
    assert len(loose) <= LOOSE, f"dlx/ has {len(loose)} loose files: {loose}; each belongs to a room"


def test_tests_mirror_the_rooms() -> None:
    """Every folder of tests/ is named as a room (or says what it drives)."""
    rooms = {room.split(".")[0] for room in ARROWS} | {"browser", "attacks"}
    folders = {file.parent.name for file in Path(__file__).parent.rglob("test_*.py")} - {"tests"}
    assert folders <= rooms, folders - rooms


@pytest.mark.parametrize(
    "module",
    ["dlx.cli.main", "dlx.cli.axes", "dlx.cli.completion", "dlx.cli.explain", "dlx.sweep.sweeper", "dlx.sweep.pool"],
)
def test_what_answers_at_once_imports_no_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules or 'lightning' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0, f"{module}: import torch inside the command that needs it, not at the head of a file"


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("dlx.model.mlp", "dlx.dataset.digits"),
        ("dlx.model.mlp", "dlx.model.cnn"),
        ("dlx.dataset.csv", "hydra.core"),
        ("dlx.objective.surface", "dlx.run.run"),
        ("dlx.run.run", "dlx.sweep.plan"),
        ("dlx.assembly.assemble", "dlx.cli.show"),
        ("dlx.sweep.plan", "dlx.study.read.study"),
        ("dlx.study.judge.judge", "dlx.study.run"),
        ("dlx.study.run", "dlx.cli.show"),
    ],
)
def test_the_rules_refuse(module: str, imported: str) -> None:
    assert refused(module, imported)


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("dlx.cli.train", "dlx.sweep.start"),
        ("dlx.regularizer.l1", "dlx.regularizer._penalties"),
        ("dlx", "dlx.run.run"),
    ],
)
def test_the_rules_allow(module: str, imported: str) -> None:
    assert not refused(module, imported)
