"""Gradient-weighted class activation maps."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlx.contracts import Picture
from dlx.contracts.diagnostics import Chapter, Subject
from dlx.data.prepared import Data
from dlx.diagnostics._classes import class_names, decisions, pictures_of, verdict
from dlx.diagnostics._drawing import Drawing
from dlx.nn.layers import Hook, hooked
from dlx.results.panels import Panel, examples, panels
from dlx.spec import DataSpec, Positive

SHOWN = 8  # examples in the picture


class GradCAM(Drawing):
    """Gradient-weighted class activation maps of right and wrong images (Selvaraju et al. 2017, eq. 1 and 2).

    The weight of a channel is the mean over all positions of the gradient of the class's score with respect to that
    channel of the last feature maps; the map is the positive part of the weighted sum of the channels, enlarged
    bilinearly to the size of the image. Behind global average pooling and a linear layer it is the positive part of the
    class activation map, divided by the number of positions. The cost is one forward and one backward pass on a few
    images.

    Args:
        every: number of epochs between two pictures; one is also drawn before training.
        of: class whose score is explained: the predicted or the true one.

    Example:
        dlx train dataset=shapes model=resnet diagnostics=grad_cam
    """

    chapter: ClassVar[Chapter] = "attribution"

    def __init__(self, spec: DataSpec, *, every: Annotated[int, Positive], of: Literal["predicted", "true"]) -> None:
        if spec.input != "image" or spec.target != "class":
            raise ValueError(f"needs images and their classes; the model is given {spec}; try model=cnn")
        self.every, self.of = every, of

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network has feature maps.

        Raises:
            ValueError: If it has none; the message names what would fit.
        """
        if not any(isinstance(module, nn.Conv2d) for module in network.modules()):
            raise ValueError("needs feature maps of convolutions, this network has none; try model=cnn")

    def explain(self, subject: Subject) -> dict[str, Picture]:
        """Return a picture of some images, wrong ones first, with their maps."""
        found, names, images = decisions(subject), class_names(subject.data.spec), pictures_of(subject.data)
        assert images is not None, "checked before"
        right = found.true == found.predicted
        chosen = examples(right, SHOWN)
        target = found.predicted if self.of == "predicted" else found.true
        inputs = found.inputs[torch.from_numpy(chosen)]
        maps = gradient_maps(subject.network, inputs, torch.from_numpy(target[chosen])).cpu().numpy()
        line = [
            Panel(
                image,
                verdict(names, found.true[i], found.predicted[i]),
                heat,
                right=found.true[i] == found.predicted[i],
            )
            for i, image, heat in zip(chosen, images(inputs), maps, strict=True)
        ]
        rows = [line[begin : begin + SHOWN // 2] for begin in range(0, len(line), SHOWN // 2)]
        caption = (
            f"Red: where the last feature maps speak for the {self.of} class. Titles in red are errors, those in green "
            "are right. A map that lies beside the object shows that the network decides by something else."
        )
        return {"grad_cam": Picture(panels(rows, side=1.7), "Where the network looks (Grad-CAM)", caption)}


def gradient_maps(network: nn.Module, inputs: Tensor, classes: Tensor) -> Tensor:
    """Return the maps (batch, height, width) of the scores of some classes (batch,), at the size of the images."""
    seen: list[Tensor] = []

    def note(module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
        if isinstance(output, Tensor) and output.dim() == 4:
            seen.append(output)

    hooks: dict[str, Hook] = {name: note for name, _ in network.named_modules() if name}
    with torch.enable_grad(), hooked(network, hooks):
        scores = network(inputs.detach().requires_grad_())
        last = seen[-1]  # the output of the last module whose output is a map
        (gradient,) = torch.autograd.grad(scores.gather(1, classes.to(scores.device)[:, None]).sum(), last)
    weights = gradient.mean((2, 3), keepdim=True)
    small = (weights * last.detach()).sum(1, keepdim=True).relu()
    return F.interpolate(small, inputs.shape[2:], mode="bilinear", align_corners=False)[:, 0]
