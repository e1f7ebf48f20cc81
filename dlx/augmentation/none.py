"""No augmentation."""

from __future__ import annotations

from dlx.contracts.augmentation import Augmentation


class NoAugmentation(Augmentation):
    """Training examples stay as they are: the baseline of the group."""
