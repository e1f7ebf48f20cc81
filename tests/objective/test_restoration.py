"""The objective that repairs images, against formulas."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator, Tensor, nn
from torch.func import grad, vmap

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.data import damage
from dlx.errors import ConfigError
from dlx.objective.restoration import Restoration
from dlx.run.run import run
from dlx.spec import DataSpec
from dlx.step.functional import Functional

Config = Callable[..., dict[str, Any]]
IMAGES = DataSpec("image", (2, 8, 6), "self", 0)
KEYS = {
    "corruption": "block", "size": 2, "share": 0.5, "sd": 0.5, "fill": "zero", "loss": "mse", "known_weight": 1.0,
    "residual": False, "scale": 1.0,
}  # fmt: skip
SMALL = (
    "objective=restoration", "model=autoencoder", "model.layers=conv", "model.width=4", "model.latent=8",
    "dataset=shapes", "dataset.examples=40", "trainer.max_epochs=1", "trainer.accelerator=cpu",
)  # fmt: skip
CORRUPTIONS = ("block", "grid", "random", "low_resolution", "noise")


def restoration(spec: DataSpec = IMAGES, **keys: Any) -> Restoration:
    return Restoration(spec, **{**KEYS, **keys})


def images(count: int = 7) -> Tensor:
    return torch.randn(count, *IMAGES.shape, generator=Generator().manual_seed(0))


def test_the_network_is_given_a_mask_and_returns_the_channels_of_the_image() -> None:
    spec = restoration().spec
    assert (spec.shape, spec.outputs, spec.form) == ((3, 8, 6), 2, "map")
    with pytest.raises(ValueError, match="restoration needs images; the model is given vectors of 3"):
        restoration(DataSpec("vector", (3,), "self", 0))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"size": 6}, "size: expected less than the image's side 6, got 6"),
        ({"corruption": "grid", "size": 1}, "hides all pixels; expected at least 2"),
        ({"corruption": "low_resolution", "size": 4}, "size: expected a divisor of the image's sides 8 and 6, got 4"),
    ],
)
def test_sizes_that_leave_nothing_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        restoration(**keys)


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_known_pixels_are_given_and_missing_ones_are_not(corruption: str) -> None:
    whole, objective = images(), restoration(corruption=corruption)
    damaged = objective.damaged(whole, Generator().manual_seed(1))
    given, missing = damaged[:, :-1], damaged[:, -1:]
    assert set(missing.unique().tolist()) <= {0.0, 1.0}
    if corruption in ("low_resolution", "noise"):
        assert bool(missing.all())
        assert 0 < (given - whole).std() < whole.std()
    else:
        assert torch.equal(given, torch.where(missing > 0, 0.0, whole))


def test_holes_are_filled_before_the_network_sees_them() -> None:
    whole = images()
    zero, mean, interpolation = (
        restoration(fill=fill).damaged(whole, Generator().manual_seed(1)) for fill in ("zero", "mean", "interpolation")
    )
    missing = zero[:, -1:]
    assert torch.equal(mean[:, -1:], missing)
    assert torch.equal(mean[:, :-1], damage.surroundings(zero[:, :-1], missing))
    assert torch.equal(interpolation[:, :-1], damage.interpolated(zero[:, :-1], missing))


def test_the_loss_is_a_weighted_mean() -> None:
    whole, objective = images(), restoration()
    damaged = objective.damaged(whole, Generator().manual_seed(1))
    batch, output = Batch(damaged, whole), torch.zeros_like(whole)
    hole = whole[damaged[:, -1:].expand_as(whole) > 0]
    known = whole[damaged[:, -1:].expand_as(whole) == 0]
    assert objective.loss(output, batch).item() == pytest.approx(whole.square().mean().item())
    for weight in (0.0, 0.25, 3.0):
        wanted = (hole.square().sum() + weight * known.square().sum()) / (hole.numel() + weight * known.numel())
        found = restoration(known_weight=weight).loss(output, batch)
        assert found.item() == pytest.approx(wanted.item(), rel=1e-5)
    assert restoration(loss="mae", scale=2.0).loss(output, batch).item() == pytest.approx(2 * whole.abs().mean().item())


def test_training_damages_whole_images_anew() -> None:
    seen: list[Tensor] = []

    def net(x: Tensor) -> Tensor:
        seen.append(x)
        return torch.zeros_like(x[:, :-1])

    objective: Any = restoration()
    (phase,) = objective.phases()
    generator = Generator().manual_seed(0)
    for _ in range(2):
        assert phase.loss(net, Batch(images(), None), generator).item() == pytest.approx(
            images().square().mean().item()
        )
    assert not torch.equal(seen[0], seen[1])
    residual: Any = restoration(corruption="low_resolution", residual=True)
    assert torch.equal(residual.restored(net, seen[0]), seen[0][:, :-1])


def test_many_members_at_once_compute_the_gradient_of_each() -> None:
    """The loss is pure: under vmap each member has the gradient that it has by itself."""
    network, objective = nn.Conv2d(3, 2, 3, padding=1), restoration()
    (phase,) = objective.phases()

    def loss(tensors: dict[str, Tensor]) -> Tensor:
        return phase.loss(Functional(network, tensors), Batch(images(), None), Generator().manual_seed(3))

    members = {name: torch.stack([w.detach(), -2 * w.detach()]) for name, w in network.named_parameters()}
    together = vmap(grad(loss), randomness="same")(members)
    for member in range(2):
        alone = grad(loss)({name: w[member] for name, w in members.items()})
        for name, gradient in alone.items():
            torch.testing.assert_close(together[name][member], gradient)


def test_evaluation_is_of_fixed_damage(config: Config) -> None:
    assembly, again, other = (assemble(config(*SMALL, seed)) for seed in ("seed=0", "seed=0", "seed=1"))
    whole = assembly.examples.train.inputs
    part = assembly.data.train
    assert torch.equal(part.targets, whole)
    assert part.inputs.shape == (24, 2, 16, 16)
    assert torch.equal(part.inputs, again.data.train.inputs)
    assert not torch.equal(part.inputs[:, 1], other.data.train.inputs[:, 1])
    assert not torch.equal(part.inputs[:8, 1], assembly.data.test.inputs[:, 1])


def test_metrics_are_those_of_the_image_with_its_known_pixels(config: Config) -> None:
    assembly = assemble(config(*SMALL))
    part, objective = assembly.data.test, assembly.objective
    hole = (part.inputs[:, 1:] > 0).numpy()
    answer = part.targets + 0.5
    found = objective.metrics(answer, part, assembly.data)
    assert found["hole_mse"] == pytest.approx(0.25, rel=1e-5)
    assert found["mse"] == pytest.approx(0.25 * hole.mean(), rel=1e-5)
    assert found["loss"] == pytest.approx(0.25, rel=1e-5)
    span = float(part.targets.max() - part.targets.min())
    assert found["psnr"] == pytest.approx(10 * math.log10(span**2 / found["mse"]), rel=1e-5)
    perfect = objective.metrics(part.targets, part, assembly.data)
    assert (perfect["hole_mse"], perfect["mse"], perfect["ssim"]) == (0, 0, pytest.approx(1))
    name, naive = objective.baseline(assembly.data, part)
    assert name == "interpolation of known pixels"
    scores = objective.metrics(naive, part, assembly.data)
    assert scores["hole_mse"] == pytest.approx(((naive - part.targets).numpy()[hole] ** 2).mean(), rel=1e-5)
    assert scores["mean_hole_mse"] == found["mean_hole_mse"]


@pytest.mark.parametrize("corruption", ["random", "low_resolution", "noise"])
def test_a_run_reports_its_baseline_and_draws(corruption: str, config: Config, tmp_path: Path) -> None:
    composed = config(*SMALL, f"objective.corruption={corruption}", "objective.size=2")
    summary = run(composed, tmp_path / "run", raises=True)
    assert summary["baseline"]["test/hole_mse"] > 0
    assert summary["metrics"]["test/hole_mse"] > 0
    arrays, assembly = np.load(tmp_path / "run" / "predictions.npz"), assemble(composed)
    picture = assembly.objective.figures(arrays, assembly.data)["test/restoration"]
    assert picture.shape == (3 * 50, 8 * 50, 3)


def test_every_kind_of_autoencoder_drops_the_mask(config: Config) -> None:
    for layers in ("linear", "mlp", "conv"):
        network = assemble(config(*SMALL, f"model.layers={layers}", "dataset.canvas=8")).network()
        assert network(torch.zeros(2, 2, 8, 8)).shape == (2, 1, 8, 8)


def test_bad_input(config: Config) -> None:
    with pytest.raises(ConfigError, match=r"objective: .*restoration needs images; the model is given vectors"):
        assemble(config("objective=restoration", "model=mlp"))
    with pytest.raises(ConfigError, match=r"dataset.test_transforms: objective=restoration damages the test images"):
        assemble(config(*SMALL, "dataset.test_transforms=[flip]"))
