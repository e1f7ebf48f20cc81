"""The contract of the group diagnostics."""

from __future__ import annotations

from typing import ClassVar

from dlx.contracts.contract import Contract


class Diagnostic(Contract):
    """A measurement of a network while it trains."""

    given: ClassVar[tuple[str, ...]] = ("spec",)
