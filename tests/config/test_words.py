"""The words of the field are read as what dlx calls them; the table names only what exists and hides nothing."""

from __future__ import annotations

import pytest

from dlx.config import catalog
from dlx.config.overrides import parse
from dlx.config.words import folded, likes, meanings, paths_of, suggested, table, understand
from dlx.errors import ConfigError

READ = {
    "model=fcn": ["model=mlp"],
    "model=Fully-Connected,LSTM": ["model=mlp,lstm"],
    "dataset=xor": ["dataset=logic"],
    "dataset=and": ["dataset=logic", "dataset.gate=and"],
    "optimizer=gradient_descent": ["optimizer=gd"],
    "normalization=batchnorm": ["normalization=batch"],
    "norm_layer=BatchNorm": ["normalization=batch"],
    "regularizer=[L2,드롭아웃]": ["regularizer=[l2,dropout]"],
    "epochs=5": ["trainer.max_epochs=5"],
    "trainer.epochs=5": ["trainer.max_epochs=5"],
    "hidden_size=8,16": ["model.width=8,16"],
    "++model.hidden_size=8": ["++model.width=8"],
    "regularizer.l2.lambda=1": ["regularizer.l2.strength=1"],
    "dropout=0.5": ["regularizer.dropout.p=0.5"],
    "학습률=range(1,3)": ["optimizer.lr=range(1,3)"],
    "옵티마이저=아담": ["optimizer=adam"],
    "모델.층수=3": ["model.depth=3"],
}
# What is left as it is: names of dlx, names of no one, Hydra's own, parts of a network, interpolations, the user's own.
LEFT = (
    "model=mlp",
    "model=mpl",
    "model.depht=3",
    "hydra.run.dir=fcn",
    "discriminator.optimizer=gradient_descent",
    "model=${oc.env:fcn}",
    "streams.epochs=1",
    "model==mlp",
    "~optimizer",
    "=3",
    "model=",
    "optimizer=",
)


@pytest.mark.parametrize(("typed", "meant"), READ.items())
def test_a_word_of_the_field_is_read_as_what_dlx_calls_it(typed: str, meant: list[str]) -> None:
    found, note = understand(typed)
    assert found == meant
    assert note == f"{typed} is read as {' '.join(meant)}"
    again, none = understand(found[0])
    assert (again, none) == ([found[0]], "")


@pytest.mark.parametrize("typed", LEFT)
def test_anything_else_is_left_as_it_is(typed: str) -> None:
    assert understand(typed) == ([typed], "")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("weight_decay=1", "may mean regularizer.weight_decay.strength or optimizer.weight_decay"),
        ("lambda=1", "may mean regularizer.l2.strength or regularizer.l1.strength"),
        ("dataset=EMNIST", "no such dataset; dataset=mnist and dataset=fashion_mnist are of the same kind"),
        ("dataset=and,or", "dataset=and: is dataset=logic dataset.gate=and; sweep over the second key"),
    ],
)
def test_a_word_of_several_meanings_or_of_what_is_not_there_is_refused(typed: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        understand(typed)
    assert said in str(error.value)


def test_every_meaning_exists() -> None:
    groups, keys = catalog.groups(), {key.path for key in catalog.run_keys()}
    known = keys.union(*(paths_of(group) for group in groups))
    for meant in table():
        first, *others = meant.split()
        group, equals, option = first.partition("=")
        assert option in catalog.option_files(group) if equals else meant in {*groups, *known}, meant
        assert all(other.partition("=")[0] in known for other in others), meant
    assert {like.group for like in likes()} <= set(groups)


def test_no_word_of_an_option_is_the_name_of_another_one() -> None:
    for meant, words in table().items():
        group, equals, option = meant.split()[0].partition("=")
        own = {folded(name) for name in catalog.option_files(group)} - {folded(option)} if equals else set()
        assert not own & set(map(folded, words)), meant


def test_case_and_separators_do_not_count() -> None:
    assert meanings("Batch-Norm") == meanings("batchnorm") == ["normalization=batch"]
    assert meanings("배치정규화") == meanings("배치 정규화") == ["normalization=batch"]
    assert meanings("lasagna") == suggested("lasagna") == []
    assert suggested("leaky-relu") == ["activation=leaky_relu"]


def test_an_unknown_key_that_is_not_ascii_is_refused_with_the_words_that_contain_it() -> None:
    with pytest.raises(ConfigError, match=r"'배치': no such group or key; did you mean .*normalization=batch"):
        parse("배치=3")
    with pytest.raises(ConfigError, match="'김치': no such group or key; dlx axes"):
        parse("김치=3")
