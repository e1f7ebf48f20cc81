"""No augmentation."""

from __future__ import annotations


class NoAugmentation:
    """No augmentation: training examples are not changed."""
