"""Every transfer from a small source: what stays, what is copied, what is forgotten, and what is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.config.checked import check_config
from dlx.config.identity import canonical, identity
from dlx.errors import ConfigError
from dlx.nn.fisher import fisher_diagonal
from dlx.results.checkpoint import load_checkpoint
from dlx.run.evaluate import judge
from dlx.run.run import run
from tests.conftest import compose_config

Config = Callable[..., dict[str, Any]]
QUICK = ("trainer.accelerator=cpu", "trainer.max_epochs=1", "trainer.test_weights=last", "model.width=8")
FIRST, SECOND = "dataset.classes=[0,1,2]", "dataset.classes=[3,4,5]"
NORMED = ("normalization=batch", "regularizer=dropout")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("transfer") / "source"
    run(compose_config(FIRST, *QUICK, *NORMED), folder, raises=True)
    return folder


def weights(folder: Path, name: str = "last") -> dict[str, torch.Tensor]:
    checkpoint = load_checkpoint(folder / "checkpoints" / f"{name}.ckpt")
    assert checkpoint is not None
    return {key.removeprefix("network."): value for key, value in checkpoint["state_dict"].items()}


def second(source: Path, *more: str) -> dict[str, Any]:
    return compose_config(SECOND, *QUICK, *NORMED, f"transfer.source={source}", *more)


STILL = {  # what keeps the source's values to the bit
    "finetune": (),
    "freeze": ("hidden.0", "hidden.1"),
    "partial": ("hidden.0",),
    "ewc": (),
    "l2_sp": (),
}


@pytest.mark.parametrize("name", STILL)
def test_a_transfer_keeps_what_it_freezes_to_the_bit(name: str, source: Path, tmp_path: Path) -> None:
    more = ["transfer.frozen=[hidden.0]"] if name == "partial" else []
    summary = run(second(source, f"transfer={name}", *more), tmp_path / "run", raises=True)
    assert summary["status"] == "finished"
    before, after = weights(source, "best"), weights(tmp_path / "run")
    counted = {key for key in before if "num_batches" in key}
    for key, value in before.items():
        still = key.startswith(tuple(f"{part}." for part in STILL[name])) if STILL[name] else False
        assert torch.equal(value, after[key]) == still or key in counted, key
        assert torch.equal(value, after[key]) or not still, key
    (note,) = (note for note in summary["notes"] if note.startswith("transfer.source: copied hidden.0.0, hidden.0.1"))
    assert ("frozen are hidden.0" in note) == bool(STILL[name])
    assert "output did not fit" in note
    assert summary["examples"]["source/test"] > 0
    assert summary["baseline"]["source/test/accuracy"] == pytest.approx(1 / 3, abs=0.02)
    assert summary["config"]["transfer"] == name


def test_the_metrics_of_the_source_are_its_own_until_the_copied_weights_change(source: Path, tmp_path: Path) -> None:
    own = json.loads((source / "summary.json").read_text())["metrics"]
    kept = run(second(source, "transfer=freeze"), tmp_path / "kept", raises=True)["metrics"]
    found = run(second(source, "transfer=finetune"), tmp_path / "run", raises=True)["metrics"]
    for name in ("accuracy", "loss"):  # one epoch: the best weights are the last
        assert kept[f"init/source/test/{name}"] == kept[f"source/test/{name}"] == own[f"test/{name}"]
        assert found[f"init/source/test/{name}"] == own[f"test/{name}"]
    # By hand: the body that was trained on the second classes beneath the head of the first.
    assembly = assemble(compose_config(FIRST, *QUICK, *NORMED))
    network, ours = assembly.network(), weights(tmp_path / "run")
    network.load_state_dict({**weights(source, "best"), **{k: v for k, v in ours.items() if k.startswith("hidden")}})
    outputs = judge(assembly.objective, network.eval(), assembly.data.test, 0)
    by_hand = assembly.objective.metrics(outputs, assembly.data.test, assembly.data)
    assert found["source/test/loss"] == pytest.approx(by_hand["loss"], rel=1e-6) != own["test/loss"]


def test_the_test_split_of_a_source_is_not_used_while_tuning(source: Path, tmp_path: Path) -> None:
    summary = run(second(source, "transfer=finetune", "trainer.test=false"), tmp_path / "run", raises=True)
    assert not any("source/test" in name for name in summary["metrics"])


OUTPUTS = [
    ((FIRST, "transfer.output=auto"), True),
    ((FIRST, "transfer.output=new"), False),
    ((SECOND, "transfer.output=auto"), False),
    ((SECOND, "transfer.output=copy"), True),
]


@pytest.mark.parametrize(("words", "copied"), OUTPUTS)
def test_an_output_layer_is_copied_as_asked(words: tuple[str, ...], copied: bool, source: Path) -> None:
    composed = compose_config(*QUICK, *NORMED, "transfer=finetune", f"transfer.source={source}", *words)
    network = assemble(composed).network()
    assert torch.equal(network.output.weight, weights(source, "best")["output.weight"]) is copied


def test_a_new_input_layer_is_trained_and_nothing_above_it(source: Path) -> None:
    """Eight more features: the weights of the first layer do not fit, and are the only hidden ones that are trained."""
    composed = second(source, "transfer=freeze", "dataset.noise_features=8")
    assembly = assemble(composed)
    network = assembly.network()
    trained = {name for name, p in network.named_parameters() if p.requires_grad}
    assert trained == {"hidden.0.0.weight", "output.weight", "output.bias"}
    assert "hidden.0.0, output did not fit" in assembly.builder.transferred


def test_the_short_form_is_fine_tuning(source: Path, tmp_path: Path) -> None:
    short = compose_config(SECOND, *QUICK, *NORMED, f"model.init_from={source}")
    assert check_config(short).transfer.option == "finetune"
    first = run(short, tmp_path / "short", raises=True)["metrics"]
    long = run(second(source, "transfer=finetune"), tmp_path / "long", raises=True)["metrics"]
    assert first == long
    assert "transfer" not in canonical(short)


def test_identities_without_a_transfer_are_those_of_before(config: Config, source: Path) -> None:
    plain = config()
    earlier = {key: value for key, value in plain.items() if key != "transfer"}
    assert identity(plain) == identity(earlier)
    assert canonical(plain) == canonical(earlier)
    assert check_config(earlier).transfer.option == "none"
    moved = canonical(second(source, "transfer=ewc"))["transfer"]
    assert str(source) not in json.dumps(moved)
    assert moved["strength"] == 1000


def test_the_fisher_information_of_logistic_regression_is_the_formula() -> None:
    """F of w_kj is the mean of p_k (1 - p_k) x_j², that of b_k the mean of p_k (1 - p_k)."""
    torch.manual_seed(0)
    network, x = torch.nn.Linear(3, 4).double(), torch.randn(70, 3, dtype=torch.float64)
    found = fisher_diagonal(network, x, categorical=True)
    p = network(x).softmax(1)
    spread = (p * (1 - p)).detach()
    torch.testing.assert_close(found["weight"], spread.T @ x.square() / 70)
    torch.testing.assert_close(found["bias"], spread.mean(0))


def test_the_fisher_information_of_linear_regression_is_the_formula() -> None:
    network, x = torch.nn.Linear(3, 2), torch.randn(10, 3)
    found = fisher_diagonal(network, x, categorical=False)
    torch.testing.assert_close(found["weight"], x.square().mean(0).expand(2, 3))
    torch.testing.assert_close(found["bias"], torch.ones(2))


def test_penalties_are_those_of_the_papers(source: Path) -> None:
    def at(name: str, *more: str) -> tuple[Any, Any, dict[str, torch.Tensor]]:
        assembly = assemble(second(source, f"transfer={name}", *more))
        network = assembly.network()
        return assembly.recipe.transfer, network, {name: p.detach() for name, p in network.named_parameters()}

    ewc, _, named = at("ewc", "transfer.strength=6")
    assert float(ewc.penalty(named)) == 0
    shifted = {**named, "hidden.0.0.bias": named["hidden.0.0.bias"] + 0.5}
    expected = 3 * 0.25 * ewc.information["hidden.0.0.bias"].sum()
    torch.testing.assert_close(ewc.penalty(shifted), expected)
    assert expected > 0
    near, _, named = at("l2_sp", "transfer.strength=2", "transfer.new_strength=4")
    others = sum(float(p.square().sum()) for name, p in named.items() if name.startswith("output"))
    assert float(near.penalty(named)) == pytest.approx(2 * others, rel=1e-5)
    shifted = {**named, "hidden.1.1.bias": named["hidden.1.1.bias"] + 0.5}
    assert float(near.penalty(shifted)) == pytest.approx(2 * others + 8 * 0.25, rel=1e-5)


MISTAKES = [
    (["transfer=finetune", "transfer.source=null"], "transfer.source: needs the folder of a finished run"),
    (["transfer=finetune", "transfer.source=nowhere"], "transfer.source: nowhere is not there"),
    (["transfer=finetune", "model.init_from=x"], "model.init_from: is the short form of transfer=finetune"),
    (["transfer=partial", "transfer.frozen=[output]"], "transfer.frozen: output would keep random weights"),
    (["transfer=partial", "transfer.frozen=[hiden]"], "transfer.frozen: no parameter is called 'hiden'"),
    (["transfer=partial", "transfer.frozen=[]"], "transfer.frozen: expected at least one layer"),
    (["transfer=finetune", "model.width=9"], "layers that match: none"),
    (["transfer=finetune", "transfer.output=copy", "dataset.classes=[1,2]"], "transfer.output: copy needs"),
    (["transfer=finetune", "model=cnn"], "is of model=mlp; layers that match:"),
]


@pytest.mark.parametrize(("words", "message"), MISTAKES)
def test_mistakes_are_answered(words: list[str], message: str, source: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        assemble(second(source, *words))
    assert message in str(caught.value)


def test_a_bare_checkpoint_is_copied_and_forgetting_is_not_measured(source: Path, tmp_path: Path) -> None:
    shutil.copy(source / "checkpoints" / "best.ckpt", tmp_path / "bare.ckpt")
    bare = tmp_path / "bare.ckpt"
    summary = run(second(bare, "transfer=finetune", "transfer.output=new"), tmp_path / "run", raises=True)
    assert any(note.startswith("source/test is not measured: transfer.source:") for note in summary["notes"])
    with pytest.raises(ConfigError, match="belongs to no recorded run"):
        assemble(second(bare, "transfer=ewc", "transfer.output=new"))


def test_a_linear_model_has_nothing_to_freeze(tmp_path: Path) -> None:
    linear = ("model=linear", FIRST, "trainer.max_epochs=0", "trainer.accelerator=cpu")
    run(compose_config(*linear), tmp_path / "source", raises=True)
    with pytest.raises(ConfigError, match="no layer besides the output layer is copied"):
        assemble(compose_config(*linear, "transfer=freeze", f"transfer.source={tmp_path / 'source'}"))


def test_a_source_whose_data_have_changed_is_not_measured(source: Path, tmp_path: Path) -> None:
    shutil.copytree(source, tmp_path / "source")
    file = tmp_path / "source" / "identity.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "data_hash": "0"}))
    with pytest.raises(ConfigError, match="have changed since it was trained"):
        assemble(second(tmp_path / "source", "transfer=ewc"))


def test_information_is_that_of_the_sources_loss(tmp_path: Path) -> None:
    """A squared error over two outputs is 2/2 times a negative log-likelihood, up to a constant."""
    base = ("model=linear", "dataset=linear", "dataset.examples=30", "trainer.max_epochs=0", "trainer.accelerator=cpu")
    run(compose_config(*base, "objective.scale=3"), tmp_path / "source", raises=True)
    assembly = assemble(compose_config(*base, "transfer=ewc", f"transfer.source={tmp_path / 'source'}"))
    assembly.network()
    x = assembly.data.train.inputs
    expected = 3 * 2 * x.square().mean(0, keepdim=True)
    np.testing.assert_allclose(assembly.recipe.transfer.information["output.weight"], expected, rtol=1e-5)
