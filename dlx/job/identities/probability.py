"""Statements about probability, estimation and errors."""

from __future__ import annotations

import numpy as np
import scipy.optimize
import torch
import torch.nn.functional as F
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from torch import Generator

from dlx.job.identities.check import Check, draw, gap

SOLVED = 1e-6  # error of a numerical minimizer


def bayes_theorem(random: Generator) -> Check:
    """P(A|B) = P(B|A) P(A) / P(B), on a random table of joint probabilities."""
    joint = draw(random, 4, 5).exp()
    joint = joint / joint.sum()
    a, b = joint.sum(1, keepdim=True), joint.sum(0, keepdim=True)
    return Check(gap(joint / b, (joint / a) * a / b))


def _line(random: Generator) -> tuple[np.ndarray, np.ndarray]:
    x = draw(random, 40, 3).numpy()
    return x, x @ np.array([1.0, -2.0, 0.05]) + 0.5 * draw(random, 40).numpy()


def ridge_is_gaussian_map(random: Generator) -> Check:
    """Ridge with alpha = s² / t² is the MAP estimate of w under a Gaussian prior N(0, t²) and noise N(0, s²)."""
    (x, y), noise, prior = _line(random), 0.5, 0.8

    def surprise(w: np.ndarray) -> float:
        return ((y - x @ w) ** 2).sum() / (2 * noise**2) + (w**2).sum() / (2 * prior**2)

    found = scipy.optimize.minimize(surprise, np.zeros(3), method="BFGS", options={"gtol": 1e-10}).x
    ridge = Ridge(alpha=noise**2 / prior**2, fit_intercept=False).fit(x, y).coef_
    return Check(gap(ridge, found), SOLVED)


def lasso_is_laplace_map(random: Generator) -> Check:
    """Lasso with alpha = s² / (n b) is the MAP estimate of w under a Laplace prior of scale b and noise N(0, s²).

    The optimum is where the subgradient of the negative log posterior contains 0; its distance from 0 is the error.
    """
    (x, y), noise, scale = _line(random), 0.5, 0.05
    lasso = Lasso(alpha=noise**2 / (len(y) * scale), fit_intercept=False, tol=1e-14, max_iter=10**6).fit(x, y).coef_
    slope = x.T @ (x @ lasso - y) / noise**2
    distance = np.where(lasso == 0, np.maximum(np.abs(slope) - 1 / scale, 0), np.abs(slope + np.sign(lasso) / scale))
    return Check(float(distance.max()) * scale, SOLVED, float((lasso == 0).sum()))


def mse_is_gaussian_mle(random: Generator) -> Check:
    """The least-squares line is the maximum likelihood estimate under Gaussian noise of any variance."""
    x, y = _line(random)

    def surprise(w: np.ndarray) -> float:
        return ((y - x @ w[:3]) ** 2).sum() / (2 * np.exp(2 * w[3])) + len(y) * w[3]

    found = scipy.optimize.minimize(surprise, np.zeros(4), method="BFGS", options={"gtol": 1e-9}).x[:3]
    return Check(gap(LinearRegression(fit_intercept=False).fit(x, y).coef_, found), SOLVED)


def bce_is_bernoulli_mle(random: Generator) -> Check:
    """Binary cross-entropy is the mean negative logarithm of the Bernoulli likelihood."""
    scores, labels = draw(random, 100), (draw(random, 100) > 0).double()
    p = torch.sigmoid(scores)
    likelihood = torch.where(labels == 1, p, 1 - p)
    return Check(gap(F.binary_cross_entropy_with_logits(scores, labels), -likelihood.log().mean()))


def beta_prior_is_map(random: Generator) -> Check:
    """With a Beta(a, b) prior the MAP estimate of the probability of heads is (k + a - 1) / (n + a + b - 2)."""
    k, n, a, b = 2, 3, 5, 5
    grid = np.linspace(0, 1, 1_000_001)[1:-1]
    posterior = (k + a - 1) * np.log(grid) + (n - k + b - 1) * np.log1p(-grid)
    return Check(abs(grid[posterior.argmax()] - (k + a - 1) / (n + a + b - 2)), 1e-6, float(grid[posterior.argmax()]))


def odds_ratio(random: Generator) -> Check:
    """In logistic regression, increasing a feature by one unit multiplies the odds p / (1 - p) by exp(beta)."""
    x, beta, bias = draw(random, 50, 4), draw(random, 4), draw(random, 1)

    def odds(x: torch.Tensor) -> torch.Tensor:
        p = torch.sigmoid(x @ beta + bias)
        return p / (1 - p)

    more = x + torch.tensor([0.0, 1, 0, 0], dtype=torch.float64)
    return Check(gap(odds(more) / odds(x), beta[1].exp().expand(50)))


def logit_inverts_sigmoid(random: Generator) -> Check:
    """The logarithm of the odds is linear in x: logit(sigmoid(w x + b)) = w x + b."""
    score = draw(random, 100)
    return Check(gap(torch.logit(torch.sigmoid(score)), score))


def mse_is_variance_plus_squared_bias(random: Generator) -> Check:
    """The mean squared error of an estimator is its variance plus the *square* of its bias."""
    return _decomposition(random, 2)


def mse_is_variance_plus_bias(random: Generator) -> Check:
    """Myth: "MSE = variance + bias"; even their units differ."""
    return _decomposition(random, 1)


def _decomposition(random: Generator, power: int) -> Check:
    truth, estimates = 3.0, 3.7 + 0.5 * draw(random, 1000)
    bias = (estimates.mean() - truth).abs()
    return Check(gap((estimates - truth).square().mean(), estimates.var(correction=0) + bias**power))


def cross_entropy_is_kl_plus_entropy(random: Generator) -> Check:
    """H(p, q) = H(p) + KL(p || q), so with fixed labels a lower cross-entropy is a lower divergence."""
    p, q = draw(random, 20, 5).softmax(1), draw(random, 20, 5).softmax(1)
    cross, own = -(p * q.log()).sum(1), -(p * p.log()).sum(1)
    return Check(gap(cross, own + F.kl_div(q.log(), p, reduction="none").sum(1)))
