"""A module that knows nothing of dlx is an option by its YAML file alone; what it computes is what it says itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

from dlx.assembly.assemble import assemble
from dlx.assembly.notes import notes
from dlx.cli.main import main
from dlx.config import gate, own
from dlx.config.placeholders import filled
from dlx.config.plain_module import PlainModule
from dlx.errors import ConfigError
from dlx.spec import DataSpec
from dlx.step.functional import Functional

SPEC = DataSpec("vector", (4,), "class", 3)
IMAGES = DataSpec("image", (3, 8, 6), "class", 5)
CODE = '''"""Networks of a stranger, as in timm: classes, and a factory that takes further names."""

import torch
from torch import nn

STARTED = []


class Net(nn.Module):
    def __init__(self, n_in: int, hidden: int = 6, n_out: int = 1, p: float = 0.0, act=nn.ReLU, norm=nn.Identity):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_in, hidden), norm(hidden), act(), nn.Dropout(p))
        self.head = nn.Linear(hidden, n_out)

    def forward(self, x):
        return self.head(self.body(x))


class Several(nn.Module):
    def __init__(self, sizes: list):
        super().__init__()
        self.head = nn.Linear(sizes[0], sizes[1])

    def forward(self, x):
        return {"logits": self.head(x), "hidden": x, "name": "several"}


class Outside(nn.Module):
    def __init__(self, accepts: str):
        super().__init__()


class ForDlx(nn.Module):
    def __init__(self, spec, *, width: int):
        super().__init__()


class Named(nn.Module):
    def __init__(self, activation: str = "gelu", dropout: float = 0.5):
        super().__init__()
        self.kept = (activation, dropout)


class Slope(nn.Module):
    def __init__(self, depth: int):
        super().__init__()
        self.rates = [rate.item() for rate in torch.linspace(0, 0.1, depth)]  # impossible on the meta device
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        return self.head(x)


class Fails(nn.Module):
    def __init__(self, when: str = "never"):
        super().__init__()
        self.when = when
        if when == "made":
            raise KeyError("made")

    def forward(self, x):
        raise TypeError("not like this")


def create(name: str, *, classes: int, **more):
    STARTED.append(name)
    return Net(more.pop("n_in"), n_out=classes, **more) if name == "net" else name


def remove(path: str):
    STARTED.append(path)
'''
Config = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lay the package `stranger` into the folder of the test, and admit it."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv(own.ADMIT, "stranger,stranger.nets.create")
    (tmp_path / "stranger").mkdir()
    (tmp_path / "stranger" / "__init__.py").touch()
    (tmp_path / "stranger" / "nets.py").write_text(CODE)
    yield
    for name in ("stranger", "stranger.nets"):
        sys.modules.pop(name, None)


def node(name: str = "Net", /, **keys: Any) -> dict[str, Any]:
    return {"_target_": f"stranger.nets.{name}", "accepts": "vector", **keys}


NET = node(n_in="spec.features", n_out="spec.outputs")


def made(node: dict[str, Any], spec: DataSpec = SPEC, **runtime: Any) -> PlainModule:
    torch.manual_seed(0)
    network: PlainModule = gate.choice(node, "model").make(spec, **runtime)
    return network


def refusal(node: dict[str, Any], spec: DataSpec = SPEC) -> str:
    with pytest.raises(ConfigError) as caught:
        made(node, spec)
    return str(caught.value)


def test_a_class_of_torch_is_what_it_is() -> None:
    linear = {"_target_": "torch.nn.Linear", "accepts": "vector", "in_features": "spec.inputs"}
    network = made({**linear, "out_features": "spec.outputs", "bias": False})
    torch.manual_seed(0)
    expected, x = nn.Linear(4, 3, bias=False), torch.randn(5, 4)
    assert torch.equal(network(x), expected(x))
    assert (network.accepts, network.gives, network.parts) == (("vector",), ("vector",), ("trunk", "output"))
    assert "model.out_features: missing; Linear needs it (int)" in refusal({**linear})
    assert "expected int, got 2.5" in refusal({**linear, "out_features": 2.5})


def test_the_layer_of_the_outputs_is_known_by_its_name() -> None:
    network, plain = made({**NET, "output_layer": "head"}), made(NET)
    assert {name for name, _ in network.named_parameters()} == set(network.state_dict())
    assert {"output.weight", "network.body.0.weight"} < set(network.state_dict())
    x = torch.randn(5, 4)
    assert torch.equal(network(x), plain(x))
    inner = made({**NET, "output_layer": "body"})  # a whole part, inside a container or not
    assert torch.equal(inner(x), plain(x))
    container = made({**NET, "output_layer": "body.0"})
    assert torch.equal(container(x), plain(x))
    changed = {name: tensor + 1 for name, tensor in network.named_parameters()}
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter += 1
    assert torch.equal(Functional(network, changed)(x), plain(x))
    assert "output_layer: the module has no layer 'hed'; did you mean 'head'?" in refusal(
        {**NET, "output_layer": "hed"}
    )


def test_many_members_compute_at_once() -> None:
    members = [made({**NET, "output_layer": "head", "hidden": 5}) for _ in range(3)]
    for number, member in enumerate(members):
        nn.init.constant_(member.output.bias, number)
    parameters, buffers = stack_module_state(members)  # type: ignore[arg-type]
    x = torch.randn(7, 4)
    found = vmap(lambda p, b: functional_call(members[0], (p, b), (x,)))(parameters, buffers)
    torch.testing.assert_close(found, torch.stack([member(x) for member in members]))


def test_sizes_are_those_of_the_data() -> None:
    assert filled(["spec.channels", {"a": "spec.width", "b": "spec.height"}, "x"], IMAGES) == [3, {"a": 6, "b": 8}, "x"]
    assert filled("spec.inputs", IMAGES) == 3 * 8 * 6
    assert filled("spec.symbols", DataSpec("tokens", (9,), "class", 2, symbols=12)) == 12
    assert filled("spec.time", DataSpec("series", (9, 2), "series", 2)) == 9
    message = refusal({**NET, "hidden": "spec.channels"})
    assert message.startswith("model.hidden: vectors have no spec.channels; expected one of spec.features, spec.inputs")
    assert "model.n_in: there is no spec.feature; did you mean 'spec.features'?" in refusal(
        {**NET, "n_in": "spec.feature"}
    )


def test_values_of_the_run_are_given_to_arguments() -> None:
    wired = {**NET, "p": "run.dropout", "act": "run.activation", "norm": "run.normalization"}
    network = made(
        wired, dropout=0.25, activation=nn.Tanh, normalization=lambda units, dimensions: nn.BatchNorm1d(units)
    )
    kinds = [type(layer) for layer in network.network.body]
    assert kinds == [nn.Linear, nn.BatchNorm1d, nn.Tanh, nn.Dropout]
    assert network.network.body[3].p == 0.25
    choice = gate.choice(wired, "model")
    assert all(choice.takes(name) for name in ("dropout", "activation", "normalization"))
    named = {**node("create", name="net", classes="spec.outputs", n_in="spec.features"), "p": 0.5}
    assert not any(gate.choice(named, "model").takes(name) for name in ("dropout", "activation"))
    assert made(named, dropout=0.25).network.body[3].p == 0.5
    theirs = made(node("Named"), dropout=0.25, activation=nn.Tanh)  # arguments of these names are not those of a run
    assert theirs.network.kept == ("gelu", 0.5)
    assert made(node("Named", dropout="run.dropout"), dropout=0.25).network.kept == ("gelu", 0.25)
    assert "no such argument of Net" in refusal({**NET, "drop": "run.dropout"})


def test_a_function_is_admitted_by_its_full_name_and_nothing_else_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    function = node("create", name="net", classes="spec.outputs", n_in="spec.features", hidden=2)
    assert made(function).network.head.in_features == 2
    assert "classes: missing" in refusal(node("create", name="net"))
    assert "create returns str; expected a torch.nn.Module" in refusal({**function, "name": "other"})
    started = sys.modules["stranger.nets"].STARTED
    started.clear()
    assert "by its full name only: --admit stranger.nets.remove" in refusal(node("remove", path="/"))
    for name in ("nn.Linear", "STARTED", "torch", "Nett"):
        refusal(node(name, path="/"))
    assert "called 'Nett'; did you mean 'Net'?" in refusal(node("Nett"))
    monkeypatch.setenv(own.ADMIT, "stranger.nets.create")
    assert "--admit stranger.nets.Net" in refusal(NET)
    assert made(function).network.head.in_features == 2
    monkeypatch.setenv(own.ADMIT, "")
    assert "'stranger.nets.create' is not allowed here" in refusal(function)
    for target in ("torch.nn.Module", "torch.nn.init.ones_", "torch.hub.load", "os.system", "torch.nn.Parameter", 3):
        refusal({"_target_": target, "accepts": "vector"})
    assert started == ["net"]


def test_each_mistake_has_one_message(config: Config) -> None:
    assert "needs `accepts: vector`" in refusal({"_target_": "torch.nn.Linear"})
    assert "has `accepts: vector` in its YAML file" in refusal({"_target_": "stranger.nets.Net", "hidden": 3})
    assert "model.accepts: expected" in refusal({**NET, "accepts": "picture"})
    assert "model.hiden: no such key of Net; did you mean 'hidden'?" in refusal({**NET, "hiden": 3})
    assert "leave model.accepts out of its YAML file" in refusal(node("ForDlx", width=3))
    assert "expected the dotted name of a class, got None" in refusal({"accepts": "vector"})
    assert "an argument accepts, which is a key of dlx" in refusal(node("Outside"))
    assert "Fails raises KeyError: 'made'" in refusal(node("Fails", when="made"))
    several = node("Several", sizes=["spec.features", "spec.outputs"])
    whole = config("dataset=iris")
    for found, message in (
        ({**NET, "n_out": 7}, "gives outputs of shape (2, 7), expected (2, 3)"),
        (several, "returns dict instead of a tensor; expected returns: logits or hidden in its YAML file"),
        ({**several, "returns": "logit"}, "gives no 'logit'; did you mean 'logits'?"),
        (node("Fails"), "TypeError: not like this"),
        ({**NET, "accepts": "image"}, "model"),
    ):
        with pytest.raises(ConfigError, match="model") as caught:
            assemble({**whole, "model": found})
        assert message in str(caught.value)
    assemble({**whole, "model": {**several, "returns": "logits"}})
    assemble({**whole, "model": node("Slope", depth=3)})


def test_what_has_no_effect_is_said(config: Config) -> None:
    words = ["activation=tanh", "normalization=batch", "regularizer=dropout", "initializer=he_normal"]
    found = notes(assemble({**config("dataset=iris", *words), "model": NET}), words)
    assert [line.partition(":")[0] for line in found if "net" in line] == [
        "activation", "normalization", "regularizer.dropout", "initializer",
    ]  # fmt: skip
    assert "run.dropout" in found[2]
    wrapped = ["normalization=weight", "initializer=he_normal"]
    assembly = assemble({**config("dataset=iris", *wrapped), "model": {**NET, "output_layer": "head"}})
    assert not [line for line in notes(assembly, wrapped) if "not used" in line or "initializer" in line]


def test_it_trains_is_evaluated_and_sweeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "conf" / "model").mkdir(parents=True)
    lines = ["# a network of a stranger", "defaults: [_network, _self_]", *(f"{k}: {v}" for k, v in NET.items())]
    (tmp_path / "conf" / "model" / "theirs.yaml").write_text("\n".join([*lines, "hidden: 6  # units"]))
    quick = ["dataset=iris", "trainer.max_epochs=2", "--admit", "stranger"]
    assert main(["train", "-m", "model=theirs", "model.hidden=2,3", "optimizer=adam", *quick]) == 0
    summaries = [json.loads(file.read_text()) for file in sorted(tmp_path.rglob("summary.json"))]
    assert [summary["parameters"] for summary in summaries] == [4 * h + h + 3 * h + 3 for h in (2, 3)]
    assert {summary["choices"]["model"] for summary in summaries} == {"theirs"}
    run = next(file.parent for file in sorted(tmp_path.rglob("summary.json")))
    capsys.readouterr()
    assert main(["evaluate", str(run), "--admit", "stranger"]) == 0
    assert "match the saved summary exactly" in capsys.readouterr().out
    assert main(["axes", "model=theirs"]) == 0
    text = capsys.readouterr().out
    assert "kinds of input that the module reads" in text
    assert "units" in text
