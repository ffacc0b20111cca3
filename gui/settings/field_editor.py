"""One setting on the settings page: its name, widget, unit, default, description, and what is wrong with it."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from core.settings import FieldDoc
from gui import theme
from gui.settings.field_words import label, shown, size_text, unit

NAME_PX = 190
_SPIN_MOST = 2**31 - 1


class FieldEditor(QWidget):
    edited = Signal()

    def __init__(self, doc: FieldDoc, value: Any, *, locked: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.doc = doc
        self.locked = locked
        self._name = QLabel(label(doc), self)
        self._name.setFixedWidth(NAME_PX)
        self._name.setToolTip(doc.name)
        self._name.setWordWrap(True)
        self.default_button = QPushButton(f"Default: {shown(doc, doc.default)}", self)
        self.default_button.setAutoDefault(False)
        theme.set_role(self.default_button, role="link")
        self.default_button.clicked.connect(self._back_to_default)
        self.widget = self._make()
        self.widget.setAccessibleName(label(doc))
        self.widget.setAccessibleDescription(doc.description)
        self.widget.setEnabled(not locked)
        self._name.setBuddy(self.widget)
        said = QLabel(doc.description, self)
        if locked:
            said.setText(f"Set by {doc.environment} in the environment, so it can't be changed here. {doc.description}")
        said.setWordWrap(True)
        theme.set_role(said, role="small")
        self._wrong = QLabel(self)
        self._wrong.setWordWrap(True)
        theme.set_role(self._wrong, level="bad")
        self._wrong.hide()
        line = QHBoxLayout()
        line.setSpacing(theme.space("s"))
        line.addWidget(self.widget)
        if doc.type == "path":
            line.addWidget(self._browse())
        if unit(doc):
            line.addWidget(QLabel(unit(doc), self))
        line.addWidget(self.default_button)
        line.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.addWidget(self._name, 0, 0)
        grid.addLayout(line, 0, 1)
        grid.addWidget(said, 1, 1)
        grid.addWidget(self._wrong, 2, 1)
        grid.setColumnStretch(1, 1)
        self.set_value(value)

    def value(self) -> Any:
        """What is entered, as it goes into settings.toml; None: the default."""
        widget = self.widget
        if isinstance(widget, QCheckBox):
            return widget.isChecked()
        if isinstance(widget, QSpinBox | QDoubleSpinBox):
            return widget.value()
        if isinstance(widget, QComboBox):
            return widget.currentText()
        assert isinstance(widget, QLineEdit)
        text = widget.text().strip()
        if self.doc.type in ("path", "bytes"):
            return text or None
        return text

    def set_value(self, value: Any) -> None:
        """Show a value of the settings, or what was entered in its place (`value()`), right or wrong."""
        widget = self.widget
        if isinstance(widget, QCheckBox):
            widget.setChecked(bool(value))
        elif isinstance(widget, QSpinBox):
            widget.setValue(int(value))
        elif isinstance(widget, QDoubleSpinBox):
            widget.setValue(float(value))
        elif isinstance(widget, QComboBox):
            widget.setCurrentText(str(value))
        elif isinstance(widget, QLineEdit):
            is_size = self.doc.type == "bytes" and isinstance(value, int)
            widget.setText(size_text(value) if is_size else "" if value is None else str(value))
        self._show_default()

    def mark(self, *, changed: bool, wrong: str) -> None:
        """Show that it is not saved yet, and what is wrong with it."""
        self._name.setText(f"{label(self.doc)} •" if changed else label(self.doc))
        theme.set_role(self._name, level="info" if changed else "")
        self._wrong.setText(wrong)
        self._wrong.setVisible(bool(wrong))
        theme.set_role(self.widget, invalid=bool(wrong))

    def _make(self) -> QWidget:
        doc = self.doc
        if doc.type == "switch":
            box = QCheckBox("On", self)
            box.toggled.connect(self._edited)
            return box
        if doc.type == "choice":
            combo = _Combo(self)
            combo.addItems(doc.choices)
            combo.setMinimumWidth(140)
            combo.currentIndexChanged.connect(self._edited)
            return combo
        if doc.type in ("whole number", "number"):
            spin: QSpinBox | QDoubleSpinBox = _Spin(self) if doc.type == "whole number" else _DoubleSpin(self)
            if isinstance(spin, QDoubleSpinBox):
                spin.setDecimals(2)
                spin.setSingleStep(0.5)
                least = 0.01 if doc.exclusive_minimum else 0.0
                spin.setRange(float(doc.minimum or least), float(doc.maximum or 1e9))
            else:
                spin.setRange(int(doc.minimum or 0), min(int(doc.maximum or _SPIN_MOST), _SPIN_MOST))
            spin.setFixedWidth(120)
            spin.lineEdit().setTextMargins(theme.space("s"), 0, 0, 0)
            spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            spin.valueChanged.connect(self._edited)
            return spin
        edit = QLineEdit(self)
        edit.setMinimumWidth(120 if doc.type == "bytes" else 240)
        if doc.type == "bytes":
            edit.setMaximumWidth(120)
        edit.textChanged.connect(self._edited)
        return edit

    def _browse(self) -> QPushButton:
        button = QPushButton("Browse…", self)
        button.setAutoDefault(False)
        button.setEnabled(not self.locked)
        button.clicked.connect(self._choose)
        return button

    def _choose(self) -> None:
        dialog = QFileDialog(self, label(self.doc), str(self.value() or ""))
        is_file = self.doc.name.endswith("_file")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile if is_file else QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.set_value)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _back_to_default(self) -> None:
        self.set_value(self.doc.default)

    def _edited(self) -> None:
        self._show_default()
        self.edited.emit()

    def _show_default(self) -> None:
        default = size_text(self.doc.default) if self.doc.type == "bytes" else self.doc.default
        self.default_button.setVisible(not self.locked and self.value() != default)


class _Spin(QSpinBox):
    """Scrolling the page must not turn the numbers under the mouse."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _DoubleSpin(QDoubleSpinBox):
    def textFromValue(self, value: float) -> str:
        return self.locale().toString(value, "g", 8)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _Combo(QComboBox):
    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
