"""What a run gets of its data: nothing of validation, test or the future in what training sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from dlx.config.choice import Choice
from dlx.data.prepare import prepare
from dlx.data.prepared import Data
from dlx.data.raw import Series, Table
from dlx.dataset.ar1 import AR1
from dlx.dataset.delayed_recall import DelayedRecall
from dlx.dataset.diabetes import Diabetes
from dlx.dataset.digits import Digits
from dlx.dataset.iris import Iris
from dlx.dataset.nile import Nile
from dlx.errors import ConfigError
from dlx.seeds import Streams

COMMON: dict[str, Any] = {"split": [0.6, 0.2, 0.2], "standardize": True, "batch_size": 16}
WINDOWS: dict[str, Any] = {"context_length": 6, "horizon": 2}
STREAMS = Streams.of(0, {})
IRIS, DIGITS, NILE = Iris().load(0), Digits().load(0), Nile().load(0)


def sharing(**keys: Any) -> Choice:
    """Choose a dataset with these of the keys that all datasets share; `prepare` reads nothing else of it."""
    return Choice("", "", object, "dataset", {}, {**COMMON, **keys})


def table(raw: Table = IRIS, streams: Streams = STREAMS, **keys: Any) -> Data:
    """Prepare a table."""
    return prepare(raw, sharing(**keys), streams)


def series(raw: Series = NILE, **keys: Any) -> Data:
    """Prepare a series."""
    return prepare(raw, sharing(**{**WINDOWS, **keys}), STREAMS)


def test_parts_are_rows_of_the_raw_data_and_share_none() -> None:
    data = table()
    index = [part.index for part in data.splits().values()]
    assert sorted(np.concatenate(index)) == list(range(150))
    mean, sd = IRIS.inputs[data.train.index].mean(0), IRIS.inputs[data.train.index].std(0)
    for part in data.splits().values():  # by the moments of the training split alone
        np.testing.assert_allclose(part.inputs, (IRIS.inputs[part.index] - mean) / sd, atol=1e-5)
        assert part.targets.tolist() == IRIS.targets[part.index].tolist()


def test_standardization_does_not_see_the_other_parts() -> None:
    before = table()
    spoiled = IRIS.inputs.copy()
    spoiled[np.concatenate([before.val.index, before.test.index])] *= 1000
    after = table(Table(spoiled, IRIS.targets, classes=IRIS.classes))
    assert torch.equal(before.train.inputs, after.train.inputs)
    assert not torch.equal(before.test.inputs, after.test.inputs)


def test_real_targets_are_standardized_and_come_back() -> None:
    raw = Diabetes().load(0)
    data = table(raw)
    assert data.train.targets.mean().item() == pytest.approx(0, abs=1e-5)
    assert data.train.targets.std(correction=0).item() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(data.restore(data.test.targets, data.test), raw.targets[data.test.index], rtol=1e-4)
    plain = table(raw, standardize=False)
    np.testing.assert_allclose(plain.test.targets, raw.targets[plain.test.index])
    np.testing.assert_allclose(plain.test.inputs, raw.inputs[plain.test.index])


def test_the_future_changes_nothing_in_the_past() -> None:
    before = series(difference=1)
    border = before.val.index[0] + 6 + 1  # first level that no training target holds, with one lost to the difference
    values = NILE.values.copy()
    np.random.default_rng(0).shuffle(values[border:])
    after = series(Series(values, NILE.names), difference=1)
    assert torch.equal(before.train.inputs, after.train.inputs)
    assert torch.equal(before.train.targets, after.train.targets)
    assert torch.equal(before.units.mean, after.units.mean)
    assert not torch.equal(before.test.targets, after.test.targets)
    values[border - 1] += 1  # the test can fail: this one is a target of training
    assert not torch.equal(before.train.targets, series(Series(values, NILE.names), difference=1).train.targets)


@pytest.mark.parametrize("how", [0, 1, 2, "returns"])
def test_forecasts_of_differences_are_judged_in_levels(how: int | str) -> None:
    data = series(difference=how)
    for part in data.splits().values():
        start = part.index + 6 + (1 if how == "returns" else how)
        truth = np.stack([NILE.values[at : at + 2, 0] for at in start])
        np.testing.assert_allclose(data.restore(part.targets, part), truth, rtol=1e-4)
        last = np.stack([NILE.values[[at - 1, at - 1], 0] for at in start])
        np.testing.assert_allclose(data.restore(part.last, part), last, rtol=1e-4)


def test_label_noise_is_in_training_and_validation_and_never_in_test() -> None:
    data = table(DIGITS, label_noise=0.2)
    wrong = {
        name: int((part.targets.numpy() != DIGITS.targets[part.index]).sum()) for name, part in data.splits().items()
    }
    assert wrong == {"train": round(0.2 * len(data.train)), "val": round(0.2 * len(data.val)), "test": 0}
    with pytest.raises(ConfigError, match=r"dataset.label_noise: needs classes as targets"):
        table(Diabetes().load(0), label_noise=0.1)


@pytest.mark.parametrize("standardize", [True, False])
def test_input_noise_is_in_standard_deviations(standardize: bool) -> None:
    clean, noisy = table(standardize=standardize), table(standardize=standardize, noise=0.5)
    difference = (noisy.train.inputs - clean.train.inputs).std(0)
    sd = np.ones(4) if standardize else IRIS.inputs[clean.train.index].std(0)
    np.testing.assert_allclose(difference, 0.5 * sd, rtol=0.25)
    assert torch.equal(noisy.train.inputs, table(standardize=standardize, noise=0.5).train.inputs)  # fixed
    assert not torch.equal(noisy.test.inputs, clean.test.inputs)


def test_subsets_keep_the_numbers_of_the_raw_rows() -> None:
    data = table(classes=["versicolor", "virginica"], prevalence=0.25, shuffle_labels=False)
    for part in data.splits().values():
        assert (part.index >= 50).all()
        assert part.targets.tolist() == (IRIS.targets[part.index] - 1).tolist()
    shares = [part.targets.float().mean().item() for part in data.splits().values()]
    np.testing.assert_allclose(shares, 0.25, atol=0.05)


def test_shuffled_labels_say_nothing_about_the_inputs() -> None:
    data = table(shuffle_labels=True)
    assert (data.train.targets.numpy() == IRIS.targets[data.train.index]).mean() < 0.6
    assert torch.bincount(torch.cat([part.targets for part in data.splits().values()])).tolist() == [50, 50, 50]


def test_black_is_known_as_the_network_sees_it() -> None:
    data = table(DIGITS)
    assert data.images is not None
    assert data.images.shape == (1, 8, 8)
    black = data.train.inputs[torch.from_numpy(DIGITS.inputs[data.train.index]) == 0]
    torch.testing.assert_close(black, data.images.black.flatten().expand_as(black))
    assert table().images is None


def test_sequences_are_read_in_another_order() -> None:
    raw = DelayedRecall(examples=60, length=8, lag=0).load(0)
    forward, backward = table(raw), table(raw, time_order="reversed")
    assert torch.equal(forward.train.inputs.flip(1), backward.train.inputs)


def test_a_dataset_may_bring_its_own_parts() -> None:
    raw = Table(np.arange(10.0)[:, None], np.arange(10.0)[:, None], parts=(6, 3, 1))
    data = table(raw, standardize=False)
    assert [part.index.tolist() for part in data.splits().values()] == [[0, 1, 2, 3, 4, 5], [6, 7, 8], [9]]
    with pytest.raises(ConfigError, match=r"dataset.folds: this dataset brings its own"):
        table(raw, folds=3)


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_folds_of_a_series_are_tested_behind_their_past(fold: int) -> None:
    data = series(AR1(length=200, phi=0.5, sd=1.0).load(0), folds=3, fold=fold)
    ends = [part.index.max() for part in data.splits().values()]
    assert ends == sorted(ends)
    assert data.train.index.max() + 1 < data.val.index.min()  # horizon 2: one window reaches over the border


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"design": "fixed"}, "dataset.design: needs a law with noise, as dataset=linear, logistic"),
        ({"canvas": 16}, "dataset.canvas: needs images; the dataset gives vectors"),
        ({"bits": 2}, "dataset.bits: needs images"),
        ({"permute_pixels": True}, "dataset.permute_pixels: needs images"),
        ({"test_transforms": ["flip"]}, "dataset.test_transforms: needs images"),
        ({"time_order": "reversed"}, "dataset.time_order: needs sequences or a series"),
        ({"horizon": 2}, "dataset.horizon: needs a series; the dataset gives a table"),
        ({"limit": 2}, "dataset.limit: the 2 train examples hold none of class"),
        ({"split": [0.97, 0.02, 0.01]}, "dataset.split: the . test examples hold none of class"),
    ],
)
def test_keys_without_a_meaning_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        table(**keys)


def test_keys_of_tables_are_refused_for_series() -> None:
    with pytest.raises(
        ConfigError, match=r"dataset.label_noise: needs a table of examples; the dataset gives a series"
    ):
        series(label_noise=0.1)
    with pytest.raises(ConfigError, match=r"dataset.context_length: missing"):
        prepare(NILE, sharing(), STREAMS)
