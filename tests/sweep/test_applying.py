"""Keys of a sweep go to the runs whose options have them, and nowhere else."""

from __future__ import annotations

from dlx.sweep.applying import applying, without_effect
from dlx.sweep.cells import Cell, Level, cells


def product(**axes: list[str]) -> list[Cell]:
    keys = {key.replace("__", "."): texts for key, texts in axes.items()}
    return cells({key: [Level(text, (f"{key}={text}",)) for text in texts] for key, texts in keys.items()})


def test_a_swept_key_of_one_option_leaves_one_run_of_the_other() -> None:
    found, said = applying(product(optimizer=["adam", "sgd"], optimizer__momentum=["0", "0.9"], seed=["0", "1"]))
    assert [dict(cell.labels) for cell in found] == [
        {"optimizer": "adam", "optimizer.momentum": "", "seed": "0"},
        {"optimizer": "adam", "optimizer.momentum": "", "seed": "1"},
        {"optimizer": "sgd", "optimizer.momentum": "0", "seed": "0"},
        {"optimizer": "sgd", "optimizer.momentum": "0", "seed": "1"},
        {"optimizer": "sgd", "optimizer.momentum": "0.9", "seed": "0"},
        {"optimizer": "sgd", "optimizer.momentum": "0.9", "seed": "1"},
    ]
    assert found[0].overrides == ("optimizer=adam", "seed=0")
    assert found[-1].overrides == ("optimizer=sgd", "optimizer.momentum=0.9", "seed=1")
    assert said == ["optimizer.momentum: optimizer=adam has no such key and ran without it"]


def test_none_of_a_list_group_stays_none() -> None:
    axes = {"regularizer": [Level(text, (f"regularizer={text}",)) for text in ("none", "l2", "[l2,dropout]")]}
    found, said = applying(cells(axes, fixed=["regularizer.l2.strength=0.1"]))
    assert [cell.overrides[1:] for cell in found] == [(), *[("regularizer.l2.strength=0.1",)] * 2]
    assert said == ["regularizer.l2.strength: regularizer=none has no such key and ran without it"]


def test_a_key_that_all_options_have_or_none_stays() -> None:
    for key in ("optimizer.lr", "optimizer.nothing", "model.width"):
        parts = cells(
            {"optimizer": [Level(text, (f"optimizer={text}",)) for text in ("adam", "sgd")]}, fixed=[f"{key}=1"]
        )
        assert applying(parts) == (parts, [])
    one = product(optimizer=["adam"], optimizer__momentum=["0.9"])
    assert applying(one) == (one, [])  # not a sweep over options: it is refused where the run is checked


def test_an_axis_that_changes_nothing_is_named() -> None:
    parts = product(seed=["0", "1"], trainer__threads=["1", "2"])
    assert without_effect([(cell, cell.labels["seed"]) for cell in parts]) == [
        "trainer.threads: has no effect here; one run stands for all its values"
    ]
    assert without_effect([(cell, str(number)) for number, cell in enumerate(parts)]) == []
    found, _ = applying(product(optimizer=["adam", "sgd"], optimizer__momentum=["0", "0.9"]))
    assert without_effect([(cell, str(number)) for number, cell in enumerate(found)]) == []
