"""All diagnostics that fit the model and the data."""

from __future__ import annotations

from dlx.contracts.diagnostics import Diagnostic


class Full(Diagnostic):
    """Every diagnostic that measures something and fits the model and the data; the others are skipped.

    The notes of the run name the diagnostics that are skipped and the reasons. (A diagnostic that is chosen by its own
    name is an error if it does not fit.) The keys of the members can be changed: `diagnostics.probe.states=[hidden.0]`
    lets the probe read a network that is not recurrent. Diagnostics that only draw pictures, e.g. `saliency`, are not
    among them; `dlx explain` draws all that fit. The cost is the sum of the members' costs, a few seconds for a
    small network.

    Example:
        dlx train model=lstm diagnostics=full
    """

    def __init__(self) -> None:
        pass
