"""How pages are laid out: the title, what stands beside the body, and the edges around it all."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLayout, QSplitter, QVBoxLayout, QWidget

from gui import theme


def page_title(text: str, page: QWidget) -> QLabel:
    title = QLabel(text, page)
    theme.set_role(title, role="title")
    return title


def row_of(*left: QWidget, right: Iterable[QWidget] = ()) -> QHBoxLayout:
    """Widgets at both ends of a line."""
    line = QHBoxLayout()
    for widget in left:
        line.addWidget(widget)
    line.addStretch(1)
    for widget in right:
        line.addWidget(widget)
    return line


def beside(body: QWidget, pane: QWidget, pane_px: int) -> QSplitter:
    """The body, which takes what is left, and a pane at its right that can be pulled wider."""
    split = QSplitter(Qt.Orientation.Horizontal)
    split.addWidget(body)
    split.addWidget(pane)
    split.setChildrenCollapsible(False)
    split.setStretchFactor(0, 1)
    split.setSizes([10_000, pane_px])
    split.setHandleWidth(theme.space("s"))
    theme.set_role(split, role="plain")
    return split


def stack_up(page: QWidget, parts: Iterable[QWidget | QLayout], body: QWidget, *, is_page: bool = True) -> QVBoxLayout:
    """The parts from above to below; the body among them takes what is left. A part of a page has no edges."""
    layout = QVBoxLayout(page)
    edge = theme.space("l")
    layout.setContentsMargins(*((edge, theme.space("m"), edge, theme.space("s")) if is_page else (0, 0, 0, 0)))
    layout.setSpacing(theme.space("s"))
    for part in parts:
        if isinstance(part, QLayout):
            layout.addLayout(part)
        else:
            layout.addWidget(part, int(part is body))
    return layout
