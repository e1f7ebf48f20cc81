"""The contract of the group objective."""

from __future__ import annotations

from typing import ClassVar

from dlx.contracts.contract import Contract


class Objective(Contract):
    """What is minimized and what is judged."""

    positional: ClassVar[int] = 1  # spec
    given: ClassVar[tuple[str, ...]] = ("model", "label_smoothing")
