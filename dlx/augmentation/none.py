"""No augmentation."""

from __future__ import annotations

from dlx.contracts.augmentation import Augmentation


class NoAugmentation(Augmentation):
    """No augmentation: training examples are not changed."""
