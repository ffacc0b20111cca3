"""The look: tokens from resources/style become a palette, a style sheet and icons; nothing else names a colour."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, QTemporaryDir, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QFormLayout, QLabel, QLineEdit, QWidget

import resources

_RESOURCES = Path(resources.__file__).parent
_SHEET_ICONS = {  # icons that the style sheet names, and their colour
    "chevron-down": "ink",
    "chevron-up": "ink",
    "chevron-right": "ink",
    "check": "accent_ink",
    "dash": "accent_ink",
    "dot": "accent_ink",
}


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme: colours as #rrggbb or #rrggbbaa, sizes in device-independent pixels."""

    name: str
    colours: dict[str, str]
    sizes: dict[str, int]


@cache
def tokens(name: str) -> Tokens:
    """The tokens of "dark" or "light"."""
    read = tomllib.loads((_RESOURCES / "style" / "tokens.toml").read_text("utf-8"))
    return Tokens(name, read[name], {**read["type"], **read["space"], **read["size"]})


class _Look(QObject):
    """The theme in force, and word that it changed."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tokens = tokens("dark")
        self.wanted = "dark"
        self.files: QTemporaryDir | None = None


_look = _Look()
changed = _look.changed
"""Emitted after the theme changed; icons set by `set_icon` follow by themselves."""


def apply(app: QApplication, wanted: str) -> None:
    """Give the whole application the look "dark", "light", or the desktop's own ("system")."""
    first = _look.files is None
    if first:
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(lambda: apply(app, _look.wanted))
    _look.wanted = wanted
    name = wanted if wanted in ("dark", "light") else _of_desktop(app)
    if not first and name == _look.tokens.name:
        return
    _look.tokens = tokens(name)
    app.setPalette(_palette())
    app.setStyleSheet(_sheet())
    for widget in app.allWidgets():
        icon_name = widget.property("iconName")
        if isinstance(widget, QAbstractButton) and isinstance(icon_name, str):
            widget.setIcon(icon(icon_name, str(widget.property("iconColour"))))
    _look.changed.emit()


def name() -> str:
    """The theme in force: "dark" or "light"."""
    return _look.tokens.name


def colour(token: str) -> QColor:
    """A colour token of the theme in force."""
    return parse_colour(_look.tokens.colours[token])


def size(token: str) -> int:
    """A size token (type, space or size) in device-independent pixels."""
    return _look.tokens.sizes[token]


def space(token: str) -> int:
    """A space token: xs, s, m, l or xl."""
    return size(token)


def set_role(widget: QWidget, **properties: str | bool) -> None:
    """Set the properties that the style sheet selects by (role, level, touch, invalid …), and repolish."""
    for key, value in properties.items():
        text = str(value).lower() if isinstance(value, bool) else value
        if widget.property(key) == text:
            continue
        widget.setProperty(key, text)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def set_icon(button: QAbstractButton, icon_name: str, colour_token: str = "ink", px: int | None = None) -> None:
    """Give `button` an icon of resources/icons that follows the theme."""
    if (button.property("iconName"), button.property("iconColour")) != (icon_name, colour_token):
        button.setProperty("iconName", icon_name)
        button.setProperty("iconColour", colour_token)
        button.setIcon(icon(icon_name, colour_token))
    button.setIconSize(QSize(px or size("icon"), px or size("icon")))


def level_labels(form: QFormLayout) -> None:
    """Set the form's labels level with the text of their fields."""
    for row in range(form.rowCount()):
        item = form.itemAt(row, QFormLayout.ItemRole.LabelRole)
        label = item.widget() if item is not None else None
        if isinstance(label, QLabel):
            label.setFixedHeight(size("control"))


def pad(field: QAbstractSpinBox) -> None:
    """Keep a number off the field's left edge, which the style sheet can't: Qt puts a spin box's text at 0."""
    inner = field.findChild(QLineEdit)
    if inner is not None:
        inner.setTextMargins(space("s"), 0, 0, 0)


def icon(icon_name: str, colour_token: str = "ink") -> QIcon:
    """An icon in a token's colour, drawn for 1x and 2x screens; disabled buttons get the disabled colour."""
    made = QIcon()
    for mode, token in ((QIcon.Mode.Normal, colour_token), (QIcon.Mode.Disabled, "disabled")):
        for px in (24, 48):
            made.addPixmap(_drawn(icon_name, colour(token), px), mode)
    return made


def app_icon() -> QIcon:
    """The program's own mark."""
    made = QIcon()
    for px in (16, 32, 48, 128, 256):
        made.addPixmap(_drawn("app", QColor(), px))
    return made


def parse_colour(text: str) -> QColor:
    """#rrggbb or #rrggbbaa (Qt alone would read the latter as #aarrggbb)."""
    made = QColor(text[:7])
    if len(text) == 9:
        made.setAlpha(int(text[7:], 16))
    return made


def _svg(icon_name: str, ink: QColor) -> bytes:
    text = (_RESOURCES / "icons" / f"{icon_name}.svg").read_text("utf-8")
    return text.replace("currentColor", ink.name()).encode()


def _drawn(icon_name: str, ink: QColor, px: int) -> QPixmap:
    return _render(icon_name, ink.name(), px)


@cache
def _render(icon_name: str, ink: str, px: int) -> QPixmap:
    pixmap = QPixmap(px, px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(_svg(icon_name, QColor(ink)))).render(painter, QRectF(0, 0, px, px))
    painter.end()
    return pixmap


def _sheet() -> str:
    values = {key: _css(value) for key, value in _look.tokens.colours.items()}
    values |= {key: str(value) for key, value in _look.tokens.sizes.items()}
    for edge in ("control", "touch"):  # a style sheet's min-height is inside the border; a focused border is 1 px wider
        values[f"{edge}_inner"] = str(size(edge) - 2)
        values[f"{edge}_focus"] = str(size(edge) - 4)
    for pad in ("s", "m"):
        values[f"{pad}_less"] = str(size(pad) - 1)
    values["rail_inner"] = str(size("rail") - 9)
    values |= _sheet_icons()
    return Template((_RESOURCES / "style" / "station.qss").read_text("utf-8")).substitute(values)


def _css(text: str) -> str:
    made = parse_colour(text)
    return text if made.alpha() == 255 else f"rgba({made.red()}, {made.green()}, {made.blue()}, {made.alpha()})"


def _sheet_icons() -> dict[str, str]:
    """Coloured copies for the style sheet, which can take images from files only."""
    files = QTemporaryDir()
    paths = {}
    for icon_name, token in _SHEET_ICONS.items():
        path = Path(files.path()) / f"{icon_name}.svg"
        path.write_bytes(_svg(icon_name, colour(token)))
        paths[f"icon_{icon_name.replace('-', '_')}"] = path.as_posix()
    _look.files = files
    return paths


def _palette() -> QPalette:
    made = QPalette()
    roles = QPalette.ColorRole
    for role, token in (
        (roles.Window, "ground"),
        (roles.WindowText, "ink"),
        (roles.Base, "raised"),
        (roles.AlternateBase, "surface"),
        (roles.Text, "ink"),
        (roles.PlaceholderText, "muted"),
        (roles.Button, "raised"),
        (roles.ButtonText, "ink"),
        (roles.BrightText, "bad"),
        (roles.Highlight, "accent"),
        (roles.HighlightedText, "accent_ink"),
        (roles.Accent, "accent"),
        (roles.Link, "accent"),
        (roles.LinkVisited, "accent"),
        (roles.ToolTipBase, "surface"),
        (roles.ToolTipText, "ink"),
        (roles.Light, "raised_hover"),
        (roles.Midlight, "raised_hover"),
        (roles.Mid, "line"),
        (roles.Dark, "line"),
        (roles.Shadow, "ground"),
    ):
        made.setColor(role, colour(token))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, colour("disabled"))
    return made


def _of_desktop(app: QApplication) -> str:
    return "light" if app.styleHints().colorScheme() == Qt.ColorScheme.Light else "dark"
