"""Formulas: read from the head of an option's file, and written as plain text for a terminal.

The second comment of a file, `# formula: ...`, holds the formula of an option in LaTeX, the same for the site and for
the terminal. Only a small part of LaTeX is understood; what is not is kept as it is.
"""

from __future__ import annotations

import re
from functools import partial

MARK = "# formula: "
LONGEST = 5_000  # letters of a formula
DEEPEST = 20  # fractions within fractions
SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Delta": "Δ", "Phi": "Φ", "Sigma": "Σ",
    "Omega": "Ω",
    "cdot": "·", "odot": "⊙", "times": "×", "le": "≤", "ge": "≥", "ne": "≠", "approx": "≈", "propto": "∝", "infty": "∞",
    "sum": "Σ", "prod": "Π", "int": "∫", "partial": "∂", "nabla": "∇", "leftarrow": "←", "to": "→", "in": "∈",
    "sim": "~", "ell": "ℓ", "lVert": "‖", "rVert": "‖", "Vert": "‖", "top": "ᵀ", "lfloor": "⌊", "rfloor": "⌋",
    "dots": "…", "pm": "±", "ll": "≪", "gg": "≫", "quad": "  ",
}  # fmt: skip
UPPER = dict(zip("0123456789+-=()nitxkT⊤ᵀ'", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵗˣᵏᵀᵀᵀ'", strict=True))
LOWER = dict(zip("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
GROUP = r"\{((?:[^{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})*)\}"  # braces, up to four deep


def formula_in(text: str) -> str:
    """Return the formula at the head of a file in LaTeX; empty without one."""
    head = [line for line in text.splitlines()[:5] if line.startswith(MARK)]
    return head[0].removeprefix(MARK).strip()[:LONGEST] if head else ""


def lines_of(latex: str) -> list[str]:
    r"""Return the equations of a formula, which `, \quad` separates."""
    return [part.strip() for part in latex.split(r", \quad") if part.strip()]


def plain_formula(latex: str, depth: int = 0) -> str:
    """Return a formula as text in one line, such as `y = γ (x - μ)/√(σ² + ε) + β`.

    Args:
        latex: the formula in LaTeX.
        depth: number of the formulas around it.
    """
    if depth > DEEPEST:
        return latex
    inner = lambda text: plain_formula(text, depth + 1)  # noqa: E731
    text = re.sub(rf"\\(?:text|operatorname|mathrm)\s*{GROUP}", lambda m: m[1].replace("_", r"\_"), latex)
    fraction = rf"\\frac\s*{GROUP}\s*{GROUP}"
    text = re.sub(fraction, lambda m: f"{wrapped(inner(m[1]))}/{wrapped(inner(m[2]))}", text)
    text = re.sub(rf"\\sqrt\s*{GROUP}", lambda m: f"√{wrapped(inner(m[1]))}", text)
    for name, mark in ACCENTS.items():
        text = re.sub(rf"\\{name}\s*{GROUP}", partial(over, mark=mark), text)
    text = re.sub(r"\\[,;:! ]", " ", text)
    text = re.sub(r"\\([A-Za-z]+)", lambda m: SYMBOLS.get(m[1], m[1]), text)
    text = re.sub(rf"([\^_])(?:{GROUP}|(\S))", lambda m: script(m[1], inner(m[2] or m[3])), text)
    text = re.sub(r"‖ *([^‖]*?) *‖", r"‖\1‖", text)
    return re.sub(r" +", " ", text.replace(r"\_", "_").replace("( ", "(").replace(" )", ")")).strip()


def wrapped(text: str) -> str:
    """Return a text, in parentheses if it is more than one symbol, number or word."""
    one = r"√?[\w.\u0300-\u036f]+[ᵀ²]?|‖[^‖]*‖|√?\([^()]*\)"
    return text if re.fullmatch(one, text) else f"({text})"


def over(match: re.Match[str], mark: str) -> str:
    """Return what an accent stands over, with the accent on its first letter."""
    text = plain_formula(match[1], DEEPEST)
    return text[:1] + mark + text[1:]


def script(kind: str, text: str) -> str:
    """Return an index or an exponent, in small letters if there are such."""
    table = UPPER if kind == "^" else LOWER
    squeezed = text.replace(" ", "")
    if all(letter in table for letter in squeezed):
        return "".join(table[letter] for letter in squeezed)
    return f"{kind}{text}" if len(text) == 1 or (kind == "_" and text.isalnum()) else f"{kind}({text})"
