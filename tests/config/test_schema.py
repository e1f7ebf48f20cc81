"""Signatures read by ast agree with those that Python sees; nothing is undescribed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from dlx.config import catalog, gate, kinds, schema
from dlx.spec import Fraction, Kind, Positive

OPTIONS = [(group, name) for group in catalog.groups() if group != "experiment" for name in catalog.option_files(group)]
COMMON = [target for targets in catalog.IN_COMMON.values() for target in targets] + [catalog.RUN]


def of_python(option: catalog.Option) -> dict[str, str]:
    """Return the description of each key of an option, from the imported classes."""
    found = {}
    for path, node in catalog.parts(option):
        if node["_target_"] != "auto":
            annotations = kinds.keys(gate.find(node["_target_"], option.group, path))
            found |= {f"{path}.{name}": kinds.describe(kind) for name, kind in annotations.items()}
    return found


@pytest.mark.parametrize(("group", "name"), OPTIONS, ids=map("=".join, OPTIONS))
def test_ast_and_python_agree_on_every_key(group: str, name: str) -> None:
    option = catalog.read(group, name)
    keys = {key.path: key for key in catalog.keys(option)}
    for path, description in of_python(option).items():
        if path in keys or not str(option.node.get("_target_", "")).startswith("torch."):
            assert keys[path].kind == description
    for key in keys.values():
        assert key.kind != "any" or option.node["_target_"] == "auto", f"{key.path} has no annotation"
        assert key.meaning, f"{key.path} has no line under Args: and no comment in {option.file}"


@pytest.mark.parametrize("target", COMMON)
def test_ast_and_python_agree_on_common_keys(target: str) -> None:
    module, _, name = target.rpartition(".")
    found = kinds.keys(getattr(__import__(module, fromlist=[name]), name))
    source = schema.read_class(target)
    assert source is not None
    assert {item.name: item.kind for item in source.parameters} == {k: kinds.describe(v) for k, v in found.items()}


@pytest.mark.parametrize(("group", "name"), OPTIONS, ids=map("=".join, OPTIONS))
def test_every_option_says_in_a_line_what_it_is(group: str, name: str) -> None:
    first = catalog.option_files(group)[name].read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert catalog.meaning(catalog.option_files(group)[name]) == first[2:]


Angle = Annotated[float, Kind("Angle", low=0, high=180)]
KINDS: list[tuple[str, Any]] = [
    ("int | None", int | None),
    ("Annotated[int, Positive] | None", Annotated[int, Positive] | None),
    ("Annotated[list[float], Fraction]", Annotated[list[float], Fraction]),
    ("Literal['a', 'b']", Literal["a", "b"]),
    ("Literal[1, 2] | None", Literal[1, 2] | None),
    ("list[Literal['a', 'b']]", list[Literal["a", "b"]]),
    ("Literal['auto'] | Annotated[float, Positive]", Literal["auto"] | Annotated[float, Positive]),
    ("int | list[int]", int | list[int]),
    ("Any", Any),
    ("dict[str, Any]", dict[str, Any]),
    ("Angle", Angle),
]


@pytest.mark.parametrize(("text", "annotation"), KINDS, ids=[text for text, _ in KINDS])
def test_one_wording_from_both_sides(text: str, annotation: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        'Angle = Annotated[float, Kind("Angle", low=0, high=180)]\n'
        f"class Mine:\n    def __init__(self, *, key: {text}): pass\n"
    )
    source = schema.read_class("mine.Mine")
    assert source is not None
    assert source.parameters[0].kind == kinds.describe(annotation)


def test_keys_are_inherited(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(
        'class Base:\n    """B.\n\n    Args:\n        width: how wide.\n    """\n'
        "    accepts = ('vector',)\n    def __init__(self, spec, *, width: int = 3): pass\n"
    )
    (tmp_path / "derived.py").write_text("from base import Base\nclass Derived(Base):\n    pass\n")
    source = schema.read_class("derived.Derived")
    assert source is not None
    assert source.file == tmp_path / "derived.py"
    assert source.parameters == (schema.Parameter("width", "int", "how wide."),)
    assert schema.neutral_values("derived.Derived") == {"width": 3}
    assert schema.constant("derived.Derived", "accepts") == ("vector",)


def test_no_source_no_class(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from pathlib import Path\nnumber = 3\n")
    for target in ("torch.optim.Adam", "mine.Path", "mine.number", "mine.Missing", "nowhere.Thing", "Thing", ""):
        assert schema.read_class(target) is None
