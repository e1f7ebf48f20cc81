"""How a study is started: the arguments of its sweep."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from dlx.study.variation import Variation


@pytest.mark.parametrize("folder", ["plain", "a=b", "it's", "two words", "a,b"])
def test_the_folder_of_a_variation_is_read_back_as_it_is(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / folder)
    words = Variation("dropout", ["model.width=8"], None, [0]).sweep_words("model.width=8", jobs=1)
    override = OverridesParser.create().parse_override(words[-1])
    assert override.key_or_group == "hydra.sweep.dir"
    assert Path(str(override.value())).parent == Path.cwd() / "outputs" / "sweeps"
