"""The objective that reconstructs its inputs, against formulas and torch.distributions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.preprocessing import MinMaxScaler
from torch import Tensor, nn

from dlx.assembly.assemble import assemble
from dlx.config.identity import identity
from dlx.contracts import Batch
from dlx.errors import ConfigError
from dlx.objective.reconstruction import Reconstruction
from dlx.run.run import run
from dlx.spec import DataSpec
from dlx.step.functional import Functional

Config = Callable[..., dict[str, Any]]
VECTORS = DataSpec("vector", (3,), "self", 0)
IMAGES = DataSpec("image", (2, 4, 5), "self", 0)
UNIT = ("model=autoencoder", "objective.loss=binary_cross_entropy", "dataset.standardize=unit_range")


def reconstruction(spec: DataSpec = VECTORS, **keys: Any) -> Reconstruction:
    return Reconstruction(spec, **{"loss": "mse", "noise": 0.0, "test_noise": 0.0, "scale": 1.0, **keys})


def batch(spec: DataSpec = VECTORS) -> Batch:
    return Batch(torch.rand(7, *spec.shape, generator=torch.Generator().manual_seed(0)), None)


def test_the_loss_is_a_mean_over_values_and_examples() -> None:
    x, y = batch().inputs, torch.rand(7, 3, generator=torch.Generator().manual_seed(1))
    by_hand = sum((x[b, i] - y[b, i]).item() ** 2 for b in range(7) for i in range(3)) / (7 * 3)
    assert reconstruction().loss(y, batch()).item() == pytest.approx(by_hand)
    assert reconstruction(scale=4.0).loss(y, batch()).item() == pytest.approx(4 * by_hand)


def test_cross_entropy_is_the_likelihood_of_pixels() -> None:
    logits = torch.randn(7, 3, generator=torch.Generator().manual_seed(1))
    objective = reconstruction(loss="binary_cross_entropy")
    black_and_white = batch()._replace(inputs=batch().inputs.round())
    likelihood = torch.distributions.Bernoulli(logits=logits).log_prob(black_and_white.inputs)
    torch.testing.assert_close(objective.loss(logits, black_and_white), -likelihood.mean())
    torch.testing.assert_close(objective.values(logits), 1 / (1 + (-logits).exp()))


@pytest.mark.parametrize(
    ("spec", "outputs", "form"),
    [
        (VECTORS, 3, "vector"),
        (IMAGES, 2, "map"),
        (DataSpec("sequence", (6, 4), "self", 0), 4, "sequence"),
    ],
)
def test_the_network_gives_as_many_values_as_it_is_given(spec: DataSpec, outputs: int, form: str) -> None:
    aimed = reconstruction(spec).spec
    assert (aimed.outputs, aimed.form) == (outputs, form)


@pytest.mark.parametrize("kind", ["none", "tokens"])
def test_inputs_without_real_numbers_are_refused(kind: Any) -> None:
    with pytest.raises(ValueError, match="needs inputs that are real numbers"):
        reconstruction(replace(VECTORS, input=kind))


def test_noise_changes_what_the_network_is_given_and_not_the_target() -> None:
    seen: list[Tensor] = []

    def net(x: Tensor) -> Tensor:
        seen.append(x)
        return torch.zeros_like(x)

    many = Batch(torch.ones(4000, 3), None)
    objective: Any = reconstruction(noise=0.5, test_noise=0.2)
    (phase,) = objective.phases()
    loss = phase.loss(net, many, torch.Generator().manual_seed(0))
    assert loss.item() == 1.0  # the distance of zeros to the clean inputs
    objective.outputs(net, many, torch.Generator().manual_seed(1))
    assert objective.plain_loss(net, many, torch.Generator()).item() == 1.0
    assert [round((x - 1).std().item(), 2) for x in seen] == [0.5, 0.2, 0.0]
    again = objective.outputs(lambda x: x, many, torch.Generator().manual_seed(1))
    assert torch.equal(again, seen[1])


def test_the_baseline_is_the_mean_example(config: Config) -> None:
    """No constant has a smaller squared error, and no constant probability a smaller cross-entropy."""
    for words in (("model=autoencoder",), UNIT):
        assembly = assemble(config(*words))
        data, objective = assembly.data, assembly.objective
        name, answer = objective.baseline(data, data.train)
        assert (name, answer.shape) == ("mean example", data.train.inputs.shape)
        mean = data.train.inputs.mean(0)
        torch.testing.assert_close(objective.values(answer[0]), mean, atol=2e-6, rtol=0)  # type: ignore[attr-defined]
        best = objective.quick(answer, data.train.batch())["loss"]
        for shift in (-0.05, 0.05):
            assert objective.quick(answer + shift, data.train.batch())["loss"] > best


def test_pixels_beyond_their_range_are_refused(config: Config) -> None:
    assemble(config(*UNIT))
    with pytest.raises(ConfigError, match=r"binary_cross_entropy needs inputs between 0 and 1, they lie between -0\.8"):
        assemble(config(*UNIT, "dataset.standardize=true"))


def test_unit_range_is_scikit_learns(config: Config) -> None:
    plain, scaled = (
        assemble(config("dataset=diabetes", f"dataset.standardize={how}")).data for how in ("false", "unit_range")
    )
    reference = MinMaxScaler().fit(plain.train.inputs.double())
    for name, part in scaled.splits().items():
        wanted = reference.transform(plain.splits()[name].inputs.double())
        np.testing.assert_allclose(part.inputs, wanted, atol=1e-5)
    noisy = assemble(config("dataset=diabetes", "dataset.standardize=unit_range", "dataset.noise=0.5")).data
    spread = (noisy.train.inputs - scaled.train.inputs).std(0) / scaled.train.inputs.std(0)
    np.testing.assert_allclose(spread, 0.5, atol=0.1)


def test_models_that_know_the_mean_alone(config: Config, tmp_path: Path) -> None:
    """A constant is the mean example, which is the baseline; every model of vectors can reconstruct."""
    few = ("objective=reconstruction", "dataset=diabetes", "trainer.accelerator=cpu", "trainer.max_epochs=1")
    constant = run(config("model=constant", *few), tmp_path / "constant", raises=True)
    assert constant["metrics"]["test/mse"] == pytest.approx(constant["baseline"]["test/mse"], rel=1e-5)
    assert constant["metrics"]["train/r2"] == pytest.approx(0, abs=1e-5)
    trained = run(config("model=mlp", *few), tmp_path / "mlp", raises=True)
    assert trained["metrics"]["test/mse"] < trained["baseline"]["test/mse"]


def test_the_figure_shows_inputs_above_reconstructions(config: Config) -> None:
    for model in ("autoencoder", "pca"):
        assembly = assemble(config(f"model={model}"))
        part = assembly.data.test
        found = assembly.objective.predictions(torch.zeros_like(part.inputs), part, assembly.data)
        picture = assembly.objective.figures(found, assembly.data)["test/reconstruction"]
        assert (picture.shape, picture.dtype) == ((2 * 50, 10 * 50, 3), np.uint8)
        image = load(part.inputs[0])
        np.testing.assert_array_equal(picture[1:49:6, 1:49:6, 0], shade(image, found["target"][:10]))
        assert len(np.unique(picture[51:99, 1:49])) == 1


def load(x: Tensor) -> np.ndarray:
    return x.reshape(8, 8).numpy()


def shade(image: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Return gray levels of an image; the least value of all that are shown is black, the largest white."""
    return ((image - shown.min()) / (shown.max() - shown.min()) * 255).astype(np.uint8)


def test_a_denoiser_learns_to_remove_noise(config: Config, tmp_path: Path) -> None:
    """Vincent et al. 2008: trained with noise it returns cleaner images than it is given; trained without it copies."""
    words = ("model=autoencoder", "model.latent=64", "model.width=128", "objective.test_noise=0.7")
    few = ("trainer.accelerator=cpu", "trainer.max_epochs=15")
    error = {
        noise: run(config(*words, *few, f"objective.noise={noise}"), tmp_path / noise, raises=True)["metrics"][
            "test/mse"
        ]
        for noise in ("0.0", "0.7")
    }
    assert error["0.7"] < error["0.0"] < 2 * 0.7**2
    assert error["0.7"] < 0.7**2  # what returning the input would cost


def test_layers_of_a_trained_network_move(config: Config) -> None:
    network = nn.Linear(3, 3)
    objective: Any = reconstruction()
    (phase,) = objective.phases()
    phase.loss(network, batch(), torch.Generator()).backward()
    wanted = torch.autograd.grad(((network(batch().inputs) - batch().inputs) ** 2).mean(), network.weight)[0]
    torch.testing.assert_close(network.weight.grad, wanted)


class Coder(nn.Module):
    """An autoencoder with tanh units and a code of two numbers."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoder = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
        self.decoder = nn.Linear(2, 3).double()

    def encode(self, x: Tensor) -> Tensor:
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(z)

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encoder(x))


def added(network: Coder, **keys: Any) -> Tensor:
    """Return what a key adds to the loss that is minimized."""
    x = Batch(batch().inputs.double(), None)
    (phase,) = reconstruction(**keys).phases()
    return phase.loss(network, x, torch.Generator()) - reconstruction(scale=keys.get("scale", 1.0)).loss(
        network(x.inputs), x
    )


def test_sparsity_with_a_target_is_a_kullback_leibler_divergence_of_coins() -> None:
    network = Coder()
    network.encoder.append(nn.Sigmoid())
    means = network.encode(batch().inputs.double()).mean(0)
    coins = torch.distributions.kl_divergence(
        torch.distributions.Bernoulli(torch.full_like(means, 0.1)), torch.distributions.Bernoulli(means)
    )
    wanted = 0.5 * coins.sum().item() / 3  # added to the loss of an example summed over its three values
    assert added(network, sparsity=0.5, sparsity_target=0.1).item() == pytest.approx(wanted, rel=1e-5)


def test_sparsity_is_the_sum_of_the_absolute_code() -> None:
    network = Coder()
    code = network.encode(batch().inputs.double())
    wanted = 0.5 * sum(abs(value) for row in code.tolist() for value in row) / 7 / 3
    assert added(network, sparsity=0.5).item() == pytest.approx(wanted)
    assert added(network, sparsity=0.5, scale=2.0).item() == pytest.approx(2 * wanted)


def test_contraction_is_the_squared_jacobian_by_finite_differences() -> None:
    network, x, h = Coder(), batch().inputs.double(), 1e-5
    wanted = 0.0
    for i in range(3):
        step = h * torch.eye(3, dtype=torch.float64)[i]
        wanted += ((network.encode(x + step) - network.encode(x - step)) / (2 * h)).square().sum().item()
    found = added(network, contraction=0.5)
    assert found.item() == pytest.approx(0.5 * wanted / 7 / 3, rel=1e-6)
    # A deep gradient: with respect to the weights, through the Jacobian.
    weight, eps = network.encoder.get_parameter("0.weight"), 1e-5
    slope = torch.autograd.grad(found, weight)[0][1, 2].item()
    with torch.no_grad():
        weight[1, 2] += eps
        above = added(network, contraction=0.5).item()
        weight[1, 2] -= 2 * eps
        below = added(network, contraction=0.5).item()
    assert slope == pytest.approx((above - below) / (2 * eps), rel=1e-5)


def test_penalties_of_the_code_are_those_of_single_members_under_vmap() -> None:
    from torch.func import grad, stack_module_state, vmap

    members = [Coder() for _ in range(2)]
    with torch.no_grad():
        members[1].encoder.get_parameter("0.weight").mul_(2)
    x = Batch(batch().inputs.double(), None)
    (phase,) = reconstruction(sparsity=0.3, contraction=0.7).phases()
    stacked, _ = stack_module_state(members)  # type: ignore[arg-type]
    noise = torch.Generator()
    found = vmap(grad(lambda tensors: phase.loss(Functional(members[0], tensors), x, noise)))(stacked)
    for number, member in enumerate(members):
        phase.loss(member, x, noise).backward()
        for name, parameter in member.named_parameters():
            torch.testing.assert_close(found[name][number], parameter.grad)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("model=autoencoder", "normalization=batch", "objective.contraction=1"), "try normalization=layer"),
        (
            ("model=autoencoder", "objective.sparsity=1", "objective.sparsity_target=0.05"),
            "objective.sparsity_target=0.05 needs codes between 0 and 1; .*set model.code_activation=true",
        ),
        (("model=autoencoder", "objective.sparsity_target=0.05"), "objective.sparsity_target: has no effect"),
        (("model=pca", "objective.sparsity=1"), "model=pca is solved in closed form"),
        (("objective=reconstruction", "objective.sparsity=1"), "needs a model with encode and decode; model=mlp has"),
        (("objective=reconstruction", "objective.sparsity=1"), "try model=autoencoder"),
    ],
)
def test_networks_that_cannot_be_penalized_are_refused(words: tuple[str, ...], message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config(*words))


def test_neutral_keys_do_not_change_the_identity(config: Config) -> None:
    plain = config("model=autoencoder")
    earlier = {
        **plain,
        "objective": {k: v for k, v in plain["objective"].items() if not k.startswith(("spars", "contraction"))},
    }
    assert identity(plain) == identity(earlier)
    assert identity(plain) != identity(config("model=autoencoder", "objective.sparsity=0.1"))
    assemble(earlier)  # the configuration of an earlier run is still valid
