"""`dlx claim`: judge a typed sentence as a study is judged."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlx.cli.flag_values import modules_of, variables_of
from dlx.cli.flags import Flags, some
from dlx.cli.line import admit, understood
from dlx.cli.study_line import jobs_of, seeds_of, whole
from dlx.cli.text import Help
from dlx.config.aliases import meant
from dlx.errors import ConfigError

if TYPE_CHECKING:
    from dlx.study.result import StudyResult

MOST_SEEDS = 1000
OVERRIDE = re.compile(r"[^\s<>=;:*]+=[^\s<>=;*]+")  # an override in a sentence
HELP = Help(
    usage=["dlx claim 'METRIC: LEFT < RIGHT' [OPTIONS] [OVERRIDE ...]"],
    summary="Judge a sentence. The runs of both sides are trained over seeds and compared as in a study; the last line "
    "begins with True, False or Undecided. METRIC is a metric or an expression of metrics, a side is overrides or a "
    "number.",
    sections={
        "examples": {
            "dlx claim 'test/loss: reg=dropout < reg=none' data.limit=200": "is the loss lower with dropout?",
            "dlx claim 'test/accuracy: optim=adam > optim=sgd by 0.05'": "higher by more than 5 percentage points?",
            "dlx claim 'test/accuracy: act=relu == act=elu within 0.02'": "equal, within 0.02?",
            "dlx claim 'steps_to/val/accuracy: optim=sgd > optim=adam *1.2'": "more than 1.2 times as many steps?",
            "dlx claim 'test/loss: init=zeros > init=he_normal at model.depth=2,4'": "at each of two depths?",
            "dlx claim 'test/accuracy: model=cnn > model=mlp > 0.8'": "two claims, both of which must be true",
        },
        "the sentence": {
            "<  >": "lower, higher; `by 0.05`: by more than this difference; `*1.2` behind the right side: than 1.2 "
            "times that",
            "==": "the same, `within 0.02` (a difference) or `within *1.2` (a factor)",
            "at AXIS=A,B": "at each of these levels",
            ";": "a further claim, with a metric of its own or the same one",
        },
        "options": {
            "--seeds N, A..B": "N seeds from 0 on, or the seeds A to B (default: 14, which would show that one run "
            "in five fails; more for several claims)",
            "--jobs N": "train in N parallel processes",
            "--save NAME": "write experiments/NAME.yaml, a study of your own for dlx study run NAME",
            "--admit MODULE": "let a configuration name classes of your own module (./MODULE.py)",
            "--env NAME": "let a configuration read the environment variable NAME (${oc.env:NAME})",
            "-h, --help": "print this page",
        },
    },
    notes=[
        "The metric is looked for in the runs of the first seed before the others are trained. Finished runs are "
        "reused. An undecided claim may be judged again with more seeds, twice; the three looks share an error rate of "
        "5 %.",
        "The exit code is 0 if the claim is true, 1 if it is false, undecided, or a run failed.",
    ],
)


def main(arguments: Sequence[str]) -> int:
    """Judge the sentence, print the answer and return the exit code."""
    flags = Flags("dlx claim")
    flags.add_argument(
        "--seeds",
        type=number_or_seeds,
    )
    flags.add_argument("--jobs", type=jobs_of, default=1)
    flags.add_argument("--save", type=some("--save"))
    flags.add_argument("--admit", type=modules_of, action="extend", default=[])
    flags.add_argument("--env", type=variables_of, action="extend", default=[])
    wanted = flags.read(arguments)
    if wanted.help:
        print(HELP)
        return 0
    admit(wanted.admit, wanted.env)
    text, fixed = sentence_and_overrides(wanted.words)
    from dlx.config.overrides import check
    from dlx.study.claim import Asked, judge_claim, refuse_name, save, usual_seeds
    from dlx.study.read.typed import read_claim

    path = refuse_name(wanted.save) if wanted.save else None
    check(fixed)
    typed = read_claim(text)
    asked = Asked(typed, tuple(fixed), tuple(wanted.seeds or range(usual_seeds(typed))), wanted.jobs)
    try:
        result = judge_claim(asked)
    except KeyboardInterrupt:
        print("dlx: interrupted; finished runs stay, and the same command resumes", file=sys.stderr)
        raise
    if path is not None:
        save(result, path)
    from dlx.cli.show_claim import show

    show(asked, result, wanted.save or "")
    return exit_code(result)


def number_or_seeds(text: str) -> list[int]:
    """Return the seeds that `--seeds` gives: N of them from 0 on, A..B, or a list.

    Raises:
        ConfigError: The text has none of these forms.
    """
    if text.isascii() and text.isdigit():
        return list(range(whole(text, "--seeds", "a number of seeds, or A..B", MOST_SEEDS)))
    return seeds_of(text)


def sentence_and_overrides(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the sentence and the overrides of a command.

    Raises:
        ConfigError: There is no sentence, or a word is neither the sentence nor an override.
    """
    from dlx.study.read.typed_side import EXAMPLE

    sentences = [word for word in words if is_sentence(word)]
    others = [word for word in words if not is_sentence(word)]
    if len(sentences) > 1:
        raise ConfigError("claim: expected one sentence in quotes, and overrides; join claims by a semicolon")
    for word in others:
        if "=" not in word and not word.startswith("~"):
            hint = meant(word) or f"; a claim stands in quotes, such as {EXAMPLE}"
            raise ConfigError(f"{word}: expected an override, group=option or key=value{hint}")
    if not sentences:
        raise ConfigError(f"claim: expected a sentence in quotes, such as dlx claim {EXAMPLE}")
    sentence = OVERRIDE.sub(lambda match: " ".join(understood(match[0])), sentences[0])
    return sentence, [override for word in others for override in understood(word)]


def is_sentence(word: str) -> bool:
    """Return True if a word of the command line is a sentence, not an override."""
    return ": " in word or "<" in word or ">" in word or " == " in word or (" " in word and "=" not in word)


def exit_code(result: StudyResult) -> int:
    """Return 0 if all claims hold and no run failed, otherwise 1."""
    return 0 if result.as_expected and not result.statuses["failed"] else 1
