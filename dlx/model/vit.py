"""Vision transformer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from dlx.nn.attention import Attention
from dlx.nn.network import Network, output_layer
from dlx.nn.per_step import PerStep
from dlx.nn.transformer import Block, FeedForward, added_positions, check_heads
from dlx.spec import DataSpec, NonNegative, Positive


class ViT(Network):
    """A transformer encoder that reads an image as a sequence of patches (Dosovitskiy et al. 2021, eq. 1 to 4).

    A linear layer embeds each patch, a learned token is put in front of the sequence, positions are added, and layers
    follow as in `model=transformer`: x + Attention(Norm(x)), then x + FeedForward(Norm(x)). The output layer reads the
    last state of the token, or the mean of the last states of all patches. The group normalization gives Norm, which is
    layer normalization by default; the activation is GELU by default. Unlike a convolution, nothing in the network
    tells it that neighboring patches belong together, or that a pattern is the same wherever it is.

    Args:
        patch: side of a patch in pixels, a divisor of the sides of the image.
        depth: number of layers, each with attention and a network of a patch.
        width: number of features of a patch, a multiple of `heads`.
        heads: number of heads of each attention.
        feedforward: number of hidden units of the network of a patch; 0: no such network.
        positions: `learned` or `sinusoidal` vectors, added to the embedded patches; `none`: the patches are a set.
        pooling: `token`: the output reads the state of the learned token; `mean`: the mean over the patches, without
            such a token.

    Example:
        dlx train -m model=vit,cnn dataset=digits trainer.max_epochs=20
    """

    accepts = ("image",)

    def __init__(
        self,
        spec: DataSpec,
        activation: Callable[[], nn.Module],
        normalization: Callable[[int, int], nn.Module],
        dropout: float,
        *,
        patch: Annotated[int, Positive],
        depth: Annotated[int, Positive],
        width: Annotated[int, Positive],
        heads: Annotated[int, Positive],
        feedforward: Annotated[int, NonNegative],
        positions: Literal["none", "sinusoidal", "learned"],
        pooling: Literal["token", "mean"],
    ) -> None:
        super().__init__()
        channels, height, image_width = spec.shape
        if height % patch or image_width % patch:
            raise ValueError(f"patch: expected a divisor of the image's sides {height} and {image_width}, got {patch}")
        check_heads(width, heads, positions, "dot")
        self.embedding = nn.Conv2d(channels, width, patch, patch)
        self.token = nn.Parameter(torch.zeros(width)) if pooling == "token" else None
        steps = (height // patch) * (image_width // patch) + (pooling == "token")
        self.positions = added_positions(positions, steps, None, width)
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()

        def norm() -> nn.Module:
            return PerStep(normalization(width, 1))

        def block() -> nn.Module:
            attend = Attention(width, heads, "dot", scale=True, causal=False, rotary=False)
            network = PerStep(FeedForward(width, feedforward, False, activation, dropout)) if feedforward else None
            return Block(attend, network, norm, norm_first=True, skip=True, dropout=dropout)

        self.hidden = nn.ModuleList(block() for _ in range(depth))
        self.norm = norm()
        self.output = output_layer(width, spec)

    def states(self, x: Tensor) -> Tensor:
        """Map images (batch, channels, height, width) to the last states of token and patches (batch, steps, width)."""
        x = self.embedding(x).flatten(2).transpose(1, 2)
        if self.token is not None:
            x = torch.cat([self.token.expand(x.shape[0], 1, -1), x], 1)
        x = self.dropout(self.positions(x))
        for block in self.hidden:
            x = block(x)
        return self.norm(x)

    def features(self, x: Tensor) -> Tensor:
        """Map images (batch, channels, height, width) to the state of the token, or the mean state (batch, width)."""
        states = self.states(x)
        return states.mean(1) if self.token is None else states[:, 0]
