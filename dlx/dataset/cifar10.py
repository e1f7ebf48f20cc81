"""Small photographs of ten kinds."""

from __future__ import annotations

from typing import Annotated

from dlx.data.readers.hub_library import Source
from dlx.dataset._hub import HubImages
from dlx.spec import Positive


class CIFAR10(HubImages):
    """60,000 photographs of ten kinds of animals and vehicles, 32x32 pixels in color (Krizhevsky 2009), 10,000 of
    them for the test.

    They come from the Hugging Face hub through its library datasets, an extra (`pip install dlx[hub]`), which downloads
    them once. The validation split is cut out of the training examples by `dataset.split`. Values lie between 0 (black)
    and 1 (white).

    Args:
        path: name of the dataset on the hub, or path of a local copy of its files.
        memory: number of MiB up to which a split is held in memory; a larger one is kept in a file on the disk (in
            /var/tmp, or the folder of TMPDIR) and read as it is used, with the same numbers.

    Example:
        dlx train dataset=cifar10 model=cnn dataset.limit=2000
    """

    def __init__(self, *, path: str, memory: Annotated[int, Positive]) -> None:
        super().__init__(Source(path), None, memory)
