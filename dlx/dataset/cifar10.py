"""Small photographs of ten kinds."""

from __future__ import annotations

from dlx.dataset._hub import Published


class CIFAR10(Published):
    """60,000 photographs of ten kinds of animals and vehicles, 32x32 pixels in color (Krizhevsky 2009), 10,000 of
    them for the test.

    They come from the Hugging Face hub through its library datasets, an extra (`pip install dlx[hub]`), which downloads
    them once. The validation split is cut out of the training examples by `dataset.split`. Values lie between 0 (black)
    and 1 (white).

    Example:
        dlx train dataset=cifar10 model=cnn dataset.limit=2000
    """
