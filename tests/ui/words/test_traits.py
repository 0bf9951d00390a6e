"""What a model's architecture does to a score, in words."""

from attention_core.attention_view import attention_views
from ui.words.traits import score_text


def test_each_divisor_has_its_reason(traced):
    attention = attention_views(traced("gpt2"))[None]
    assert score_text(attention.score_stages(2)[0], attention.config) == (
        "divided by √7, so it does not grow with the head dimension, and by 3, a factor of this layer"
    )
    assert score_text(attention.score_stages(0)[0], attention.config) == (
        "divided by √7, so it does not grow with the head dimension"
    )
