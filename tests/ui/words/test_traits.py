"""What a model's traits do to a score, in words."""

from attention_core.attention_view import attention_views
from ui.words.traits import scored


def test_each_divisor_has_its_reason(traced):
    attention = attention_views(traced("gpt2"))[None]
    assert scored(attention.scoring(2)[0], attention.config) == (
        "divided by √7, so that it does not grow with the width, and by 3, which is this layer’s own"
    )
    assert scored(attention.scoring(0)[0], attention.config) == "divided by √7, so that it does not grow with the width"
