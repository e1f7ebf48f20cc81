"""The variational objective against torch.distributions and the exact likelihood of a linear model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator, Tensor, nn
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence
from torch.func import grad, stack_module_state, vmap

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.errors import ConfigError
from dlx.model.vae import VAE
from dlx.normalization.none import NoNormalization
from dlx.objective._generation import fitted_gaussian, kl_from_standard_normal
from dlx.objective.variational import Variational
from dlx.run.run import run
from dlx.spec import DataSpec
from dlx.step.functional import Functional

Config = Callable[..., dict[str, Any]]
VECTORS = DataSpec("vector", (3,), "self", 3)
CPU = ("trainer.accelerator=cpu", "trainer.max_epochs=1", "trainer.max_steps=2")


def variational(spec: DataSpec = VECTORS, **keys: Any) -> Variational:
    return Variational(spec, **{"likelihood": "gaussian", "sd": 0.5, "beta": 1.0, "scale": 1.0, **keys})


def seeded(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=Generator().manual_seed(len(shape)), dtype=torch.float64)


def test_the_divergence_is_that_of_torch() -> None:
    mean, log_variance = seeded(7, 4), seeded(7, 4, 1)[..., 0]
    wanted = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(torch.zeros(4), 1.0)).sum(1)
    torch.testing.assert_close(kl_from_standard_normal(mean, log_variance), wanted)


def test_the_likelihoods_are_those_of_torch() -> None:
    output, x = seeded(7, 3), seeded(7, 3, 1)[..., 0]
    found = variational(sd=0.7).log_likelihood(output, x)
    torch.testing.assert_close(found, Normal(output, 0.7).log_prob(x).sum(1))
    found = variational(likelihood="bernoulli").log_likelihood(output, (x > 0).double())
    torch.testing.assert_close(found, Bernoulli(logits=output).log_prob((x > 0).double()).sum(1))


class Linear(nn.Module):
    """A linear model with orthogonal columns and its exact posterior (Tipping & Bishop 1999, equation 12.7)."""

    weight = torch.tensor([[2.0, 0.0], [0.0, 1.5], [1.0, 0.0]], dtype=torch.float64)
    bias = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)
    sd = 0.5

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        precision = self.weight.square().sum(0) + self.sd**2
        mean = (x - self.bias) @ self.weight / precision
        return mean, (self.sd**2 / precision).log().expand_as(mean)

    def decode(self, z: Tensor) -> Tensor:
        return z @ self.weight.T + self.bias


def test_the_bound_of_an_exact_posterior_is_the_likelihood() -> None:
    net, x = Linear(), torch.tensor([[1.0, -2.0, 0.5]], dtype=torch.float64)
    covariance = net.weight @ net.weight.T + 0.25 * torch.eye(3, dtype=torch.float64)
    wanted = MultivariateNormal(net.bias, covariance).log_prob(x).item()
    many = Batch(x.expand(20_000, 3), None)
    outputs = variational().outputs(net, many, Generator().manual_seed(0))
    assert variational().quick(outputs, many)["elbo"].item() == pytest.approx(wanted, abs=0.02)
    # Each draw has log p(x|z) + log p(z) - log q(z|x) = log p(x) exactly, if the divergence is drawn as well.
    mean, log_variance = net.posterior(many.inputs)
    code = torch.linalg.lstsq(net.weight, (outputs["drawn"] - net.bias).T).solution.T
    drawn = Normal(0.0, 1.0).log_prob(code) - Normal(mean, (log_variance / 2).exp()).log_prob(code)
    likelihood, _ = variational().bound(outputs, many)
    torch.testing.assert_close(likelihood + drawn.sum(1), torch.full_like(likelihood, wanted))
    # Samples have the mean and the covariance of the model without the noise.
    samples = outputs["sample"]
    torch.testing.assert_close(torch.cov(samples.T), net.weight @ net.weight.T, atol=0.12, rtol=0)
    torch.testing.assert_close(samples.mean(0), net.bias, atol=0.05, rtol=0)


def test_loss_beta_and_scale() -> None:
    batch = Batch(seeded(5, 3), None)
    outputs = variational().outputs(Linear(), batch, Generator().manual_seed(0))
    likelihood, divergence = variational().bound(outputs, batch)
    for beta, scale in ((1.0, 1.0), (4.0, 1.0), (0.0, 3.0)):
        wanted = scale * (beta * divergence - likelihood).mean().item() / 3
        assert variational(beta=beta, scale=scale).loss(outputs, batch).item() == pytest.approx(wanted)
    quick = variational(beta=4.0).quick(outputs, batch)
    assert quick["elbo"].item() == pytest.approx((likelihood - divergence).mean().item())  # whatever beta is
    assert quick["kl"].item() == pytest.approx(divergence.mean().item())


def network(layers: Any = "mlp", spec: DataSpec = VECTORS, seed: int = 0) -> VAE:
    torch.manual_seed(seed)
    return VAE(spec, nn.Tanh, NoNormalization(), 0.0, layers=layers, depth=2, width=5, latent=2).double()


@pytest.mark.parametrize("layers", ["linear", "mlp", "conv"])
def test_shapes_of_the_network(layers: str) -> None:
    spec = DataSpec("image", (2, 6, 5), "self", 2, form="map")
    net, x = network(layers, spec), seeded(4, 2, 6, 5)
    mean, log_variance = net.posterior(x)
    assert mean.shape == log_variance.shape == (4, 2)
    assert torch.equal(net.encode(x), mean)
    assert torch.equal(net(x), net.decode(mean))
    assert net(x).shape == x.shape
    assert not torch.equal(mean, log_variance)


def test_gradients_reach_the_variance_and_are_those_of_single_members_under_vmap() -> None:
    members, batch = [network(seed=0), network(seed=1)], Batch(seeded(6, 3), None)
    (phase,) = variational().phases()
    stacked, _ = stack_module_state(members)  # type: ignore[arg-type]

    def gradient(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        noise = Generator().manual_seed(3)
        return grad(lambda tensors: phase.loss(Functional(members[0], tensors), batch, noise))(tensors)

    found = vmap(gradient, randomness="same")(stacked)
    for number, member in enumerate(members):
        phase.loss(member, batch, Generator().manual_seed(3)).backward()
        for name, parameter in member.named_parameters():
            torch.testing.assert_close(found[name][number], parameter.grad)
        weight = member.encoder.get_parameter("output.weight").grad
        assert weight is not None
        assert (weight.abs().sum(1) > 0).all()  # those of the means and of the log variances


def test_the_naive_samples_have_the_first_two_moments() -> None:
    x = seeded(50, 3) @ seeded(3, 3) + 2
    samples = fitted_gaussian(x, 40_000).numpy()
    np.testing.assert_allclose(samples.mean(0), x.mean(0), atol=0.05)
    np.testing.assert_allclose(np.cov(samples.T), np.cov(x.numpy().T), rtol=0.05, atol=0.05)
    assert torch.equal(fitted_gaussian(x, 5), fitted_gaussian(x, 5))


@pytest.mark.parametrize("words", [(), ("objective.likelihood=bernoulli", "dataset.standardize=unit_range")])
def test_a_run_reports_bound_and_samples(words: tuple[str, ...], config: Config, tmp_path: Path) -> None:
    """Monte Carlo dropout averages each of several outputs."""
    dropout = ("regularizer=dropout", "regularizer.dropout.monte_carlo_samples=2", "regularizer.dropout.p=0.1")
    summary = run(config("model=vae", *dropout, *words, *CPU), tmp_path / "run", raises=True)
    found = np.load(tmp_path / "run" / "predictions.npz")
    assert found["sample"].shape == found["prediction"].shape == found["target"].shape == (360, 64)
    assert summary["metrics"]["test/elbo"] == pytest.approx(found["elbo"].mean(), rel=1e-5)
    assert summary["metrics"]["test/kl"] == pytest.approx(found["kl"].mean(), rel=1e-5)
    assert summary["baseline"]["test/kl"] == 0
    values = 64 * summary["metrics"]["test/loss"]
    assert summary["metrics"]["test/elbo"] == pytest.approx(-values, rel=1e-5)
    assembly = assemble(config("model=vae", *words))
    for count, rows in ((360, 3), (15, 1), (4, 1)):
        drawn = {name: values[:count] for name, values in found.items()}
        picture = assembly.objective.figures(drawn, assembly.data)["test/samples"]
        assert picture.shape == (rows * 50, min(count, 10) * 50, 3)
    if words:
        assert found["sample"].min() >= 0
        assert found["sample"].max() <= 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("objective=variational",), "needs a model with posterior and decode; model=mlp has none; try model=vae"),
        (("model=vae", "objective.likelihood=bernoulli"), "likelihood: bernoulli needs inputs between 0 and 1"),
        (("model=pca", "objective=variational"), "model=pca has none"),
    ],
)
def test_bad_input(words: tuple[str, ...], message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config(*words))
