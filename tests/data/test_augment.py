"""Augmentations reach the training batches, in whatever form the model reads them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Generator

from dlx.assembly.assemble import assemble
from dlx.augmentation.affine import Affine
from dlx.augmentation.flip import Flip
from dlx.augmentation.rotation import Rotation
from dlx.augmentation.translation import Translation
from dlx.config.checked import check_config
from dlx.config.hydra.composer import list_choices
from dlx.config.identity import canonical, identity
from dlx.contracts import Batch
from dlx.data.adapt import adapt, as_images, reshape
from dlx.data.augment import Augmenter, changed
from dlx.data.prepared import Images
from dlx.data.warp import sample, sample_mask
from dlx.errors import ConfigError
from dlx.results.summary import flatten
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]
QUICK = ("trainer.max_epochs=1", "trainer.accelerator=cpu")


@pytest.mark.parametrize("kind", ["vector", "sequence"])
def test_images_come_back_from_every_form(kind: str) -> None:
    images = torch.rand(5, 3, 4, 6)
    assert torch.equal(as_images(reshape(images, kind), (3, 4, 6)), images)


@pytest.mark.parametrize("model", ["mlp", "lstm", "cnn"])
def test_every_form_of_input_is_augmented_alike(config: Config, model: str) -> None:
    assembly = assemble(config(f"model={model}", "dataset=digits", "augmentation=rotation"))
    (augmenter,) = assembly.examples.augmenters
    clean = assembly.data.train
    changed = assembly.step().change_batch(clean.batch(), Generator().manual_seed(0)).inputs
    plain, _ = adapt(assemble(config("model=cnn", "dataset=digits")).data, ("image",), "cnn")
    draws = Generator().manual_seed(0)
    images = plain.train.inputs - augmenter.images.black
    truth = sample(images, augmenter.augmentation.grid(images, draws))
    torch.testing.assert_close(as_images(changed, (1, 8, 8)), truth + augmenter.images.black)


def test_what_comes_in_is_black_as_standardized(config: Config) -> None:
    assembly = assemble(config("augmentation=translation", "augmentation.translation.pixels=7"))
    (augmenter,) = assembly.examples.augmenters
    black = augmenter.images.black.item()
    assert black != 0
    changed = augmenter.change_batch(assembly.data.train.batch(), Generator().manual_seed(0)).inputs
    pushed_out = (changed.std(1) < 1e-6).nonzero()[:, 0]  # nothing of the image is left
    assert len(pushed_out) > 0
    torch.testing.assert_close(changed[pushed_out], torch.full_like(changed[pushed_out], black))


def test_a_flip_leaves_every_pixel_as_it_is(config: Config) -> None:
    assembly = assemble(config("augmentation=flip"))
    (augmenter,) = assembly.examples.augmenters
    clean = assembly.data.train
    changed = augmenter.change_batch(clean.batch(), Generator().manual_seed(0)).inputs
    assert not torch.equal(changed, clean.inputs)
    assert torch.equal(changed.sort(1).values, clean.inputs.sort(1).values)


def test_no_augmentation_costs_nothing(config: Config) -> None:
    assembly = assemble(config())
    assert assembly.examples.augmenters == ()
    assert assembly.step().having("change_batch") == []
    assert assembly.examples.train is assembly.data.train


def test_a_fixed_set_is_drawn_once_and_joins_the_originals(config: Config) -> None:
    words = ("augmentation=flip", "augmentation.fresh=false", "augmentation.copies=2", "dataset.limit=100")
    assembly = assemble(config(*words))
    clean, train = assembly.data.train, assembly.examples.train
    assert len(train) == 300
    assert len(clean) == 100
    assert assembly.examples.augmenters == ()
    assert torch.equal(train.inputs[:100], clean.inputs)
    for copy in (train.inputs[100:200], train.inputs[200:]):
        mirrored = as_images(clean.inputs, (1, 8, 8)).flip(3).flatten(1)
        same, turned = (torch.isclose(copy, truth, atol=1e-6).all(1) for truth in (clean.inputs, mirrored))
        assert (same | turned).all()
        assert 20 < (turned & ~same).sum() < 80
    assert torch.equal(train.targets, clean.targets.repeat(3))
    assert assembly.recipe.steps == 5  # 300 examples in batches of 64
    assert torch.equal(assemble(config(*words)).examples.train.inputs, train.inputs)


def test_augmentation_changes_training_and_not_what_is_reported_of_it(config: Config, tmp_path: Path) -> None:
    words = ("trainer.max_epochs=2", "trainer.accelerator=cpu", "dataset.limit=200", "dataset.test_transforms=[flip]")
    plain = run(config(*words), tmp_path / "plain", raises=True)
    turned = run(config(*words, "augmentation=rotation"), tmp_path / "turned", raises=True)
    again = run(config(*words, "augmentation=rotation"), tmp_path / "again", raises=True)
    assert turned["identity"] != plain["identity"]
    assert turned["metrics"]["train/loss"] != plain["metrics"]["train/loss"]
    for name, value in turned["metrics"].items():
        assert again["metrics"][name] == value, name


def test_one_network_is_evaluated_under_many_transforms(config: Config, tmp_path: Path) -> None:
    names = ["rotation_15", "translation_2", "scale_0.7", "shear_30", "flip", "noise_0.3"]
    summary = run(config(f"dataset.test_transforms=[{','.join(names)}]", *QUICK), tmp_path / "run", raises=True)
    found = summary["metrics"]
    assert found["test/translation_2/accuracy"] < found["test/accuracy"] - 0.2
    for name in names:
        assert 0 < found[f"test/{name}/accuracy"] <= 1
        assert f"test/{name}/loss" in found
    without = run(config("trainer.test=false", "dataset.test_transforms=[flip]", *QUICK), tmp_path / "no", raises=True)
    assert not any(name.startswith("test/") for name in without["metrics"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["dataset=iris"], "augmentation=rotation: needs images; the dataset gives vectors of 4"),
        (["dataset=sunspots", "model=lstm"], "augmentation=rotation: needs images; the dataset gives series"),
        (["dataset.test_transforms=[rotate_15]"], r"dataset.test_transforms: .*did you mean 'rotation_15'"),
        (["augmentation=color"], "color needs images of several channels"),
        (["augmentation=cutout", "augmentation.cutout.size=16"], "size: expected less than twice"),
        (["augmentation.rotation.degrees=0"], r"augmentation.rotation.degrees: expected float > 0, got 0"),
    ],
)
def test_mistakes(config: Config, words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config("augmentation=rotation", *words))


@pytest.mark.parametrize(
    "augmentation",
    [
        Flip(horizontal=True, vertical=True),
        Translation((1, 7, 9), pixels=2),
        Rotation(degrees=40.0),
        Affine(degrees=20.0, factor=0.7, shear=20.0, pixels=1.5),
    ],
)
def test_masks_move_with_their_images(augmentation: Any) -> None:
    """Where the image holds the class numbers themselves, the mask is the image's nearest pixel."""
    mask = torch.zeros(60, 7, 9, dtype=torch.long)
    mask[:, 2:5, 3:8] = 1
    augmenter = Augmenter(augmentation, Images((1, 7, 9), torch.zeros(1, 1, 1)), "image", "mask")
    batch = Batch(mask[:, None].float(), mask)
    moved = augmenter.change_batch(batch, Generator().manual_seed(0))
    assert moved.targets.dtype == torch.long
    assert not torch.equal(moved.targets, mask)
    # Bilinear values above one half come from a nearest pixel of the object, but for ties and corners.
    apart = (moved.inputs[:, 0] > 0.5) != (moved.targets > 0)
    assert apart.float().mean() < 0.03
    exact = isinstance(augmentation, Flip | Translation)
    assert not exact or torch.equal(moved.inputs[:, 0].long(), moved.targets)


def test_other_targets_stay(config: Config) -> None:
    assembly = assemble(config("augmentation=flip"))
    (augmenter,) = assembly.examples.augmenters
    batch = assembly.data.train.batch()
    assert augmenter.change_batch(batch, Generator().manual_seed(0)).targets is batch.targets


def test_several_are_applied_in_the_order_given_to_images_and_masks(config: Config) -> None:
    """A flip of a shifted image is not the shift of a flipped one; the identity tells the two apart."""
    words = ("model=cnn", "augmentation.translation.pixels=3")
    images = torch.rand(40, 1, 8, 8)
    first, second = (config(f"augmentation=[{order}]", *words) for order in ("flip,translation", "translation,flip"))
    assert identity(first) != identity(second)
    assert list_choices(first)["augmentation"] == ["flip", "translation"]
    for composed, names in ((first, [Flip, Translation]), (second, [Translation, Flip])):
        changes = assemble(composed).examples.augmenters
        assert [type(change.augmentation) for change in changes] == names
        mask = (images[:, 0] > 0.5).long()
        batch, draws = Batch(images, mask), Generator().manual_seed(0)
        truth, true_mask = images, mask
        for change in changes:  # by hand, from the same draws
            grid = change.augmentation.grid(truth, draws)
            truth, true_mask = sample(truth, grid), sample_mask(true_mask, grid)
        plain = [replace(change, target="mask", images=Images((1, 8, 8), torch.zeros(1, 1, 1))) for change in changes]
        moved = changed(batch, plain, Generator().manual_seed(0))
        assert torch.equal(moved.inputs, truth)
        assert torch.equal(moved.targets, true_mask)


def test_a_fixed_set_takes_all_augmentations(config: Config) -> None:
    words = ("augmentation=[noise,translation]", "augmentation.fresh=false", "dataset.limit=50")
    train = assemble(config(*words)).examples.train
    one = assemble(config("augmentation=noise", *words[1:])).examples.train
    assert len(train) == len(one) == 100
    assert not torch.equal(train.inputs[50:], one.inputs[50:])


def test_identities_of_one_and_of_none_are_those_of_earlier_versions(config: Config) -> None:
    """As recorded before several could be chosen; the old form of a recorded configuration is still read."""
    composed = config("augmentation=rotation", "augmentation.rotation.degrees=45", "augmentation.fresh=false")
    old = {"_target_": "dlx.augmentation.rotation.Rotation", "degrees": 45, "fresh": False, "copies": 1}
    assert canonical(composed)["augmentation"] == old
    assert identity({**composed, "augmentation": old}) == identity(composed)
    none = {"_target_": "dlx.augmentation.none.NoAugmentation"}
    for words in ((), ("augmentation=none",), ("augmentation=[]",), ("augmentation.fresh=false",)):
        assert canonical(config(*words))["augmentation"] == none
    read, empty = (check_config({**composed, "augmentation": node}) for node in (old, none))
    assert read.augmentation["rotation"].keys == {"degrees": 45}
    assert not read.all_augmentations.fresh
    assert empty.augmentation == {}


def test_a_list_keeps_its_members_and_their_order_in_summaries(config: Config) -> None:
    flat = flatten(canonical(config("augmentation=[scale,noise]", "augmentation.noise.sd=0.5")))
    assert flat["augmentation"] == "scale+noise"
    assert flat["augmentation.noise.sd"] == 0.5
    assert flat["augmentation.scale"] == "scale"
