"""The default job."""

from __future__ import annotations


class Train:
    """Train one network and evaluate it.

    Example:
        dlx train job=train
    """
