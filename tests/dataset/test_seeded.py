"""A dataset says truly whether its examples depend on the seed; preparing it leaves what all seeds share as it was."""

from __future__ import annotations

from contextlib import suppress

import pytest

from dlx.config import catalog, gate
from dlx.contracts.dataset import Dataset
from dlx.data import load
from dlx.errors import ConfigError
from dlx.seeds import Streams


def made(name: str) -> Dataset | None:
    """Return the dataset of an option, or None if it needs a value of the user's."""
    node = catalog.read("dataset", name).node
    if "???" in map(str, node.values()):
        return None
    dataset: Dataset = gate.option("dataset", name, "dataset").make()
    return dataset


def test_examples_depend_on_the_seed_as_the_class_says() -> None:
    said, found = {}, {}
    for name in catalog.option_files("dataset"):
        if (dataset := made(name)) is not None:
            with suppress(ConfigError):  # a file of a package that is not installed
                found[name] = dataset.load(0).hash != dataset.load(1).hash
                said[name] = type(dataset).seeded
    assert found == said
    assert {name for name, depends in found.items() if depends} >= {"shapes", "ar1", "teacher"}
    assert {name for name, depends in found.items() if not depends} >= {"digits", "iris", "co2", "sample_images"}


CHANGES = ({"label_noise": 0.5}, {"shuffle_labels": True}, {"permute_pixels": True}, {"bits": 1}, {"noise_features": 2})


@pytest.mark.parametrize("keys", CHANGES, ids=str)
def test_what_one_seed_changes_another_does_not_see(keys: dict[str, object]) -> None:
    plain = gate.option("dataset", "digits", "dataset")
    shared = load._raw(load.Request.of(plain, shared=False), 0)
    before = shared.hash
    changed = gate.option("dataset", "digits", "dataset", {**plain.shared, **keys})
    for seed in (1, 2):
        load.load(changed, Streams(split=seed, init=seed, order=seed, data=seed))
    assert load._raw(load.Request.of(changed, shared=False), 0) is shared
    assert shared.hash == before
