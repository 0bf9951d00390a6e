"""The time of generating a token, compared with torch's eager model with its cache: GPT-2 small, random weights.

Both run in one process with two threads, and generate some tokens in turn; the first token of each turn wakes its
threads and does not count, and a pause before it lets those of the other go to sleep. Both generate the same text,
greedily.
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
from tests.small_tokenizers import write_tokenizer

LENGTHS = {32: 1.0, 512: 1.0}  # tokens before the generated ones -> limit, as a fraction of torch's time
TURNS, TOKENS_PER_TURN = 8, 6


def both_models() -> tuple[ac.Model, Any]:
    """The same random weights here and in torch."""
    from transformers import GPT2Config, GPT2LMHeadModel

    theirs = GPT2LMHeadModel(GPT2Config(attn_implementation="eager")).eval()
    with tempfile.TemporaryDirectory() as folder:
        theirs.save_pretrained(folder)
        write_tokenizer(Path(folder), tiny_tokenizer())
        return ac.load(folder), theirs


def torch_reader(theirs: Any) -> Callable[[list[int]], int]:
    """A function that reads more tokens and returns the most probable next one, with torch's cache."""
    import torch
    from transformers import DynamicCache

    cache = DynamicCache()

    def read(more: list[int]) -> int:
        logits = theirs(input_ids=torch.tensor([more]), past_key_values=cache, use_cache=True).logits
        return int(logits[0, -1].argmax())

    return read


def time_per_token(readers: dict[str, Callable[[list[int]], int]], text: list[int]) -> tuple[dict[str, float], int]:
    """The median milliseconds per generated token for each, and the number of tokens that differ."""
    times: dict[str, list[float]] = {name: [] for name in readers}
    next_token, _ = (read(text) for read in readers.values())
    differing = 0
    for _ in range(TURNS):
        tokens = [next_token]  # from the first reader; the other reads them too
        for name, read in readers.items():
            time.sleep(PAUSE)
            for i in range(TOKENS_PER_TURN):
                start = time.perf_counter()
                token = read([tokens[i]])
                times[name].append(1000 * (time.perf_counter() - start))
                if i + 1 == len(tokens):
                    tokens.append(token)
                differing += token != tokens[i + 1]
            del times[name][-TOKENS_PER_TURN]
        next_token = tokens[-1]
    return {name: statistics.median(each) for name, each in times.items()}, differing


def main() -> int:
    import torch

    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    model, theirs = both_models()
    missed = 0
    print("tokens before   ours ms  torch ms  of torch (limit)")
    for n, limit in LENGTHS.items():
        text = np.random.default_rng(n).integers(0, model.config.d_vocab, n).tolist()
        ours = Continuation(model)
        readers = {"ours": lambda more, ours=ours: greedy(ours.read(more)), "torch": torch_reader(theirs)}
        took, differing = time_per_token(readers, text)
        ratio = took["ours"] / took["torch"]
        note = f", {differing} of {TURNS * TOKENS_PER_TURN} tokens differ" if differing else ""
        print(f"{n:13} {took['ours']:9.2f} {took['torch']:9.2f}  {ratio:.2f} ({limit}){note}")
        missed += ratio > limit
    print(f"{missed} of {len(LENGTHS)} lengths exceed the limit" if missed else "all within the limits")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
