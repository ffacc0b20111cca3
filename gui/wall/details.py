"""What the operator says of everything captured from now on: place, angle, exposure, sensor, and a note."""

from PySide6.QtWidgets import (
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from core.capture import Metadata
from gui import theme
from gui.controls import answers, push_button
from gui.page_layout import line_of

_TEXTS = (
    ("timestamp_ref", "Time reference", "e.g. lap 23, in-lap"),
    ("location", "Location", "e.g. box 4, front left"),
    ("camera_angle", "Camera angle", "e.g. overhead, 30° left"),
    ("sensor_info", "Sensor", "e.g. IMX477, 12 mm"),
)


class DetailsDialog(QDialog):
    """Edits the metadata that goes with every press until it is changed."""

    def __init__(self, metadata: Metadata, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Details of what is captured")
        self.setMinimumWidth(460)
        said = QLabel("Stored with every frame and clip that you capture from now on, until you change it.", self)
        said.setWordWrap(True)
        said.setProperty("role", "muted")
        form = QFormLayout()
        self._texts: dict[str, QLineEdit] = {}
        for name, label, example in _TEXTS:
            field = QLineEdit(getattr(metadata, name) or "", self)
            field.setPlaceholderText(example)
            field.setAccessibleName(label)
            self._texts[name] = field
            form.addRow(label, field)
        self._exposure = QDoubleSpinBox(self)
        self._exposure.setRange(-0.001, 1000)
        self._exposure.setDecimals(3)
        self._exposure.setSuffix(" ms")
        self._exposure.setSpecialValueText("not said")
        self._exposure.setValue(-0.001 if metadata.exposure is None else metadata.exposure)
        self._exposure.setAccessibleName("Exposure in milliseconds")
        theme.pad(self._exposure)
        form.addRow("Exposure", self._exposure)
        self._note = QLineEdit(str(metadata.meta.get("note", "")), self)
        self._note.setAccessibleName("Note")
        form.addRow("Note", self._note)
        theme.level_labels(form)
        clear = push_button("Clear", self._clear, self)
        clear.setAutoDefault(False)
        buttons = line_of(clear, right=answers(self, "Cancel", "Use"))
        layout = QVBoxLayout(self)
        layout.addWidget(said)
        layout.addLayout(form)
        layout.addLayout(buttons)

    def metadata(self) -> Metadata:
        texts = {name: field.text().strip() or None for name, field in self._texts.items()}
        note = self._note.text().strip()
        exposure = self._exposure.value()
        return Metadata(**texts, exposure=exposure if exposure >= 0 else None, meta={"note": note} if note else {})

    def _clear(self) -> None:
        for field in (*self._texts.values(), self._note):
            field.clear()
        self._exposure.setValue(self._exposure.minimum())
