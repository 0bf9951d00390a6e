"""The colours and fonts of the light and dark themes.

This is the only definition of the application's colours; a test checks the copies that configuration files need.
"""

from dataclasses import dataclass
from typing import Literal

from attention_core.errors import InputError
from attention_core.validate import summarize

ThemeName = Literal["light", "dark"]

SANS = '"Source Sans", system-ui, sans-serif'
MONO = '"Source Code Pro", monospace'
ON_DARK, ON_LIGHT = "#ffffff", "#000000"  # text on a dark and on a light background


@dataclass(frozen=True)
class Theme:
    """The colours of a page, each "#rrggbb".

    mark:    the background of a label for changed numbers
    weights: stops of the sequential scale, from weight 0 to weight 1
    scores:  stops of the diverging scale, from the lowest score over 0 in the middle to the highest
    """

    query: str
    key: str
    value: str
    ink: str
    muted: str
    line: str
    panel: str
    background: str
    mark: str
    weights: tuple[str, ...]
    scores: tuple[str, ...]


LIGHT = Theme(
    query="#0072B2",
    key="#C2410C",
    value="#00825D",
    ink="#1b2430",
    muted="#5f6b7a",
    line="#e3e8ee",
    panel="#f7f9fb",
    background="#ffffff",
    mark="#F0E442",
    weights=("#f4f7fc", "#d3e6f3", "#9cc8e3", "#67a9d2", "#4881b0", "#204e85", "#09316c"),
    scores=("#8a2c06", "#c2410c", "#e9a684", "#f4f6f8", "#8cc0e0", "#0072b2", "#004a75"),
)
DARK = Theme(
    query="#56B4E9",
    key="#F08A4B",
    value="#35C99A",
    ink="#eef2f6",
    muted="#9aa6b4",
    line="#2a323c",
    panel="#171c23",
    background="#0f1419",
    mark="#F0E442",
    weights=("#18222d", "#1d3a52", "#24496c", "#2f6090", "#6090b8", "#9abbdb", "#d6ecff"),
    scores=("#ffc09a", "#f08a4b", "#8a4a26", "#1b232c", "#2a688c", "#56b4e9", "#b5e0fb"),
)


def theme(name: ThemeName) -> Theme:
    """The theme with this name; InputError if there is none."""
    themes = {"light": LIGHT, "dark": DARK}
    if name not in themes:
        raise InputError(f'theme is "light" or "dark", got {summarize(name)}.')
    return themes[name]


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of "#rrggbb", 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def blend(low: str, high: str, share: float) -> str:
    """The colour at a fraction `share` of the way from `low` to `high`."""
    pairs = zip(channels(low), channels(high), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def weight_colour(colours: Theme, weight: float) -> str:
    """The colour of a weight from 0 to 1.

    The position on the scale is 6 * weight ** 0.6, in stops: the power separates small weights, which are most of a
    pattern, so 0.05 is clearly visible.
    """
    stops = colours.weights
    at = min(max(weight, 0.0), 1.0) ** 0.6 * (len(stops) - 1)
    low = min(int(at), len(stops) - 2)
    return blend(stops[low], stops[low + 1], at - low)


def ink_on(colour: str) -> str:
    """White or black, whichever has more contrast with a colour."""
    linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return ON_DARK if luminance < 0.179 else ON_LIGHT
