"""What a job that stands alone needs of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dlx.seeds import derive


class Alone:
    """A seed, and nobody who interrupts."""

    def __init__(self, number: int) -> None:
        self.number = number

    def seed(self, *words: str | int) -> int:
        return derive(self.number, *words)

    def pause(self) -> None:
        pass


@pytest.fixture
def measured() -> Callable[..., dict[str, float]]:
    """Give `measured(job, seed=0)`: what the job measures."""

    def measure(job: Any, seed: int = 0) -> dict[str, float]:
        return job.measure(Alone(seed))

    return measure
