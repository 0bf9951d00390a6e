"""Random worked examples."""

from dataclasses import replace

from hypothesis import strategies as st

from attention_core.lessons.cells import LARGEST, SMALLEST
from attention_core.lessons.lesson import DIMENSIONS, HEADS, MATRICES, TOKENS, Lesson, shape
from attention_core.lessons.presets import preset

numbers = st.one_of(
    st.just(0.0),
    st.floats(SMALLEST, LARGEST),
    st.floats(-LARGEST, -SMALLEST),
    st.integers(-300, 300).map(lambda n: n / 100),
)


@st.composite
def lessons(draw):
    n, d = draw(st.sampled_from(TOKENS)), draw(st.sampled_from(DIMENSIONS))
    entry = draw(st.sampled_from(list(MATRICES)))
    # One pool per matrix: drawing each of up to 350 numbers separately is slow.
    matrices = {}
    for name in MATRICES[entry]:
        pool = draw(st.lists(numbers, min_size=1, max_size=7))
        rows, columns = shape(name, n, d)
        matrices[name] = [[pool[(i * columns + j) % len(pool)] for j in range(columns)] for i in range(rows)]
    tokens = st.integers(0, n - 1)
    return Lesson(
        words=tuple(draw(st.lists(st.text(max_size=24), min_size=n, max_size=n))),
        entry=entry,
        n_heads=draw(st.sampled_from([heads for heads in HEADS if d % heads == 0])),
        numbers=matrices,
        scaled=draw(st.booleans()),
        temperature=draw(st.floats(0.05, 20)),
        mask=draw(st.sampled_from(["none", "causal", "padding", "window"])),
        mask_size=draw(st.integers(0, 12)),
        flipped=draw(st.frozensets(st.tuples(tokens, tokens), max_size=5)),
        weigh=draw(st.sampled_from(["softmax", "share", "hardmax"])),
        decimals=draw(st.integers(1, 6)),
        form=draw(st.sampled_from(["decimal", "fraction", "paper"])),
    )


SMALL = st.floats(-3, 3).map(lambda x: round(x, 2))


@st.composite
def small(draw, **fixed):
    """A lesson with small numbers, as in class."""
    n, d = draw(st.integers(2, 5)), draw(st.sampled_from([2, 4]))
    rows = lambda count: tuple(tuple(draw(SMALL) for _ in range(d)) for _ in range(count))  # noqa: E731
    entry = fixed.get("entry") or draw(st.sampled_from(["qkv", "x"]))
    numbers = {"Q": rows(n), "K": rows(n), "V": rows(n)} if entry == "qkv" else (
        {"X": rows(n)} | {name: rows(d) for name in ("W_Q", "W_K", "W_V", "W_O")})  # fmt: skip
    cells = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    options = {
        "n_heads": draw(st.sampled_from([1, 2])), "scaled": draw(st.booleans()),
        "temperature": draw(st.sampled_from([0.5, 1.0, 2.0])), "mask_size": draw(st.integers(0, 3)),
        "mask": draw(st.sampled_from(["none", "causal", "padding", "window"])),
        "flipped": draw(st.frozensets(cells, max_size=3)), "decimals": draw(st.integers(2, 5)),
        "weigh": draw(st.sampled_from(["softmax", "share", "hardmax"])),
    }  # fmt: skip
    base = preset("paper")
    words = tuple(f"w{i}" for i in range(n))
    return replace(base, **({"words": words, "entry": entry, "numbers": numbers} | options | fixed))
