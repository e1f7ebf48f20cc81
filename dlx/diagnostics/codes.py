"""Outputs of a decoder for codes that no example has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import torch
from torch import Generator, Tensor, nn

from dlx.contracts import Batch, Loss
from dlx.contracts.diagnostics import Diagnostic
from dlx.contracts.model import Model
from dlx.contracts.objective import Objective
from dlx.data.adapt import as_images
from dlx.data.prepared import Data
from dlx.metrics.generation import mmd_squared
from dlx.results import picture
from dlx.spec import Positive

ROWS, STEPS = 4, 9  # lines of the figure, and codes along each


class Codes(Diagnostic):
    """Distance of decoded codes to the nearest training example: how real is what lies between and beside the codes?

    The distance is the Euclidean one between inputs as the network sees them. `codes/data` is the mean distance of
    validation examples, to compare the others with; `codes/own` that of their reconstructions; `codes/line` that of
    outputs for the middle of the line between the codes of two training examples; `codes/random` that of outputs for
    codes whose values are drawn independently from normal distributions with the mean and the standard deviation that
    each value of the code has over the training examples. `codes/mmd_squared` is the squared maximum mean discrepancy
    (Gretton et al. 2012) between those last outputs and the validation examples, and `codes/own_mmd_squared` that
    between reconstructions of one half of the validation examples and the other half. For images there are figures of
    outputs along lines between the codes of validation examples, and of outputs for random codes. The decoder's outputs
    must be values, not logits (`objective.loss=mse`, `objective.likelihood=gaussian`). The cost is one pass over
    `examples` examples and over as many codes of each kind.

    Args:
        every: number of epochs between two measurements; the start and the end of training are always measured.
        examples: largest number of decoded codes of each kind, and of training examples that they are compared with.

    Example:
        dlx train -m model=autoencoder,vae model.latent=2,8 diagnostics=codes
    """

    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "lines": (
            "Lines between codes",
            "Each row shows what the decoder makes of codes on the straight line between those of two examples.",
        ),
        "samples": (
            "Random codes",
            "What the decoder makes of codes whose values are drawn from normal distributions with the mean and the "
            "standard deviation that each has over the training examples.",
        ),
    }

    def __init__(self, *, every: Annotated[int, Positive], examples: Annotated[int, Positive]) -> None:
        self.every, self.examples = every, examples

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network has codes, and gives outputs that can be compared with the inputs.

        Raises:
            ValueError: If it does not.
        """
        if not isinstance(network, Model) or not network.codes:
            raise ValueError("needs a network with encode and decode; try model=autoencoder or model=vae")
        inputs, net = data.train.inputs[:2], as_coder(network)
        place = next(network.parameters(), torch.zeros(()))
        inputs = inputs.to(place.device, place.dtype)
        with torch.no_grad():
            shape = net.decode(net.encode(inputs)).shape
        if shape != inputs.shape:
            raise ValueError(
                f"needs outputs of the shape of the inputs {tuple(inputs.shape[1:])}, got {tuple(shape[1:])}"
            )

    def measure(self, network: nn.Module, batch: Batch, loss: Loss, data: Data) -> dict[str, Tensor]:
        """Return the mean distances by name."""
        net, train = as_coder(network), batch.inputs
        val = data.val.inputs[: self.examples].to(train)
        generator = Generator().manual_seed(0)  # the same draws in every run
        with torch.no_grad():
            codes = net.encode(train)
            first, second = (torch.randperm(len(codes), generator=generator).to(codes.device) for _ in range(2))
            outputs = {
                "data": val,
                "own": net.decode(net.encode(val)),
                "line": net.decode((codes[first] + codes[second]) / 2),
                "random": net.decode(like(codes, generator)),
            }
            half = len(val) // 2
            apart = {
                "codes/mmd_squared": mmd_squared(outputs["random"], val),
                "codes/own_mmd_squared": mmd_squared(outputs["own"][:half], val[half:]),
            }
            return {f"codes/{name}": nearest(values, train).mean() for name, values in outputs.items()} | apart

    def figures(self, network: nn.Module, data: Data, objective: Objective) -> dict[str, Tensor]:
        """Return a figure of outputs along lines between codes and one of random codes; none without images."""
        if data.images is None or len(data.val) < 2 * ROWS:
            return {}
        place = next(network.parameters(), torch.zeros(()))
        net, inputs = as_coder(network), data.val.inputs[: 2 * ROWS].to(place.device, place.dtype)
        with torch.no_grad():
            ends = net.encode(inputs)
            share = torch.linspace(0, 1, STEPS).to(ends)[:, None]
            rows = [
                net.decode(begin + share * (end - begin)) for begin, end in zip(ends[:ROWS], ends[ROWS:], strict=True)
            ]
            codes = like(net.encode(data.val.inputs.to(inputs)), Generator().manual_seed(0), ROWS * STEPS)
            drawn = net.decode(codes).split(STEPS)

        def drawing(rows: Sequence[Tensor]) -> Tensor:
            assert data.images is not None, "asked above"
            shape = data.images.shape
            images = (as_images(row.float().cpu(), shape).numpy() for row in rows)
            return torch.from_numpy(picture.pairs(*images)).float() / 255

        return {"codes/lines": drawing(rows), "codes/samples": drawing(drawn)}


def as_coder(network: nn.Module) -> Any:
    """Return a network that has been checked to have encode and decode."""
    return network


def like(codes: Tensor, generator: Generator, count: int = 0) -> Tensor:
    """Return random codes (count, values) with the mean and standard deviation of each value of codes (n, values).

    Args:
        codes: the codes of examples.
        generator: source of random numbers, on the CPU.
        count: number of random codes; 0: as many as there are codes.
    """
    noise = torch.randn((count or len(codes), *codes.shape[1:]), generator=generator).to(codes)
    return codes.mean(0) + codes.std(0, correction=0) * noise


def nearest(values: Tensor, examples: Tensor) -> Tensor:
    """Return the Euclidean distance (n,) of each of n values (n, ...) to the nearest of the examples (m, ...)."""
    return torch.cdist(values.flatten(1), examples.flatten(1)).min(1).values
