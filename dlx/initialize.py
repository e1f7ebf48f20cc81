"""Give a network its first weights."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Generator, Tensor, nn


def weights(network: nn.Module) -> Iterator[tuple[str, Tensor, int, int]]:
    """Yield name, matrix, fan_in and fan_out of every weight of linear, convolutional and recurrent layers.

    The stacked gate matrices of recurrent layers (LSTM, GRU) are yielded gate by gate, as views.
    """
    for prefix, module in network.named_modules():
        for name, parameter in module.named_parameters(prefix, recurse=False):
            if parameter.dim() < 2 or isinstance(module, nn.Embedding):
                continue
            if isinstance(module, nn.RNNBase):
                for number, gate in enumerate(parameter.data.split(module.hidden_size)):
                    yield f"{name}.{number}", gate, gate.shape[1], gate.shape[0]
            else:
                field = parameter[0, 0].numel() if parameter.dim() > 2 else 1
                transposed = isinstance(module, nn.modules.conv._ConvTransposeNd)
                fan_out, fan_in = (1, 0) if transposed else (0, 1)
                yield name, parameter.data, parameter.shape[fan_in] * field, parameter.shape[fan_out] * field


def initialize(network: nn.Module, initializer: object, gain: float, seed: int) -> None:
    """Fill all weight matrices by an initializer; where it draws anything, all biases become 0.

    Args:
        network: built under `torch.manual_seed(seed)`, so that torch's own draws repeat too.
        initializer: has `fill(weight, fan_in, fan_out, gain, generator)`; `touches_biases` false keeps torch's biases.
        gain: the activation's, see `activation_gain`; the layer that gives the output has gain 1.
        seed: of the stream `init`.
    """
    generator = Generator().manual_seed(seed)
    redraws = type(initializer).__name__ != "Default"
    with torch.no_grad():
        for name, weight, fan_in, fan_out in weights(network):
            last = name.split(".")[0] == "output"
            initializer.fill(weight, fan_in, fan_out, 1.0 if last else gain, generator)  # type: ignore[attr-defined]
        if redraws:
            for name, parameter in network.named_parameters():
                if "bias" in name.rsplit(".", 1)[-1]:
                    parameter.zero_()
    after = getattr(network, "after_initialization", None)
    if after is not None:
        after()
