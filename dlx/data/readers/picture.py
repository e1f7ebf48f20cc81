"""A picture of the user's: opened by Pillow, turned upright, and brought to a size and a number of channels."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from dlx.errors import ConfigError

if TYPE_CHECKING:
    from PIL import Image as Pictures

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm")
GRAY = ("1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N")
DEEP = ("I", "I;16", "I;16L", "I;16B", "I;16N")
Resize = Literal["crop", "pad", "stretch"]


class UnreadableError(ConfigError):
    """A picture cannot be read."""


@dataclass(frozen=True)
class Head:
    """The properties of a picture that its file states.

    Attributes:
        width: number of columns, upright.
        height: number of rows, upright.
        gray: whether it has no colors.
        transparent: whether it says how much of what is behind it shows through.
        deep: whether it has 16 bits a pixel.
        turned: whether it is stored in another orientation than it is shown.
        frames: number of pictures in the file.
    """

    width: int
    height: int
    gray: bool
    transparent: bool
    deep: bool
    turned: bool
    frames: int

    @property
    def colors(self) -> str:
        """The colors in words."""
        return ("gray" if self.gray else "rgb") + " 16 bits" * self.deep + " transparent" * self.transparent


@dataclass(frozen=True)
class Form:
    """The form that pictures are brought into.

    Attributes:
        height: number of rows.
        width: number of columns.
        channels: 1 for the luminance, 3 for red, green and blue.
        resize: `crop` keeps the largest part in the middle with the wanted proportions, `pad` adds black borders,
            `stretch` changes the proportions.
    """

    height: int
    width: int
    channels: int
    resize: Resize


def opened(source: Path | object, name: str) -> Pictures.Image:
    """Return an opened picture whose pixels are not read yet; only common formats are tried.

    Args:
        source: the file, or an open one.
        name: its name in messages.

    Raises:
        UnreadableError: it is no picture.
    """
    from PIL import Image, UnidentifiedImageError  # comes with matplotlib

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a large picture
            return Image.open(source, formats=FORMATS)  # type: ignore[arg-type]
    except UnidentifiedImageError:
        raise UnreadableError(f"{name} cannot be read: it is no picture ({', '.join(FORMATS)})") from None
    except Exception as error:  # a broken file can raise any error of Pillow
        raise UnreadableError(f"{name} cannot be read: {' '.join(str(error).split())}") from None


def head(image: Pictures.Image, name: str) -> Head:
    """Return what an opened picture says of itself.

    Raises:
        UnreadableError: its tags are broken, or its pixels are real numbers.
    """
    if image.mode == "F":
        raise UnreadableError(f"{name} cannot be read: its pixels are real numbers; expected 8 or 16 bits, or an array")
    try:
        orientation = int(image.getexif().get(0x0112, 1))
        frames = int(getattr(image, "n_frames", 1))  # some formats of Pillow have none
    except Exception as error:
        raise UnreadableError(f"{name} cannot be read: {' '.join(str(error).split())}") from None
    width, height = image.size if orientation < 5 else image.size[::-1]
    transparent = image.has_transparency_data
    gray, deep = image.mode in GRAY, image.mode in DEEP
    return Head(width, height, gray, transparent, deep, orientation != 1, frames)


def pixels(image: Pictures.Image, form: Form, name: str) -> np.ndarray:
    """Return the pixels of an opened picture (channels, height, width), from 0 (black) to 1 (white).

    It is turned as its orientation says (EXIF) and, where it is transparent, laid over white. A change of size takes
    means of the pixels (bilinear).

    Raises:
        UnreadableError: the file is damaged.
    """
    from PIL import Image, ImageOps

    try:
        with image:
            if image.format == "JPEG" and not image.getexif().get(0x0112, 1) > 4:
                image.draft(None, (2 * form.width, 2 * form.height))  # decodes fewer pixels, at least twice the size
            upright = ImageOps.exif_transpose(image)
            if upright.mode in DEEP:
                values = np.asarray(upright, dtype=np.float32)
                if values.max(initial=0) > 65535 or values.min(initial=0) < 0:
                    raise ValueError("its pixels have more than 16 bits")
                upright = Image.fromarray(values / 65535)
            elif upright.has_transparency_data:
                colors = upright.convert("RGBA")
                upright = Image.alpha_composite(Image.new("RGBA", colors.size, "white"), colors).convert("RGB")
            if upright.mode != "F":
                upright = upright.convert("L" if form.channels == 1 else "RGB")
            sized = resized(upright, form, Image.Resampling.BILINEAR)
    except MemoryError:
        raise
    except Exception as error:  # a broken file can raise any error of Pillow
        raise UnreadableError(f"{name} cannot be read: {' '.join(str(error).split())}") from None
    found = np.asarray(sized, dtype=np.float32) / np.float32(1 if sized.mode == "F" else 255)
    found = found[None] if found.ndim == 2 else found.transpose(2, 0, 1)
    return np.broadcast_to(found, (form.channels, *found.shape[1:]))


def resized(image: Pictures.Image, form: Form, method: int) -> Pictures.Image:
    """Return a picture of the size of a form."""
    from PIL import Image, ImageOps

    size = (form.width, form.height)
    if image.size == size:
        return image
    if form.resize == "crop":
        return ImageOps.fit(image, size, method)
    if form.resize == "stretch":
        return image.resize(size, method)
    scale = min(form.width / image.width, form.height / image.height)
    width, height = (max(1, round(side * scale)) for side in image.size)
    padded = Image.new(image.mode, size)  # black
    padded.paste(image.resize((width, height), method), ((form.width - width) // 2, (form.height - height) // 2))
    return padded


def mask_values(image: Pictures.Image, form: Form, name: str) -> tuple[np.ndarray, bool]:
    """Return the value of each pixel of an opened mask (height, width), and whether the values are colors.

    They are the numbers of a palette, gray values, or colors as 65536 red + 256 green + blue. A change of size takes
    the value of the nearest pixel.

    Raises:
        UnreadableError: the file is damaged.
    """
    from PIL import Image, ImageOps

    try:
        with image:
            upright = ImageOps.exif_transpose(image)
            if upright.mode not in ("1", "L", "P", *DEEP):
                upright = upright.convert("L" if upright.mode in ("LA", "La") else "RGB")
            upright = upright.convert("L") if upright.mode == "1" else upright
            sized = resized(upright, form, Image.Resampling.NEAREST)
    except MemoryError:
        raise
    except Exception as error:  # a broken file can raise any error of Pillow
        raise UnreadableError(f"{name} cannot be read: {' '.join(str(error).split())}") from None
    values = np.asarray(sized).astype(np.int64)
    if values.ndim == 3:
        return values @ np.array([65536, 256, 1]), True
    return values, False
