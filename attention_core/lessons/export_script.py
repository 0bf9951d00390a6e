"""A solved lesson as a NumPy script that prints the same numbers."""

from __future__ import annotations

from attention_core.lessons.lesson import Lesson, allowed

WEIGHT_CODE = {
    "softmax": """
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)""",
    "share": """
    unmasked = np.where(np.isneginf(scores), 0, scores)
    total = unmasked.sum(axis=-1, keepdims=True)
    # A sum that is 0 up to rounding errors cannot divide.
    total[abs(total) <= 1e-9 * abs(unmasked).sum(axis=-1, keepdims=True)] = np.nan
    return np.where(np.isneginf(scores), 0, unmasked / total)""",
    "hardmax": """
    largest = np.isclose(scores, scores.max(axis=-1, keepdims=True), rtol=1e-9, atol=1e-9)
    return largest / largest.sum(axis=-1, keepdims=True)""",
}
FROM_X = """
q, k, v = (split(X @ W) for W in (W_Q, W_K, W_V))
"""
FROM_QKV = """
q, k, v = split(Q), split(K), split(V)
"""
SCRIPT_TEMPLATE = '''"""A worked example of self-attention; it prints every matrix."""

import numpy as np

np.set_printoptions(precision={decimals}, suppress=True, linewidth=160)

words = {words}
n_heads = {n_heads}
{numbers}
# Which keys (columns) each query (row) may attend to.
mask = np.array({mask}, dtype=bool)


def split(x):
    """[token, dimension] -> [head, token, head dimension]"""
    return x.reshape(len(x), n_heads, -1).transpose(1, 0, 2)


def weigh(scores):
    """Attention weights from scores, row by row."""{weigh}

{start}
product = q @ k.transpose(0, 2, 1)
score = product{scale}
masked = np.where(mask, score, -np.inf)
# A row that is masked entirely has weights of 0.
weight = np.zeros_like(masked)
rows = mask.any(axis=-1)
weight[:, rows] = weigh(masked[:, rows])
z = weight @ v
result = dict(q=q, k=k, v=v, product=product, score=score, weight=weight, z=z)
{end}
if __name__ == "__main__":
    print("words:", *words)
    for name, numbers in result.items():
        print(name, numbers, sep="\\n")
'''
OUTPUT_PROJECTION = """result["out"] = z.transpose(1, 0, 2).reshape(len(words), -1) @ W_O
"""


def script(lesson: Lesson) -> str:
    """The lesson as a Python file that needs only NumPy and computes in float64, without rounding."""
    numbers = "\n".join(f"{name} = np.array({[list(row) for row in rows]})" for name, rows in lesson.numbers.items())
    scale = (" / np.sqrt(q.shape[-1])" if lesson.scaled else "") + (
        f" / {lesson.temperature!r}" if lesson.temperature != 1 else ""
    )
    from_x = lesson.entry == "x"
    return SCRIPT_TEMPLATE.format(
        decimals=lesson.decimals,
        words=ascii(list(lesson.words)),
        n_heads=lesson.n_heads,
        numbers=numbers,
        mask=allowed(lesson).astype(int).tolist(),
        weigh=WEIGHT_CODE[lesson.weigh],
        scale=scale,
        start=(FROM_X if from_x else FROM_QKV).strip(),
        end=OUTPUT_PROJECTION if from_x else "",
    )
