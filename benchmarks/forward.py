"""The forward pass against torch's eager models and against its own bare matrix products.

One process, two threads for all, run in turn. All patterns are computed on both sides. Of MiniLM the numbers
are its own; other models have their shape, random numbers, and a small vocabulary, which no run here reads off.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import attention_core as ac
from attention_core.hub.catalogue import CATALOGUE
from attention_core.loading import local_entry_folder
from benchmarks.timing import bare_products, milliseconds
from tests.reference.make import tiny_tokenizer

MINILM = {16: 0.75, 64: 0.6, 128: 0.6, 256: 0.6, 512: 0.75}  # tokens -> most of torch's time
OTHERS = {128: 1.0, 512: 1.0}
BARE_LIMIT, BARE_FROM = 1.25, 128
RUNS = 11
VOCABULARY = 1000
SHAPES: dict[str, dict[str, Any]] = {
    "GPT-2 small": {"model_type": "gpt2"},
    "Pythia 160M": {"model_type": "gpt_neox", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
                    "intermediate_size": 3072},
    "Llama 160M": {"model_type": "llama", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
                   "intermediate_size": 3072},
    "T5 small": {"model_type": "t5"},
}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """A model here and in torch, each run over ids, a decoder over as many; and its bare products."""

    ours: Callable[[list[int]], object]
    theirs: Callable[[list[int]], object]
    bare: Callable[[int], Callable[[], object]]
    limits: Mapping[int, float]


def pair(ours: ac.Model, theirs: Any, limits: Mapping[int, float]) -> Pair:
    """A model of one side."""
    import torch

    return Pair(
        lambda ids: ours.trace(ids=ids).contextual,
        lambda ids: theirs(input_ids=torch.tensor([ids]), output_attentions=True),
        lambda n: bare_products(ours.config, n),
        limits,
    )


def two_sided(ours: Any, theirs: Any, limits: Mapping[int, float]) -> Pair:
    """An encoder–decoder."""
    import torch

    def bare(n: int) -> Callable[[], object]:
        sides = [bare_products(side.config, n) for side in (ours.encoder, ours.decoder)]
        return lambda: [side() for side in sides]

    def run(ids: list[int]) -> object:
        given = torch.tensor([ids])
        return theirs(input_ids=given, decoder_input_ids=given, output_attentions=True)

    return Pair(lambda ids: ours.trace(ids=ids, target_ids=ids).decoder.contextual, run, bare, limits)


def pairs() -> Iterator[tuple[str, Pair]]:
    """Every model, each when the one before is done with."""
    from transformers import AutoConfig, AutoModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    folder = local_entry_folder(CATALOGUE["minilm"])
    eager = {"attn_implementation": "eager", "dtype": "float32"}
    yield "MiniLM", pair(ac.load("minilm"), AutoModel.from_pretrained(folder, **eager).eval(), MINILM)
    for name, shape in SHAPES.items():
        config = AutoConfig.for_model(**shape, vocab_size=VOCABULARY)
        theirs = AutoModel.from_config(config, **eager).eval()
        with tempfile.TemporaryDirectory() as place:
            theirs.save_pretrained(place)
            (Path(place) / "tokenizer.json").write_text(tiny_tokenizer())
            ours = ac.load(place)
        yield name, (two_sided if config.is_encoder_decoder else pair)(ours, theirs, OTHERS)


def main() -> int:
    import torch

    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    missed = 0
    print("model        tokens   ours ms  torch ms   bare ms  of torch (limit)  of bare (limit)")
    for name, each in pairs():
        for n, limit in each.limits.items():
            ids = np.random.default_rng(n).integers(100, VOCABULARY, n).tolist()
            took = milliseconds({
                "ours": lambda each=each, ids=ids: each.ours(ids),
                "bare": each.bare(n),
                "torch": lambda each=each, ids=ids: each.theirs(ids),
            }, RUNS)  # fmt: skip
            of_torch, of_bare = took["ours"] / took["torch"], took["ours"] / took["bare"]
            over = of_torch > limit or (n >= BARE_FROM and of_bare > BARE_LIMIT)
            bare_limit = f"({BARE_LIMIT})" if n >= BARE_FROM else "      "
            told = "over" if over else "ok"
            print(f"{name:12} {n:6} {took['ours']:9.2f} {took['torch']:9.2f} {took['bare']:9.2f}"
                  f"      {of_torch:.2f} ({limit})        {of_bare:.2f} {bare_limit} {told}")  # fmt: skip
            missed += over
    print(f"{missed} rows miss a limit" if missed else "all limits kept")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
