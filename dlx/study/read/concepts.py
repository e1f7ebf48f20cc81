"""The concepts that studies test."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def concepts() -> dict[str, dict[str, Any]]:
    """Return every concept by its id, with its name (`concept`) and its statement (`claim`)."""
    return yaml.safe_load((Path(__file__).parent / "concepts.yaml").read_text(encoding="utf-8"))
