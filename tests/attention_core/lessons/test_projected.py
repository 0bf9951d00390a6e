"""A head in few dimensions is the closest approximation of the real one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attention_core.lessons.lesson import LessonError, allowed
from attention_core.lessons.projected import head_lesson, project_head


def drawn(seed, n, d_head):
    return np.random.default_rng(seed).normal(size=(3, n, d_head))


def scores(q, k):
    return q @ k.T / np.sqrt(q.shape[1])


@settings(max_examples=60)
@given(st.integers(0, 1000), st.integers(2, 12), st.sampled_from([1, 3, 5, 31]), st.integers(1, 8))
def test_a_projection_is_the_closest_of_its_rank(seed, n, d_head, d):
    q, k, v = drawn(seed, n, d_head)
    head = project_head(scores(q, k), v, d)
    assert head.q.shape == head.k.shape == head.v.shape == (n, d)
    sigma = np.linalg.svd(scores(q, k), compute_uv=False)
    left = np.linalg.norm(scores(q, k) - scores(head.q, head.k)) ** 2
    assert left == pytest.approx((sigma[d:] ** 2).sum(), abs=1e-10 * (sigma**2).sum())
    assert head.kept_scores == pytest.approx(1 - left / (sigma**2).sum(), abs=1e-10)
    sigma_v = np.linalg.svd(v, compute_uv=False)
    assert head.kept_values == pytest.approx((sigma_v[:d] ** 2).sum() / (sigma_v**2).sum(), abs=1e-12)
    # V is v projected onto d orthogonal directions: distances shrink, and the squares kept are those of V.
    assert (head.v**2).sum() == pytest.approx(head.kept_values * (v**2).sum(), rel=1e-10)


@pytest.mark.parametrize(("n", "d_head"), [(7, 3), (3, 7)])
def test_enough_dimensions_keep_everything(n, d_head):
    q, k, v = drawn(5, n, d_head)
    for d in range(3, 9):
        head = project_head(scores(q, k), v, d)
        assert np.allclose(scores(head.q, head.k), scores(q, k), atol=1e-12)
        assert np.allclose(head.v @ head.v.T, v @ v.T, atol=1e-12)
        assert (head.kept_scores, head.kept_values) == (pytest.approx(1), pytest.approx(1))
        assert not head.q[:, 3:].any()
        assert not head.v[:, 3:].any()


def test_more_dimensions_keep_more():
    q, k, v = drawn(2, 11, 29)
    kept = [project_head(scores(q, k), v, d) for d in range(1, 9)]
    for name in ("kept_scores", "kept_values"):
        shares = [getattr(each, name) for each in kept]
        assert shares == sorted(set(shares))
        assert 0 < shares[0] < shares[-1] < 1


def test_signs_are_fixed():
    q, k, v = drawn(3, 7, 5)
    head, turned = project_head(scores(q, k), v, 3), project_head(scores(-q, -k), v @ -np.eye(5), 3)
    for a, b in zip(head[:3], turned[:3], strict=True):
        assert np.allclose(a, b)
    for column in (*head.q.T, *head.v.T):
        assert column[abs(column).argmax()] > 0


def test_a_head_of_zeros():
    head = project_head(np.zeros((5, 5)), np.zeros((5, 7)), 2)
    assert not head.q.any()
    assert (head.kept_scores, head.kept_values) == (1, 1)


@pytest.mark.parametrize(("n", "d"), [(13, 2), (1, 2), (5, 0), (5, 9)])
def test_invalid_sizes_are_refused(n, d):
    with pytest.raises(LessonError):
        project_head(np.zeros((n, n)), np.zeros((n, 3)), d)


def test_a_real_head_as_a_lesson(minilm):
    trace = minilm.trace("The animal didn't cross the street.")
    n = len(trace.tokens)
    head = project_head(trace.scores(3)[1], trace.v(3)[1], 8)
    assert 0.5 < head.kept_scores < 1
    lesson = head_lesson(tuple(trace.tokens), head)
    assert (lesson.n_tokens, lesson.d, lesson.scaled, lesson.words) == (n, 8, True, tuple(trace.tokens))
    real, few = trace.scores(3)[1], scores(np.array(lesson.numbers["Q"]), np.array(lesson.numbers["K"]))
    assert ((real - few) ** 2).sum() / (real**2).sum() == pytest.approx(1 - head.kept_scores, abs=1e-3)
    assert lesson.numbers["V"][2][0] == round(head.v[2, 0], 4)


def test_long_words_are_shortened():
    lesson = head_lesson(("a" * 30, "b" * 24), project_head(np.eye(2), np.eye(2), 2))
    assert lesson.words == ("a" * 23 + "…", "b" * 24)


@pytest.mark.parametrize(
    ("mask", "name", "flipped"),
    [
        (np.ones((5, 5), dtype=bool), "none", set()),
        (np.tri(5, dtype=bool), "causal", set()),
        (np.tri(5, dtype=bool) & ~np.tri(5, k=-2, dtype=bool), "causal",
         {(2, 0), (3, 0), (3, 1), (4, 0), (4, 1), (4, 2)}),
    ],
)  # fmt: skip
def test_a_lesson_has_the_mask_of_the_model(mask, name, flipped):
    lesson = head_lesson(tuple("abcde"), project_head(np.eye(5), np.eye(5), 3), mask)
    assert (lesson.mask, set(lesson.flipped)) == (name, flipped)
    np.testing.assert_array_equal(allowed(lesson), mask)
