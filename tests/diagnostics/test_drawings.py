"""Pictures of predictions and of the inside of networks: what they are drawn from is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.decomposition
import sklearn.metrics
import torch
from torch import nn

from dlx.assembly.assemble import assemble
from dlx.contracts.diagnostics import Subject
from dlx.diagnostics._classes import decisions
from dlx.diagnostics._flow import by_layer, over_training
from dlx.diagnostics.attention import attention_weights
from dlx.diagnostics.confusion import said as said_of_counts
from dlx.diagnostics.fitted_curve import said
from dlx.diagnostics.gates import gate_values
from dlx.diagnostics.latent import Plane
from dlx.errors import ConfigError
from dlx.model._coder import Coder
from dlx.nn.cells import GatedLSTM
from dlx.nn.recurrent import Unrolled
from dlx.results.figure import raster
from dlx.results.panels import examples

Config = Callable[..., dict[str, Any]]


def drawn(config: Config, name: str, *words: str) -> tuple[dict[str, Any], Subject]:
    """Return the pictures of one diagnostic for the initial weights, and what they show."""
    assembly = assemble(config(*words, f"diagnostics={name}"))
    subject = Subject(assembly.network().eval(), assembly.data, assembly.objective)
    return assembly.measures[name].explain(subject), subject


def test_confusion_counts_as_scikit_learn_does(config: Config) -> None:
    pictures, subject = drawn(config, "confusion", "dataset=iris")
    found = decisions(subject)
    expected = sklearn.metrics.confusion_matrix(found.true, found.predicted, labels=[0, 1, 2])
    (own,) = pictures["confusion"].drawing.axes
    counts = np.zeros((3, 3), int)
    for text in own.texts:
        column, row = text.get_position()
        counts[row, column] = int(text.get_text())
    assert (counts == expected).all()
    assert [label.get_text() for label in own.get_yticklabels()] == ["setosa", "versicolor", "virginica"]
    assert found.shares.sum(1) == pytest.approx(1, abs=1e-6)


def test_the_caption_names_the_most_frequent_error() -> None:
    counts = np.array([[8, 0, 2], [1, 9, 0], [3, 0, 7]])
    assert "24 of 30 examples are classified correctly" in said_of_counts(counts, ["a", "b", "c"])
    assert said_of_counts(counts, ["a", "b", "c"]).endswith("c is taken for a (3 of 10 times).")
    assert "error" not in said_of_counts(np.diag([1, 2]), ["a", "b"])


@pytest.mark.parametrize(("right", "wrong_shown"), [("1111", 0), ("0000", 4), ("1010", 2), ("100000", 3)])
def test_wrong_examples_come_first(right: str, wrong_shown: int) -> None:
    correct = np.array([sign == "1" for sign in right])
    chosen = examples(correct, 4)
    assert len(set(chosen)) == 4
    assert (~correct[chosen]).sum() == wrong_shown
    assert not correct[chosen[:wrong_shown]].any()


def test_the_border_of_a_linear_classifier(config: Config) -> None:
    pictures, subject = drawn(config, "decision_boundary", "dataset=moons", "model=linear")
    (own,) = pictures["decision_boundary"].drawing.axes
    (line,) = own.collections[0].get_paths()
    points = subject.data.input_units.standardize(torch.from_numpy(line.vertices).float())
    scores = subject.network(points)
    assert (scores[:, 0] - scores[:, 1]).abs().max() < 0.02 * scores.abs().max()


def test_w_and_b_in_the_units_of_the_data(config: Config) -> None:
    x = np.linspace(10, 20, 7)
    assert "w = 2 and b = -3," in said(x, 2 * x - 3)
    assert "w =" not in said(x, x**2)
    pictures, subject = drawn(config, "fitted_curve", "dataset=polynomial_curve", "model=linear")
    assert "w = " in pictures["fitted_curve"].caption
    own, units = pictures["fitted_curve"].drawing.axes[0], subject.data.units
    for k, part in enumerate((subject.data.train, subject.data.val)):
        y = units.restore(part.targets)[:, 0].numpy()
        assert own.lines[k].get_ydata() == pytest.approx(y)


def test_the_naive_forecast_is_persistence(config: Config) -> None:
    pictures, _ = drawn(config, "forecast", "dataset=sunspots", "model=linear")
    truth, naive, _ = (line.get_ydata() for line in pictures["forecast"].drawing.axes[0].lines)
    assert naive[1:] == pytest.approx(truth[:-1])
    assert "(persistence)" in pictures["forecast"].caption


@pytest.mark.parametrize("kind", ["lstm", "unrolled"])
def test_gates_reproduce_the_hidden_states(kind: str) -> None:
    """h_t = o_t tanh(c_t) and c_t = f_t c_(t-1) + i_t g_t, with the gates that are drawn and the states of the "
    "layer.
    """
    torch.manual_seed(0)
    layer = (
        nn.LSTM(2, 3, batch_first=True)
        if kind == "lstm"
        else Unrolled(GatedLSTM(["input", "forget", "cell", "output"]), 2, 3, 1, False, 0.0)
    )
    x = torch.randn(4, 6, 2)
    gates, states = gate_values(layer, x), layer(x)[0]
    assert list(gates) == ["input", "forget", "output"]
    before = torch.cat([torch.zeros(4, 1, 3), states[:, :-1]], 1)
    own = dict(layer.named_parameters())
    new = (x @ own["weight_ih_l0"].T + own["bias_ih_l0"] + before @ own["weight_hh_l0"].T + own["bias_hh_l0"])[..., 6:9]
    cell = torch.zeros(4, 3)
    for t in range(6):
        cell = gates["forget"][:, t] * cell + gates["input"][:, t] * new[:, t].tanh()
        assert torch.allclose(gates["output"][:, t] * cell.tanh(), states[:, t], atol=1e-6)


def test_gates_of_a_gru() -> None:
    """With a closed update gate (bias -30) the new state is the candidate, with an open one the old state, 0."""
    layer = nn.GRU(1, 2, batch_first=True)
    layer.bias_ih_l0.data[2:4] = torch.tensor([-30.0, 30])
    gates = gate_values(layer, torch.randn(1, 5, 1))
    assert list(gates) == ["reset", "update"]
    assert gates["update"][0].tolist() == [[pytest.approx(0, abs=1e-9), pytest.approx(1)]] * 5
    assert layer(torch.randn(1, 5, 1))[0][0, :, 1].abs().max() < 1e-6


def test_a_picture_of_gates_has_a_map_for_each(config: Config) -> None:
    pictures, _ = drawn(config, "gates", "dataset=adding", "model=lstm", "model.width=3")
    assert [own.get_ylabel() for own in pictures["gates"].drawing.axes][1:] == [
        "input gate",
        "forget gate",
        "output gate",
    ]
    with pytest.raises(ConfigError, match=r"diagnostics.gates: looks at the gates of an LSTM or a GRU"):
        assemble(config("diagnostics=gates", "model=rnn"))


def test_the_plane_is_that_of_the_principal_components() -> None:
    points = torch.randn(40, 5, generator=torch.Generator().manual_seed(0)) * torch.tensor([3.0, 1, 2, 0.1, 0.5])
    plane, truth = Plane.of(points), sklearn.decomposition.PCA(2).fit(points.numpy())
    assert np.abs(plane.project(points)) == pytest.approx(np.abs(truth.transform(points.numpy())), abs=1e-4)
    assert plane.share == pytest.approx(truth.explained_variance_ratio_.sum(), abs=1e-5)
    assert (Plane.of(points[:, :2]).project(points[:, :2]) == points[:, :2].numpy()).all()


@pytest.mark.parametrize(
    "words", [("model=autoencoder",), ("model=vae",), ("model=autoencoder", "objective=restoration")]
)
def test_codes_have_classes_and_are_decoded(words: tuple[str, ...], config: Config) -> None:
    pictures, subject = drawn(config, "latent", "dataset=digits", *words, "model.latent=3", "model.width=4")
    inputs, network = subject.part.inputs, subject.network
    assert isinstance(network, Coder)
    assert torch.allclose(pictures["latent"].vectors, network.encode(inputs), atol=1e-5)
    assert len(pictures["latent"].labels) == len(inputs)
    assert len(pictures["latent"].drawing.axes[0].lines) == 10  # one color for each digit
    assert pictures["decoded"].drawing.axes[0].images[0].get_array().shape == (
        90,
        90,
    )  # 9 x 9 images of 8 x 8 in frames


def test_attention_weights_are_those_of_the_forward_pass(config: Config) -> None:
    words = ("dataset=reversal", "dataset.examples=50", "model=transformer", "model.width=8", "model.heads=2")
    pictures, subject = drawn(config, "attention", *words)
    weights = attention_weights(subject.network, subject.part.inputs[:3])
    assert all(torch.allclose(w.sum(-1), torch.ones(w.shape[:-1]), atol=1e-6) for w in weights.values())
    assert len(pictures["attention"].drawing.axes) == 2 * len(weights)
    assembly = assemble(config(*words, "diagnostics=attention"))
    batch = assembly.data.train.batch(slice(4))
    for parameter in subject.network.parameters():
        parameter.data.zero_()  # all scores are 0: weights are equal, their entropy is the largest
    found = assembly.measures["attention"].measure(subject.network, batch, lambda n, b: b, assembly.data)  # type: ignore[arg-type]
    assert [value.item() for value in found.values()] == pytest.approx([1.0] * len(weights))


def test_gradients_of_layers_over_training_and_before_and_after_it(config: Config) -> None:
    record = [{"epoch": n, "gradient/norm/a": 10.0**-n, "gradient/norm/b": 2.0} for n in (1, 2, 3)]
    own = over_training(record).drawing.axes[0]
    assert own.get_yscale() == "log"
    assert own.lines[0].get_ydata().tolist() == [0.1, 0.01, 0.001]
    own = by_layer({"initial weights": {"a": 1.0, "b": 0.0}, "trained": {"a": 2.0, "b": 1.0}}).drawing.axes[0]
    assert own.get_yscale() == "linear"  # a norm of 0 has no logarithm
    pictures, _ = drawn(config, "gradients", "dataset=iris", "model.depth=3")
    assert len(pictures["gradient_flow"].drawing.axes[0].lines[0].get_ydata()) == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("activations", ("dataset=iris", "model.depth=3")),
        ("receptive_field", ("dataset=digits", "model=cnn", "model.width=2")),
        ("receptive_field", ("dataset=sunspots", "model=tdnn", "model.width=2")),
        ("cam", ("dataset=shapes", "dataset.examples=80", "model=cnn", "model.width=2", "model.head=global_avg")),
        ("grad_cam", ("dataset=shapes", "dataset.examples=80", "model=cnn", "model.width=2")),
    ],
)
def test_pictures_can_be_drawn(name: str, words: tuple[str, ...], config: Config) -> None:
    pictures, _ = drawn(config, name, *words)
    image = raster(pictures[name].drawing)
    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    assert image.std() > 0
    assert pictures[name].title
    assert pictures[name].caption.endswith(".")
