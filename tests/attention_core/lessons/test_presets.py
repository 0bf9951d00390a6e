"""Each preset shows what it is meant to show."""

import re
from dataclasses import replace

import numpy as np
import pytest

from attention_core.lessons.lesson import LessonError
from attention_core.lessons.presets import PRESETS, preset


def attend(lesson):
    """An independent attention layer: scores, weights [head, query, key], and the output [token, dim]."""
    given = {name: np.array(rows) for name, rows in lesson.numbers.items()}
    q, k, v = (given[c] if c in given else given["X"] @ given[f"W_{c}"] for c in "QKV")
    q, k, v = (x.reshape(lesson.n_tokens, lesson.n_heads, lesson.d_head).swapaxes(0, 1) for x in (q, k, v))
    scores = q @ k.swapaxes(1, 2) / (np.sqrt(lesson.d_head) if lesson.scaled else 1)
    powers = np.exp(scores)
    weights = powers / powers.sum(axis=-1, keepdims=True)
    z = (weights @ v).swapaxes(0, 1).reshape(lesson.n_tokens, lesson.d)
    return scores, weights, z @ given["W_O"] if "W_O" in given else z


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_has_words_and_a_purpose(name):
    assert preset(name).n_tokens >= 3
    assert PRESETS[name].title
    assert PRESETS[name].purpose.endswith(".")
    assert (preset(name, 1) != preset(name, 2)) == PRESETS[name].seeded
    assert preset(name, 5) == preset(name, 5)


def test_textbook():
    lesson = preset("textbook")
    scores, weights, out = attend(lesson)
    assert lesson.words[5] == "it"
    assert np.allclose(scores[0, 5], [0.17, 0.77, 0.20, 0.29, 0.62, 0.92, 0.14, 1.22], atol=1e-12)
    true = [0.0800, 0.1458, 0.0825, 0.0902, 0.1255, 0.1694, 0.0777, 0.2287]
    assert np.allclose(weights[0, 5], true, atol=5.1e-5)
    assert np.allclose(out[5], [0.4735, 0.4236, 0.3651], atol=5.1e-5)
    _, weights, out = attend(replace(lesson, scaled=True))
    true = [0.0984, 0.1392, 0.1002, 0.1055, 0.1277, 0.1518, 0.0968, 0.1805]
    assert np.allclose(weights[0, 5], true, atol=5.1e-5)
    assert np.allclose(out[5], [0.4263, 0.3868, 0.3370], atol=5.1e-5)


def test_find():
    lesson = preset("find")
    _, weights, out = attend(lesson)
    assert weights[0, lesson.words.index("it"), lesson.words.index("cat")] == pytest.approx(0.99986, abs=1e-5)
    assert "0.999" in PRESETS["find"].purpose
    assert np.allclose(out[3], lesson.numbers["V"][0], atol=1e-3)
    assert np.allclose(weights[0, :3], 1 / 4)


def test_equal():
    _, weights, out = attend(preset("equal"))
    assert np.allclose(weights, 1 / 4)
    assert np.allclose(out, [4, 3])


def test_paper_has_only_whole_numbers():
    lesson = preset("paper")
    scores, _, _ = attend(lesson)
    assert lesson.scaled
    assert scores[0].tolist() == [[1, 1, 2], [0, 2, 2], [2, 1, 2]]
    assert all(x.is_integer() for rows in lesson.numbers.values() for row in rows for x in row)


def test_heads():
    lesson = preset("heads")
    _, weights, out = attend(lesson)
    animal, it, tired = (lesson.words.index(word) for word in ("animal", "it", "tired"))
    assert lesson.n_heads == 2
    assert weights[0, it, animal] > 0.999
    assert weights[1, it, tired] > 0.999
    x = np.array(lesson.numbers["X"])
    assert np.allclose(out[it], x[animal] + x[tired], atol=1e-3)


@pytest.mark.parametrize("name", ["random", "random_heads"])
def test_random_has_two_decimals(name):
    values = np.concatenate([np.ravel(rows) for rows in preset(name, 11).numbers.values()])
    assert (values == values.round(2)).all()
    assert abs(values).max() <= 2
    assert values.std() > 0.8


def test_random_is_the_same_everywhere():
    assert preset("random", 7).numbers["Q"][0] == (1.78, 0.5, 0.74)


def test_unknown_names_and_seeds():
    with pytest.raises(LessonError, match=re.escape("There is no preset “texbook”, only textbook, find")):
        preset("texbook")
    for seed in (-1, 2**32, 1.5, "7", True):
        with pytest.raises(LessonError, match="The seed must be a whole number from 0 to 4294967295"):
            preset("random", seed)
