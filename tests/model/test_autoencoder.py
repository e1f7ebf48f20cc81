"""Autoencoders and principal components against scikit-learn and torch's functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.linalg import subspace_angles
from sklearn import decomposition
from sklearn.datasets import load_digits
from torch import Tensor, nn

from dlx.activation.maxout import Maxout
from dlx.assembly.assemble import assemble
from dlx.contracts import in_part
from dlx.errors import ConfigError
from dlx.model.autoencoder import Autoencoder
from dlx.model.pca import PCA
from dlx.normalization.none import NoNormalization
from dlx.run.run import run
from dlx.spec import DataSpec

Config = Callable[..., dict[str, Any]]
IMAGES = DataSpec("image", (3, 9, 8), "self", 3, form="map")
VECTORS = DataSpec("vector", (12,), "self", 12)
CPU = ("trainer.accelerator=cpu", "trainer.max_epochs=1", "trainer.max_steps=2")


def autoencoder(
    layers: Any, spec: DataSpec = IMAGES, activation: Callable[[], nn.Module] = nn.ReLU, **keys: Any
) -> Autoencoder:
    torch.manual_seed(0)
    keys = {"depth": 3, "width": 5, "latent": 4, **keys}
    return Autoencoder(spec, activation, NoNormalization(), 0.0, layers=layers, **keys).double()


def examples(count: int = 200) -> Tensor:
    """Return vectors (count, 12) whose first three principal components stand out."""
    generator = torch.Generator().manual_seed(3)
    scales = torch.cat([torch.tensor([3.0, 2.5, 2.0]), torch.linspace(0.9, 0.3, 9)]).double()
    turn = torch.linalg.qr(torch.randn(12, 12, generator=generator, dtype=torch.float64)).Q
    return torch.randn(count, 12, generator=generator, dtype=torch.float64) * scales @ turn + 1


@pytest.mark.parametrize("latent", [2, 300], ids=["bottleneck", "overcomplete"])
@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize(
    ("layers", "spec"),
    [("linear", VECTORS), ("mlp", VECTORS), ("linear", IMAGES), ("mlp", IMAGES), ("conv", IMAGES)],
)
@pytest.mark.parametrize("activation", [nn.ReLU, lambda: Maxout(pieces=2)], ids=["relu", "maxout"])
def test_shapes(layers: str, spec: DataSpec, depth: int, latent: int, activation: Callable[[], nn.Module]) -> None:
    network = autoencoder(layers, spec, activation, depth=depth, latent=latent)
    x = torch.randn(6, *spec.shape, dtype=torch.float64)
    code = network.encode(x)
    assert code.shape == (6, latent)
    assert network.decode(code).shape == x.shape
    assert torch.equal(network(x), network.decode(code))
    assert all(in_part(name, "encoder") != in_part(name, "decoder") for name, _ in network.named_parameters())


def test_forward_of_connected_layers() -> None:
    network = autoencoder("mlp")
    state = network.state_dict()
    x = torch.randn(2, 3, 9, 8, dtype=torch.float64)
    y = x.flatten(1)
    names = ["encoder.hidden.0.0", "encoder.hidden.1.0", "encoder.output"]
    for name in [*names, *(name.replace("encoder", "decoder") for name in names)]:
        y = F.linear(y, state[f"{name}.weight"], state[f"{name}.bias"])
        y = y if name.endswith("output") else y.relu()
    torch.testing.assert_close(network(x), y.view(2, 3, 9, 8))
    assert sum(p.numel() for p in network.parameters()) == 2 * (216 * 5 + 5 * 5 + 5 * 4) + 10 + 4 + 10 + 216


def test_forward_of_convolutions() -> None:
    """9 x 8 becomes 5 x 4 and 3 x 2, and the decoder returns by the same sizes."""
    network = autoencoder("conv")
    state = network.state_dict()

    def convolved(x: Tensor, name: str, stride: int) -> Tensor:
        return F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], stride, padding=1).relu()

    x = torch.randn(2, 3, 9, 8, dtype=torch.float64)
    y = convolved(convolved(x, "encoder.hidden.0.0", 2), "encoder.hidden.1.0", 2)
    assert y.shape == (2, 5, 3, 2)
    y = F.linear(y.flatten(1), state["encoder.output.weight"], state["encoder.output.bias"])
    y = F.linear(y, state["decoder.code.0.weight"], state["decoder.code.0.bias"]).relu().view(2, 5, 3, 2)
    for i, (rows, columns) in enumerate([(5, 4), (9, 8)]):
        above = (torch.arange(rows) * y.shape[2]).div(rows, rounding_mode="floor")
        left = (torch.arange(columns) * y.shape[3]).div(columns, rounding_mode="floor")
        y = convolved(y[:, :, above][..., left], f"decoder.hidden.{i}.1.0", 1)
    y = F.conv2d(y, state["decoder.output.weight"], state["decoder.output.bias"])
    torch.testing.assert_close(network(x), y)


def test_a_linear_autoencoder_spans_the_principal_components() -> None:
    """Baldi & Hornik 1989: at the optimum the decoder spans PCA's subspace, and the loss is PCA's residual."""
    x = examples()
    network = autoencoder("linear", VECTORS, latent=3)
    optimizer = torch.optim.LBFGS(network.parameters(), max_iter=400, tolerance_grad=1e-11, tolerance_change=1e-16)
    optimizer.param_groups[0]["line_search_fn"] = "strong_wolfe"

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.mse_loss(network(x), x)
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)  # type: ignore[arg-type]
    reference = decomposition.PCA(3).fit(x.numpy())
    decoder = network.decoder.get_parameter("output.weight").detach().numpy()
    encoder = network.encoder.get_parameter("output.weight").detach().numpy()
    assert subspace_angles(decoder, reference.components_.T).max() < 1e-3
    assert subspace_angles(encoder.T, reference.components_.T).max() < 1e-3
    residual = np.square(x.numpy() - reference.inverse_transform(reference.transform(x.numpy()))).mean()
    rest = np.linalg.eigvalsh(np.cov(x.numpy().T, bias=True))[:-3].sum() / 12
    assert residual == pytest.approx(rest, rel=1e-9)
    assert closure().item() == pytest.approx(residual, rel=1e-6)


@pytest.mark.parametrize(("count", "latent"), [(200, 1), (200, 5), (200, 12), (4, 6)])
def test_principal_components(count: int, latent: int) -> None:
    """Few examples span few directions: they are reconstructed exactly."""
    x = examples(count)
    network = PCA(VECTORS, latent=latent).double()
    network.solve(x, x)
    reference = decomposition.PCA(min(latent, count, 12)).fit(x.numpy())
    new = examples(300)[-50:]
    wanted = torch.from_numpy(reference.inverse_transform(reference.transform(new.numpy())))
    if count > latent:
        torch.testing.assert_close(network(new), wanted)
    else:
        torch.testing.assert_close(network(x), x)
    torch.testing.assert_close(network(x), network.decode(network.encode(x)))


def test_more_components_than_values_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^latent: expected at most the 12 values"):
        PCA(VECTORS, latent=13)


def test_a_run_of_pca_scores_what_scikit_learn_does(config: Config, tmp_path: Path) -> None:
    """The model chooses its objective; images are flattened; the baseline is the mean training image."""
    summary = run(config("model=pca", "model.latent=5", "dataset.standardize=false", *CPU), tmp_path / "run")
    assert summary["steps"] == 0
    x = load_digits().data
    assembly = assemble(config("model=pca", *CPU))
    assert assembly.recipe.objective_choice.option == "reconstruction"
    parts = assembly.data.splits()
    train, test = (x[parts[name].index] for name in ("train", "test"))
    reference = decomposition.PCA(5).fit(train)
    error = np.square(test - reference.inverse_transform(reference.transform(test))).mean()
    assert summary["metrics"]["test/mse"] == pytest.approx(error, rel=1e-5)
    assert summary["baseline"]["test/mse"] == pytest.approx(np.square(test - train.mean(0)).mean(), rel=1e-5)
    assert summary["metrics"]["test/skill"] == pytest.approx(
        1 - error / np.square(test - train.mean(0)).mean(), rel=1e-5
    )


@pytest.mark.parametrize("layers", ["linear", "mlp", "conv"])
def test_a_run_without_further_keys(layers: str, config: Config, tmp_path: Path) -> None:
    summary = run(config("model=autoencoder", f"model.layers={layers}", *CPU), tmp_path / "run", raises=True)
    assert summary["status"] == "finished"
    automatic = assemble(config("model=autoencoder", f"model.layers={layers}", "objective=auto"))
    assert automatic.recipe.objective_choice.option == "reconstruction"
    assert summary["metrics"]["test/loss"] == pytest.approx(summary["metrics"]["test/mse"], rel=1e-5)
    saved = np.load(tmp_path / "run" / "predictions.npz")
    assert saved["prediction"].shape == saved["target"].shape == (summary["examples"]["test"], 64)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("objective=classification",), "which model=autoencoder cannot give"),
        (("dataset=diabetes", "model.layers=conv"), r"model\.layers: conv needs images"),
        (("model.latent=0",), r"model\.latent: expected int > 0, got 0"),
    ],
)
def test_refusals(words: tuple[str, ...], message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config("model=autoencoder", *words))
