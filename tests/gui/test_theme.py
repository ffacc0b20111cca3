"""The look: readable in every theme, and nothing of it named outside the tokens."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton

import gui
from gui import theme

GROUNDS = ("ground", "surface", "raised")
INKS = ("ink", "muted", "accent", "ok", "warn", "bad")
PAIRS = [(ink, ground) for ink in INKS for ground in GROUNDS] + [
    ("ink", "raised_hover"),
    ("ink", "accent_soft"),
    ("accent_ink", "accent"),
    ("accent_ink", "accent_hover"),
    ("bad_ink", "bad_fill"),
    ("tile_ink", "tile"),
    ("stale_ink", "stale"),
]


def contrast(one: QColor, other: QColor) -> float:
    """WCAG 2: 1 (the same) to 21 (black on white)."""

    def luminance(colour: QColor) -> float:
        parts = (colour.redF(), colour.greenF(), colour.blueF())
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_every_ink_is_readable_on_every_ground_it_is_used_on(name, ink, ground):
    colours = theme.tokens(name).colours
    found = contrast(theme.parse_colour(colours[ink]), theme.parse_colour(colours[ground]))
    assert found >= 4.5, f"{ink} on {ground} in {name}: {found:.2f}"


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_the_border_of_a_field_is_seen(name, ground):
    colours = theme.tokens(name).colours
    assert contrast(theme.parse_colour(colours["line_strong"]), theme.parse_colour(colours[ground])) >= 3


def test_both_themes_name_the_same_colours():
    assert theme.tokens("dark").colours.keys() == theme.tokens("light").colours.keys()


def test_no_module_of_the_window_names_a_colour_of_its_own():
    # A colour beside the tokens would stay dark in the light theme.
    found = {
        path.name: hits
        for path in Path(gui.__file__).parent.rglob("*.py")
        if (hits := re.findall(r"""["']#[0-9a-fA-F]{3,8}["']""", path.read_text("utf-8")))
    }
    assert found == {}


def test_icons_follow_the_theme(look, qtbot):
    button = QPushButton("Capture")
    qtbot.addWidget(button)
    theme.set_icon(button, "capture")
    try:
        dark = button.icon().pixmap(24, 24).toImage()
        theme.apply(look, "light")
        light = button.icon().pixmap(24, 24).toImage()
    finally:
        theme.apply(look, "dark")
    assert dark.pixelColor(12, 12) == theme.parse_colour(theme.tokens("dark").colours["ink"])
    assert light.pixelColor(12, 12) == theme.parse_colour(theme.tokens("light").colours["ink"])


def test_what_is_pressed_with_gloves_is_large_enough():
    assert theme.size("touch") >= 44
