"""Prediction of the next symbol of sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import exp, log
from typing import Annotated, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from dlx.contracts import Batch, Metric
from dlx.data.prepared import Data, Split
from dlx.metrics.symbols import mean_of, symbol_loss
from dlx.nn.padding import padding
from dlx.objective._supervised import Supervised
from dlx.spec import DataSpec, Positive

TOLERANCE = 1e-4  # difference of outputs that a later symbol may make by rounding


class LanguageModel(Supervised):
    """Predict each symbol of a sequence from those before it (Bengio et al. 2003; Graves 2013, section 2).

    The output of a step scores the next symbol. The loss is the mean of -log softmax(scores)[next symbol] over all
    steps but the last; the first symbol of a sequence is not predicted, and padding does not count.
    `bits_per_character` is the same with logarithms to the base 2, `perplexity` its exponential. The naive baseline
    scores symbols by their frequencies in the training split.

    The model must not see later symbols: rnn, lstm and gru read forwards, transformer with `model.causal=true`.

    Args:
        scale: factor on the loss.

    Example:
        dlx train -m dataset=text model=rnn,lstm,gru
    """

    targets = ("none",)
    inputs = ("tokens",)
    usual_for = ("none",)
    metric_info: ClassVar[Mapping[str, Metric]] = {
        "bits_per_character": Metric(headline=True, unit="bits"),
        "accuracy": Metric("max", headline=True, counted=True),
        "perplexity": Metric(),
        "loss": Metric(),
        "cross_entropy": Metric(unit="nats"),
    }

    def __init__(self, spec: DataSpec, *, scale: Annotated[float, Positive]) -> None:
        if not spec.symbols:
            raise ValueError(f"language_model needs symbols as inputs; the data are {spec}; try dataset=text")
        self.scale, self.symbols = scale, spec.symbols
        self.spec = replace(spec.aimed(spec.symbols), softmax=True)

    def check_network(self, network: nn.Module, batch: Batch) -> None:
        """Check that each step has an output, which does not depend on later symbols, by changing the last one.

        Raises:
            ValueError: A step has none, as with the discriminator of a GAN, or it depends on them.
        """
        if network(batch.inputs).shape[1:-1] != batch.inputs.shape[1:-1]:
            raise ValueError("language_model needs an output for each step of a sequence; try model=gru")
        changed = batch.inputs.clone()
        changed[:, -1] = changed[:, -1].flip(1)
        before, after = (network(inputs)[:, :-1] for inputs in (batch.inputs, changed))
        if (before - after).abs().max() > TOLERANCE:
            raise ValueError(
                "language_model needs outputs that do not depend on later symbols, which the model sees; set "
                "model.causal=true (transformer) or model.bidirectional=false (rnn, lstm, gru)"
            )

    def following(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the symbols after each step but the last, and their weights, 0 in padding (batch, time - 1)."""
        later = batch.inputs[:, 1:]
        absent = padding(later, self.symbols)
        assert absent is not None, "the inputs are symbols"
        return later.argmax(-1), (~absent).to(later)

    def loss(self, output: Tensor, batch: Batch) -> Tensor:
        """Return `scale` times the mean loss of scores (batch, time, symbols)."""
        return self.scale * symbol_loss(output[:, :-1], *self.following(batch))

    def average(self, outputs: Tensor) -> Tensor:
        """Return the logarithm of the mean probability over several forward passes (passes, batch, time, symbols)."""
        return outputs.log_softmax(-1).logsumexp(0) - torch.tensor(float(len(outputs))).log()

    def quick(self, outputs: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Return loss, bits per character and accuracy, as tensors on the device of the outputs."""
        symbols, weights = self.following(batch)
        loss = symbol_loss(outputs[:, :-1], symbols, weights)
        hits = (outputs[:, :-1].argmax(-1) == symbols).to(weights)
        bits = loss / log(2)
        return {"loss": self.scale * loss, "bits_per_character": bits, "accuracy": mean_of(hits, weights)}

    def predictions(self, outputs: Tensor, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return the most probable and the true next symbols, their log-probabilities and weights (examples, time)."""
        symbols, weights = self.following(part.batch())
        logs = outputs[:, :-1].double().log_softmax(-1).gather(2, symbols.unsqueeze(2)).squeeze(2)
        found = {
            "prediction": outputs[:, :-1].argmax(-1),
            "target": symbols,
            "weights": weights,
            "log_probability": logs,
        }
        return {name: values.numpy() for name, values in found.items()}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return all metrics except the loss."""
        found = {name: torch.from_numpy(values) for name, values in predictions.items()}
        weights = found["weights"].double()
        nats = -mean_of(found["log_probability"], weights).item()
        hits = (found["prediction"] == found["target"]).double()
        return {
            "bits_per_character": nats / log(2),
            "accuracy": mean_of(hits, weights).item(),
            "perplexity": exp(min(nats, 700.0)),  # the largest exponent of double precision
            "cross_entropy": nats,
        }

    def baseline(self, data: Data, part: Split) -> tuple[str, Tensor]:
        """Return the logarithms of the frequencies of symbols in the training split as the scores of every step.

        A symbol that does not occur there counts as having occurred once.
        """
        symbols, weights = self.following(data.train.batch())
        counts = torch.bincount(symbols[weights > 0], minlength=self.symbols).double().clamp_min(1)
        logs = (counts / counts.sum()).log().float()
        return "symbol frequencies", logs.expand(len(part), data.spec.shape[0], -1)
