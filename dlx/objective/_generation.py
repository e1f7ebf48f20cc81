"""What objectives of generative models share: the metrics, baseline and figures of samples."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from dlx.contracts import Metric
from dlx.data.adapt import as_images
from dlx.data.prepared import Data, Split
from dlx.metrics.generation import MODE, generation_metrics
from dlx.results import picture

PICTURES = 10  # images of each row of a figure
INFO: Mapping[str, Metric] = {
    "mmd_squared": Metric(headline=True),
    "modes": Metric("max", headline=True),
    "high_quality": Metric("max"),
    "nearest_distance": Metric("max"),
}


def sample_metrics(samples: Tensor, part: Split, data: Data) -> dict[str, float]:
    """Return the metrics of samples, which are compared with a split."""
    return generation_metrics(samples, part.inputs, data.train.inputs, data.train.extra.get(MODE))


def sample_predictions(samples: Tensor, part: Split) -> dict[str, np.ndarray]:
    """Return samples and real examples (examples, values)."""
    return {"prediction": samples.flatten(1).numpy(), "target": part.inputs.flatten(1).numpy()}


def sample_figures(predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
    """Return a picture of real examples and samples: points of the plane, or images above one another."""
    real, made = predictions["target"], predictions["prediction"]
    if data.images is not None:
        shape = data.images.shape
        shown = (torch.from_numpy(values[:PICTURES]).reshape(-1, *data.spec.shape) for values in (real, made))
        return {"test/samples": picture.pairs(*(as_images(values, shape).numpy() for values in shown))}
    return {"test/samples": picture.points(real, made)} if real.shape[1] == 2 else {}
