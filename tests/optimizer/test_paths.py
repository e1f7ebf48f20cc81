"""The path of every optimizer on a quadratic, against the update rules written out in numpy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dlx.assembly.assemble import assemble
from dlx.config import gate
from dlx.errors import ConfigError
from dlx.run.run import run

Config = Callable[..., dict[str, Any]]
A = np.array([[3.0, 0.5], [0.5, 1.0]])  # f(w) = w'Aw/2, gradient Aw
START = np.array([1.0, -2.0])
STEPS = 25


def made(config: Config, *overrides: str, params: list[torch.Tensor]) -> torch.optim.Optimizer:
    return gate.choice(config(*overrides)["optimizer"], "optimizer").make(params)


def path(config: Config, *overrides: str) -> np.ndarray:
    w = torch.nn.Parameter(torch.tensor(START))
    optimizer = made(config, *overrides, params=[w])
    places = []
    for _ in range(STEPS):
        w.grad = torch.tensor(A) @ w.detach()
        optimizer.step()
        places.append(w.detach().numpy().copy())
    return np.array(places)


def by_hand(rule: Callable[[np.ndarray, np.ndarray, dict, int], np.ndarray]) -> np.ndarray:
    w, state, places = START.copy(), {}, []
    for t in range(1, STEPS + 1):
        w = rule(w, A @ w, state, t)
        places.append(w.copy())
    return np.array(places)


def running(state: dict, name: str, value: np.ndarray, decay: float) -> np.ndarray:
    state[name] = decay * state.get(name, 0) + (1 - decay) * value
    return state[name]


def gd(w, g, s, t):
    return w - 0.1 * g


def momentum(w, g, s, t):
    s["v"] = 0.9 * s.get("v", 0) + g
    return w - 0.1 * s["v"]


def nesterov(w, g, s, t):
    s["v"] = 0.9 * s.get("v", 0) + g
    return w - 0.1 * (g + 0.9 * s["v"])


def adagrad(w, g, s, t):
    s["sum"] = s.get("sum", 0) + g**2
    return w - 0.1 * g / (np.sqrt(s["sum"]) + 1e-10)


def adadelta(w, g, s, t):
    mean = running(s, "g", g**2, 0.9)
    step = np.sqrt(s.get("d", 0) + 1e-6) / np.sqrt(mean + 1e-6) * g
    running(s, "d", step**2, 0.9)
    return w - 0.1 * step


def rmsprop(w, g, s, t):
    return w - 0.1 * g / (np.sqrt(running(s, "v", g**2, 0.99)) + 1e-8)


def moments(g, s, t):
    return running(s, "m", g, 0.9) / (1 - 0.9**t), running(s, "v", g**2, 0.999) / (1 - 0.999**t)


def adam(w, g, s, t):
    m, v = moments(g, s, t)
    return w - 0.1 * m / (np.sqrt(v) + 1e-8)


def adamax(w, g, s, t):
    s["u"] = np.maximum(0.999 * s.get("u", 0), np.abs(g) + 1e-8)
    return w - 0.1 / (1 - 0.9**t) * running(s, "m", g, 0.9) / s["u"]


def nadam(w, g, s, t):
    mu = [0.9 * (1 - 0.5 * 0.96 ** (i * 4e-3)) for i in range(1, t + 2)]
    m, v = running(s, "m", g, 0.9), running(s, "v", g**2, 0.999) / (1 - 0.999**t)
    ahead = mu[t] * m / (1 - np.prod(mu)) + (1 - mu[t - 1]) * g / (1 - np.prod(mu[:t]))
    return w - 0.1 * ahead / (np.sqrt(v) + 1e-8)


def radam(w, g, s, t):
    m, v = moments(g, s, t)
    limit = 2 / (1 - 0.999) - 1
    length = limit - 2 * t * 0.999**t / (1 - 0.999**t)
    if length <= 5:
        return w - 0.1 * m
    r = np.sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length))
    return w - 0.1 * r * m / (np.sqrt(v) + 1e-8)


RULES = {
    "gd": gd,
    "sgd": gd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adam,
    "adamax": adamax,
    "nadam": nadam,
    "radam": radam,
}


@pytest.mark.parametrize("name", RULES)
def test_the_path_is_that_of_the_formula(name: str, config: Config) -> None:
    np.testing.assert_allclose(path(config, f"optimizer={name}", "optimizer.lr=0.1"), by_hand(RULES[name]), rtol=1e-5)


T = torch.optim
TORCHS = [  # the option, and torch's own class with the same keys
    ("gd optimizer.lr=0.1", T.SGD, {"lr": 0.1}),
    ("sgd optimizer.lr=0.1 optimizer.momentum=0.8 optimizer.dampening=0.3", T.SGD, {"momentum": 0.8, "dampening": 0.3}),
    ("sgd optimizer.lr=0.1 optimizer.momentum=0.8 optimizer.nesterov=true", T.SGD, {"momentum": 0.8, "nesterov": True}),
    ("momentum optimizer.lr=0.1 optimizer.momentum=0.7", T.SGD, {"momentum": 0.7}),
    ("momentum optimizer.lr=0.1 optimizer.weight_decay=0.2", T.SGD, {"momentum": 0.9, "weight_decay": 0.2}),
    ("nesterov optimizer.lr=0.1 optimizer.momentum=0.7", T.SGD, {"momentum": 0.7, "nesterov": True}),
    ("adagrad optimizer.lr=0.1 optimizer.lr_decay=0.1", T.Adagrad, {"lr_decay": 0.1}),
    ("adagrad optimizer.lr=0.1 optimizer.initial_accumulator_value=2", T.Adagrad, {"initial_accumulator_value": 2.0}),
    ("adadelta optimizer.lr=0.1 optimizer.rho=0.5", T.Adadelta, {"rho": 0.5}),
    ("rmsprop optimizer.lr=0.1 optimizer.alpha=0.9", T.RMSprop, {"alpha": 0.9}),
    ("rmsprop optimizer.lr=0.1 optimizer.momentum=0.5", T.RMSprop, {"momentum": 0.5}),
    ("rmsprop optimizer.lr=0.1 optimizer.centered=true", T.RMSprop, {"centered": True}),
    ("adam optimizer.lr=0.1 optimizer.betas=[0.5,0.9]", T.Adam, {"betas": (0.5, 0.9)}),
    ("adam optimizer.lr=0.1 optimizer.amsgrad=true optimizer.eps=0.1", T.Adam, {"amsgrad": True, "eps": 0.1}),
    ("adamw optimizer.lr=0.1 optimizer.weight_decay=0.3", T.AdamW, {"weight_decay": 0.3}),
    ("adamax optimizer.lr=0.1 optimizer.betas=[0.5,0.9]", T.Adamax, {"betas": (0.5, 0.9)}),
    ("nadam optimizer.lr=0.1 optimizer.momentum_decay=0.1", T.NAdam, {"momentum_decay": 0.1}),
    (
        "nadam optimizer.lr=0.1 optimizer.weight_decay=0.3 optimizer.decoupled_weight_decay=true",
        T.NAdam,
        {"weight_decay": 0.3, "decoupled_weight_decay": True},
    ),
    ("radam optimizer.lr=0.1 optimizer.betas=[0.5,0.9]", T.RAdam, {"betas": (0.5, 0.9)}),
]


@pytest.mark.parametrize(("words", "cls", "keys"), TORCHS, ids=[words for words, _, _ in TORCHS])
def test_every_key_reaches_torchs_own_optimizer(words: str, cls: type, keys: dict[str, Any], config: Config) -> None:
    ours = path(config, *f"optimizer={words}".split())
    w = torch.nn.Parameter(torch.tensor(START))
    optimizer, theirs = cls([w], **{"lr": 0.1, **keys}), []
    for _ in range(STEPS):
        w.grad = torch.tensor(A) @ w.detach()
        optimizer.step()
        theirs.append(w.detach().numpy().copy())
    np.testing.assert_array_equal(ours, np.array(theirs))


@pytest.mark.parametrize("line_search", ["strong_wolfe", "null"])
def test_the_path_of_lbfgs_is_torchs(line_search: str, config: Config) -> None:
    """On Rosenbrock's valley, which no single step crosses."""
    words = ("optimizer=lbfgs", f"optimizer.line_search_fn={line_search}", "optimizer.max_iter=3", "optimizer.lr=0.5")
    keys = {"max_iter": 3, "lr": 0.5, "history_size": 10, "tolerance_grad": 1e-7, "tolerance_change": 1e-9}
    keys["line_search_fn"] = None if line_search == "null" else line_search
    paths = []
    for make in (lambda w: made(config, *words, params=[w]), lambda w: T.LBFGS([w], **keys)):
        w = torch.nn.Parameter(torch.tensor([-0.5, 0.5], dtype=torch.float64))
        optimizer, places = make(w), []

        def closure(w: torch.nn.Parameter = w, optimizer: Any = optimizer) -> torch.Tensor:
            optimizer.zero_grad()
            loss = (1 - w[0]) ** 2 + 5 * (w[1] - w[0] ** 2) ** 2
            loss.backward()
            return loss

        for _ in range(6):
            optimizer.step(closure)
            places.append(w.detach().numpy().copy())
        paths.append(np.array(places))
    np.testing.assert_array_equal(paths[0], paths[1])
    assert len(np.unique(paths[0], axis=0)) > 3


def test_weight_decay_is_coupled_in_adam_and_decoupled_in_adamw(config: Config) -> None:
    coupled = path(config, "optimizer=adam", "optimizer.lr=0.1", "optimizer.weight_decay=0.5")
    apart = path(config, "optimizer=adamw", "optimizer.lr=0.1", "optimizer.weight_decay=0.5")
    np.testing.assert_allclose(coupled, by_hand(lambda w, g, s, t: adam(w, g + 0.5 * w, s, t)), rtol=1e-5)
    np.testing.assert_allclose(apart, by_hand(lambda w, g, s, t: adam((1 - 0.05) * w, g, s, t)), rtol=1e-5)


def test_lbfgs_reaches_the_minimum_in_one_step(config: Config) -> None:
    w = torch.nn.Parameter(torch.tensor(START))
    optimizer = made(config, "optimizer=lbfgs", params=[w])

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = w @ torch.tensor(A) @ w / 2
        loss.backward()
        return loss

    optimizer.step(closure)
    np.testing.assert_allclose(w.detach().numpy(), 0, atol=1e-6)


@pytest.mark.parametrize("name", ["lbfgs", "closed_form"])
def test_an_optimizer_without_weight_decay_takes_none(name: str, config: Config) -> None:
    """So a sweep over optimizers may fix it at 0, and one that asks for more is told what would do."""
    words = ("dataset=diabetes", "model=linear", f"optimizer={name}")
    assemble(config(*words, "optimizer.weight_decay=0"))
    with pytest.raises(ConfigError, match=f"optimizer.weight_decay: {name} has none; expected 0, got 0.1; try reg"):
        assemble(config(*words, "optimizer.weight_decay=0.1"))


def test_an_optimizer_without_steps_takes_any_lr_and_says_so(config: Config, tmp_path: Path) -> None:
    """So a sweep over optimizers may fix lr; the run is the same one, whatever it is."""
    words = ("dataset=diabetes", "model=linear", "optimizer=closed_form", "trainer.accelerator=cpu")
    plain = run(config(*words), tmp_path / "plain", raises=True)
    other = run(
        config(*words, "optimizer.lr=0.3", "optimizer.lr_scale=inverse_lipschitz"), tmp_path / "other", raises=True
    )
    assert plain["identity"] == other["identity"]
    assert plain["metrics"] == other["metrics"]
    assert not [note for note in plain["notes"] if "optimizer" in note]
    assert "optimizer.lr: not used by optimizer=closed_form, which takes no steps" in other["notes"]
    with pytest.raises(ConfigError, match=r"optimizer.lr: expected float > 0 or null, got -1"):
        assemble(config(*words, "optimizer.lr=-1"))


def test_muon_moves_matrices_by_muon_and_the_rest_by_adamw(config: Config) -> None:
    torch.manual_seed(0)
    first = [torch.randn(4, 3), torch.randn(4), torch.randn(2, 1, 3, 3)]
    ours, theirs = ([torch.nn.Parameter(w.clone()) for w in first] for _ in range(2))
    optimizer = made(config, "optimizer=muon", "optimizer.weight_decay=0.1", params=ours)
    muon = torch.optim.Muon(theirs[:1], lr=2e-3, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw")
    adamw = torch.optim.AdamW(theirs[1:], lr=2e-3, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for number in range(6):
        if number == 3:  # a checkpoint in between changes nothing
            state = optimizer.state_dict()
            optimizer = made(config, "optimizer=muon", "optimizer.weight_decay=0.1", params=ours)
            optimizer.load_state_dict(state)
            schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5, last_epoch=2)
        gradients = [torch.randn_like(w) for w in first]
        for group in (ours, theirs):
            for w, g in zip(group, gradients, strict=True):
                w.grad = g.clone()
        optimizer.step()
        muon.step()
        adamw.step()
        schedule.step()
        for other in (muon, adamw):
            other.param_groups[0]["lr"] *= 0.5
    for w, expected in zip(ours, theirs, strict=True):
        torch.testing.assert_close(w, expected)


def test_muons_step_is_nearly_orthogonal(config: Config) -> None:
    torch.manual_seed(0)
    w = torch.nn.Parameter(torch.zeros(8, 8))
    optimizer = made(config, "optimizer=muon", "optimizer.adjust_lr_fn=original", "optimizer.lr=1.0", params=[w])
    w.grad = torch.randn(8, 8)
    optimizer.step()
    lengths = torch.linalg.svdvals(w.detach())
    assert 0.5 < lengths.min() <= lengths.max() < 1.5  # a gradient's own singular values differ by orders of magnitude
