"""Every penalty and its gradient by hand and by finite differences; every change of weights by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from dlx.regularizer.beta_prior import BetaPrior
from dlx.regularizer.elastic_net import ElasticNet
from dlx.regularizer.gaussian_prior import GaussianPrior
from dlx.regularizer.l1 import L1
from dlx.regularizer.l2 import L2
from dlx.regularizer.laplace_prior import LaplacePrior
from dlx.regularizer.max_norm import MaxNorm
from dlx.regularizer.weight_decay import WeightDecay
from dlx.step.step import Step

W = {
    "a": torch.tensor([[0.5, -2.0], [3.0, -0.1]], dtype=torch.float64),
    "b": torch.tensor([[[1.5]]], dtype=torch.float64),
}
FLAT = np.array([0.5, -2.0, 3.0, -0.1, 1.5])


def log_density(kind: str, scale: float) -> float:
    from scipy import stats

    return float(getattr(stats, kind)(scale=scale).logpdf(FLAT).sum() - 5 * getattr(stats, kind)(scale=scale).logpdf(0))


PENALTIES = {
    "l1": (L1(strength=0.3), 0.3 * np.abs(FLAT).sum()),
    "l2": (L2(strength=0.3), 0.3 * (FLAT**2).sum()),
    "elastic_net": (
        ElasticNet(strength=0.3, l1_ratio=0.2),
        0.3 * (0.2 * np.abs(FLAT).sum() + 0.4 * (FLAT**2).sum()),
    ),
    # Beside a mean over 10 examples; the squared error is twice the negative log-likelihood.
    "gaussian_prior": (GaussianPrior(10, 2.0, sd=0.7), -2 / 10 * log_density("norm", 0.7)),
    "laplace_prior": (LaplacePrior(10, 1.0, b=0.7), -1 / 10 * log_density("laplace", 0.7)),
}


@pytest.mark.parametrize("name", PENALTIES)
def test_penalty_and_gradient(name: str) -> None:
    regularizer, expected = PENALTIES[name]
    assert regularizer.active
    weights = {key: weight.clone().requires_grad_() for key, weight in W.items()}
    found = regularizer.penalty(weights)
    assert found.item() == pytest.approx(expected, rel=1e-12)
    found.backward()
    step = 1e-6
    for key, weight in W.items():
        for place in range(weight.numel()):
            sides = []
            for sign in (1, -1):
                moved = {k: w.clone() for k, w in W.items()}
                moved[key].view(-1)[place] += sign * step
                sides.append(regularizer.penalty(moved).item())
            slope = (sides[0] - sides[1]) / (2 * step)
            assert weights[key].grad.view(-1)[place].item() == pytest.approx(slope, abs=1e-8)  # type: ignore[union-attr]


GRADIENTS = {
    "l1": 0.3 * np.sign(FLAT),
    "l2": 2 * 0.3 * FLAT,
    "elastic_net": 0.3 * (0.2 * np.sign(FLAT) + 0.8 * FLAT),
    "gaussian_prior": 2 / 10 * FLAT / 0.7**2,
    "laplace_prior": 1 / 10 * np.sign(FLAT) / 0.7,
}


@pytest.mark.parametrize("name", PENALTIES)
def test_gradient_by_hand(name: str) -> None:
    weights = {key: weight.clone().requires_grad_() for key, weight in W.items()}
    PENALTIES[name][0].penalty(weights).backward()
    found = torch.cat([weight.grad.flatten() for weight in weights.values()])  # type: ignore[union-attr]
    np.testing.assert_allclose(found, GRADIENTS[name], rtol=1e-12)


def test_beta_prior_is_the_density_of_the_chances() -> None:
    from scipy import stats

    prior = BetaPrior("bernoulli", "bernoulli", 10, 0.5, a=3.0, b=1.5)
    log_odds = torch.tensor([-1.0, 0.3], dtype=torch.float64, requires_grad=True)
    chances = log_odds.detach().sigmoid().numpy()
    at_half = stats.beta(3, 1.5).logpdf(0.5) * 2
    expected = -(stats.beta(3, 1.5).logpdf(chances).sum() - at_half) * 0.5 / 10
    zero = prior.penalty({"w": torch.zeros(2, dtype=torch.float64)})
    found = prior.penalty({"w": log_odds})
    assert (found - zero).item() == pytest.approx(expected)
    found.backward()
    by_hand = -0.05 * (2 * (1 - chances) - 0.5 * chances)  # d/dz of (a - 1) log p + (b - 1) log (1 - p)
    np.testing.assert_allclose(log_odds.grad, by_hand)


@pytest.mark.parametrize("regularizer", [L1(strength=1.0), L2(strength=1.0), WeightDecay(strength=1.0)])
def test_biases_are_spared_unless_asked_for(regularizer: object) -> None:
    tensors = {"weight": torch.ones(2, 2), "bias": torch.ones(2)}
    step = Step([], [regularizer])

    def counted() -> set[str]:
        from dlx.step.step import regularized

        return set(regularized(tensors, regularizer))

    assert counted() == {"weight"}
    regularizer.biases = True  # type: ignore[attr-defined]
    assert counted() == {"weight", "bias"}
    assert set(step.change_weights(tensors, 0.1)) <= {"weight", "bias"}


def test_penalties_of_a_network_without_matrices_are_zero() -> None:
    for regularizer in (L1(strength=1.0), L2(strength=1.0), ElasticNet(strength=1.0)):
        assert regularizer.penalty({}).item() == 0


def changed(regularizer: object, lr: float = 0.1) -> dict[str, Tensor]:
    return regularizer.change_weights(W, lr)  # type: ignore[attr-defined]


def test_weight_decay_by_hand() -> None:
    torch.testing.assert_close(changed(WeightDecay(strength=0.5))["a"], 0.95 * W["a"])


def test_soft_threshold_by_hand() -> None:
    found = changed(L1(strength=2.0, proximal=True))
    expected = torch.tensor([[0.3, -1.8], [2.8, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(found["a"], expected)
    assert found["a"][1, 1] == 0  # exactly
    torch.testing.assert_close(changed(ElasticNet(strength=4.0, l1_ratio=0.5, proximal=True))["a"], expected)
    torch.testing.assert_close(changed(LaplacePrior(10, 2.0, b=0.1, proximal=True))["a"], expected)
    assert changed(L1(strength=2.0)) == {}


def test_proximal_penalties_give_no_gradient() -> None:
    weights = {key: weight.clone().requires_grad_() for key, weight in W.items()}
    assert not L1(strength=2.0, proximal=True).penalty(weights).requires_grad
    ElasticNet(strength=2.0, l1_ratio=0.5, proximal=True).penalty(weights).backward()
    torch.testing.assert_close(weights["a"].grad, 2.0 * 0.5 * W["a"])


def test_max_norm_by_hand() -> None:
    weight = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
    found = MaxNorm(limit=1.0).change_weights({"w": weight, "conv": torch.full((2, 1, 2, 2), 1.0)}, 0.1)
    torch.testing.assert_close(found["w"], torch.tensor([[0.6, 0.8], [0.3, 0.4]]))
    assert torch.equal(found["w"][1], weight[1])
    torch.testing.assert_close(found["conv"], torch.full((2, 1, 2, 2), 0.5))
    zero = MaxNorm(limit=1.0).change_weights({"w": torch.zeros(2, 2)}, 0.1)["w"]
    assert torch.equal(zero, torch.zeros(2, 2))


def test_changes_of_weights_follow_one_another() -> None:
    step = Step([], [WeightDecay(strength=5.0), MaxNorm(limit=1.0)])
    found = step.change_weights({"w": torch.tensor([[3.0, 4.0]]), "bias": torch.ones(2)}, 0.1)
    torch.testing.assert_close(found["w"], torch.tensor([[0.6, 0.8]]))
    assert set(found) == {"w"}
    step = Step([], [WeightDecay(strength=5.0), L1(strength=10.0, proximal=True)])
    found = step.change_weights({"w": torch.tensor([[3.0, 4.0]])}, 0.1)
    torch.testing.assert_close(found["w"], torch.tensor([[0.5, 1.0]]))  # half of it, and 1 less
