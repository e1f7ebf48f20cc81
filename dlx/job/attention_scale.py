"""Scaling of attention scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import torch
from torch import Generator

from dlx.contracts.job import Job
from dlx.spec import AtLeastTwo, Positive

if TYPE_CHECKING:
    from dlx.run.trials import Trials


class AttentionScale(Job):
    """Scores q·k of standard normal queries and keys, with and without 1/sqrt(d) (Vaswani et al. 2017, section 3.2.1).

    Reports `score_variance` (d without the scale, 1 with it), `entropy` of the softmax as a fraction of log(keys),
    which is 0 if one key receives all attention, and `gradient_norm`: mean norm of the derivative of the weighted sum
    of standard normal values with respect to the scores, which decreases with the entropy. Model and data of the
    configuration are not used.

    Args:
        dimension: dimension of queries and keys.
        scale: divide the scores by the square root of the dimension.
        keys: number of keys of each query.
        queries: number of queries to average over.

    Example:
        dlx train -m job=attention_scale job.dimension=4,16,64,256,512 job.scale=true,false
    """

    stands_alone = True

    def __init__(
        self,
        *,
        dimension: Annotated[int, Positive],
        scale: bool,
        keys: Annotated[int, AtLeastTwo],
        queries: Annotated[int, Positive],
    ) -> None:
        self.dimension, self.scale, self.keys, self.queries = dimension, scale, keys, queries

    def measure(self, trials: Trials) -> dict[str, float]:
        """Return variance, entropy and gradient norm, averaged over the queries, each with its own keys."""
        random = Generator().manual_seed(trials.seed("attention_scale"))

        def draw(*shape: int) -> torch.Tensor:
            return torch.randn(*shape, generator=random, dtype=torch.float64)

        query, key = draw(self.queries, 1, self.dimension), draw(self.queries, self.keys, self.dimension)
        scores = (query * key).sum(-1) / (self.dimension**0.5 if self.scale else 1)  # (queries, keys)
        scores.requires_grad_()
        weights = scores.softmax(1)
        output = (weights * draw(self.queries, self.keys)).sum()
        (gradient,) = torch.autograd.grad(output, scores)
        entropy = torch.special.entr(weights.detach()).sum(1).mean() / torch.tensor(self.keys).log()
        return {
            "score_variance": float(scores.detach().var()),
            "entropy": float(entropy),
            "gradient_norm": float(gradient.norm(dim=1).mean()),
        }
