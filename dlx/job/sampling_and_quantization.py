"""Sampling and quantization of images."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np

from dlx.contracts.job import Job
from dlx.spec import Positive

if TYPE_CHECKING:
    from dlx.run.trials import Trials


class SamplingAndQuantization(Job):
    """Quantization noise and aliasing of a photograph with fewer gray levels and pixels (Gonzalez & Woods).

    The luminance in [0, 1] is divided into 2^bits intervals and rounded to their midpoints. Reports `psnr` in dB, which
    increases by 20 log10(2) = 6.02 dB per bit, and `psnr_formula` = 10 log10(12) + 6.02 bits, for an error that is
    uniform in its interval. Then every stride-th pixel is kept: `alias_share` is the fraction of the variance of the
    small image that comes from frequencies at or above its Nyquist limit. Model and data of the configuration are not
    used.

    Args:
        image: photograph of scikit-learn.
        bits: number of bits per pixel.
        stride: keep every stride-th pixel; 1 keeps all.
        antialias: smoothing before sampling: none, the mean of stride x stride pixels, or an ideal low-pass filter.

    Example:
        dlx train -m job=sampling_and_quantization job.bits=1,2,3,4,5,6,7,8 job.image=china,flower
    """

    stands_alone = True

    def __init__(
        self,
        *,
        image: Literal["china", "flower"],
        bits: Annotated[int, Positive],
        stride: Annotated[int, Positive],
        antialias: Literal["none", "mean", "ideal"],
    ) -> None:
        if bits > 16:
            raise ValueError(f"bits: expected at most 16, got {bits}")
        if stride > 64:
            raise ValueError(f"stride: expected at most 64, got {stride}")
        self.image, self.bits, self.stride, self.antialias = image, bits, stride, antialias

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return the losses from quantization and sampling."""
        picture = luminance(self.image)
        picture = picture[: len(picture) // self.stride * self.stride, : picture.shape[1] // self.stride * self.stride]
        smooth = {"none": lambda x, s: x, "mean": moving_mean, "ideal": band_limited}[self.antialias](
            picture, self.stride
        )
        kept = smooth[:: self.stride, :: self.stride]
        true = band_limited(smooth, self.stride)[:: self.stride, :: self.stride]
        return {
            "psnr": psnr(quantize(picture, self.bits), picture),
            "psnr_formula": 10 * np.log10(12) + 20 * np.log10(2) * self.bits,
            "alias_share": float(((kept - true) ** 2).mean() / kept.var()),
        }


@cache
def luminance(name: str) -> np.ndarray:
    """Return the luminance (height, width) of a photograph, in [0, 1]."""
    from sklearn.datasets import load_sample_image

    return load_sample_image(f"{name}.jpg").astype(np.float64) @ np.array([0.299, 0.587, 0.114]) / 255


def quantize(image: np.ndarray, bits: int) -> np.ndarray:
    """Return the midpoints of the 2^bits intervals that contain the values in [0, 1]."""
    levels = 2**bits
    return (np.minimum(np.floor(image * levels), levels - 1) + 0.5) / levels


def psnr(image: np.ndarray, true: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio 10 log10(1 / mean square error) in dB, for a peak of 1."""
    return float(-10 * np.log10(((image - true) ** 2).mean()))


def band_limited(image: np.ndarray, stride: int) -> np.ndarray:
    """Return the image without the frequencies at or above the Nyquist limit of every stride-th pixel."""
    if stride == 1:
        return image
    spectrum = np.fft.fft2(image)
    rows, columns = (np.abs(np.fft.fftfreq(n)) < 0.5 / stride for n in image.shape)
    return np.fft.ifft2(spectrum * np.outer(rows, columns)).real


def moving_mean(image: np.ndarray, stride: int) -> np.ndarray:
    """Return the mean of the stride x stride pixels from each pixel on, with periodic boundaries."""
    for axis in (0, 1):
        image = np.mean([np.roll(image, -shift, axis) for shift in range(stride)], 0)
    return image
