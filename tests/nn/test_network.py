"""All models are output(features(x)), and a nested output layer is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from dlx import paths
from dlx.assembly.assemble import assemble
from dlx.config.shared_keys import FirstWeights
from dlx.contracts.model import Model
from dlx.initializer.he_normal import HeNormal
from dlx.nn.initialize import Start, initialize
from dlx.nn.network import Network, output_layer
from dlx.nn.weights import weights
from dlx.normalization.weight import Weight
from dlx.spec import DataSpec
from tests.test_options import WITH

MODELS = sorted(file.stem for file in (paths.shipped("conf") / "model").glob("[a-z]*.yaml"))


@pytest.mark.parametrize("model", MODELS)
def test_a_model_is_an_output_layer_on_features(model: str, config: Callable[..., dict[str, Any]]) -> None:
    words = WITH.get(f"model={model}", [])
    assembly = assemble(config(f"model={model}", *words, "trainer.accelerator=cpu"))
    network, x = assembly.network().eval(), assembly.data.train.inputs[:3]
    assert isinstance(network, Network)
    with torch.no_grad():
        features, answer = network.features(x), network(x)
    spec = assembly.objective.spec
    if not network.parts:  # counted or free parameters: nothing is on top of features
        assert not hasattr(network, "output")
        return
    if "discriminator" in network.parts:  # a score of an example
        assert torch.equal(network.discriminator(features), answer)  # type: ignore[operator]
        return
    if network.codes:  # a decoder is on top of the features
        assert answer.shape == x.shape
        assert torch.equal(network.decode(features), answer)  # type: ignore[operator]
        return
    if spec.form == "answer":  # the output layer is that of the decoder, see tests/model/test_seq2seq.py
        assert answer.shape == (len(x), spec.steps, spec.outputs)
        return
    result = network.output(features)
    assert torch.equal(result.mean(2) if model == "tdnn" else result, answer)
    assert answer.shape == (len(x), spec.outputs, *(x.shape[2:] if spec.form == "map" else ()))


class Nested(Model):
    """A generator with an output layer of its own, as models that compose others have."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.ModuleDict({"hidden": nn.Linear(3, 400), "output": nn.Linear(400, 50)})


def test_a_nested_output_layer_is_no_hidden_one() -> None:
    network = Nested()
    gains = {name: place.gain for name, _, place in weights(network, nn.ReLU())}
    assert gains["generator.output.weight"] == 1
    assert gains["generator.hidden.weight"] == pytest.approx(2**0.5, rel=1e-3)
    start = Start(HeNormal(gain="auto"), FirstWeights(bias=0.7), None, nn.ReLU())
    initialize(network, start, {}, torch.zeros(1, 3), 0)
    assert network.generator["output"].weight.std().item() == pytest.approx(400**-0.5, rel=0.03)
    assert network.generator["hidden"].bias.unique().tolist() == [pytest.approx(0.7)]
    assert network.generator["output"].bias.unique().tolist() == [0]
    Weight().wrap(network)
    assert [name for name, _ in network.named_parameters() if "original" in name] == [
        "generator.hidden.parametrizations.weight.original0",
        "generator.hidden.parametrizations.weight.original1",
    ]


def test_the_output_layer_has_the_form_of_the_targets() -> None:
    image = DataSpec("image", (1, 8, 8), "mask", 4).aimed(3)
    assert image.form == "map"
    assert output_layer(5, image, 2)(torch.rand(2, 5, 8, 8)).shape == (2, 3, 8, 8)
    classes = DataSpec("image", (1, 8, 8), "class", 10).aimed(10)
    assert output_layer(5, classes)(torch.rand(2, 5)).shape == (2, 10)
    words = DataSpec("tokens", (6,), "self", 0, symbols=9).aimed(9)
    assert words.form == "sequence"
    assert output_layer(5, words)(torch.rand(2, 6, 5)).shape == (2, 6, 9)


def test_the_same_draws_as_torchs_linear_layer() -> None:
    torch.manual_seed(3)
    ours = output_layer(5, DataSpec("vector", (2,), "number", 4))
    torch.manual_seed(3)
    assert torch.equal(ours.weight, nn.Linear(5, 4).weight)  # type: ignore[arg-type]
