"""Style transfer, against the equations of Gatys et al. (2016) by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Picture
from torch.func import grad, vmap

from dlx.assembly.assemble import assemble
from dlx.contracts import Batch
from dlx.dataset._photographs import photograph
from dlx.dataset.style_pair import StylePair
from dlx.errors import ConfigError
from dlx.model.image import Image
from dlx.nn.texture import RandomFeatures, gram
from dlx.objective.style import Style
from dlx.run.run import run
from dlx.spec import DataSpec
from dlx.step.functional import Functional

Config = Callable[..., dict[str, Any]]
NOTHING = DataSpec("none", (0,), "none", 0)
KEYS = {
    "content_weight": 1.0, "style_weight": 10.0, "content_layer": 2, "layers": 3, "width": 4, "network_seed": 0,
    "scale": 1.0,
}  # fmt: skip
EMPTY = Batch(torch.zeros(1, 0), None)


def truth(size: int = 8) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {name: random.random((3, size, size), dtype=np.float32) for name in ("content", "style")}


def style(**keys: Any) -> Style:
    return Style(NOTHING, truth(), **{**KEYS, **keys})


def test_the_gram_matrix_by_hand() -> None:
    features = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    by_hand = torch.zeros(2, 3, 3)
    for i in range(3):
        for j in range(3):
            by_hand[:, i, j] = (features[:, i] * features[:, j]).mean((1, 2))
    torch.testing.assert_close(gram(features), by_hand)


def test_features_are_convolutions_that_halve_the_map() -> None:
    features = RandomFeatures(3, 4, 3, seed=5)
    found = features(torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert [tuple(x.shape) for x in found] == [(2, 4, 8, 8), (2, 8, 4, 4), (2, 16, 2, 2)]
    assert all((x >= 0).all() for x in found)
    image = torch.full((1, 3, 8, 8), 0.75)  # brought to 1: each output is a sum of weights
    wanted = features.weights[0].sum((1, 2, 3)).relu()
    torch.testing.assert_close(features(image)[0][0, :, 3, 3], wanted)
    assert not torch.equal(RandomFeatures(3, 4, 3, seed=6).weights[0], features.weights[0])


def test_the_losses_are_those_of_the_paper() -> None:
    objective, images = style(), truth()
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    content, made = objective.losses(image)
    features, of_content, of_style = (
        objective.features(x) for x in (image, *(torch.from_numpy(images[name])[None] for name in ("content", "style")))
    )
    difference = features[1] - of_content[1]
    assert content.item() == pytest.approx((difference**2).sum().item() / 2 / difference.numel(), rel=1e-5)  # eq. 1
    total = 0.0
    for ours, theirs in zip(features, of_style, strict=True):
        n, m = ours.shape[1], ours.shape[2] * ours.shape[3]
        g, a = (x[0].flatten(1) @ x[0].flatten(1).T for x in (ours, theirs))
        total += ((g - a) ** 2).sum().item() / (4 * n**2 * m**2)  # eq. 4, in which G is a sum over positions
    assert made.item() == pytest.approx(total, rel=1e-4)
    assert objective.quick(image, EMPTY)["loss"].item() == pytest.approx(content.item() + 10 * total, rel=1e-4)
    assert style(scale=2.0, style_weight=0.0).quick(image, EMPTY)["loss"].item() == pytest.approx(2 * content.item())


def test_the_content_image_has_its_content_and_the_style_image_its_style() -> None:
    objective = style()
    assert objective.losses(objective.content)[0] == 0
    assert objective.losses(objective.style)[1] == 0
    assert objective.losses(objective.content)[1] > 0.01


def test_style_knows_no_places() -> None:
    """Around its borders a shifted image has the same Gram matrices, and another content."""
    objective = style()
    content, moved = objective.losses(objective.style.roll((4, 4), (2, 3)))
    assert moved.item() == pytest.approx(0, abs=1e-9)
    assert content > 0.01
    turned = objective.losses(objective.style.flip(3))[1]
    assert turned > 1e-4


def test_many_images_at_once_have_the_gradient_of_each() -> None:
    objective = style()
    network = Image(objective.spec, level=0.5, spread=0.1)

    def loss(tensors: dict[str, torch.Tensor]) -> torch.Tensor:
        return objective.plain_loss(Functional(network, tensors), EMPTY, torch.Generator())

    members = {"pixels": torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))}
    together = vmap(grad(loss))(members)["pixels"]
    for member in range(2):
        torch.testing.assert_close(together[member], grad(loss)({"pixels": members["pixels"][member]})["pixels"])


def test_crops_are_means_of_the_photograph() -> None:
    table = StylePair(content="china", style="flower", size=50, reduction=8, steps=3).load(4)
    random = np.random.default_rng(4)
    top, left = random.integers(0, [427 - 400 + 1, 640 - 400 + 1])
    block = photograph("china")[top + 16 : top + 24, left + 40 : left + 48]
    np.testing.assert_allclose(table.truth["content"][:, 2, 5], block.mean((0, 1)), rtol=1e-5)
    assert table.truth["style"].shape == (3, 50, 50)
    assert table.parts == (3, 1, 1)
    assert table.inputs.shape == (5, 0)
    other = StylePair(content="china", style="flower", size=50, reduction=8, steps=3).load(5)
    assert other.hash != table.hash  # of the images, as the examples are empty


def test_a_run_changes_the_image_and_draws_it(config: Config, tmp_path: Path) -> None:
    Picture.fromarray((photograph("flower")[:40, :40] * 255).astype(np.uint8)).save(tmp_path / "mine.png")
    composed = config(
        "model=image", f"dataset.style={tmp_path}/mine.png", "dataset.content=flower", "dataset.size=8",
        "trainer.max_epochs=3", "trainer.accelerator=cpu", "optimizer.lr=0.05",
    )  # fmt: skip
    summary = run(composed, tmp_path / "run", raises=True)
    found, naive = summary["metrics"], summary["baseline"]
    assert summary["steps"] == 30
    assert found["test/style_loss"] < naive["test/style_loss"]
    assert naive["test/content_loss"] == 0
    assert naive["test/content_correlation"] == pytest.approx(1)
    arrays = np.load(tmp_path / "run" / "predictions.npz")
    objective = assemble(composed).objective
    assert objective.figures(arrays, assemble(composed).data)["test/style_transfer"].shape == (30, 10, 3)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("objective=style", r"style needs a content and a style image; .* try model=image"),
        ("model=image dataset.content=nowhere.png", "dataset.content: expected china, flower or the path of an image"),
        ("model=image dataset.size=200", r"dataset.size: 200 x reduction 4 pixels are more than the 427 of content"),
        ("model=image dataset.size=10", "objective.layers: the side of 10 pixels is halved 2 times"),
        ("model=image objective.content_layer=4", "objective.content_layer: expected at most the 3 layers, got 4"),
        ("model=image dataset=none", "model=image gives one for every place of a map"),
        ("model=point dataset=style_pair", "model=point gives one for an example"),
    ],
)
def test_bad_input(words: str, message: str, config: Config) -> None:
    with pytest.raises(ConfigError, match=message):
        assemble(config(*words.split()))


def test_a_file_that_is_no_image(config: Config, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    with pytest.raises(ConfigError, match=r"text.png is no image; expected a file such as PNG or JPEG"):
        assemble(config("model=image", f"dataset.content={tmp_path}/text.png"))
