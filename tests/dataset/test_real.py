"""Real data equal what scikit-learn and statsmodels load themselves."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from sklearn import datasets as sk
from statsmodels import datasets as sm

from dlx.dataset.breast_cancer import BreastCancer
from dlx.dataset.co2 import CO2
from dlx.dataset.diabetes import Diabetes
from dlx.dataset.digits import Digits
from dlx.dataset.iris import Iris
from dlx.dataset.macrodata import Macrodata
from dlx.dataset.sample_images import SampleImages
from dlx.dataset.wine import Wine


@pytest.mark.parametrize(
    ("dataset", "load"), [(Iris, sk.load_iris), (Wine, sk.load_wine), (BreastCancer, sk.load_breast_cancer)]
)
def test_tables_equal_scikit_learn(dataset: type, load) -> None:
    ours, truth = dataset().load(0), load()
    np.testing.assert_allclose(ours.inputs, truth.data, rtol=1e-6)
    assert ours.targets.tolist() == truth.target.tolist()
    assert list(ours.classes) == truth.target_names.tolist()
    names = [name.removesuffix(" (cm)").replace(" ", "_") for name in truth.feature_names]
    names = ["od280_od315" if name.startswith("od280") else name for name in names]
    assert list(ours.features) == names


def test_digits_and_diabetes_equal_scikit_learn() -> None:
    digits = sk.load_digits()
    assert np.array_equal(Digits().load(0).inputs[:, 0], digits.images)
    diabetes = sk.load_diabetes(scaled=False)
    np.testing.assert_allclose(Diabetes().load(0).inputs, diabetes.data, rtol=1e-6)


@pytest.mark.parametrize(("name", "column"), [("nile", "volume"), ("sunspots", "SUNACTIVITY")])
def test_series_equal_statsmodels(name: str, column: str) -> None:
    truth = getattr(sm, name).load_pandas().data[column].to_numpy()
    ours = getattr(import_module(f"dlx.dataset.{name}"), name.capitalize())().load(0)
    np.testing.assert_allclose(ours.values[:, 0], truth, rtol=1e-6)


def test_elnino_and_macrodata_equal_statsmodels() -> None:
    months = sm.elnino.load_pandas().data.drop(columns="YEAR").to_numpy().ravel()
    ours = import_module("dlx.dataset.elnino").ElNino().load(0)
    np.testing.assert_allclose(ours.values[:, 0], months, rtol=1e-6)
    truth = sm.macrodata.load_pandas().data.drop(columns=["year", "quarter"])
    macro = Macrodata().load(0)
    assert list(macro.names) == list(truth.columns)
    np.testing.assert_allclose(macro.values, truth.to_numpy(), rtol=1e-6)


def test_gaps_of_co2_are_filled_from_the_past_alone() -> None:
    truth = sm.co2.load_pandas().data["co2"]
    assert truth.isna().sum() == 59
    np.testing.assert_allclose(CO2().load(0).values[:, 0], truth.ffill().to_numpy(), rtol=1e-6)


def test_tiles_make_up_the_photographs() -> None:
    china = sk.load_sample_image("china.jpg") / 255
    table = SampleImages(crop=32, color="rgb").load(0)
    assert table.inputs.shape == (2 * 13 * 20, 3, 32, 32)
    np.testing.assert_allclose(table.inputs[21].transpose(1, 2, 0), china[32:64, 32:64], atol=1e-6)
    assert table.targets.tolist() == [0] * 260 + [1] * 260
    gray = SampleImages(crop=100, color="gray").load(0)
    np.testing.assert_allclose(gray.inputs[0, 0], china[:100, :100] @ [0.299, 0.587, 0.114], atol=1e-5)
    with pytest.raises(ValueError, match="crop: expected at most 213 pixels"):
        SampleImages(crop=300, color="rgb")
