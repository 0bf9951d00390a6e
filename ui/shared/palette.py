"""The palette as custom properties of the page, which its components inherit."""

from __future__ import annotations

from attention_core.plot.theme import DARK, LIGHT, ON_DARK, ON_LIGHT, Theme


def properties(colours: Theme) -> dict[str, str]:
    """What a colour is called in CSS -> the colour; of the scale for weights, its stops, set apart by spaces."""
    single = {name: colour for name, colour in vars(colours).items() if isinstance(colour, str)}
    return {
        **single,
        "weights": " ".join(colours.weights),
        "deep": colours.weights[-2],  # a grid's cells run from the panel to it
        "on-dark": ON_DARK,
        "on-light": ON_LIGHT,
    }


def custom_properties() -> str:
    """The CSS that holds both palettes, and that of the page: its own is dark where there is a `.dark-page`.

    A component takes the palette of the theme that it stands in, which it learns before the page does: see theme.js.
    """
    light, dark = properties(LIGHT), properties(DARK)
    both = {
        f"{theme}-{name}": colour
        for theme, palette in (("light", light), ("dark", dark))
        for name, colour in palette.items()
    }
    page = rule(":root", {"palette": " ".join(light), **both, **{name: f"var(--light-{name})" for name in light}})
    return page + rule(":root:has(.dark-page)", {name: f"var(--dark-{name})" for name in dark})


def rule(selector: str, values: dict[str, str]) -> str:
    """A rule that sets custom properties."""
    return f"{selector} {{ {' '.join(f'--{name}: {value};' for name, value in values.items())} }}\n"
