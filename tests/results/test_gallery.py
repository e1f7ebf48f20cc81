"""Pages of pictures: what is written, and that text is escaped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.image import imread

from dlx.contracts import Picture, captioned
from dlx.results.gallery import Chapter, write_gallery
from dlx.results.panels import Panel, panels


def test_an_image_and_a_figure_on_a_page(tmp_path: Path) -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    image[1, 2] = 255, 128, 0
    pictures = {
        "test/a<b": Picture(image, "x < y & z", "A caption with <b>.", None, ()),
        "figure": Picture(panels([[Panel(np.eye(3), "one")]]), "A figure", "Its caption."),
    }
    path = write_gallery(tmp_path, "Title <1>", {"Run": "a&b"}, [Chapter("Part", pictures)], {"cam": "needs <maps>"})
    page = path.read_text()
    for text in ("Title &lt;1&gt;", "x &lt; y &amp; z", "A caption with &lt;b&gt;.", "needs &lt;maps&gt;", "a&amp;b"):
        assert text in page
    assert "<b>" not in page
    assert (imread(tmp_path / "test_a_b.png")[..., :3] * 255).round().astype(np.uint8).tolist() == image.tolist()
    assert "<svg" in page
    assert (tmp_path / "figure.png").is_file()
    assert not list(tmp_path.glob("*.svg"))


def test_captions_by_the_last_segment() -> None:
    found = captioned({"test/confusion": 1, "test/a_b": 2}, {"confusion": ("Title", "Caption.")})
    assert found["test/confusion"] == Picture(1, "Title", "Caption.")
    assert found["test/a_b"].title == "A b"
