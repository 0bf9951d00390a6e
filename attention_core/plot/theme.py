"""Colours and fonts, for a light page and a dark one.

Here alone the application's colours stand; where some must be restated, a test holds them equal.
"""

from dataclasses import dataclass
from typing import Literal

from attention_core.errors import InputError
from attention_core.validate import told

ThemeName = Literal["light", "dark"]

SANS = '"Source Sans", system-ui, sans-serif'
MONO = '"Source Code Pro", monospace'
ON_DARK, ON_LIGHT = "#ffffff", "#000000"  # the inks on a dark colour and on a light one


@dataclass(frozen=True)
class Theme:
    """The colours of a page, each "#rrggbb".

    mark:    what stands behind a word that says that numbers were changed
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
    """The theme of that name; InputError when there is none."""
    themes = {"light": LIGHT, "dark": DARK}
    if name not in themes:
        raise InputError(f'theme is "light" or "dark", got {told(name)}.')
    return themes[name]


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of "#rrggbb", 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def mixed(low: str, high: str, share: float) -> str:
    """The colour that lies `share` of the way from one to the other."""
    pairs = zip(channels(low), channels(high), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def weight_colour(colours: Theme, weight: float) -> str:
    """The colour of a weight from 0 to 1.

    at = 6 * weight ** 0.6, counted in stops: the power spreads the small weights, of which most of a pattern is
    made, so that 0.05 is clearly seen.
    """
    stops = colours.weights
    at = min(max(weight, 0.0), 1.0) ** 0.6 * (len(stops) - 1)
    low = min(int(at), len(stops) - 2)
    return mixed(stops[low], stops[low + 1], at - low)


def ink_on(colour: str) -> str:
    """White or black, whichever is read better on a colour."""
    linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return ON_DARK if luminance < 0.179 else ON_LIGHT
