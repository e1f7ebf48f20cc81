"""Statements about normalization, dropout and feed-forward layers."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Generator, nn

from dlx.job.identities.check import Check, draw, gap


def bn_bias(random: Generator) -> Check:
    """Batch normalization subtracts the mean and thereby cancels the bias of the layer before it."""
    x, bias = draw(random, 32, 5), 10 * draw(random, 5)
    norm = nn.BatchNorm1d(5, affine=False).double()
    return Check(gap(norm(x), norm(x + bias)))


def batch_norm_equation(random: Generator) -> Check:
    """In training: gamma (x - mean) / sqrt(variance + 1e-5) + beta, mean and variance (by n) of the mini-batch."""
    norm, x = nn.BatchNorm1d(5, eps=1e-5).double(), 3 + 2 * draw(random, 16, 5)
    norm.weight.data, norm.bias.data = draw(random, 5), draw(random, 5)
    centered = x - x.mean(0)
    return Check(gap(norm(x), norm.weight * centered / (centered.square().mean(0) + 1e-5).sqrt() + norm.bias))


def batch_norm_running_statistics(random: Generator) -> Check:
    """The running statistics are r <- 0.9 r + 0.1 batch, from mean 0 and variance 1, with the variance by n - 1."""
    norm = nn.BatchNorm1d(5, momentum=0.1).double()
    mean, variance = torch.zeros(5, dtype=torch.float64), torch.ones(5, dtype=torch.float64)
    for _ in range(20):
        x = 3 + 2 * draw(random, 16, 5)
        norm(x)
        mean, variance = 0.9 * mean + 0.1 * x.mean(0), 0.9 * variance + 0.1 * x.var(0, correction=1)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    return Check(max(gap(norm.running_mean, mean), gap(norm.running_var, variance)))


def layer_norm_batch_independence(random: Generator) -> Check:
    """Layer normalization of an example does not depend on the others in its batch."""
    return _with_other_mates(random, nn.LayerNorm(5).double())


def batch_norm_batch_independence(random: Generator) -> Check:
    """Myth: "batch normalization of an example does not depend on the others either"; in training mode it does."""
    return _with_other_mates(random, nn.BatchNorm1d(5).double())


def _with_other_mates(random: Generator, norm: nn.Module) -> Check:
    example, one, other = draw(random, 1, 5), draw(random, 15, 5), draw(random, 15, 5)
    return Check(gap(norm(torch.cat([example, one]))[0], norm(torch.cat([example, other]))[0]))


def bernoulli_mean(random: Generator) -> Check:
    """Dropout preserves the mean: averaged over all 2^8 masks by probability, a linear unit keeps its value."""
    p, x, w = 0.3, draw(random, 8), draw(random, 8)
    mean = torch.zeros((), dtype=torch.float64)
    for mask in itertools.product([0.0, 1.0], repeat=8):
        kept = torch.tensor(mask, dtype=torch.float64)
        probability = (1 - p) ** kept.sum() * p ** (8 - kept.sum())
        mean = mean + probability * (w * x * kept / (1 - p)).sum()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(random.initial_seed() % 2**31)
        dropped = F.dropout(x.repeat(100, 1), p)
    wrong_scale = gap(dropped, torch.where(dropped == 0, 0.0, x / (1 - p)))  # torch's own mask scales the same way
    return Check(max(gap(mean, (w * x).sum()), wrong_scale))


def dropout_is_off_in_evaluation(random: Generator) -> Check:
    """In evaluation mode dropout is the identity."""
    x = draw(random, 16, 5)
    return Check(gap(nn.Dropout(0.5).eval()(x), x), 0.0)


def feedforward_is_two_linear(random: Generator) -> Check:
    """The feed-forward part of a transformer block is two linear layers with a ReLU between them."""
    block, x = _block(random), draw(random, 3, 4, 6)
    one, two = (layer for layer in block.children() if isinstance(layer, nn.Linear))
    attended = block.norm1(x + block.self_attn(x, x, x, need_weights=False)[0])
    by_hand = torch.relu(attended @ one.weight.T + one.bias) @ two.weight.T + two.bias
    return Check(gap(block(x), block.norm2(attended + by_hand)))


def feedforward_is_one_linear(random: Generator) -> Check:
    """Myth: "the feed-forward part is one layer"; the best single linear layer leaves much of it unexplained."""
    block, x = _block(random), draw(random, 500, 6)
    y = block.linear2(torch.relu(block.linear1(x))).detach()
    design = torch.cat([x, torch.ones(500, 1, dtype=torch.float64)], 1)
    return Check(gap(design @ torch.linalg.lstsq(design, y).solution, y))


def _block(random: Generator) -> nn.TransformerEncoderLayer:
    block = nn.TransformerEncoderLayer(6, 2, dim_feedforward=24, dropout=0.0, batch_first=True).double()
    for parameter in block.parameters():
        parameter.data = draw(random, *parameter.shape)
    return block


def residual_is_identity_plus(random: Generator) -> Check:
    """A skip connection adds 1 to the derivative: the Jacobian of x + f(x) is I + J_f."""
    f = nn.Sequential(nn.Linear(4, 4), nn.Tanh()).double()
    x = draw(random, 4)
    jacobian = torch.autograd.functional.jacobian
    with_skip = jacobian(lambda x: x + f(x), x)
    return Check(gap(with_skip, torch.eye(4, dtype=torch.float64) + jacobian(f, x)))
