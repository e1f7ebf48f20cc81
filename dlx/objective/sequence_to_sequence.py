"""Answers of symbols to sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from dlx.contracts import Batch, Metric, Net, Phase
from dlx.contracts.objective import Objective
from dlx.data import tree
from dlx.data.prepared import Data, Split
from dlx.metrics.symbols import bleu, every, mean_of, symbol_loss
from dlx.nn.encoder_decoder import BEGIN, END, PADDING, SPECIAL, beam_search, best, until_end
from dlx.results import picture
from dlx.spec import DataSpec, Fraction, Positive

LARGEST_PICTURE = 40  # symbols in a confusion matrix


class SequenceToSequence(Objective):
    """Write an answer to a sequence, symbol by symbol, up to a symbol that ends it (Sutskever et al. 2014).

    The vocabulary of answers has the symbols of the targets and three of its own: padding, one that begins an answer
    and one that ends it. The loss is the mean over steps of -log softmax(scores)[symbol] where the decoder is given the
    true symbols before each step (teacher forcing; Williams & Zipser 1989). Padding does not count.

    `token_accuracy`, `sequence_accuracy` and `bleu` (Papineni et al. 2002) are those of decoded answers, in which each
    symbol depends on those that the network itself has written: the share of symbols that are right at their place, the
    one that ends the answer included; the share of answers without a mistake; and the precision of runs of 1 to 4
    symbols. `metrics.by=output` reports them by step. The naive baseline is the most frequent symbol of each step.

    Args:
        teacher_forcing: probability that the decoder is given the true symbol at a step of training, otherwise the one
            to which it gave the highest score, each step drawn by itself; below 1 this is scheduled sampling at a
            constant rate (Bengio et al. 2015).
        beams: number of answers that a beam search keeps at each step; 1: greedy decoding.
        scale: factor on the loss.

    Example:
        dlx train -m model=seq2seq objective.teacher_forcing=0,0.5,1
    """

    targets = ("tokens",)
    metric_info: ClassVar[Mapping[str, Metric]] = {
        "token_accuracy": Metric("max", headline=True, counted=True),
        "sequence_accuracy": Metric("max", headline=True, counted=True),
        "bleu": Metric("max", headline=True),
        "loss": Metric(),
        "cross_entropy": Metric(),
    }
    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "confusion": (
            "Confusion matrix of the symbols",
            "Rows are the true symbols of all steps of the answers, columns those that were written; darker cells are "
            "more frequent. Cells beside the diagonal are errors.",
        )
    }

    def __init__(
        self,
        spec: DataSpec,
        label_smoothing: float,
        *,
        teacher_forcing: Annotated[float, Fraction],
        beams: Annotated[int, Positive],
        scale: Annotated[float, Positive],
    ) -> None:
        aimed = spec.aimed(spec.outputs + SPECIAL)
        self.spec = replace(aimed, form="answer", steps=spec.steps + 1, softmax=True)
        self.label_smoothing, self.teacher_forcing = label_smoothing, teacher_forcing
        self.beams, self.scale = beams, scale

    def answers(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return the symbols before each step, those of each step (batch, steps), and the weights of the steps.

        Where targets are probabilities of symbols (batch, time, symbols), so are both.
        """
        given, weights = batch.targets, batch.weights
        if given.is_floating_point():  # mixup, which needs answers of equal length
            special = torch.eye(self.spec.outputs, device=given.device, dtype=given.dtype)[[BEGIN, END]]
            begin, end = (row.expand(len(given), 1, -1) for row in special)
            codes = F.pad(given, (SPECIAL, 0))
            return torch.cat([begin, codes], 1), torch.cat([codes, end], 1), None
        symbols = given + SPECIAL
        edge = torch.full_like(symbols[:, :1], BEGIN)
        if weights is None:
            return torch.cat([edge, symbols], 1), torch.cat([symbols, torch.full_like(edge, END)], 1), None
        there = weights > 0
        symbols = F.pad(symbols.masked_fill(~there, PADDING), (0, 1))
        places = torch.arange(symbols.shape[1], device=symbols.device)
        length = there.sum(1, keepdim=True)
        target = symbols.masked_fill(places == length, END)
        return torch.cat([edge, target[:, :-1]], 1), target, (places <= length).to(weights.dtype)

    def phases(self) -> list[Phase]:
        """Return the single phase, which updates all parameters."""
        return [Phase("train", (), self._descended)]

    def _descended(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        previous, target, weights = self.answers(batch)
        if self.teacher_forcing == 1:
            scores = net(batch.inputs, previous)
        else:
            draws = torch.rand(previous.shape[:2], generator=generator, device=previous.device)
            scores = net(batch.inputs, previous, draws < self.teacher_forcing)
        return self.scale * symbol_loss(scores, target, weights, self.label_smoothing)

    def plain_loss(self, net: Net, batch: Batch, generator: Generator) -> Tensor:
        """Return the reported loss of a batch."""
        previous, target, weights = self.answers(batch)
        return self.scale * symbol_loss(net(batch.inputs, previous), target, weights)

    def outputs(self, net: Net, batch: Batch, generator: Generator) -> dict[str, Tensor]:
        """Return scores under teacher forcing (batch, steps, symbols) and decoded answers (batch, steps)."""
        scores = net(batch.inputs, self.answers(batch)[0])
        if self.beams == 1:
            return {"scores": scores, "decoded": until_end(best(net(batch.inputs)))}
        return {"scores": scores, "decoded": beam_search(net, batch.inputs, self.spec.steps, self.beams)}

    def average(self, outputs: Tensor) -> Tensor:
        """Return the mean probabilities of several forward passes, or the most frequent symbol of each step."""
        if not outputs.is_floating_point():
            return outputs.mode(0).values
        return outputs.log_softmax(-1).logsumexp(0) - torch.tensor(float(len(outputs))).log()

    def quick(self, outputs: Any, batch: Batch) -> dict[str, Tensor]:
        """Return loss and accuracies, as tensors on the device of the outputs."""
        _, target, weights = self.answers(batch)
        hits = outputs["decoded"] == target
        return {
            "loss": self.scale * symbol_loss(outputs["scores"], target, weights),
            "token_accuracy": mean_of(hits.to(outputs["scores"]), weights),
            "sequence_accuracy": every(hits, weights).to(outputs["scores"]).mean(),
        }

    def predictions(self, outputs: Any, part: Split, data: Data) -> dict[str, np.ndarray]:
        """Return decoded and true answers, weights, and log-probabilities of the true symbols (examples, steps)."""
        _, target, weights = self.answers(part.batch())
        logs = outputs["scores"].double().log_softmax(-1).gather(2, target.unsqueeze(2)).squeeze(2)
        counts = torch.ones(target.shape) if weights is None else weights
        found = {"prediction": outputs["decoded"], "target": target, "weights": counts, "log_probability": logs}
        return {name: values.numpy() for name, values in found.items()}

    def judged(self, predictions: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Return all metrics except the loss."""
        found = {name: torch.from_numpy(values) for name, values in predictions.items()}
        weights, hits = found["weights"].double(), found["prediction"] == found["target"]
        return {
            "token_accuracy": mean_of(hits.double(), weights).item(),
            "sequence_accuracy": every(hits, weights).double().mean().item(),
            "cross_entropy": -mean_of(found["log_probability"], weights).item(),
            "bleu": bleu(found["prediction"], found["target"], SPECIAL),
        }

    def metrics(self, outputs: Any, part: Split, data: Data) -> dict[str, float]:
        """Return the metrics of the predictions, and the loss in the precision of the outputs."""
        batch = tree.moved(part.batch(), "cpu", outputs["scores"].dtype)
        return {**super().metrics(outputs, part, data), "loss": float(self.quick(outputs, batch)["loss"])}

    def baseline(self, data: Data, part: Split) -> tuple[str, dict[str, Tensor]]:
        """Return outputs that give at each step the most frequent symbol of this step in the training split."""
        _, target, weights = self.answers(data.train.batch())
        codes = F.one_hot(target, self.spec.outputs).float()
        counts = (codes if weights is None else codes * weights.unsqueeze(2)).sum(0)  # (steps, symbols)
        shares = (counts / counts.sum(1, keepdim=True).clamp_min(1)).clamp_min(torch.finfo(torch.float32).tiny)
        scores = shares.log().expand(len(part), -1, -1)
        return "majority at each step", {"scores": scores, "decoded": until_end(best(scores))}

    def figures(self, predictions: Mapping[str, np.ndarray], data: Data) -> dict[str, np.ndarray]:
        """Return an image of the confusion matrix of all steps, if there are not too many symbols."""
        if self.spec.outputs > LARGEST_PICTURE:
            return {}
        counted = predictions["weights"] > 0
        decided, target = (predictions[name][counted] for name in ("prediction", "target"))
        return {"test/confusion": picture.confusion(decided, target, self.spec.outputs)}
