"""The time of the forward pass, compared with torch's eager models and with the bare matrix products.

All run in turn in one process with two threads; both libraries compute all attention weights. MiniLM has its trained
weights; the other models have random weights of their real shapes, and a small vocabulary: no logits are computed.
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
from tests.small_tokenizers import write_tokenizer

MINILM_LIMITS = {16: 0.75, 64: 0.6, 128: 0.6, 256: 0.6, 512: 0.75}  # tokens -> limit, as a fraction of torch's time
OTHER_LIMITS = {128: 1.0, 512: 1.0}
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
class Comparison:
    """A model here and in torch, each as a function of ids, and its bare products; a decoder reads the same ids."""

    ours: Callable[[list[int]], object]
    theirs: Callable[[list[int]], object]
    bare: Callable[[int], Callable[[], object]]
    limits: Mapping[int, float]


def compare_model(ours: ac.Model, theirs: Any, limits: Mapping[int, float]) -> Comparison:
    """The comparison of an encoder or a decoder."""
    import torch

    return Comparison(
        lambda ids: ours.trace(ids=ids).contextual,
        lambda ids: theirs(input_ids=torch.tensor([ids]), output_attentions=True),
        lambda n: bare_products(ours.config, n),
        limits,
    )


def compare_encoder_decoder(ours: Any, theirs: Any, limits: Mapping[int, float]) -> Comparison:
    """The comparison of an encoder–decoder."""
    import torch

    def bare(n: int) -> Callable[[], object]:
        products = [bare_products(model.config, n) for model in (ours.encoder, ours.decoder)]
        return lambda: [run() for run in products]

    def run(ids: list[int]) -> object:
        tensor = torch.tensor([ids])
        return theirs(input_ids=tensor, decoder_input_ids=tensor, output_attentions=True)

    return Comparison(lambda ids: ours.trace(ids=ids, target_ids=ids).decoder.contextual, run, bare, limits)


def comparisons() -> Iterator[tuple[str, Comparison]]:
    """All models, one at a time."""
    from transformers import AutoConfig, AutoModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    folder = local_entry_folder(CATALOGUE["minilm"])
    eager = {"attn_implementation": "eager", "dtype": "float32"}
    yield "MiniLM", compare_model(ac.load("minilm"), AutoModel.from_pretrained(folder, **eager).eval(), MINILM_LIMITS)
    for name, shape in SHAPES.items():
        config = AutoConfig.for_model(**shape, vocab_size=VOCABULARY)
        theirs = AutoModel.from_config(config, **eager).eval()
        with tempfile.TemporaryDirectory() as path:
            theirs.save_pretrained(path)
            write_tokenizer(Path(path), tiny_tokenizer())
            ours = ac.load(path)
        compare = compare_encoder_decoder if config.is_encoder_decoder else compare_model
        yield name, compare(ours, theirs, OTHER_LIMITS)


def main() -> int:
    import torch

    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    missed = 0
    print("model        tokens   ours ms  torch ms   bare ms  of torch (limit)  of bare (limit)")
    for name, each in comparisons():
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
            verdict = "over" if over else "ok"
            print(f"{name:12} {n:6} {took['ours']:9.2f} {took['torch']:9.2f} {took['bare']:9.2f}"
                  f"      {of_torch:.2f} ({limit})        {of_bare:.2f} {bare_limit} {verdict}")  # fmt: skip
            missed += over
    print(f"{missed} rows exceed a limit" if missed else "all within the limits")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
