"""The capture bar: what the next press makes, and the big button that makes it. Every control fits a gloved finger."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from core.capture import LONGEST_S, CaptureMode
from core.job import Job
from gui import theme
from gui.wall.press import MODE_NAMES

MODE_KEYS: Mapping[CaptureMode, str] = {
    CaptureMode.SINGLE_FRAME: "F",
    CaptureMode.BURST: "B",
    CaptureMode.INTERVAL: "I",
    CaptureMode.CONTINUOUS: "C",
    CaptureMode.CLIP: "V",
    CaptureMode.EVENT_DRIVEN: "E",
}
_MODE_HINTS = {
    CaptureMode.SINGLE_FRAME: "The one picture that is on screen",
    CaptureMode.BURST: "A number of frames from the press on",
    CaptureMode.INTERVAL: "A frame every so often, for some seconds",
    CaptureMode.CONTINUOUS: "Frames until you press Stop, for an hour at most",
    CaptureMode.CLIP: "Video with the seconds before the press",
    CaptureMode.EVENT_DRIVEN: "A clip of each time something moves in the pit box, until you press Stop",
}
_NO_BOX = "No camera of these has a pit box: draw it in Cameras ▸ Pit box (B)"
_FIELD_PX = 112
_TEXT_SHARE, _LEAST_TEXT_PX = 0.25, 112
"""What the button's words may take of the bar's width, so that it can still be made narrower; and what they need."""
_BUTTON_PX, _SHORT_BUTTON_PX = 150, 110
_ROOMY_PX = 1180
"""Narrower bars speak in a smaller voice."""


class CaptureBar(QFrame):
    """Mode, its parameters, and Capture."""

    captured = Signal()
    """Capture was pressed."""
    stop_wanted = Signal()
    nothing_chosen = Signal()
    mode_chosen = Signal()
    left = Signal()
    """A number was entered: the keyboard belongs to the wall again."""

    def __init__(self, parent: QWidget | None = None, *, post_roll_s: float = 2.0) -> None:
        super().__init__(parent)
        self._post_roll_s = post_roll_s
        self.setProperty("role", "bar")
        layout = self._layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.space("m"), theme.space("s"), theme.space("m"), theme.space("s"))
        layout.setSpacing(theme.space("xs"))
        self._text = self._short_text = "Capture"
        self._modes = QButtonGroup(self)
        self._mode_buttons: dict[CaptureMode, QPushButton] = {}
        for mode, mode_name in MODE_NAMES.items():
            button = QPushButton(mode_name, self)
            button.setCheckable(True)
            button.setProperty("touch", "true")
            button.setProperty("segment", "true")
            self._modes.addButton(button)
            self._mode_buttons[mode] = button
            layout.addWidget(button)
        layout.addSpacing(theme.space("s"))
        self._fields: dict[tuple[CaptureMode, str], QSpinBox | QDoubleSpinBox] = {}
        self._make_fields()
        for field in self._fields.values():
            layout.addWidget(field)
        layout.addStretch(1)
        self._none = QToolButton(self)
        self._none.setProperty("touch", "true")
        self._none.setMinimumWidth(theme.size("touch"))
        self._none.setToolTip("Choose none: capture every camera on screen (Escape)")
        self._none.setAccessibleName("Choose no camera, so that a press captures every one on screen")
        theme.set_icon(self._none, "close")
        self._none.clicked.connect(self.nothing_chosen)
        layout.addWidget(self._none)
        self._stop = QPushButton("Stop", self)
        self._stop.setProperty("role", "danger")
        self._stop.setProperty("touch", "true")
        self._stop.setAccessibleName("Stop the captures that are going on")
        theme.set_icon(self._stop, "stop", "bad")
        self._stop.clicked.connect(self.stop_wanted)
        self._stop.hide()
        layout.addWidget(self._stop)
        self._button = QPushButton("Capture", self)
        self._button.setObjectName("capture")
        self._button.setProperty("role", "primary")
        self._button.setProperty("touch", "true")
        self._button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._button.pressed.connect(self.captured)  # at the press, not at the release: the car does not wait
        layout.addWidget(self._button)
        self._modes.buttonToggled.connect(self._show_fields)
        self._modes.buttonClicked.connect(self.mode_chosen)
        self.set_mode(CaptureMode.SINGLE_FRAME)
        self.show_target([], chosen=False)
        self.show_watchable(True)

    @property
    def mode(self) -> CaptureMode:
        return next(mode for mode, button in self._mode_buttons.items() if button.isChecked())

    def set_mode(self, mode: CaptureMode) -> None:
        """As a click on its button: nothing if it is not offered."""
        if self._mode_buttons[mode].isEnabled():
            self._mode_buttons[mode].setChecked(True)
            self.mode_chosen.emit()

    def show_watchable(self, any_box: bool) -> None:
        """Whether there is a pit box in which something may move; else the mode says why it can't be chosen."""
        for mode, button in self._mode_buttons.items():
            offered = any_box or mode is not CaptureMode.EVENT_DRIVEN
            hint = _MODE_HINTS[mode] if offered else _NO_BOX
            button.setEnabled(offered)
            button.setToolTip(f"{hint} ({MODE_KEYS[mode]})")
            button.setAccessibleName(f"Mode {MODE_NAMES[mode]}: {hint}")

    def parameters(self) -> dict[str, float]:
        """The mode's own parameters, by their names in CaptureParams; what the operator left open is left out."""
        mode = self.mode
        given: dict[str, float] = {}
        for (of, parameter), field in self._fields.items():
            if of is mode and not (field.specialValueText() and field.value() == field.minimum()):
                given[parameter] = field.value()
        if mode in (CaptureMode.CONTINUOUS, CaptureMode.EVENT_DRIVEN):
            given["duration_s"] = LONGEST_S
        return given

    def show_target(self, cameras: list[str], chosen: bool) -> None:
        """Say what the press will capture: the labels of its cameras."""
        many = f"{len(cameras)} chosen" if chosen else f"all {len(cameras)}"
        self._text = f"Capture {cameras[0] if len(cameras) == 1 else many}" if cameras else "Capture"
        self._short_text = f"Capture {len(cameras)}" if len(cameras) > 1 else "Capture"
        self._button.setAccessibleName(f"Capture {', '.join(cameras)}" if cameras else "Capture: no camera")
        unwatched = self.mode is CaptureMode.EVENT_DRIVEN and not cameras
        self._button.setToolTip(_NO_BOX if unwatched else "Capture what is on screen (Space)")
        self._button.setEnabled(bool(cameras))
        self._none.setVisible(chosen)
        self._fit_text()

    def show_running(self, running: Sequence[Job]) -> None:
        """Offer Stop while captures go on that end only by it, or by their time."""
        self._stop.setVisible(bool(running))
        self._fit_text()
        self._stop.setToolTip("\n".join(f"{job.name}: {job.message or job.stage or 'starting'}" for job in running))

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = event.size().width() < _ROOMY_PX
        theme.set_role(self._button, narrow=narrow)
        theme.set_icon(self._button, "" if narrow else "capture", "accent_ink", theme.size("icon_large"))
        self._stop.setText("" if narrow else "Stop")
        self._fit_text()

    def _fit_text(self) -> None:
        """The whole words where there is room, else the short ones; of either, as much as there is room for."""
        button, layout = self._button, self._layout
        button.setMinimumWidth(_SHORT_BUTTON_PX if self.width() < _ROOMY_PX else _BUTTON_PX)
        button.ensurePolished()  # its font comes with the style
        button.setText("")
        layout.invalidate()
        frame_px = button.sizeHint().width()
        left_px = self.width() - layout.minimumSize().width() + max(frame_px, button.minimumWidth()) - frame_px
        room_px = min(left_px, max(_LEAST_TEXT_PX, round(_TEXT_SHARE * self.width())))
        metrics = button.fontMetrics()
        roomy = metrics.horizontalAdvance(self._text) <= room_px or room_px > 2 * _LEAST_TEXT_PX
        text, room_px = self._text if roomy else self._short_text, max(room_px, _LEAST_TEXT_PX)
        button.setText(metrics.elidedText(text, Qt.TextElideMode.ElideRight, room_px))

    def state(self) -> dict[str, Any]:
        """What window.json keeps."""
        values = {f"{mode.value}.{parameter}": field.value() for (mode, parameter), field in self._fields.items()}
        return {"mode": self.mode.value, "values": values}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave; whatever does not fit is left as it is."""
        if state.get("mode") in set(CaptureMode):
            self.set_mode(CaptureMode(state["mode"]))
        values = state.get("values")
        for (mode, parameter), field in self._fields.items():
            value = values.get(f"{mode.value}.{parameter}") if isinstance(values, dict) else None
            if isinstance(value, int | float) and isinstance(field, QSpinBox):
                field.setValue(int(value))
            elif isinstance(value, int | float) and isinstance(field, QDoubleSpinBox):
                field.setValue(value)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # A number has no spaces: in these fields Space means what it means everywhere on the wall.
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            if event.type() == QEvent.Type.KeyPress and not event.isAutoRepeat():
                self.captured.emit()
            event.accept()
            return True
        return False

    def _make_fields(self) -> None:
        modes = CaptureMode
        self._whole(modes.BURST, "count", "Frames in the burst", (1, 1000, 5), " frames")
        self._number(modes.BURST, "fps", "Frames a second; none is every picture", (0, 30, 0), " fps", "full rate")
        for mode in (modes.INTERVAL, modes.CONTINUOUS):
            self._number(mode, "fps", "Frames a second", (0.1, 30, 1), " fps")
        self._whole(modes.INTERVAL, "duration_s", "For how many seconds", (1, LONGEST_S, 10), " s")
        for mode, what in ((modes.CLIP, "the press"), (modes.EVENT_DRIVEN, "the motion")):
            self._number(mode, "pre_s", f"Seconds before {what}", (0, 120, 5), " s", prefix="− ")
            self._number(mode, "post_s", f"Seconds after {what}", (0, LONGEST_S, self._post_roll_s), " s", prefix="+ ")

    def _whole(self, mode: CaptureMode, parameter: str, said: str, bounds: tuple[int, int, int], unit: str) -> None:
        field = QSpinBox(self)
        field.setRange(*bounds[:2])
        field.setValue(bounds[2])
        self._take_field(mode, parameter, said, field, unit)

    def _number(
        self,
        mode: CaptureMode,
        parameter: str,
        said: str,
        bounds: tuple[float, float, float],
        unit: str,
        lowest: str = "",
        prefix: str = "",
    ) -> None:
        field = QDoubleSpinBox(self)
        field.setDecimals(1)
        field.setRange(*bounds[:2])
        field.setValue(bounds[2])
        field.setSpecialValueText(lowest)
        field.setPrefix(prefix)
        self._take_field(mode, parameter, said, field, unit)

    def _take_field(
        self, mode: CaptureMode, parameter: str, said: str, field: QSpinBox | QDoubleSpinBox, unit: str
    ) -> None:
        field.setSuffix(unit)
        field.setProperty("touch", "true")
        field.setToolTip(said)
        field.setAccessibleName(f"{MODE_NAMES[mode]}: {said}")
        field.setFixedWidth(_FIELD_PX)
        theme.pad(field)
        field.lineEdit().returnPressed.connect(self.left)
        field.lineEdit().installEventFilter(self)
        field.installEventFilter(self)
        self._fields[(mode, parameter)] = field

    def _show_fields(self) -> None:
        if self._modes.checkedButton() is None:
            return
        # Hidden first: the fields of two modes side by side would widen the window.
        for (mode, _), field in sorted(self._fields.items(), key=lambda item: item[0][0] is self.mode):
            field.setVisible(mode is self.mode)
        self._fit_text()
