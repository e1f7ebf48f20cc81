"""The look at the built site in Chromium: what a reader would see wrong is found, and a right page is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.site.chromium import browser, program
from docs.site.look import seen

CHROMIUM = program()
STYLE = "svg { font-size: 10px } body { margin: 0; background: #fff; color: #222 } .scroll { overflow-x: auto }"
RIGHT = """<p>words</p><div class="scroll"><div style="width: 900px">a wide table</div></div>
<svg width="100" height="20"><text y="12">in</text></svg>
<svg width="100" height="20"><rect width="100" height="20" fill="#123"/><text y="12" fill="#fff">on it</text></svg>"""
WRONG = {
    '<div style="width: 900px">wide</div>': "ends right of the window: <div> wide",
    '<p style="color: #aaa">pale</p>': "contrast 2.3 of <p> pale",
    '<img src="lost.png" alt="lost" width="20">': "not loaded: ",
    '<svg width="100" height="20"><text x="90" y="12">outside</text></svg>': "outside its drawing: <text> outside",
    '<svg width="9" height="20"><rect width="9" height="20" fill="#eee"/><text y="12" fill="#fff">a</text></svg>': (
        "contrast 1.2 of <text> a"
    ),
    "<script>console.log('said')</script>": "console: ",
}


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: the look at the site was not tried")
def test_what_is_wrong_is_seen(tmp_path: Path) -> None:
    assert CHROMIUM is not None
    page = tmp_path / "one.html"
    with browser(CHROMIUM) as own:
        for body in ("", *WRONG):
            words = f"<!doctype html><style>{STYLE}</style><body><article>{RIGHT}{body}</article>"
            page.write_text(words, encoding="utf-8")
            found = [fault for _, fault in seen(own, [page])]
            if body:
                assert any(WRONG[body] in fault for fault in found), (body, found)
            else:
                assert found == []
