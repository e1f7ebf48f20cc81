"""Style transfer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
import torch
from torch import Generator, Tensor

from dlx.contracts import Batch, Metric, Net, Phase
from dlx.contracts.objective import Objective
from dlx.data.prepared import Data, Split
from dlx.nn.texture import RandomFeatures, gram
from dlx.results import picture
from dlx.spec import DataSpec, NonNegative, Positive


class Style(Objective):
    """Change the pixels of an image until it has the content of one image and the style of another (Gatys et al. 2016).

    With F^l the features of the image in layer l, P^l those of the content image, and G^l and A^l the Gram matrices of
    the image and of the style image, divided by the number of positions, the loss is `content_weight` times
    `content_loss` = 1/2 mean_ij (F_ij - P_ij)² in one layer (eq. 1), plus `style_weight` times `style_loss` = sum_l 1/4
    mean_ij (G_ij - A_ij)² over all layers (eq. 4 and 5). Eq. 1 is divided by the number of features, so that both are
    independent of the size. The features are those of a fixed random network (`dlx.nn.texture.RandomFeatures`), not of
    a trained VGG.

    `content_correlation` is the correlation of the image's gray levels with those of the content image.
    `shifted_style_loss` is the style loss of the style image itself, shifted by half its side around its borders. The
    naive baseline is the content image.

    Args:
        content_weight: weight of the content loss.
        style_weight: weight of the style loss.
        content_layer: layer of the content loss, from 1.
        layers: number of layers of the random network; the map halves from each to the next.
        width: number of channels of its first layer; each further layer has twice as many as the one before.
        network_seed: seed of its weights, the same for all runs.
        scale: factor on the loss.

    Example:
        dlx train -m model=image optimizer.lr=0.05 trainer.max_epochs=15 objective.style_weight=0,10,1000
    """

    targets = ("none",)
    metric_info: ClassVar[Mapping[str, Metric]] = {
        "style_loss": Metric(headline=True),
        "content_loss": Metric(headline=True),
        "content_correlation": Metric("max"),
        "loss": Metric(),
        "shifted_style_loss": Metric(),
    }

    def __init__(
        self,
        spec: DataSpec,
        truth: Mapping[str, np.ndarray],
        *,
        content_weight: Annotated[float, NonNegative],
        style_weight: Annotated[float, NonNegative],
        content_layer: Annotated[int, Positive],
        layers: Annotated[int, Positive],
        width: Annotated[int, Positive],
        network_seed: Annotated[int, NonNegative],
        scale: Annotated[float, Positive],
    ) -> None:
        if not {"content", "style"} <= set(truth):
            raise ValueError(
                f"style needs a content and a style image; the data are {spec}; try model=image, which comes with "
                "dataset=style_pair"
            )
        self.content, self.style = (torch.from_numpy(truth[name])[None].float() for name in ("content", "style"))
        shape = tuple(self.content.shape[1:])
        if content_layer > layers:
            raise ValueError(f"content_layer: expected at most the {layers} layers, got {content_layer}")
        if shape[1] % 2 ** (layers - 1):
            raise ValueError(
                f"layers: the side of {shape[1]} pixels is halved {layers - 1} times; expected fewer layers or another "
                "dataset.size"
            )
        self.spec = replace(spec, shape=shape, outputs=shape[0], form="map")
        self.weights = {"content": content_weight, "style": style_weight}
        self.layer, self.scale = content_layer - 1, scale
        self.features = RandomFeatures(shape[0], width, layers, network_seed)
        self.goal = self.features(self.content)[self.layer]
        self.grams = [gram(x) for x in self.features(self.style)]

    def phases(self) -> list[Phase]:
        """Return the single phase, which updates the pixels."""
        return [Phase("train", (), self.plain_loss)]

    def plain_loss(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the loss of the network's image."""
        return self.quick(net(batch.inputs[:1]), batch)["loss"]

    def losses(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the content loss and the style loss of images (batch, channels, height, width)."""
        features = self.features(images)
        content = (features[self.layer] - self.goal.to(images)).square().mean() / 2
        style = [(gram(x) - a.to(images)).square().mean() / 4 for x, a in zip(features, self.grams, strict=True)]
        return content, torch.stack(style).sum()

    def quick(self, outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return the losses of the first image; the others are equal to it."""
        content, style = self.losses(outputs[:1])
        loss = self.scale * (self.weights["content"] * content + self.weights["style"] * style)
        return {"loss": loss, "content_loss": content, "style_loss": style}

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return the image and the content image (examples, values)."""
        return {"prediction": outputs.flatten(1).numpy(), "target": self.content.expand_as(outputs).flatten(1).numpy()}

    def metrics(self, outputs: Tensor, part: Split, data: Data) -> dict[str, float]:
        """Return the losses, the correlation with the content image, and the style loss of the shifted style image."""
        image = outputs[:1]
        found = {name: float(value) for name, value in self.quick(image, part.batch()).items()}
        grays = torch.stack([x.double().mean(1).flatten() for x in (image, self.content)])
        if (grays.std(1) > 0).all():
            found["content_correlation"] = float(torch.corrcoef(grays)[0, 1])
        half = self.style.shape[-1] // 2
        return {**found, "shifted_style_loss": float(self.losses(self.style.roll(half, -1))[1])}

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return the content image, of which nothing is changed."""
        return "content image", self.content.expand(len(part), -1, -1, -1)

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return the content image, the style image and the image, from top to bottom."""
        image = predictions["prediction"][:1].reshape(self.content.shape)
        rows = self.content.numpy(), self.style.numpy(), image
        return {"test/style_transfer": picture.pairs(*rows, cell=self.content.shape[-1])}
