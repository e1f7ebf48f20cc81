"""Formulas in LaTeX, as text and in the files of options."""

from __future__ import annotations

import pytest

from dlx.cli.main import main
from dlx.config import catalog
from dlx.config.formula import formula_in, lines_of, plain_formula


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{1}{1 + e^{-x}}", "1/(1 + e⁻ˣ)"),
        (r"\sqrt{\sigma_{B}^{2} + \epsilon}", "√(σ_B² + ε)"),
        (r"\frac{\frac{a}{b}}{c}", "(a/b)/c"),
        (r"\hat{m}_{t}", "m̂ₜ"),
        (r"\lVert w \rVert_{2}^{2}", "‖w‖₂²"),
        (r"w^{\top} x", "wᵀ x"),
        (r"\operatorname{Var}(q^{\top} k) = d", "Var(qᵀ k) = d"),
        (r"\unknown{x", r"unknown{x"),
        (r"\frac{" * 40, None),  # not closed: it ends
    ],
)
def test_latex_as_text(latex: str, text: str | None) -> None:
    found = plain_formula(latex)
    assert text is None or found == text


def test_the_formula_is_the_second_comment() -> None:
    assert formula_in("# meaning\n# formula: y = x\nlr: 1\n") == "y = x"
    assert formula_in("lr: 1\n" * 9 + "# formula: y = x") == ""
    assert lines_of(r"a = b, \quad c = d") == ["a = b", "c = d"]


def test_every_formula_is_understood() -> None:
    """No command of LaTeX is left in the text, and braces are balanced."""
    number = 0
    for group in catalog.groups():
        for name in catalog.option_files(group) if group != "experiment" else ():
            latex = catalog.read(group, name).formula
            number += bool(latex)
            assert latex.count("{") == latex.count("}"), (group, name)
            text = plain_formula(latex)
            assert not set(text) & set("\\{}"), (group, name, text)
    assert number > 130


def test_axes_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["axes", "norm=batch"]) == 0
    assert "    y = γ (x - μ_B)/√(σ_B² + ε) + β\n" in capsys.readouterr().out
