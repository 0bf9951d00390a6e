"""Colours and fonts, for a light page and a dark one."""

import math
from dataclasses import dataclass
from typing import Literal

ThemeName = Literal["light", "dark"]

SANS = '"Source Sans", "Source Sans 3", system-ui, sans-serif'
MONO = '"Source Code Pro", ui-monospace, monospace'


@dataclass(frozen=True)
class Theme:
    """The colours of a page. weights: the stops of the scale from 0 to 1, lowest first."""

    query: str
    key: str
    value: str
    ink: str
    muted: str
    line: str
    background: str
    weights: tuple[str, ...]


LIGHT = Theme(
    "#0072B2", "#C2410C", "#00845F", "#1b2430", "#5f6b7a", "#e3e8ee", "#ffffff",
    ("#f4f7fc", "#d3e6f3", "#9cc8e3", "#67a9d2", "#4881b0", "#204e85", "#09316c"),
)  # fmt: skip
DARK = Theme(
    "#56B4E9", "#F08A4B", "#35C99A", "#eef2f6", "#9aa6b4", "#2a323c", "#0f1419",
    ("#18222d", "#1c3347", "#20486a", "#2f6394", "#6590b8", "#9bbfdf", "#d6ecff"),
)  # fmt: skip


def theme(name: ThemeName) -> Theme:
    """The theme of that name."""
    return {"light": LIGHT, "dark": DARK}[name]


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of "#rrggbb", 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def weight_colour(theme: Theme, weight: float) -> str:
    """The colour of a weight from 0 to 1; the square root lets 0.05 be seen beside 0.68."""
    at = math.sqrt(min(max(weight, 0.0), 1.0)) * (len(theme.weights) - 1)
    low = min(int(at), len(theme.weights) - 2)
    a, b = channels(theme.weights[low]), channels(theme.weights[low + 1])
    return "#" + "".join(f"{round(x + (y - x) * (at - low)):02x}" for x, y in zip(a, b, strict=True))


def ink_on(colour: str) -> str:
    """Black or white, whichever can be read on a colour."""
    red, green, blue = channels(colour)
    return "#ffffff" if 0.3 * red + 0.59 * green + 0.11 * blue < 140 else "#16202b"
