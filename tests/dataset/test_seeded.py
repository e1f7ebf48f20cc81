"""A dataset says truly whether its examples depend on the seed; preparing it leaves what all seeds share as it was."""

from __future__ import annotations

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


@pytest.mark.parametrize("name", catalog.option_files("dataset"))
def test_examples_depend_on_the_seed_as_the_class_says(name: str) -> None:
    dataset = made(name)
    if dataset is None:
        return
    try:
        first, second = dataset.load(0).hash, dataset.load(1).hash
    except ConfigError as error:  # a file of a package that is not installed
        pytest.skip(str(error))
    assert (first != second) == type(dataset).seeded


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
