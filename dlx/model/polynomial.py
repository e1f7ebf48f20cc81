"""Polynomial regression."""

from __future__ import annotations

import warnings
from itertools import combinations_with_replacement
from math import comb, factorial
from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from dlx.nn.network import Network, output_layer
from dlx.spec import DataSpec, NonNegative

LARGEST = 20_000  # terms


class Polynomial(Network):
    """A linear layer on all products of features up to a degree (Bishop 2006, section 1.1): linear in its weights.

    With d features there are (d + degree)! / (d! degree!) terms, the constant among them. Without an initializer all
    weights start at 0. `optimizer=closed_form` solves for the least squares in one step.

    Args:
        degree: maximum sum of the exponents of a term; 0 is a constant, 1 a linear model.
        basis: `monomial` terms x_1^a x_2^b, whose coefficients can be interpreted; `hermite` the same polynomials as
            products of Hermite polynomials, which are uncorrelated and of variance 1 for standard normal features, so
            that gradient descent converges faster.

    Example:
        dlx train -m model=polynomial dataset=polynomial_curve optimizer=closed_form model.degree=1,3,9
    """

    accepts = ("vector",)
    places: Tensor

    def __init__(
        self, spec: DataSpec, *, degree: Annotated[int, NonNegative], basis: Literal["monomial", "hermite"]
    ) -> None:
        super().__init__()
        features = spec.shape[0]
        if comb(features + degree, degree) > LARGEST:
            most = max(d for d in range(degree) if comb(features + d, d) <= LARGEST)
            raise ValueError(
                f"degree: a polynomial of degree {degree} in {features} features has "
                f"{comb(features + degree, degree):,} terms; expected at most {most}"
            )
        self.degree, self.basis = degree, basis
        terms = [term for size in range(1, degree + 1) for term in combinations_with_replacement(range(features), size)]
        # Each term as `degree` factors: places in a table of (feature, exponent), exponent 0 where it has fewer.
        factors = [[feature * (degree + 1) + term.count(feature) for feature in sorted(set(term))] for term in terms]
        places = torch.tensor([row + [0] * (degree - len(row)) for row in factors], dtype=torch.long)
        self.register_buffer("places", places.reshape(len(terms), degree), persistent=False)
        with warnings.catch_warnings():  # a constant has a bias and no weight to draw
            warnings.filterwarnings("ignore", message="Initializing zero-element")
            self.output = layer = output_layer(len(terms), spec)
        assert isinstance(layer, nn.Linear), "an output for an example"
        nn.init.zeros_(layer.weight)  # terms that the data say nothing of stay out
        nn.init.zeros_(layer.bias)

    def features(self, x: Tensor) -> Tensor:
        """Map (batch, features) to all terms but the constant, (batch, terms)."""
        powers = [torch.ones_like(x), x]
        for n in range(1, self.degree):
            powers.append(x * powers[n] - (n * powers[n - 1] if self.basis == "hermite" else 0))
        if self.basis == "hermite":  # He_n has variance n! under the standard normal
            powers = [power / factorial(n) ** 0.5 for n, power in enumerate(powers)]
        table = torch.stack(powers[: self.degree + 1], 2).flatten(1)  # (batch, features · exponents)
        terms = x.new_ones(x.shape[0], len(self.places))
        for factor in self.places.unbind(1):
            terms = terms * table[:, factor]
        return terms
