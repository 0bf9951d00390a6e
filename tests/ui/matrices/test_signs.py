"""What is written between matrices, read as an equation and evaluated with the matrices' numbers."""

import itertools
import re
from dataclasses import replace

import numpy as np
import pytest

import attention_core as ac
from attention_core.attention_view import attention_views
from attention_core.lessons.lesson import MASK_SIZES
from attention_core.lessons.presets import PRESETS, preset
from attention_core.lessons.solve import solve
from tests.every_family import CASES, kinds_of_layers
from tests.images import write_vit
from tests.small_tokenizers import TEXT
from ui.matrices.grids import build_grids
from ui.matrices.matrix import View
from ui.step_by_step.image_steps import IMAGE_STEPS
from ui.step_by_step.steps import STEPS, step_quantities


class Matrix(np.ndarray):
    """An array in which × is the matrix product, or the product with a number; * is elementwise."""

    def __matmul__(self, other):
        return self * other if np.ndim(other) == 0 else np.matmul(np.asarray(self), np.asarray(other)).view(Matrix)

    def __rmatmul__(self, number):
        return self * number


class Number(float):
    def __matmul__(self, other):
        return self * other


def softmax(scores, sink=None):
    whole = scores if sink is None else np.hstack([scores, np.broadcast_to(sink, (len(scores), 1))])
    with np.errstate(invalid="ignore"):
        powers = np.nan_to_num(np.exp(whole - whole.max(axis=1, keepdims=True)))
    return powers[:, : scores.shape[1]] / np.maximum(powers.sum(axis=1, keepdims=True), 1e-300)


def argmax(scores):
    best = (scores == scores.max(axis=1, keepdims=True)) & np.isfinite(scores)
    return best / np.maximum(best.sum(axis=1, keepdims=True), 1)


def mean(x):
    return x.mean(axis=1, keepdims=True)


def total(x):
    return x.sum(axis=1, keepdims=True)


def finite(x):
    return np.where(np.isfinite(x), x, 0)


READ_AS = [
    (r"(\w+) rotated by (\w+) and (\w+)", r"rotated(\1, \2, \3)"),
    (r"(\w+) where (\w+) is 1, −∞ elsewhere", r"np.where(\2 == 1, \1, -np.inf)"),
    (r"(\w+) with sink (\w+)", r"\1, \2"),
    (r"(\w+) ÷ sum of its row, with 0 for −∞", r"finite(\1) / total(finite(\1))"),
    (r"(\w+) ÷ sum of its row", r"\1 / total(\1)"),
    (r"\((\w+) − mean\) ÷ standard deviation", r"(\1 - mean(\1)) / np.sqrt(mean((\1 - mean(\1)) ** 2) + eps)"),
    (r"(\w+) ÷ root mean square", r"\1 / np.sqrt(mean(\1**2) + eps)"),
    (r"√([\d.]+)", r"np.sqrt(\1)"), (r"([\d.]+) × tanh\(", r"\1 * np.tanh("),
    ("ᵀ", ".T"), ("×", "@"), ("⊙", "*"), ("÷", "/"), ("−", "-"), (r"@ ([\d.]+)$", r"* \1"),
]  # fmt: skip
"""What is written on a page -> the same in NumPy, with names for the matrices."""


FUNCTIONS = {"np": np, "softmax": softmax, "argmax": argmax, "mean": mean, "total": total, "finite": finite}


def equations(matrices):
    """The matrices of each equation, and the equation with a name for each matrix: "M0 × M1ᵀ = M2"."""
    names = {each.title: f"M{i}" for i, each in enumerate(matrices)}
    rows = []
    for i, each in enumerate(matrices):
        sign = each.sign
        for title in sorted(names, key=len, reverse=True):
            written = f"({title})" if "," in title else title
            sign = re.sub(rf"(?<!\w){re.escape(written)}(?![A-Za-z0-9_])", names[title], sign)
        assert not re.search(r"M\d+ M\d+", sign), sign
        if each.begins:
            rows.append("")
        rows[-1] += f" {sign} M{i}{each.after}"
    return [re.sub(r"\( ", "(", row).strip() for row in rows]


def check(matrices, **scope):
    """Every equation is true of the shown numbers; returns them.

    scope: what the equations name beside their matrices
    """
    values = {f"M{i}": each.values.view(Matrix) for i, each in enumerate(matrices)}
    read = equations(matrices)
    for equation in read:
        if "=" not in equation:
            assert re.fullmatch(r"M\d+", equation), equation
            continue
        left, right = equation.split(" = ")  # one "=" each: a = b ÷ 2 = c would be false
        for written, meant in READ_AS:
            left = re.sub(written, meant, left)
        with np.errstate(invalid="ignore"):
            result = eval(left, FUNCTIONS | scope, values)
        np.testing.assert_allclose(np.broadcast_to(result, values[right].shape), values[right], rtol=2e-3, atol=2e-3,
                                   err_msg=f"{equation}: {left}")  # fmt: skip
    return read


def step_grids(attention, layer):
    """The matrices of every step, with one head and with two."""
    for step in IMAGE_STEPS if attention.config.image else STEPS:
        for kind, heads in itertools.product("qkv" if step.name == "project" else "q", [(0,), (0, 1)]):
            if names := step_quantities(step, attention, layer, kind):
                tokens = attention.trace.tokens
                keys = attention.source.tokens if attention.is_cross else None
                view = View(attention.trace, layer, heads, tokens, windowed=False, key_tokens=keys)
                yield step.name, build_grids(view, names).matrices


def rotation(attention, layer):
    """Queries or keys rotated by the model's own operation."""
    stages = [stage for kind in "qk" for stage in attention.projection_stages(kind, layer)]
    rotate = next((stage.operation for stage in stages if type(stage.operation).__name__ == "Rotate"), None)

    def rotated(x, cos, sin):
        half = rotate.dim // 2
        step = 2 if rotate.interleaved else 1
        a, b = [start + step * np.arange(half) for start in (0, 1 if rotate.interleaved else half)]
        result = np.array(x)
        result[:, a], result[:, b] = x[:, a] * cos - x[:, b] * sin, x[:, b] * cos + x[:, a] * sin
        return result

    return rotated


@pytest.mark.parametrize("name", CASES)
def test_every_equation_of_every_step_is_true(name, tmp_path):
    model = ac.load(CASES[name].write(tmp_path / name))
    run = model.trace(TEXT) if isinstance(model, ac.Model) else model.trace(TEXT, target="the cat")
    for attention in attention_views(run).values():
        for layer in kinds_of_layers(attention.config):
            for step, matrices in step_grids(attention, layer):
                if any("of all heads" in each.sign for each in matrices):
                    continue  # the norm takes more numbers than those of the heads that are shown
                read = check(matrices, rotated=rotation(attention, layer), eps=attention.config.norm_eps)
                assert any("=" in each for each in read), (step, read)


def test_every_equation_of_an_image_is_true(tmp_path):
    image = np.arange(40 * 56 * 3, dtype=np.uint8).reshape(40, 56, 3)
    attention = attention_views(ac.load(write_vit(tmp_path)).trace(image))[None]
    for _, matrices in step_grids(attention, 0):
        check(matrices, eps=attention.config.norm_eps)


@pytest.mark.parametrize("weigh", ["softmax", "share", "hardmax"])
@pytest.mark.parametrize("name", PRESETS)
def test_every_equation_of_every_worked_example_is_true(name, weigh):
    for scaled, temperature, mask in itertools.product((True, False), (1.0, 0.5), ("none", "causal", "window")):
        if weigh == "share" and name in ("find", "heads"):
            continue  # rows that sum to 0
        lesson = replace(preset(name, 3), scaled=scaled, temperature=temperature, mask=mask, mask_size=MASK_SIZES[1],
                         weigh=weigh)  # fmt: skip
        solution = solve(lesson)
        names = [stage.name for stage in solution.stages.values() if stage.inputs]
        for head in range(lesson.n_heads):
            check(build_grids(View(solution, None, (head,), list(lesson.words), windowed=False), names).matrices)


def test_the_textbooks_matrices_read_as_the_papers_equation():
    solution = solve(replace(preset("textbook"), scaled=True))
    grids = build_grids(View(solution, None, (0,), list(solution.lesson.words)), ["product", "score", "weight", "z"])
    assert equations(grids.matrices) == ["M0 × M1ᵀ = M2", "M2 ÷ √3 = M3", "softmax(M3) = M4", "M4 × M5 = M6"]
