"""Texts written by a language model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import torch
from torch import Generator, Tensor, nn

from dlx.contracts.diagnostics import Diagnostic
from dlx.contracts.objective import Objective
from dlx.data.prepared import Data
from dlx.nn.predict import place_of
from dlx.results import picture
from dlx.spec import SPECIAL_SYMBOLS, DataSpec, Positive


class Samples(Diagnostic):
    """Continuations of validation sequences that a language model writes symbol by symbol, as a picture of texts.

    Each symbol is drawn from the softmax of scores / `temperature` and read again (Graves 2013, section 2); the
    prompt and the continuation are divided by a bar. The cost is a forward pass over a few sequences for each symbol.

    Args:
        prompt: number of symbols that are given.
        temperature: factor on the randomness; near 0 always the most probable symbol is written.
        count: number of texts.

    Example:
        dlx train model=gru dataset=text diagnostics=samples diagnostics.samples.temperature=0.5
    """

    captions: ClassVar[Mapping[str, tuple[str, str]]] = {
        "samples": (
            "Texts that the model writes",
            "Each line begins with a few true characters of a validation text; the model writes those behind the bar, "
            "one by one.",
        )
    }

    def __init__(
        self,
        spec: DataSpec,
        *,
        prompt: Annotated[int, Positive],
        temperature: Annotated[float, Positive],
        count: Annotated[int, Positive],
    ) -> None:
        if not spec.symbols or spec.target != "none":
            raise ValueError(f"samples needs a language model; the data are {spec}; try dataset=text")
        if prompt >= spec.shape[0]:
            raise ValueError(f"prompt: expected less than the {spec.shape[0]} symbols of a sequence, got {prompt}")
        self.prompt, self.temperature, self.count = prompt, temperature, count

    def check(self, network: nn.Module, data: Data) -> None:
        """Check that the network scores the next symbol at each step of a sequence of any length.

        Raises:
            ValueError: If it does not, as the discriminator of a GAN.
        """
        codes = data.val.like(place_of(network)).inputs[:1, : self.prompt]
        training = network.training
        try:
            with torch.no_grad():
                shape = tuple(network.eval()(codes).shape)
        except RuntimeError:  # its layers are made for whole sequences
            shape = ()
        finally:
            network.train(training)
        if shape != codes.shape:
            raise ValueError("needs a network that scores the next symbol at each step; try model=gru")

    def figures(self, network: nn.Module, data: Data, objective: Objective) -> dict[str, Tensor]:
        """Return a picture of texts."""
        given = data.val.like(place_of(network)).inputs[: self.count]
        written = continued(network, given, self.prompt, self.temperature, Generator().manual_seed(0))
        names = data.spec.features
        texts = ["".join(names[symbol] for symbol in row) for row in written.tolist()]
        lines = [f"{text[: self.prompt]} | {text[self.prompt :]}" for text in texts]
        shown = [line.replace("\n", "\\n") for line in lines]
        return {"samples": torch.from_numpy(picture.text(shown)).float() / 255}


@torch.no_grad()
def continued(network: nn.Module, given: Tensor, prompt: int, temperature: float, generator: Generator) -> Tensor:
    """Return sequences of symbols (batch, time) whose first ones are given and whose others the network writes.

    Args:
        network: a causal network, which maps (batch, time, symbols) to scores of the next symbols.
        given: one-hot sequences (batch, time, symbols), of which the first `prompt` steps are read.
        prompt: number of given symbols.
        temperature: divisor of the scores.
        generator: source of random numbers, on the CPU.
    """
    codes = given[:, :prompt]
    while codes.shape[1] < given.shape[1]:
        scores = network(codes)[:, -1].double().cpu()
        scores[:, : len(SPECIAL_SYMBOLS)] = -torch.inf
        symbols = torch.multinomial((scores / temperature).softmax(1), 1, generator=generator)
        code = nn.functional.one_hot(symbols, given.shape[2]).to(codes)
        codes = torch.cat([codes, code], 1)
    return codes.argmax(2)
