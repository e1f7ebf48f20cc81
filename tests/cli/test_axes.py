"""`dlx axes`: everything that can be chosen is named, with kind, default, meaning and file."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run

import pytest

from dlx import paths
from dlx.cli.main import main
from dlx.config import catalog


def out(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run `dlx axes` and return what it prints."""
    assert main(["axes", *words]) == 0
    return capsys.readouterr().out


def test_overview_names_every_group_and_option(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys)
    for group in catalog.groups():
        assert f"\n{group}" in text
        listed = text.partition(f"\n{group}")[2].split("\n", 1)[1]
        for option in catalog.option_files(group):
            assert option in listed.split()
    assert "optimizer (optim): optimization algorithm" in text
    assert "seed  int >= 0" in " ".join(text.split(" ")).replace("   ", "  ")


def test_group_lists_options_with_their_line(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "optim")
    assert "optimizer=adam" in text
    assert "default" in next(line for line in text.splitlines() if "optimizer=adam " in line)
    assert "stochastic gradient descent" in text


def test_option_shows_keys_and_the_file_of_the_class(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "model=mlp")
    file = paths.PACKAGE / "model" / "mlp.py"
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if text.startswith("class MLP"))
    assert f"{file}:{line}" in text
    assert next(row.replace(",", " ").split()[:9] for row in text.splitlines() if row.startswith("  model.depth")) == [
        "model.depth",
        "int",
        ">",
        "0",
        "3",
        "number",
        "of",
        "weight",
        "layers",
    ]


def test_torch_class_has_kinds_defaults_and_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    text = out(capsys, "optim=adam")
    assert "torch.optim.Adam" in text
    assert str(paths.shipped("conf") / "optimizer" / "adam.yaml") in text
    assert " optimizer.lr float > 0 0.001 learning rate " in " ".join(text.split())


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("reg=dropout", "regularizer.dropout.p"),
        ("diagnostics=gradients", "diagnostics.gradients.every"),
        ("diagnostics=gradients", "The cost is one forward and one backward pass on the batch"),
        ("diagnostics=gradients", "dlx train diagnostics=gradients"),
        ("trainer=debug", "trainer.max_epochs"),
        ("streams=default", "streams.init"),
        ("data=sunspots", "dataset.context_length"),
        ("dataset=csv", "(required)"),
        ("model=lstm", "also sets dataset=sunspots unless you choose another"),
        ("optim.lr", "optimizer=sgd"),
        ("seed", "from which all random streams are derived"),
    ],
)
def test_pages(word: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert expected in " ".join(out(capsys, word).split())


def test_what_is_chosen_later_has_no_class(capsys: pytest.CaptureFixture[str]) -> None:
    assert "class:" not in out(capsys, "objective=auto")


def test_at_least_150_options_and_each_has_a_line() -> None:
    found = {
        (g, name): catalog.meaning(file) for g in catalog.groups() for name, file in catalog.option_files(g).items()
    }
    assert len([option for option in found if option[0] != "experiment"]) >= 150
    assert not [option for option, line in found.items() if not line]
    silent = [
        key.path
        for group, name in found
        if group != "experiment"
        for key in catalog.keys(catalog.read(group, name))
        if not key.meaning
    ]
    assert not silent


def test_own_option_and_experiment_are_listed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / "mine.yaml").write_text("# a model of my own\n_target_: mine.Mine\nwidth: 7\n")
    (tmp_path / "mine.py").write_text(
        'class Mine:\n    """Mine.\n\n    Args:\n        width: how wide it is.\n    """\n\n'
        "    def __init__(self, spec, *, width: int): pass\n"
    )
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "ours.yaml").write_text(
        "# @package _global_\nstudy:\n  title: A question\n  seeds: 3\n  arms: {small: [model.width=3]}\n"
    )
    assert "a model of my own" in out(capsys, "model")
    text = out(capsys, "model=mine")
    assert "mine.py:1" in text
    assert "how wide it is." in text
    assert "A question" in out(capsys, "exp")
    assert "arm small: model.width=3" in out(capsys, "exp=ours")


def test_keys_of_a_foreign_module_have_the_type_of_their_value(tmp_path: Path) -> None:
    (tmp_path / "conf" / "model").mkdir(parents=True)
    node = "# foreign\n_target_: timm.Net\naccepts: image\nwidth: 7\nscale: 0.5\npooled: true\nname: spec.outputs\n"
    (tmp_path / "conf" / "model" / "net.yaml").write_text(node)
    kinds = {key.path.removeprefix("model."): key.kind for key in catalog.keys(catalog.read("model", "net"))}
    wanted = {"width": "int", "scale": "float", "pooled": "bool", "name": "any"}
    assert {name: kinds[name] for name in wanted} == wanted


def test_imports_neither_torch_nor_hydra() -> None:
    code = "import sys; from dlx.cli.main import main; main(['axes', 'optimizer=adam']); main(['axes']); print(sorted("
    done = run(
        [sys.executable, "-c", code + "{'torch', 'hydra', 'omegaconf', 'rich', 'numpy'} & set(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_keys_of_images_are_not_those_of_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    main(["axes", "dataset=csv"])
    keys, _, elsewhere = capsys.readouterr().out.partition("of no meaning for these data:")
    assert "dataset.canvas" in elsewhere
    assert "dataset.design" in elsewhere
    assert "dataset.canvas" not in keys
    assert "dataset.missing" in keys
    main(["axes", "dataset=digits"])
    assert "dataset.canvas" in capsys.readouterr().out.partition("of no meaning")[0]


def test_words_of_the_field_open_the_page_of_what_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    main(["axes", "batchnorm"])
    captured = capsys.readouterr()
    assert captured.out.startswith("normalization=batch: batch normalization")
    assert captured.err == "dlx: batchnorm is read as normalization=batch\n"
