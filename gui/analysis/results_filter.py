"""The results' filter: words, state, and one of the pack's columns with its value or span."""

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from core.pack import ColumnType, Pack, PackColumn
from core.store.findings import FindingFilter
from gui import theme
from gui.analysis.words import STATES, title_of
from gui.choices import Choice, Words

_TYPING_MS = 300
_NUMBERS = (ColumnType.NUMBER, ColumnType.INTEGER)
_NONE = object()


class ResultsFilter(QWidget):
    """Tells `changed` whenever what it lets through is another; while somebody types, when they pause."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._columns: tuple[PackColumn, ...] = ()
        self.text = Words("Find in asset, location, reason or answer", 190, self)
        self.state = Choice("State", 130, self)
        self.state.addItem("All states", None)
        for state, (said, _) in STATES.items():
            self.state.addItem(said, state)
        self.column = Choice("Column", 170, self)
        self.value = Choice("Value", 150, self)
        self.low, self.high = Words("from", 84, self, clears=False), Words("to", 84, self, clears=False)
        self._dash = QLabel("–", self)
        for field in (self.low, self.high):
            field.setValidator(QDoubleValidator(self))
            field.setFixedWidth(84)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space("s"))
        layout.addWidget(self.text, 1)
        for widget in (self.state, self.column, self.value, self.low, self._dash, self.high):
            layout.addWidget(widget)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.changed)
        for field in (self.text, self.low, self.high):
            field.textChanged.connect(lambda _: self._typing.start())
            field.returnPressed.connect(self._told)
        for combo in (self.state, self.value):
            combo.currentIndexChanged.connect(self._told)
        self.column.currentIndexChanged.connect(self._column_chosen)
        self.show_pack(None)

    def show_pack(self, pack: Pack | None) -> None:
        """Offer this pack's columns; everything is let through again."""
        self._columns = tuple(column for column in pack.columns if _can_be_asked(column)) if pack else ()
        widgets = (self.text, self.state, self.column, self.low, self.high)
        blockers = [QSignalBlocker(widget) for widget in widgets]
        self.text.clear()
        self.state.setCurrentIndex(0)
        self.column.clear()
        self.column.addItem("Any value", None)
        for column in self._columns:
            self.column.addItem(title_of(column.name), column.name)
        for blocker in blockers:
            blocker.unblock()
        self.column.setVisible(bool(self._columns))
        self._offer_values()

    def wanted(self) -> FindingFilter:
        """What the bar lets through now."""
        column = self._chosen()
        value = self.value.currentData()
        low, high = _number(self.low.text()), _number(self.high.text())
        is_span = column is not None and column.type in _NUMBERS
        if column is None or (is_span and low is None and high is None) or (not is_span and value is _NONE):
            return FindingFilter(self.state.currentData(), self.text.text().strip())
        if is_span:
            return FindingFilter(self.state.currentData(), self.text.text().strip(), column.name, None, low, high)
        return FindingFilter(self.state.currentData(), self.text.text().strip(), column.name, value)

    def clear(self) -> None:
        """Let everything through."""
        for combo in (self.state, self.column):
            with QSignalBlocker(combo):
                combo.setCurrentIndex(0)
        with QSignalBlocker(self.text):
            self.text.clear()
        self._column_chosen()

    def _chosen(self) -> PackColumn | None:
        name = self.column.currentData()
        return next((column for column in self._columns if column.name == name), None)

    def _column_chosen(self) -> None:
        self._offer_values()
        self._told()

    def _offer_values(self) -> None:
        column = self._chosen()
        for field in (self.low, self.high):
            with QSignalBlocker(field):
                field.clear()
        is_span = column is not None and column.type in _NUMBERS
        for widget in (self.low, self._dash, self.high):
            widget.setVisible(is_span)
        self.value.setVisible(column is not None and not is_span)
        with QSignalBlocker(self.value):
            self.value.clear()
            self.value.addItem("Choose a value", _NONE)
            if column is not None and column.type is ColumnType.BOOLEAN:
                self.value.addItem("Yes", True)
                self.value.addItem("No", False)
            for choice in column.choices if column is not None else ():
                self.value.addItem(choice, choice)
            self.value.addItem("No value", None)

    def _told(self) -> None:
        self._typing.stop()
        self.changed.emit()


def _can_be_asked(column: PackColumn) -> bool:
    """Texts and lists are found by words."""
    return column.type in (*_NUMBERS, ColumnType.BOOLEAN) or bool(column.choices)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
