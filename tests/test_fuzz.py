"""Random input for everything that reads, in short; `make fuzz` reads 100,000 inputs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

INPUTS = {"expressions": 300, "studies": 60, "yaml": 200, "csv": 40, "lines": 6}


@pytest.fixture(scope="module")
def fuzzing() -> ModuleType:
    """Give the module benchmarks/fuzz.py."""
    file = Path(__file__).resolve().parent.parent / "benchmarks" / "fuzz.py"
    spec = importlib.util.spec_from_file_location("fuzz", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("kind", INPUTS)
def test_every_input_is_answered_by_a_result_or_one_message(kind: str, fuzzing: ModuleType) -> None:
    count, faults = fuzzing.fuzz(kind, INPUTS[kind])
    assert count >= INPUTS[kind] / 2
    assert not faults, "\n".join(f"{place}\n    {value}" for place, value in faults.items())
