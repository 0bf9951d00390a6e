"""Random worked examples."""

from hypothesis import strategies as st

from attention_core.worked.cells import LARGEST, SMALLEST
from attention_core.worked.lesson import DIMENSIONS, HEADS, MATRICES, TOKENS, Lesson, shape

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
    # One pool a matrix: drawing each of up to 350 numbers on its own is slow.
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
