"""No augmentation."""

from __future__ import annotations


class NoAugmentation:
    """Training examples stay as they are: the baseline of the group."""
