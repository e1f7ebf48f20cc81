"""Decoded codes, against distances by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from dlx.assembly.assemble import assemble
from dlx.contracts.model import Model
from dlx.diagnostics.codes import Codes, like, nearest
from dlx.errors import ConfigError
from dlx.metrics.generation import mmd_squared

Config = Callable[..., dict[str, Any]]


class Twice(Model):
    """A code of doubled values, and a decoder that undoes it."""

    codes = True

    def encode(self, x: Tensor) -> Tensor:
        return 2 * x.flatten(1)

    def decode(self, z: Tensor) -> Tensor:
        return (z / 2).view(-1, 1, 8, 8)


def test_the_distance_is_that_of_the_nearest_neighbor() -> None:
    x, y = torch.randn(7, 2, 3), torch.randn(20, 2, 3)
    reference = NearestNeighbors(n_neighbors=1).fit(y.flatten(1)).kneighbors(x.flatten(1))[0][:, 0]
    torch.testing.assert_close(nearest(x, y).double(), torch.from_numpy(reference), atol=1e-5, rtol=0)


def test_a_decoder_without_loss(config: Config) -> None:
    assembly = assemble(config("model=autoencoder", "model.layers=conv"))
    data, codes = assembly.data, Codes(every=1, examples=200)
    network: Any = Twice()
    codes.check(network, data)
    batch = data.train.batch(slice(200))
    found = {name: float(value) for name, value in codes.measure(network, batch, None, data).items()}  # type: ignore[arg-type]
    assert found["codes/own"] == pytest.approx(found["codes/data"], rel=1e-5)
    x = batch.inputs
    fitted = NearestNeighbors(n_neighbors=1).fit(x.flatten(1))
    assert found["codes/data"] == pytest.approx(fitted.kneighbors(data.val.inputs[:200].flatten(1))[0].mean(), rel=1e-4)
    noise = torch.randn(4000, 64, generator=torch.Generator().manual_seed(7))
    independent = x.flatten(1).mean(0) + x.flatten(1).std(0, correction=0) * noise
    assert found["codes/random"] == pytest.approx(fitted.kneighbors(independent)[0].mean(), rel=0.03)
    middle = (x[:199] + x[1:200]) / 2
    assert found["codes/line"] == pytest.approx(fitted.kneighbors(middle.flatten(1))[0].mean(), rel=0.1)
    val = data.val.inputs[:200].flatten(1)
    expected = mmd_squared(val[:100], val[100:]).item()  # the decoder without loss gives the examples themselves
    assert found["codes/own_mmd_squared"] == pytest.approx(expected, abs=1e-6)
    assert found["codes/mmd_squared"] == pytest.approx(mmd_squared(independent[:200], val).item(), abs=0.002)
    assert found["codes/mmd_squared"] > 0.003
    pictures = codes.figures(network, data, assembly.objective)
    assert set(pictures) == {"codes/lines", "codes/samples"}
    for picture in pictures.values():
        assert picture.shape == (4 * 50, 9 * 50, 3)
        assert 0 <= picture.min() < picture.max() <= 1


def test_random_codes_have_the_moments_of_codes() -> None:
    codes = torch.tensor([[0.0, 5.0], [2.0, 5.0]])  # means 1 and 5, standard deviations 1 and 0
    found = like(codes, torch.Generator().manual_seed(0), 4000)
    torch.testing.assert_close(found.mean(0), torch.tensor([1.0, 5.0]), atol=0.05, rtol=0)
    torch.testing.assert_close(found.std(0), torch.tensor([1.0, 0.0]), atol=0.05, rtol=0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("model=mlp",), "try model=autoencoder or model=vae"),
        (
            ("model=autoencoder", "model.layers=conv", "objective=restoration", "dataset=shapes"),
            "outputs of the shape of",
        ),
    ],
)
def test_networks_without_comparable_codes_are_refused(words: tuple[str, ...], message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config(*words, "diagnostics=codes"))


def test_measurements_of_labels_are_refused_where_the_inputs_are_the_targets(config: Config) -> None:
    with pytest.raises(ConfigError, match="target=label needs one target per example"):
        assemble(config("objective=flow_matching", "diagnostics=probe", "diagnostics.probe.states=[output]"))
    with pytest.raises(ConfigError, match="bias_variance needs a synthetic regression"):
        assemble(config("objective=flow_matching", "job=bias_variance", "dataset=linear"))
