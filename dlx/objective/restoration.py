"""Restoration of damaged images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from torch import Generator, Tensor
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from dlx.contracts import Batch, Metric, Net
from dlx.data import damage
from dlx.data.prepared import Data, Split
from dlx.objective._own_inputs import OwnInputs, noisy
from dlx.seeds import derive
from dlx.spec import DataSpec, Fraction, NonNegative, Positive

HOLES = ("block", "grid", "random")  # corruptions that leave some pixels as they are
FILLS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "zero": lambda images, missing: images * (1 - missing),
    "mean": damage.surroundings,
    "interpolation": damage.interpolated,
}
SMALLEST = 6  # shortest side of images whose structural similarity is computed, half its window and 1


class Restoration(OwnInputs):
    """Return the whole image from a damaged one: inpainting, super-resolution or denoising (Pathak et al. 2016).

    The network is given the damaged image and, as an additional channel, a mask that is 1 where a pixel is missing. In
    training the damage
    is drawn anew for each batch; for evaluation it is drawn once for each image, from the seed stream `data`. Without
    holes (`low_resolution`, `noise`) the mask is 1 everywhere. Augmentations and `regularizer=input_noise` act on the
    whole image, and so change the target as well.

    The restored image keeps the known pixels: only the missing ones are the network's. Metrics are computed on the
    images as the network sees them, i.e. standardized unless `dataset.standardize` says otherwise; the loss is that of
    all outputs. `hole_mse` is the mean squared error of the missing pixels, `mse` that of all; `psnr` is
    10 log10(range² / mse) in dB with the range of the true values of the split, `ssim` the structural similarity (Wang
    et al. 2004; images of 6 pixels and more). The naive baseline is the interpolation of the nearest known pixels along
    rows and columns, the bilinear enlargement, or for noise the mean of 3 x 3 pixels. `mean_hole_mse` is the error of
    another one in the holes: the mean of the known pixels that touch a missing one.

    Args:
        corruption: `block` hides a square of `size` pixels, `grid` every `size`-th row and column, `random` each pixel
            with probability `share`; `low_resolution` gives the bilinear enlargement of the means of blocks of `size` x
            `size` pixels (super-resolution, Dong et al. 2014), `noise` adds Gaussian noise.
        size: side of the hole, spacing of the grid or factor of the resolution; not used by `random` and `noise`.
        share: probability that a pixel is missing; only used by `random`.
        sd: standard deviation of the noise; only used by `noise`.
        fill: what the network is given in the place of missing pixels: `zero`, which is the mean of the training images
            if the data are standardized; `mean`, that of the known pixels that touch a missing one; or `interpolation`
            of the nearest known pixels.
        loss: `mse` is the mean squared error, `mae` the mean absolute error.
        known_weight: weight of a known pixel in the loss, where a missing one has 1; 0: only the holes count.
        residual: add the damaged image, filled, to the network's output, so that the network learns the difference (Kim
            et al. 2016; Zhang et al. 2017).
        scale: factor on the loss.

    Example:
        dlx train -m objective=restoration model=cnn model.pooling=none dataset=shapes objective.size=3,5
    """

    metric_info: ClassVar[Mapping[str, Metric]] = {
        "hole_mse": Metric(headline=True),
        "psnr": Metric("max", headline=True),
        "ssim": Metric("max"),
        "mean_hole_mse": Metric(),
        **OwnInputs.metric_info,
    }
    shown_as = "restoration"
    rows = ("target", "given", "prediction")

    def __init__(
        self,
        spec: DataSpec,
        *,
        corruption: Literal["block", "grid", "random", "low_resolution", "noise"],
        size: Annotated[int, Positive],
        share: Annotated[float, Fraction],
        sd: Annotated[float, NonNegative],
        fill: Literal["zero", "mean", "interpolation"],
        loss: Literal["mse", "mae"],
        known_weight: Annotated[float, NonNegative],
        residual: bool,
        scale: Annotated[float, Positive],
    ) -> None:
        super().__init__(spec, "restoration")
        if spec.input != "image":
            raise ValueError(
                f"restoration needs images; the model is given {spec}; try model=cnn model.pooling=none dataset=shapes"
            )
        height, width = spec.shape[1:]
        if corruption in ("block", "grid") and size >= min(height, width):
            raise ValueError(f"size: expected less than the image's side {min(height, width)}, got {size}")
        if corruption == "grid" and size < 2:
            raise ValueError(f"size: a grid of every row and column hides all pixels; expected at least 2, got {size}")
        if corruption == "low_resolution" and (height % size or width % size):
            raise ValueError(f"size: expected a divisor of the image's sides {height} and {width}, got {size}")
        self.spec = replace(self.spec, shape=(spec.shape[0] + 1, height, width))
        self.corruption, self.size, self.share, self.sd = corruption, size, share, sd
        self.fill, self.kind, self.known_weight = fill, loss, known_weight
        self.residual, self.scale = residual, scale

    def check(self, data: Data) -> None:
        """Check that no transforms of the test images are asked for, of which the damage would be drawn twice.

        Raises:
            ValueError: If there are any.
        """
        if data.transforms:
            raise ValueError(
                "dataset.test_transforms: objective=restoration damages the test images itself; expected []"
            )

    def evaluated(self, data: Data, seed: int) -> Data:
        """Return the data with damaged images and their masks as inputs, and the whole images as targets."""

        def damaged(name: str, part: Split) -> Split:
            generator = Generator().manual_seed(derive(seed, name))
            return replace(part, inputs=self.damaged(part.inputs, generator), targets=part.inputs)

        splits: Any = {name: damaged(name, part) for name, part in data.splits().items()}
        return replace(data, spec=replace(data.spec, shape=self.spec.shape), naive={}, **splits)

    def damaged(self, images: Tensor, generator: Generator) -> Tensor:
        """Return damaged images and their masks (batch, channels + 1, height, width)."""
        draw: dict[str, Callable[[], Tensor]] = {
            "block": lambda: damage.block(images, self.size, generator),
            "grid": lambda: damage.grid(images, self.size, generator),
            "random": lambda: damage.scattered(images, self.share, generator),
        }
        if self.corruption in HOLES:
            missing = draw[self.corruption]()
            return torch.cat([FILLS[self.fill](images, missing), missing], 1)
        lost = self.corruption == "low_resolution"
        given = damage.enlarged(images, self.size) if lost else noisy(images, self.sd, generator)
        return torch.cat([given, torch.ones_like(images[:, :1])], 1)

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return `scale` times the weighted mean loss of restored images (batch, channels, height, width)."""
        error = output - batch.targets
        each = error.square() if self.kind == "mse" else error.abs()
        if self.known_weight == 1:
            return self.scale * each.mean()
        missing = batch.inputs[:, -1:]
        weight = (missing + self.known_weight * (1 - missing)).expand_as(each)
        return self.scale * (weight * each).sum() / weight.sum().clamp_min(torch.finfo(each.dtype).tiny)

    def restored(self, net: Net, inputs: Tensor) -> Tensor:
        """Return the network's restoration (batch, channels, height, width) of damaged images with masks."""
        output = net(inputs)
        return output + inputs[:, :-1] if self.residual else output

    def _descended(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        inputs = self.damaged(batch.inputs, generator)
        return self.training_loss(self.restored(net, inputs), Batch(inputs, batch.inputs))

    def plain_loss(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the loss of a batch of damaged images, as `evaluated` gives them."""
        return self.loss(self.restored(net, batch.inputs), batch)

    def outputs(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the restored images (batch, channels, height, width)."""
        return self.restored(net, batch.inputs)

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return restored, true and damaged images (examples, values), and which values are missing.

        With holes there is also the damaged image with `mean` in its holes.
        """
        given, missing = part.inputs[:, :-1], part.inputs[:, -1:]
        hidden = missing.expand_as(given) > 0.5
        arrays = {"prediction": torch.where(hidden, outputs, given), "target": part.targets, "given": given}
        if self.corruption in HOLES:
            arrays["mean"] = damage.surroundings(given, missing)
        return {name: x.flatten(1).numpy() for name, x in {**arrays, "missing": hidden}.items()}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return all metrics except the loss."""
        found, missing = super().judged(predictions), predictions["missing"]
        target = predictions["target"]
        if missing.any():
            found["hole_mse"] = squared_error(predictions["prediction"][missing], target[missing])
            if "mean" in predictions:
                found["mean_hole_mse"] = squared_error(predictions["mean"][missing], target[missing])
        span = float(target.max() - target.min())
        if span and target.shape[1] == prod(self.shape):  # not for a single pixel of all images
            mine, true = (
                torch.from_numpy(predictions[name]).reshape(-1, *self.shape) for name in ("prediction", "target")
            )
            found["psnr"] = float(peak_signal_noise_ratio(mine, true, data_range=span))
            if min(self.shape[1:]) >= SMALLEST:
                similarity = structural_similarity_index_measure(mine, true, data_range=span)
                assert isinstance(similarity, Tensor), "no image of the comparison is asked for"
                found["ssim"] = float(similarity)
        return found

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return the damaged images with interpolated holes, as they were enlarged, or smoothed."""
        given = part.inputs[:, :-1]
        if self.corruption in HOLES:
            return "interpolation of known pixels", damage.interpolated(given, part.inputs[:, -1:])
        if self.corruption == "low_resolution":
            return "bilinear enlargement", given
        return "mean of 3 x 3 pixels", damage.smoothed(given)


def squared_error(prediction: np.ndarray, target: np.ndarray) -> float:
    """Return the mean squared error in double precision."""
    return float(np.square(prediction.astype(np.float64) - target).mean())
