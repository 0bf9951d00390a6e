"""The memory of a trace of 512 tokens, compared with that of all attention weights: at most 1/12."""

import sys

import attention_core as ac

LIMIT = 1 / 12


def main() -> int:
    model = ac.load("minilm")
    trace = model.trace("word " * 510)
    n, config = len(trace.ids), model.config
    kept = trace.resid.nbytes
    patterns = sum(trace.pattern(layer).nbytes for layer in range(config.n_layers))
    print(f"{n} tokens: a trace keeps {kept / 1e6:.2f} MB, all attention weights are {patterns / 1e6:.2f} MB: "
          f"{kept / patterns:.4f} (limit {LIMIT:.4f})")  # fmt: skip
    return bool(kept / patterns > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
