"""Long short-term memory."""

from __future__ import annotations

from typing import Annotated

from torch import Tensor, nn

from dlx.spec import DataSpec, Positive


class LSTM(nn.Module):
    """A recurrent network whose gates guard a cell state (Hochreiter & Schmidhuber 1997).

    The forget gate is that of Gers et al. (2000).

    Reads the sequence step by step; a linear layer maps the last hidden state to the output.

    Args:
        depth: number of stacked recurrent layers.
        width: units of the hidden state of each layer.
        bidirectional: read the sequence in both directions as well (Schuster & Paliwal 1997).
        forget_bias: bias of the forget gate at the start; above 0 the cell remembers from the first step on
            (Jozefowicz et al. 2015). The default null keeps torch's uniform draw.

    Example:
        dlx train model=lstm optim=adam
    """

    accepts = ("sequence",)

    def __init__(
        self,
        spec: DataSpec,
        dropout: float,
        *,
        depth: Annotated[int, Positive],
        width: Annotated[int, Positive],
        bidirectional: bool,
        forget_bias: float | None,
    ) -> None:
        super().__init__()
        self.recurrent = nn.LSTM(
            spec.shape[-1],
            width,
            depth,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout if depth > 1 else 0.0,
        )
        self.forget_bias = forget_bias
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        self.output = nn.Linear(width * (2 if bidirectional else 1), spec.outputs)

    def after_initialization(self) -> None:
        """Set the forget gates' bias; the second of the four gates in torch's order i, f, g, o."""
        if self.forget_bias is None:
            return
        width = self.recurrent.hidden_size
        for name, parameter in self.recurrent.named_parameters():
            if "bias" in name:  # torch adds two biases per gate: one carries the value, the other is 0
                value = self.forget_bias if "bias_ih" in name else 0.0
                parameter.data[width : 2 * width].fill_(value)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, features) to (batch, outputs)."""
        states, _ = self.recurrent(x)  # (batch, time, width or 2 width)
        if self.recurrent.bidirectional:  # the backward direction has read everything at the first step
            width = self.recurrent.hidden_size
            last = states[:, -1].clone()
            last[:, width:] = states[:, 0, width:]
        else:
            last = states[:, -1]
        return self.output(self.dropout(last))
