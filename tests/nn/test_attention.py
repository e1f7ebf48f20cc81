"""Attention and positions against torch's MultiheadAttention, formulas by hand and complex numbers."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from dlx.nn.attention import Attention
from dlx.nn.positions import LearnedPositions, SinusoidalPositions, rotate, sinusoids

WIDTH, HEADS = 12, 3


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def attention(heads: int = HEADS, score: str = "dot", scale: bool = True, causal: bool = False) -> Attention:
    torch.manual_seed(0)
    return Attention(WIDTH, heads, score, scale, causal, rotary=False).double()  # type: ignore[arg-type]


def torchs(ours: Attention) -> nn.MultiheadAttention:
    """Return torch's module with the weights of ours."""
    theirs = nn.MultiheadAttention(WIDTH, ours.heads, batch_first=True).double()
    parts = (ours.query, ours.key, ours.value)
    state = {
        "in_proj_weight": torch.cat([part.weight for part in parts]),
        "in_proj_bias": torch.cat([part.bias for part in parts]),
        "out_proj.weight": ours.merge.weight,
        "out_proj.bias": ours.merge.bias,
    }
    theirs.load_state_dict(state)
    return theirs


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("heads", [1, 3, 12])
def test_dot_products_are_torchs_own(heads: int, causal: bool) -> None:
    ours = attention(heads, causal=causal)
    x = drawn(4, 7, WIDTH)
    memory = x if causal else drawn(4, 5, WIDTH)
    mask = torch.ones(7, 7, dtype=torch.bool).triu(1) if causal else None
    seen: list[Tensor] = []
    ours.probabilities.register_forward_hook(lambda module, given, output: seen.append(output))
    y, weights = torchs(ours)(x, memory, memory, attn_mask=mask, average_attn_weights=False)
    torch.testing.assert_close(ours(x, memory), y, rtol=0, atol=1e-12)
    torch.testing.assert_close(seen[0], weights, rtol=0, atol=1e-12)


def test_without_the_scale_scores_are_plain_dot_products() -> None:
    plain, scaled = attention(scale=False), attention()
    q, k = drawn(2, HEADS, 5, 4), drawn(2, HEADS, 6, 4)
    torch.testing.assert_close(plain.scores(q, k), torch.einsum("bhqd,bhkd->bhqk", q, k))
    torch.testing.assert_close(scaled.scores(q, k), torch.einsum("bhqd,bhkd->bhqk", q, k) / 2)  # sqrt of 4 features


def test_additive_scores_are_bahdanaus() -> None:
    ours = attention(1, "additive")
    assert ours.additive is not None
    x, memory, v = drawn(2, 5, WIDTH), drawn(2, 6, WIDTH), ours.additive.weight[0]
    expected = torch.empty(2, 5, WIDTH, dtype=torch.float64)
    for b in range(2):
        for i in range(5):
            e = torch.stack([v @ torch.tanh(ours.query(x[b, i]) + ours.key(memory[b, j])) for j in range(6)])
            alpha = e.exp() / e.exp().sum()
            expected[b, i] = ours.merge(sum(alpha[j] * ours.value(memory[b, j]) for j in range(6)))
    torch.testing.assert_close(ours(x, memory), expected)


def test_sinusoids_are_the_formula() -> None:
    found = sinusoids(9, 5, drawn(1))
    for t in range(9):
        for feature in range(5):
            angle = t / 10000 ** (2 * (feature // 2) / 5)
            assert found[t, feature].item() == pytest.approx((math.cos if feature % 2 else math.sin)(angle), abs=1e-14)
    x = drawn(2, 9, 5)
    torch.testing.assert_close(SinusoidalPositions()(x), x + found)


def test_rotations_are_products_of_complex_numbers() -> None:
    x = drawn(2, 3, 7, 6)
    rates = 10000 ** (-torch.arange(3, dtype=torch.float64) / 3)
    turn = torch.polar(torch.ones(7, 3, dtype=torch.float64), torch.arange(7).unsqueeze(1) * rates)
    pairs = torch.view_as_complex(x.unflatten(-1, (3, 2)))
    torch.testing.assert_close(rotate(x), torch.view_as_real(pairs * turn).flatten(-2))


def test_rotary_scores_depend_on_the_distance_alone() -> None:
    query, key = drawn(6), drawn(6)
    scores = rotate(query.expand(9, 6)) @ rotate(key.expand(9, 6)).T  # the same query and key at every step
    for distance in range(-8, 9):
        along = scores.diagonal(distance)
        torch.testing.assert_close(along, along[:1].expand_as(along), rtol=0, atol=1e-12)
    assert scores[0].std() > 0.1  # and on nothing less


def test_learned_positions_are_added_and_refuse_longer_sequences() -> None:
    torch.manual_seed(0)
    layer, x = LearnedPositions(6, 4), torch.randn(2, 5, 4)
    torch.testing.assert_close(layer(x), x + layer.vectors.weight[:5])
    assert layer.vectors.weight.std().item() == pytest.approx(0.02, rel=0.3)
    message = "max_length: learned positions exist for 6 steps, the sequences have 7; expected at least 7"
    with pytest.raises(ValueError, match=message):
        layer(torch.randn(2, 7, 4))
