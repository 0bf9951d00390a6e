"""The palette as CSS custom properties, which the components inherit from the page."""

from __future__ import annotations

from attention_core.plot.theme import DARK, LIGHT, ON_DARK, ON_LIGHT, Theme


def properties(colours: Theme) -> dict[str, str]:
    """A colour's name in CSS -> the colour; for the scale of weights its stops, separated by spaces."""
    single = {name: colour for name, colour in vars(colours).items() if isinstance(colour, str)}
    return {
        **single,
        "weights": " ".join(colours.weights),
        "deep": colours.weights[-2],  # a grid's cells run from the panel to it
        "on-dark": ON_DARK,
        "on-light": ON_LIGHT,
    }


def custom_properties() -> str:
    """The CSS with both palettes and the page's own, which follows Streamlit's theme at once.

    Streamlit gives a page the colour scheme of its theme, but not the popovers above it; they have that of `:root`.
    A component takes the palette of the current theme: see theme.js.
    """
    light, dark = properties(LIGHT), properties(DARK)
    both = {
        f"{theme}-{name}": colour
        for theme, palette in (("light", light), ("dark", dark))
        for name, colour in palette.items()
    }
    current = {name: f"light-dark(var(--light-{name}), var(--dark-{name}))" for name in light if name != "weights"}
    return css_rule(":root", {"palette": " ".join(light), **both, **current})


def css_rule(selector: str, values: dict[str, str]) -> str:
    """A rule that sets custom properties."""
    return f"{selector} {{ {' '.join(f'--{name}: {value};' for name, value in values.items())} }}\n"
