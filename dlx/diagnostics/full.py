"""All that fits."""

from __future__ import annotations

from dlx.contracts.diagnostics import Diagnostic


class Full(Diagnostic):
    """Every diagnostic that has a meaning for the model and the data; what does not fit is left out.

    The notes of the run name what was left out, and why. (A diagnostic that is chosen by its own name is refused where
    it does not fit.) The keys of its members are there to be changed: `diagnostics.probe.states=[hidden.0]` lets the
    probe read a network that is not recurrent. Costs what its members cost: seconds for a small network.

    Example:
        dlx train model=lstm diagnostics=full
    """

    def __init__(self) -> None:
        pass
