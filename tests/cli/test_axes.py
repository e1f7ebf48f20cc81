"""`dlx axes`: everything that can be chosen is named, with kind, default, meaning and file."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from subprocess import run

import numpy as np
import pytest

from dlx import paths
from dlx.cli import drawn
from dlx.cli.main import main
from dlx.config import catalog
from dlx.results.option_graph import graph_of


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
    assert "dataset.time_order" in elsewhere  # the preparation of a table refuses it
    assert "dataset.canvas" not in keys
    assert "dataset.missing" in keys
    main(["axes", "dataset=digits"])
    keys, _, elsewhere = capsys.readouterr().out.partition("of no meaning")
    assert "dataset.canvas" in keys
    assert "dataset.time_order" in elsewhere
    main(["axes", "dataset=sunspots"])
    assert "dataset.time_order" in capsys.readouterr().out.partition("of no meaning")[0]


def test_words_of_the_field_open_the_page_of_what_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    main(["axes", "batchnorm"])
    captured = capsys.readouterr()
    assert captured.out.startswith("normalization=batch: batch normalization")
    assert captured.err == "dlx: batchnorm is read as normalization=batch\n"


def test_graph_of_an_activation_and_its_derivative(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawn, "can_print", lambda signs: False)
    monkeypatch.setenv("COLUMNS", "100")
    text = out(capsys, "act=relu")
    assert re.search(r"relu\(x\) +its derivative\n", text)
    assert re.search(r"-4 +x +4 +-4 +x +4\n", text)
    assert text.isascii() or "⣀" not in text
    monkeypatch.setenv("COLUMNS", "40")
    assert all(len(line) <= 40 for line in out(capsys, "act=relu").splitlines() if "|" in line or "+--" in line)


def test_a_panel_has_the_range_of_both_axes() -> None:
    x = np.linspace(-4, 4, 401)
    relu = drawn.panel(x, np.maximum(x, 0), "relu(x)", ("x", 32), fine=False)
    slope = drawn.panel(x, (x > 0).astype(float), "slope", ("x", 32), fine=False)
    assert [relu[1][:3], relu[-3][:3], relu[-1].split()] == ["4 |", "0 |", ["-4", "x", "4"]]
    assert relu[-3].count("*") == 17  # as far as the value is nearer to 0 than to the next row
    assert slope[1].count("*") == 16  # 1 where x > 0
    assert len({len(row) for row in relu}) == 1


def test_curves_are_those_of_the_formulas() -> None:
    for name in ("sigmoid", "tanh"):
        graph = graph_of("activation", name)
        assert graph is not None
        y, slope = graph.curves.values()
        true = {"sigmoid": 1 / (1 + np.exp(-graph.x)), "tanh": np.tanh(graph.x)}[name]
        np.testing.assert_allclose(y, true, atol=1e-12)
        np.testing.assert_allclose(slope, np.gradient(true, graph.x), atol=2e-3)
    steps = graph_of("scheduler", "step")
    assert steps is not None
    np.testing.assert_allclose(steps.curves[""], 0.1 ** (steps.x // 20))
    assert graph_of("activation", "maxout") is graph_of("scheduler", "reduce_on_plateau") is graph_of("model", "mlp")


def test_a_curve_in_characters() -> None:
    y = np.array([0.0, 0.0, 1.0, 1.0])
    assert drawn.picture(y, (0, 1), fine=False) == ["  **", *["  * "] * (drawn.ROWS - 2), "**  "]
    rows = drawn.picture(np.repeat(y, 2), (0, 1), fine=True)
    assert [len(row) for row in rows] == [4] * drawn.ROWS
    assert rows[0][3] == "⠉"
    assert rows[-1][0] == "⣀"


def test_a_foreign_class_is_not_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    Path("conf/activation").mkdir(parents=True)
    Path("mine.py").write_text("raise SystemExit('imported')\n")
    Path("conf/activation/mine.yaml").write_text("# mine\n_target_: mine.Mine\n")
    assert "configured" not in out(capsys, "act=mine")
    assert "mine" not in sys.modules
