"""Pictures of the Hugging Face hub."""

from __future__ import annotations

from typing import Annotated, Literal

from dlx.data.readers.hub_library import Source
from dlx.data.readers.picture_heads import Wanted
from dlx.data.store import MIB
from dlx.dataset._hub import HubImages
from dlx.spec import Pair, Positive


class Hub(HubImages):
    """Pictures with classes of the Hugging Face hub, or of a local folder of files of the same layout (e.g. parquet).

    They are loaded by Hugging Face datasets, an extra (`pip install dlx[hub]`), which downloads them once and keeps
    them on the disk (in ~/.cache/huggingface, or the folder of HF_HOME); no program of a dataset is run. The splits
    of the dataset are kept; one that is missing is cut out of `train` by its share in `dataset.split`. Values lie
    between 0 (black) and 1 (white).

    Args:
        path: name of the dataset, e.g. ylecun/mnist, or path of a local folder.
        name: name of its configuration; null: the usual one.
        revision: a branch, tag or commit of it; null: the newest.
        image: name of the column of pictures; null: the first one.
        label: name of the column of classes; null: `label` or the like, or the only one of classes.
        size: height and width in pixels, or one number for both; `auto` keeps the size of the pictures if all have the
            same and it is at most 64, otherwise pictures become squares of the median of their shorter sides, at most
            64 pixels, rounded down to a multiple of 8.
        color: `rgb`, `gray` (the luminance, ITU-R BT.601), or `auto`: gray if all pictures are.
        resize: how a picture gets the size: `crop` cuts the largest part of the right proportions out of the middle,
            `pad` adds black borders, `stretch` changes the proportions; then it is scaled by means (bilinear).
        memory: number of MiB up to which a split is held in memory; a larger one is kept in a file on the disk (in
            /var/tmp, or the folder of TMPDIR) and read as it is used, with the same numbers.

    Example:
        dlx train dataset=hub dataset.path=ylecun/mnist model=cnn dataset.limit=2000
    """

    def __init__(
        self,
        *,
        path: str,
        name: str | None,
        revision: str | None,
        image: str | None,
        label: str | None,
        size: Annotated[int, Positive] | Annotated[list[int], Positive, Pair] | Literal["auto"],
        color: Literal["auto", "rgb", "gray"],
        resize: Literal["crop", "pad", "stretch"],
        memory: Annotated[int, Positive],
    ) -> None:
        wanted = Wanted(size, color, resize, "refuse", False, (), memory * MIB)
        super().__init__(Source(path, name, revision, image, label), wanted, memory)
