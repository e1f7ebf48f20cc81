"""No transfer."""

from __future__ import annotations

from dlx.contracts.transfer import Transfer


class NoTransfer(Transfer):
    """No transfer: all weights start from the initializer."""

    copies = False
