"""The usual job."""

from __future__ import annotations

from dlx.contracts.job import Job


class Train(Job):
    """Train one network and evaluate it: what a run does when nothing else is said.

    Example:
        dlx train job=train
    """
