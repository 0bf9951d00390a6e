"""Writing on against torch's eager model with its cache, a token's time at GPT-2-small's shape, random weights.

One process, two threads for both, in turn some tokens each, of which the first, that wakes its own threads, does not
count; a pause before lets those of the other go to sleep. Both write the same text, each token the likeliest.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import attention_core as ac
from attention_core.generate import Continuation
from attention_core.sampling import greedy
from benchmarks.timing import PAUSE
from tests.reference.make import tiny_tokenizer

LENGTHS = {32: 1.0, 512: 1.0}  # tokens before the written ones -> most of torch's time
TURNS, STRETCH = 8, 6  # how often it is each one's turn, and how many tokens it writes then


def both() -> tuple[ac.Model, Any]:
    """The same random weights here and there."""
    from transformers import GPT2Config, GPT2LMHeadModel

    theirs = GPT2LMHeadModel(GPT2Config(attn_implementation="eager")).eval()
    with tempfile.TemporaryDirectory() as folder:
        theirs.save_pretrained(folder)
        (Path(folder) / "tokenizer.json").write_text(tiny_tokenizer())
        return ac.load(folder), theirs


def torch_reader(theirs: Any) -> Callable[[list[int]], int]:
    """Reads more of a text and gives the likeliest next token, with torch's own cache."""
    import torch
    from transformers import DynamicCache

    cache = DynamicCache()

    def read(more: list[int]) -> int:
        logits = theirs(input_ids=torch.tensor([more]), past_key_values=cache, use_cache=True).logits
        return int(logits[0, -1].argmax())

    return read


def a_token(readers: dict[str, Callable[[list[int]], int]], text: list[int]) -> tuple[dict[str, float], int]:
    """The median milliseconds of each for one more token, and how many tokens were not the same."""
    times: dict[str, list[float]] = {name: [] for name in readers}
    following, _ = (read(text) for read in readers.values())
    others = 0
    for _ in range(TURNS):
        fed = [following]  # the first reader's tokens, which the other reads too
        for name, read in readers.items():
            time.sleep(PAUSE)
            for place in range(STRETCH):
                start = time.perf_counter()
                made = read([fed[place]])
                times[name].append(1000 * (time.perf_counter() - start))
                if place + 1 == len(fed):
                    fed.append(made)
                others += made != fed[place + 1]
            del times[name][-STRETCH]
        following = fed[-1]
    return {name: statistics.median(each) for name, each in times.items()}, others


def main() -> int:
    import torch

    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    model, theirs = both()
    missed = 0
    print("tokens before   ours ms  torch ms  of torch (limit)")
    for n, limit in LENGTHS.items():
        text = np.random.default_rng(n).integers(0, model.config.d_vocab, n).tolist()
        own = Continuation(model)
        readers = {"ours": lambda more, own=own: greedy(own.read(more)), "torch": torch_reader(theirs)}
        took, others = a_token(readers, text)
        ratio = took["ours"] / took["torch"]
        told = f", {others} of {TURNS * STRETCH} tokens differ" if others else ""
        print(f"{n:13} {took['ours']:9.2f} {took['torch']:9.2f}  {ratio:.2f} ({limit}){told}")
        missed += ratio > limit
    print(f"{missed} of {len(LENGTHS)} lengths miss the limit" if missed else "all limits kept")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
