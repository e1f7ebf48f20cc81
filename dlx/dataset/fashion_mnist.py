"""Pieces of clothing of 28x28 pixels."""

from __future__ import annotations

from dlx.dataset._hub import Published


class FashionMNIST(Published):
    """70,000 pieces of clothing of ten kinds, gray images of 28x28 pixels (Xiao, Rasul & Vollgraf 2017), 10,000 of
    them for the test.

    They come from the Hugging Face hub through its library datasets, an extra (`pip install dlx[hub]`), which downloads
    them once. The validation split is cut out of the training examples by `dataset.split`. Values lie between 0 (black)
    and 1 (white).

    Example:
        dlx train dataset=fashion_mnist model=cnn dataset.limit=2000
    """
