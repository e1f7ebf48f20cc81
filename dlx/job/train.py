"""The default job."""

from __future__ import annotations

from dlx.contracts.job import Job


class Train(Job):
    """Train one network and evaluate it.

    Example:
        dlx train job=train
    """
