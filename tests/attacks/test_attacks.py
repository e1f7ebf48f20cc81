"""The corpus of attacks: none executes foreign code, touches a file outside, or lets a secret out."""

from __future__ import annotations

import contextlib
import importlib
import pickle
import pkgutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import tests.attacks as corpus
from dlx.cli.main import main
from tests.attacks import payloads
from tests.attacks.attack import SECRET, TOKEN, Attack, Place, lay, state, traces

DOORS = [module.name for module in pkgutil.iter_modules(corpus.__path__) if not module.name.startswith("test_")]
ATTACKS: list[Attack] = [
    attack for door in DOORS for attack in vars(importlib.import_module(f"{corpus.__name__}.{door}")).get("ATTACKS", ())
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Stand in an empty folder that is on the module path, so that an import of what lies there would succeed."""
    found = Place(tmp_path)
    monkeypatch.setattr(sys, "path", [str(found.here), *sys.path])
    monkeypatch.setenv(SECRET, TOKEN)
    monkeypatch.setenv("DLX_ADMIT", "")
    yield found
    sys.modules.pop(payloads.MODULE, None)


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_nothing_foreign_is_executed(
    attack: Attack, place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    lay(attack, place)
    for name, value in attack.env.items():
        monkeypatch.setenv(name, place.fill(value))
    before = state(place.outside)
    monkeypatch.chdir(place.here)
    code = main([place.fill(word) for word in attack.words])
    captured = capfd.readouterr()
    printed = captured.out + captured.err
    assert traces(place, before, printed) == []
    assert code == attack.code, printed
    assert place.fill(attack.says) in printed
    assert "a bug in dlx" not in printed
    assert "Traceback" not in printed


def test_each_attack_has_a_name_of_its_own() -> None:
    assert [name for name, times in Counter(attack.name for attack in ATTACKS).items() if times > 1] == []


@pytest.mark.parametrize("payload", ["module", "pickle", "torch", "yaml"])
def test_a_payload_betrays_itself_where_it_is_executed(payload: str, place: Place) -> None:
    """The corpus proves something only if its payloads work: each is let in here."""
    lay(Attack("", ()), place)
    before = state(place.outside)
    if payload == "module":
        sys.path.insert(0, str(place.here))
        importlib.import_module(payloads.MODULE)
    elif payload == "pickle":
        pickle.loads(payloads.pickled(place.marker))
    elif payload == "torch":
        import torch

        place.write("bomb.ckpt", payloads.torch_file(place.marker))
        torch.load(place.here / "bomb.ckpt", weights_only=False)
    else:
        with contextlib.suppress(yaml.YAMLError):
            yaml.load(place.fill(payloads.YAML_TAG), yaml.UnsafeLoader)
    assert "foreign code was executed" in traces(place, before, "")[0]


def test_a_trace_outside_and_a_secret_are_seen(place: Place) -> None:
    lay(Attack("", ()), place)
    before = state(place.outside)
    (place.outside / "file").write_text("changed")
    place.write("leak.json", f'"{TOKEN}"')
    assert traces(place, before, TOKEN) == [
        "a file outside the folder was touched",
        "a secret was printed",
        "a secret stands in leak.json",
    ]
