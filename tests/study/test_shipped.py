"""Every shipped study runs in its smallest honest form (two seeds, a few steps) and the judge answers each claim.

Whether the claims hold is not asked here: `dlx study run --all` and `dlx study check --all` ask it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dlx import paths
from dlx.study.read.concepts import concepts
from dlx.study.read.shelf import read_study
from dlx.study.run import run_study
from dlx.sweep.cells import SEED
from tests.conftest import read_json

FILES = sorted(paths.shipped("experiments").glob("*.yaml"))
STUDIES = [
    file.stem for file in FILES if {"claims", "facts"} & {*(yaml.safe_load(file.read_text()).get("study") or {})}
]
SEEDS, STEPS = 2, 20


def shortened(name: str) -> list[str]:
    """Return what makes a study's training one epoch or a few steps long; one whose arms set it keeps their lengths."""
    node = yaml.safe_load((paths.shipped("experiments") / f"{name}.yaml").read_text())
    arms, trainer = str(node["study"].get("arms")), node.get("trainer", {})
    epochs = ["trainer.max_epochs=1"] if trainer.get("max_epochs", 0) > 1 and "trainer.max_epochs" not in arms else []
    trains = trainer.get("max_steps") or trainer.get("max_epochs", 0) > 1 or "trainer.max_epochs" in arms
    return [*epochs, f"trainer.max_steps={STEPS}"] if trains and "trainer.max_steps" not in arms else epochs


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_runs_and_its_claims_are_judged(name: str, tmp_path: Path) -> None:
    own = [level.value for level in read_study(name).axes[SEED]]
    result = run_study(name, shortened(name), seeds=own[:SEEDS], fast=True)
    assert result.statuses["failed"] == 0
    written = read_json(result.folder / "result.json")
    assert written is not None
    assert len(written["claims"]) == len(result.study.claims)
    assert len(written["facts"]) == len(result.study.facts)
    assert all(claim["verdict"] in ("holds", "refuted", "inconclusive") for claim in written["claims"])
    assert all(fact["verdict"] in ("true", "false") for fact in written["facts"])
    assert all(entry["sentence"] for entry in (*written["claims"], *written["facts"]))
    assert list(result.folder.glob("plot*.svg"))
    assert (result.folder / "page.html").is_file()
    assert set(result.study.concepts) <= set(concepts())


def test_the_shipped_studies_have_names_of_their_own() -> None:
    titles = [read_study(name).title for name in STUDIES]
    assert len(set(titles)) == len(titles)
