"""Buttons that say their key, and keys that do what a button does."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QWidget

from gui import theme

_ICON_COLOURS = {"primary": "accent_ink", "danger": "bad"}
ALONE = Qt.ShortcutContext.WidgetShortcut
"""Only while this very widget has the keyboard."""
WITHIN = Qt.ShortcutContext.WidgetWithChildrenShortcut
"""While it or anything in it has."""


def push_button(
    text: str, do: Callable[[], object], parent: QWidget, *, icon: str = "", role: str = "", keys: str = ""
) -> QPushButton:
    """A button; its tool tip says the keys that do the same."""
    button = QPushButton(text, parent)
    button.clicked.connect(lambda: do())
    if role:
        theme.set_role(button, role=role)
    if icon:
        theme.set_icon(button, icon, _ICON_COLOURS.get(role, "ink"))
    if keys:
        button.setToolTip(f"{text} ({keys})")
    return button


def on_keys(
    widget: QWidget,
    acts: Iterable[tuple[str | QKeySequence.StandardKey, Callable[[], object]]],
    where: Qt.ShortcutContext = ALONE,
) -> None:
    """Each key does its act."""
    for keys, act in acts:
        QShortcut(QKeySequence(keys), widget, context=where).activated.connect(act)
