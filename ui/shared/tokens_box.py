"""The tokens to choose from: a strip of words, or an image with the attention of the chosen query on its patches."""

from __future__ import annotations

from attention_core.attention_view import AttentionView
from ui.components.patches import Patched, patches
from ui.components.token_strip import Selection, token_strip
from ui.shared.shown import Shown, strip_tokens


def tokens_box(attention: AttentionView, part: Shown, tallest: int = 360) -> None:
    """The tokens, to choose who asks and who answers: a strip of words, or an image, `tallest` pixels high at most."""
    selection = Selection(part.query, part.key, part.plane)
    image, pixels = attention.config.image, attention.trace.inputs.pixels
    if image is None or pixels is None:
        answering = strip_tokens(attention.source, part.keys.places) if attention.crosses else None
        asking = strip_tokens(attention.trace, part.queries.places)
        token_strip(asking, selection, answering, key="strip", on_pick=part.put)
        return
    made = Patched(image.unpatchify(pixels), (image.rows, image.columns), part.pattern[part.plane], part.queries.names)
    patches(made, selection, tallest=tallest, key="patches", on_pick=part.put)
