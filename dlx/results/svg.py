"""Drawings in SVG for a page: only what matplotlib draws with is kept, so that a foreign file brings no script.

A drawing is read as XML and written anew from known elements and attributes, since a browser reads the same text by
other rules than a parser of XML.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from dlx.results.escape import html

SVG, LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ELEMENTS = ("svg", "g", "defs", "path", "use", "clipPath", "rect", "text", "tspan", "image", "style")
ATTRIBUTES = (
    "id", "role", "width", "height", "viewBox", "version", "d", "x", "y", "transform", "style", "clip-path", "dx", "dy",
    "preserveAspectRatio", "opacity", "fill", "stroke",
)  # fmt: skip
# Properties of a style that only draw: none of them moves an element or loads a file.
PROPERTIES = re.compile(
    r"(fill|stroke|stop|font|text|marker|clip|color|opacity|line-height|white-space|image-rendering|display|"
    r"dominant-baseline|shape-rendering|mix-blend-mode)[a-z-]*"
)
LOADS = re.compile(r"url\((?!#[\w.-]+\))|@|\\|expression|javascript:", re.IGNORECASE)
PICTURE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]*")
STYLE = "*{stroke-linejoin: round; stroke-linecap: butt}"  # the style sheet of matplotlib
LARGEST = 64 * 2**20


def clean(drawing: str) -> str | None:
    """Return an SVG drawing with nothing in it but shapes, texts and images, or None if it is no SVG."""
    if len(drawing) > LARGEST or "<!DOCTYPE" in drawing or "<!ENTITY" in drawing:
        return None
    try:
        root = ElementTree.fromstring(drawing)  # noqa: S314  (it has no entities)
        return written(root, 'role="img"') if root.tag == f"{{{SVG}}}svg" else None
    except (ElementTree.ParseError, RecursionError, ValueError):
        return None


def written(element: ElementTree.Element, first: str = "") -> str:
    """Return an element and those in it as text; "" for one that is not known."""
    name = element.tag.removeprefix(f"{{{SVG}}}") if isinstance(element.tag, str) else ""
    if name not in ELEMENTS or (name == "style" and (element.text or "").strip() != STYLE):
        return ""
    given = [first] if first else []
    given += [f'{key}="{html(value)}"' for key, value in map(known, element.items()) if key]
    inner = html(element.text or "")
    inner += "".join(written(child) + html(child.tail or "") for child in element)
    return f"<{' '.join([name, *given])}>{inner}</{name}>" if inner else f"<{' '.join([name, *given])}/>"


def known(pair: tuple[str, str]) -> tuple[str, str]:
    """Return an attribute and its value, or ("", "") for one that draws nothing or leads out of the drawing."""
    key, value = pair
    if key in (f"{{{LINK}}}href", "href"):
        return ("href", value) if re.fullmatch(r"#[\w.:-]+", value) or PICTURE.fullmatch(value) else ("", "")
    if key not in ATTRIBUTES or key == "role" or LOADS.search(value):
        return "", ""
    if key == "style":
        parts = [part.split(":", 1) for part in value.split(";") if ":" in part]
        return key, ";".join(f"{p}:{v}" for p, v in parts if PROPERTIES.fullmatch(p.strip()))
    return key, value


def drawings(folder: Path) -> tuple[list[str], list[str]]:
    """Return the drawings `plot*.svg` of a folder for a page, and the names of the files that are none."""
    found, broken = [], []
    for path in sorted(folder.glob("plot*.svg")):
        try:
            drawing = clean(path.read_text(encoding="utf-8")) if path.is_file() else None
        except (OSError, UnicodeDecodeError):
            drawing = None
        if drawing is None:
            broken.append(path.name)
        else:
            found.append(drawing)
    return found, broken
