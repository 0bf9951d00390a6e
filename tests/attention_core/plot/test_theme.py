"""Colours."""

import pytest

from attention_core.plot.theme import DARK, LIGHT, channels, ink_on, theme, weight_colour


def luminance(colour):
    parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in channels(colour)]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_weights_span_the_scale(colours):
    assert weight_colour(colours, 0) == colours.weights[0]
    assert weight_colour(colours, 1) == colours.weights[-1]
    assert weight_colour(colours, -1e-5) == colours.weights[0]
    assert weight_colour(colours, 0.5 ** (1 / 0.6)) == colours.weights[3]
    steps = [luminance(weight_colour(colours, w / 100)) for w in range(101)]
    assert steps == sorted(steps, reverse=colours is LIGHT)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_a_weight_of_a_twentieth_is_visible(colours):
    assert contrast(weight_colour(colours, 0.05), weight_colour(colours, 0)) > 1.15


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_digits_are_readable_on_every_weight(colours):
    for w in range(101):
        colour = weight_colour(colours, w / 100)
        assert contrast(ink_on(colour), colour) > 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_is_readable_on_the_page(colours):
    for ink in (colours.query, colours.key, colours.value, colours.ink, colours.muted):
        assert contrast(ink, colours.background) > 4.5
        assert contrast(ink, colours.panel) > 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_scores_diverge_from_a_middle_close_to_the_background(colours):
    middle = colours.scores[len(colours.scores) // 2]
    assert contrast(middle, colours.background) < 1.2
    red, _, blue = channels(colours.scores[1])
    assert red > blue
    red, _, blue = channels(colours.scores[-2])
    assert blue > red


def test_themes_have_names():
    assert theme("light") is LIGHT
    assert theme("dark") is DARK
