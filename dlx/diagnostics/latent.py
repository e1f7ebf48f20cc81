"""The latent space of an autoencoder, or the features in front of the output layer."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from dlx.contracts import Picture
from dlx.contracts.diagnostics import Subject
from dlx.contracts.model import Model
from dlx.data.adapt import as_images
from dlx.data.prepared import Data
from dlx.diagnostics._classes import class_names
from dlx.diagnostics._drawing import Drawing
from dlx.nn.layers import watched
from dlx.nn.predict import place_of
from dlx.results.figure import COLORS, new_figure, style
from dlx.results.panels import Panel, panels
from dlx.spec import Positive

MOST = 1000  # examples in the picture
SIDE = 9  # decoded points along each axis


class Latent(Drawing):
    """The codes of an autoencoder, or of another network the features that its output layer reads, in a plane.

    More than two dimensions are projected on the two with the largest variance (principal components; Pearson 1901).
    Points have the color of the class where the data have one. For an autoencoder of images a second picture shows what
    the decoder makes of points on a grid in that plane (Kingma & Welling 2014, figure 4). TensorBoard's projector gets
    all dimensions from `dlx explain`. The cost is one forward pass on up to 1,000 examples.

    Args:
        every: number of epochs between two pictures; one is also drawn before training.

    Example:
        dlx train model=autoencoder model.latent=2 diagnostics=latent
    """

    def __init__(self, *, every: Annotated[int, Positive]) -> None:
        self.every = every

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network has a vector of features for each example.

        Raises:
            ValueError: If it has none; the message names what would fit.
        """
        if data.train.inputs.dim() < 2 or place_to_read(network) is None:
            raise ValueError("needs a code or features in front of a linear layer `output`; try model=autoencoder")

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of the codes, and for an autoencoder of images one of decoded points."""
        network, data = subject.network, subject.data
        inputs = subject.part.like(place_of(network)).inputs[:MOST]
        name = place_to_read(network)
        assert name is not None, "checked before"
        with watched(network, [name]) as seen, torch.no_grad():
            network(inputs)
        call = seen[name]
        codes = call.given[0].cpu().float()
        if codes.dim() != 2 or codes.shape[1] < 2:
            raise ValueError(f"needs one vector of at least two numbers for each example, got {tuple(codes.shape[1:])}")
        flat = Plane.of(codes)
        labels, names = labels_of(subject, len(codes))
        words = tuple(names[i] for i in labels.tolist()) if labels is not None else ()
        what = "codes" if name == "decoder" else "features in front of the output layer"
        caption = f"Each point is one {subject.split} example, placed by its {what}."
        if codes.shape[1] > 2:
            caption += (
                f" Of {codes.shape[1]} dimensions the plane shows the two with the largest variance, which hold "
                f"{100 * flat.share:.0f} % of it; TensorBoard's projector has all (dlx board RUN)."
            )
        if labels is not None:
            caption += " Groups of one color show that the network tells the classes apart."
        drawing = scatter(flat.project(codes), labels, names)
        pictures = {"latent": Picture(drawing, "Latent space", caption, codes, words)}
        if name == "decoder" and data.images is not None:
            pictures["decoded"] = decoded(network, flat, codes, data)
        return pictures


class Plane(NamedTuple):
    """The plane of the first two principal components.

    Attributes:
        center: the mean (d,).
        axes: two orthonormal directions (2, d).
        share: share of the variance in the plane.
    """

    center: Tensor
    axes: Tensor
    share: float

    @classmethod
    def of(cls, points: Tensor) -> Plane:
        """Return the plane of points (n, d); in two dimensions it is the space itself, with its own axes."""
        if points.shape[1] == 2:
            return cls(torch.zeros(2), torch.eye(2), 1.0)
        center = points.mean(0)
        _, sizes, directions = torch.linalg.svd(points - center, full_matrices=False)
        return cls(center, directions[:2], float(sizes[:2].square().sum() / sizes.square().sum().clamp_min(1e-12)))

    def project(self, points: Tensor) -> np.ndarray:
        """Return the coordinates (n, 2) of points (n, d)."""
        return ((points - self.center) @ self.axes.T).numpy()


def place_to_read(network: nn.Module) -> str | None:
    """Return the module that reads the codes or features: a decoder, or else a linear output layer; None: neither."""
    parts = dict(network.named_children())
    if "decoder" in parts and isinstance(network, Model) and network.codes:
        return "decoder"
    return "output" if isinstance(parts.get("output"), nn.Linear) else None


def labels_of(subject: Subject, count: int) -> tuple[Tensor | None, list[str]]:
    """Return the classes of the first examples and the names of all classes; None where the data have none."""
    part, data = subject.part, subject.data
    if data.spec.target == "class":
        return part.targets[:count], class_names(data.spec)
    if "class" in part.offers:
        return part.offers["class"][:count], list(data.offers["class"])
    return None, []


def scatter(points: np.ndarray, labels: Tensor | None, names: list[str]) -> Any:
    """Return a figure of points (n, 2) in the colors of their classes."""
    colors = COLORS if len(names) <= len(COLORS) else (*COLORS, "#5d4037", "#1b1f6b", "#e91e63", "#7cb342")
    with style():
        figure, (own,) = new_figure(width=5.8, height=4.8)
        groups = (
            [(None, slice(None))] if labels is None else [(name, labels.numpy() == k) for k, name in enumerate(names)]
        )
        for k, (name, chosen) in enumerate(groups):
            own.plot(*points[chosen].T, "o", markersize=3, alpha=0.7, color=colors[k % len(colors)], label=name)
        own.set_xlabel("first axis")
        own.set_ylabel("second axis")
        if 1 < len(names) <= len(colors):
            own.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), markerscale=1.6)
    return figure


def decoded(network: nn.Module, flat: Plane, codes: Tensor, data: Data) -> Picture:
    """Return a picture of the decoder's outputs for a grid in the plane, from the 5th to the 95th percentile."""
    assert data.images is not None, "checked before"
    points = flat.project(codes)
    low, high = np.percentile(points, 5, axis=0), np.percentile(points, 95, axis=0)
    across, down = np.linspace(low[0], high[0], SIDE), np.linspace(high[1], low[1], SIDE)
    grid = torch.tensor([(a, b) for b in down for a in across], dtype=torch.float32)
    with torch.no_grad():
        outputs = network.get_submodule("decoder")((flat.center + grid @ flat.axes).to(place_of(network)))
    images = as_images(outputs.cpu().float().flatten(1), data.images.shape).mean(1).numpy()
    images = np.pad(images, ((0, 0), (1, 1), (1, 1)), constant_values=float(images.max()))
    height, width = images.shape[1:]
    mosaic = images.reshape(SIDE, SIDE, height, width).swapaxes(1, 2).reshape(SIDE * height, SIDE * width)
    caption = (
        "What the decoder makes of points on a grid over the latent space, in the order of the picture above. Blurred "
        "or meaningless images are places to which no training example was mapped."
    )
    return Picture(panels([[Panel(mosaic)]], side=4.6), "Decoded points of the latent space", caption)
