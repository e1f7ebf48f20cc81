"""U-Net."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Annotated

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlx.nn.convolution import Padding
from dlx.nn.hidden_layer import hidden_layer
from dlx.nn.network import Network, output_layer
from dlx.nn.upsampling import Doubling, Upsampling
from dlx.spec import DataSpec, Positive

KERNEL = 3  # kernel size of the convolutions on both paths


class UNet(Network):
    """A contracting and an expanding path, with an output for every pixel (Ronneberger, Fischer & Brox 2015).

    On the way down each level has two 3x3 convolutions with normalization, activation and dropout, and then max pooling
    over 2x2 pixels; on the way up the maps are doubled, joined to those of the same level of the way down, and passed
    through two more convolutions. There is no fully connected layer, so that a trained network works on images of any
    size that can be halved `depth` times.

    Args:
        depth: number of times that maps are halved and doubled again; 4 in the paper.
        width: number of channels at full resolution, which doubles at each halving; 64 in the paper.
        skip: append the maps of the way down to those of the way up, so that locations are not lost; without it the
            first convolution of each level of the way up has half as many inputs.
        upsample: `transposed` is a learned transposed convolution with stride 2, as in the paper (Zeiler et al. 2011);
            `nearest` and `bilinear` interpolate by a fixed rule and convolve the result (Odena et al. 2016);
            `pixel_shuffle` convolves to four times the channels and rearranges them to 2x2 pixels (Shi et al. 2016);
            `unpooling` convolves and puts each value where the maximum of the way down was (Badrinarayanan et al.
            2017, who convolve behind it), 0 elsewhere.
        upsample_kernel_size: kernel size of the convolution that belongs to the upsampling; 2 in the paper. A
            transposed kernel whose size is not a multiple of its stride 2 overlaps itself unevenly.
        padding: `same` keeps the size of the maps; `valid` uses no padding as in the paper, crops the maps of the way
            down to the size of those of the way up, and gives outputs for the center of the image.

    Example:
        dlx train -m dataset=shapes objective=segmentation model=unet norm=batch model.skip=true,false
    """

    accepts = ("image",)
    gives = ("map",)

    def __init__(
        self,
        spec: DataSpec,
        activation: Callable[[], nn.Module],
        normalization: Callable[[int, int], nn.Module],
        dropout: float,
        *,
        depth: Annotated[int, Positive],
        width: Annotated[int, Positive],
        skip: bool,
        upsample: Upsampling,
        upsample_kernel_size: Annotated[int, Positive],
        padding: Padding,
    ) -> None:
        super().__init__()
        if upsample == "unpooling" and padding == "valid":
            raise ValueError(
                "upsample: unpooling needs the maps that were pooled, which padding=valid crops; expected padding=same"
            )
        check_sides(spec.shape[1:], depth, padding)
        self.skip, self.unpools = skip, upsample == "unpooling"

        def level(channels: int, units: int) -> nn.Sequential:
            """Return two convolutions (batch, channels, ...) -> (batch, units, ...)."""

            def weights(fan_in: int) -> Callable[[int], nn.Module]:
                return lambda count: nn.Conv2d(fan_in, count, KERNEL, padding=KERNEL // 2 if padding == "same" else 0)

            return nn.Sequential(
                *(hidden_layer(weights(c), units, 3, activation, normalization, dropout) for c in (channels, units))
            )

        widths = [width * 2**number for number in range(depth + 1)]
        self.down = nn.ModuleList(map(level, [spec.shape[0], *widths], widths))
        back = list(reversed(widths))
        self.up = nn.ModuleList(Doubling(upsample, below, here, upsample_kernel_size) for below, here in pairwise(back))
        self.merge = nn.ModuleList(level(2 * units if skip else units, units) for units in back[1:])
        self.output = output_layer(width, spec, 2)

    def features(self, x: Tensor) -> Tensor:
        """Map images (batch, channels, height, width) to maps (batch, width, height, width), smaller if not padded."""
        seen, places = [], []
        for level in self.down[:-1]:
            x = level(x)
            seen.append(x)
            x, where = F.max_pool2d(x, 2, return_indices=True) if self.unpools else (F.max_pool2d(x, 2), None)
            places.append(where)
        x = self.down[-1](x)
        for double, level in zip(self.up, self.merge, strict=True):
            kept, x = seen.pop(), double(x, places.pop())
            x = level(torch.cat([cropped(kept, x), x], 1) if self.skip else x)
        return x


def cropped(x: Tensor, like: Tensor) -> Tensor:
    """Return the center of maps (batch, channels, h, w) that has the size of other maps."""
    top, left = ((side - small) // 2 for side, small in zip(x.shape[2:], like.shape[2:], strict=True))
    return x[:, :, top : top + like.shape[2], left : left + like.shape[3]]


def check_sides(space: tuple[int, ...], depth: int, padding: Padding) -> None:
    """Check that maps can be halved without a remainder on the way down, and that something is left on the way up.

    Args:
        space: height and width of the images.
        depth: number of halvings.
        padding: see `UNet`.

    Raises:
        ValueError: If they cannot; the message names the level.
    """
    lost, image = 0 if padding == "same" else 2 * (KERNEL - 1), "x".join(map(str, space))
    sides = list(space)
    for number in range(depth):
        sides = [side - lost for side in sides]
        if min(sides) < 2 or any(side % 2 for side in sides):
            less = f"expected depth at most {number} or " if number else "expected "
            raise ValueError(
                f"depth: images of {image} with padding={padding} have maps of {'x'.join(map(str, sides))} after "
                f"{number} halvings, which cannot be halved without a remainder; {less}another "
                "size of the images (dataset.canvas)"
            )
        sides = [side // 2 for side in sides]
    for _ in range(depth):
        sides = [2 * (side - lost) for side in sides]
    if min(sides) - lost < 1:
        raise ValueError(
            f"padding: images of {image} are too small for depth={depth} without padding; expected padding=same, less "
            "depth or larger images (dataset.canvas)"
        )
