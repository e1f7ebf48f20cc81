"""Your own pictures, from a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from dlx.contracts.dataset import Dataset
from dlx.data.raw import NewExamples, Table
from dlx.data.readers.new_pictures import read_new_pictures
from dlx.data.readers.picture_heads import Wanted
from dlx.data.readers.pictures import read_folder
from dlx.data.store import MIB
from dlx.spec import Pair, Positive

if TYPE_CHECKING:
    import pandas as pd


class ImageFolder(Dataset):
    """A folder of pictures: a folder for each class in it, or `images` and `masks`, or pictures alone.

    - `pictures/cats/1.jpg`, `pictures/dogs/2.png`: the name of the folder is the class.
    - `pictures/images/1.jpg`, `pictures/masks/1.png`: files of the same name, whatever their endings, are a pair, for
      `objective=segmentation`. A value of the mask, or a color, is a class.
    - `pictures/1.jpg`: no targets, e.g. for `objective=reconstruction`.

    Where all of this lies in folders `train`, `val` and `test`, these are the splits; one that is missing is cut out of
    `train` by its share in `dataset.split`. PNG, JPEG, BMP, GIF, WebP, TIFF and PPM are read. Pictures are turned
    upright (EXIF), transparent ones are laid over white, palettes and CMYK become colors, 16 bits are kept. Values lie
    between 0 (black) and 1 (white). The run says what was changed, and data.json names the file of each example.

    Args:
        path: path of the folder, relative to the current one.
        size: height and width in pixels, or one number for both; `auto` keeps the size of the pictures if all have the
            same and it is at most 64, otherwise pictures become squares of the median of their shorter sides, at most
            64 pixels, rounded down to a multiple of 8.
        color: `rgb`, `gray` (the luminance, ITU-R BT.601), or `auto`: gray if all pictures are.
        resize: how a picture gets the size: `crop` cuts the largest part of the right proportions out of the middle,
            `pad` adds black borders, `stretch` changes the proportions; then it is scaled by means (bilinear). A mask
            is treated alike, and each of its pixels takes the nearest value.
        unreadable: `refuse` stops at a picture that cannot be read, `leave_out` leaves such pictures out, named.
        nested: whether pictures in folders below that of a class belong to the class; false: they are refused.
        mask_classes: names of the classes of masks in the order of their values; null: the values.
        memory: number of MiB up to which a split is held in memory; a larger one is kept in a file on the disk (in
            /var/tmp, or the folder of TMPDIR) and read as it is used, with the same numbers.

    Example:
        dlx train dataset=image_folder dataset.path=pictures model=cnn
    """

    seeded = False
    ways = {"path": "it is a folder with a folder of pictures for each class"}  # noqa: RUF012

    def __init__(
        self,
        *,
        path: str,
        size: Annotated[int, Positive] | Annotated[list[int], Positive, Pair] | Literal["auto"],
        color: Literal["auto", "rgb", "gray"],
        resize: Literal["crop", "pad", "stretch"],
        unreadable: Literal["refuse", "leave_out"],
        nested: bool,
        mask_classes: list[str | int] | None,
        memory: Annotated[int, Positive],
    ) -> None:
        self.path = Path(path).expanduser()
        names = tuple(map(str, mask_classes or ()))
        self.wanted = Wanted(size, color, resize, unreadable, nested, names, memory * MIB)

    def load(self, seed: int) -> Table:
        """Return images (pictures, channels, height, width), with classes (pictures,), masks or no targets.

        Raises:
            ConfigError: the folder is missing, empty or of an unknown layout, or a picture cannot be read.
        """
        return read_folder(self.path, self.wanted)

    def read(self, source: Path | pd.DataFrame, encoding: Mapping[str, Any]) -> NewExamples:
        """Return the pictures of a folder and of all folders in it, or a single one, in the form of the training's.

        Raises:
            ConfigError: there is no such folder or file, or no picture in it can be read.
        """
        return read_new_pictures(source, encoding, self.wanted.memory)
