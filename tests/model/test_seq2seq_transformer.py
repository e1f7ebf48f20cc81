"""The encoder-decoder transformer against torch's nn.Transformer with its weights, its masks, and its size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dlx.assembly.assemble import assemble
from dlx.data.prepared import Split
from dlx.errors import ConfigError
from dlx.model.seq2seq_transformer import Cache, Seq2SeqTransformer
from dlx.nn.cost import flops_per_example
from dlx.nn.encoder_decoder import BEGIN, END, EncoderDecoder, beam_search, best, until_end
from dlx.normalization.batch import Batch
from dlx.normalization.layer import Layer
from dlx.normalization.none import NoNormalization
from dlx.run.run import run
from dlx.spec import DataSpec
from tests.conftest import compose_config

pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor")  # which torch cannot use here
SYMBOLS, TIME, STEPS = 9, 6, 5
SPEC = DataSpec("sequence", (TIME, SYMBOLS), "tokens", SYMBOLS, symbols=SYMBOLS, steps=STEPS, form="answer")
NORM = {"eps": 1e-5, "momentum": 0.1, "affine": True, "shift_noise": 0.0}
KEYS: dict[str, Any] = {
    "depth": 2, "width": 8, "heads": 2, "feedforward": 20, "gated": False, "positions": "none", "max_length": None,
    "attention": "dot", "attention_scale": True, "norm_first": True, "skip": True, "tied": False,
}  # fmt: skip


def transformer(spec: DataSpec = SPEC, normalization: Any = None, **keys: Any) -> Seq2SeqTransformer:
    torch.manual_seed(0)
    norm = normalization or Layer(eps=1e-5, affine=True)
    network = Seq2SeqTransformer(spec, nn.ReLU, norm, 0.0, **{**KEYS, **keys}).double()
    for parameter in network.parameters():
        parameter.data = torch.randn_like(parameter) / 2
    return network


def batch() -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    symbols, previous = torch.randint(3, SYMBOLS, (3, TIME)), torch.randint(END, SYMBOLS, (3, STEPS))
    symbols[0, 4:] = symbols[2, 2:] = 0
    previous[:, 0] = BEGIN
    return nn.functional.one_hot(symbols, SYMBOLS).double(), previous


def torchs(ours: Seq2SeqTransformer, norm_first: bool) -> nn.Transformer:
    """Return torch's transformer with the weights of ours; it always has a last norm, removed where ours has none."""
    theirs = nn.Transformer(8, 2, 2, 2, 20, 0.0, batch_first=True, norm_first=norm_first).double()
    state: dict[str, Tensor] = {}
    for side, stack in (("encoder", ours.encoder), ("decoder", ours.decoder)):
        norms = ["attention_norm", "memory_norm", "feedforward_norm"] if side == "decoder" else [
            "attention_norm", "feedforward_norm"
        ]  # fmt: skip
        pairs = {"self_attn": "attention"} | ({"multihead_attn": "memory"} if side == "decoder" else {})
        for number, block in enumerate(stack.hidden):
            own, at = block.state_dict(), f"{side}.layers.{number}"
            for kind in ("weight", "bias"):
                for to, of in pairs.items():
                    parts = [own[f"{of}.{part}.{kind}"] for part in ("query", "key", "value")]
                    state[f"{at}.{to}.in_proj_{kind}"] = torch.cat(parts)
                    state[f"{at}.{to}.out_proj.{kind}"] = own[f"{of}.merge.{kind}"]
                state[f"{at}.linear1.{kind}"] = own[f"feedforward.layer.hidden.0.{kind}"]
                state[f"{at}.linear2.{kind}"] = own[f"feedforward.layer.merge.{kind}"]
                state |= {f"{at}.norm{i}.{kind}": own[f"{name}.layer.{kind}"] for i, name in enumerate(norms, 1)}
        if norm_first:
            state |= {f"{side}.norm.{kind}": stack.norm.layer.state_dict()[kind] for kind in ("weight", "bias")}
    if not norm_first:
        theirs.encoder.norm = theirs.decoder.norm = None
    theirs.load_state_dict(state)
    return theirs


@pytest.mark.parametrize("norm_first", [False, True])
def test_it_is_torchs_transformer_with_its_masks(norm_first: bool) -> None:
    ours = transformer(norm_first=norm_first)
    x, previous = batch()
    mask, absent = torch.ones(STEPS, STEPS, dtype=torch.bool).triu(1), x[..., 0] > 0
    expected = torchs(ours, norm_first)(
        ours.encoder.embedding(x),
        ours.decoder.embedding(previous),
        tgt_mask=mask,
        src_key_padding_mask=absent,
        memory_key_padding_mask=absent,
    )
    torch.testing.assert_close(ours(x, previous), ours.decoder.output(expected), rtol=0, atol=1e-6)


@pytest.mark.parametrize("positions", ["none", "sinusoidal", "learned", "rotary"])
def test_the_decoder_sees_the_past_and_the_encoder_all(positions: str) -> None:
    ours = transformer(positions=positions, tied=positions == "rotary")
    x, previous = batch()
    codes = nn.functional.one_hot(previous, SYMBOLS).double()
    jacobian = torch.autograd.functional.jacobian(lambda y: ours(x[1:2], y), codes[1:2])
    depends = (jacobian != 0).any(2).any(-1)[0, :, 0]
    assert torch.equal(depends, torch.ones(STEPS, STEPS, dtype=torch.bool).tril())
    of_input = torch.autograd.functional.jacobian(lambda z: ours(z, codes[:1]), x[:1])
    seen = (of_input != 0).any(2).any(-1)[0, :, 0]  # (steps, time): all but the padding
    assert torch.equal(seen, (x[0, :, 0] == 0).expand(STEPS, -1))


@pytest.mark.parametrize("positions", ["sinusoidal", "rotary"])
def test_padding_has_no_effect(positions: str) -> None:
    ours = transformer(positions=positions)
    x, previous = batch()
    torch.testing.assert_close(ours(x[:1], previous[:1]), ours(x[:1, :4], previous[:1]), rtol=0, atol=1e-12)
    torch.testing.assert_close(ours(x)[:1], ours(x[:1, :4]), rtol=0, atol=1e-12)


def test_symbol_by_symbol_is_all_at_once() -> None:
    ours = transformer(normalization=NoNormalization(), tied=True)
    x, previous = batch()
    everywhere = torch.ones(3, STEPS, dtype=torch.bool)
    torch.testing.assert_close(ours(x, previous, everywhere), ours(x, previous))
    codes = nn.functional.one_hot(previous, SYMBOLS).double()
    torch.testing.assert_close(ours(x, codes, ~everywhere), ours(x))
    assert torch.equal(beam_search(ours, x, STEPS, 1), until_end(best(ours(x))))


@pytest.mark.parametrize(
    ("positions", "attention", "norm_first"),
    [
        *((positions, "dot", True) for positions in ("none", "sinusoidal", "learned", "rotary")),
        *(
            (positions, "additive", False) for positions in ("none", "sinusoidal", "learned")
        ),  # rotary needs dot products
    ],
)
@torch.no_grad()
def test_decoding_with_the_cache_is_decoding_without(positions: str, attention: str, norm_first: bool) -> None:
    ours = transformer(
        positions=positions, attention=attention, norm_first=norm_first, tied=norm_first, normalization=Batch(**NORM)
    )
    x = batch()[0]
    for _ in range(3):
        ours(x, batch()[1])  # running statistics other than 0 and 1
    ours.eval()
    assert isinstance(ours.start(ours.encode(x)), Cache)
    cached, beams = ours(x), beam_search(ours, x, STEPS, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Seq2SeqTransformer, "start", EncoderDecoder.start)
        torch.testing.assert_close(cached, ours(x), rtol=0, atol=1e-6)
        assert torch.equal(beams, beam_search(ours, x, STEPS, 3))
    torch.testing.assert_close(cached[:1], ours(x[:1, :4]), rtol=0, atol=1e-6)  # padding has no effect


@torch.no_grad()
def test_a_step_with_the_cache_is_one_step_of_each_layer() -> None:
    ours = transformer().eval()
    x, counts = batch()[0], []
    for block in ours.decoder.hidden:
        block.attention.key.register_forward_hook(lambda _, given, __: counts.append(given[0].shape[1]))
        block.memory.key.register_forward_hook(lambda _, given, __: counts.append(given[0].shape[1]))
    ours(x)
    assert sorted(counts) == [1] * 2 * STEPS + [TIME] * 2  # the memory is read once by each layer


def test_many_members_decode_as_each_by_itself() -> None:
    nets = [transformer(positions="rotary").eval() for _ in range(2)]
    nets[1].decoder.embedding.weight.data.neg_()
    x = batch()[0]
    weights = torch.func.stack_module_state(nets)  # type: ignore[arg-type]
    found = torch.func.vmap(lambda *tensors: torch.func.functional_call(nets[0], tensors, (x,)))(*weights)
    for number, net in enumerate(nets):
        torch.testing.assert_close(found[number], net(x), rtol=0, atol=1e-12)


def test_transformer_base_has_65_million_parameters() -> None:
    words = 37_000
    spec = DataSpec("sequence", (50, words), "tokens", words, symbols=words, steps=50, form="answer")
    base = {"depth": 6, "width": 512, "heads": 8, "feedforward": 2048, "norm_first": False, "tied": True}
    with torch.device("meta"):
        ours = Seq2SeqTransformer(spec, nn.ReLU, Layer(eps=1e-5, affine=True), 0.1, **{**KEYS, **base})
        theirs = nn.Transformer()  # torch's defaults are the base model, with a last norm in both parts
    count = sum(parameter.numel() for parameter in ours.parameters())
    assert count == sum(p.numel() for p in theirs.parameters()) - 2 * 2 * 512 + words * 512 + words
    assert count / 65e6 == pytest.approx(1, abs=0.03)  # Vaswani et al. 2017, table 3


@pytest.mark.parametrize(
    "words",
    [
        "dataset.shortest=2 model.tied=true normalization=weight activation=maxout objective.teacher_forcing=0.5",
        "model.positions=learned normalization=batch diagnostics=gradients regularizer=dropout initializer=orthogonal",
    ],
)
def test_it_trains_with_other_groups(words: str, tmp_path: Path) -> None:
    short = ("trainer.max_epochs=1", "trainer.max_steps=2", "trainer.accelerator=cpu", "dataset.examples=60")
    config = compose_config("model=seq2seq_transformer", "dataset.length=4", *short, *words.split())
    assert run(config, tmp_path / "run", raises=True)["status"] == "finished"


def test_answers_longer_than_the_positions_are_refused() -> None:
    words = ("model=seq2seq_transformer", "model.positions=learned", "model.max_length=8", "dataset.length=8")
    with pytest.raises(ConfigError, match="max_length: learned positions exist for 8 steps, the sequences have 9"):
        assemble(compose_config(*words))


def test_its_cost_is_that_of_one_pass_over_the_answer() -> None:
    """Counted by hand: two operations for each product of a matrix, none for positions, norms and softmax."""
    width, hidden = KEYS["width"], KEYS["feedforward"]

    def attention(asks: int, answers: int) -> int:
        return 2 * (2 * asks * width**2 + 2 * answers * width**2 + 2 * asks * answers * width)

    def feedforward(steps: int) -> int:
        return 2 * 2 * steps * width * hidden

    layer = attention(TIME, TIME) + feedforward(TIME)
    layer += attention(STEPS, STEPS) + attention(STEPS, TIME) + feedforward(STEPS)
    x = batch()[0]
    cost = flops_per_example(transformer(), Split(x, None, np.arange(len(x))))
    assert cost == KEYS["depth"] * layer + 2 * TIME * SYMBOLS * width + 2 * STEPS * width * SYMBOLS
