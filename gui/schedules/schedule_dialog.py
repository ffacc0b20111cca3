"""The dialog of a schedule: what a camera captures, and when: every so often, or by the calendar of a place."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDialog,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from core.camera import Camera
from core.capture import CaptureMode
from core.errors import UsageError
from core.job import JobKind
from core.schedule import Schedule, ScheduleTrigger, parse_cron
from gui import theme
from gui.jobs.reading import CAPTURES
from gui.schedules.schedule_words import UNITS, in_unit
from gui.sessions.new_session import own_zone

_DURATION = (CaptureMode.INTERVAL, CaptureMode.CONTINUOUS, CaptureMode.EVENT_DRIVEN)


class ScheduleDialog(QDialog):
    """`save(schedule)` is called when it is right; a new one has no id yet."""

    def __init__(
        self,
        schedule: Schedule | None,
        cameras: Sequence[Camera],
        zones: tuple[str, ...],
        save: Callable[[Schedule], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._before, self._save = schedule, save
        self._zones = {name.lower(): name for name in zones}
        said = "Change schedule" if schedule else "New schedule"
        self.setWindowTitle(said)
        self.setMinimumWidth(520)
        title = QLabel(said, self)
        theme.set_role(title, role="title")
        self.name = QLineEdit(schedule.name if schedule else "", self)
        self.name.setPlaceholderText("Box before the session")
        self.camera = QComboBox(self)
        for camera in cameras:
            self.camera.addItem(camera.label, camera.id)
        self.mode = QComboBox(self)
        for mode in CaptureMode:
            self.mode.addItem(CAPTURES[mode], mode.value)
        self.count, self.duration = QSpinBox(self), QDoubleSpinBox(self)
        self.count.setRange(1, 1000)
        self.count.setSuffix(" frames")
        self.count.setValue(5)
        self.duration.setRange(1, 3600)
        self.duration.setSuffix(" s")
        self.duration.setValue(10)
        self.trigger = QComboBox(self)
        self.trigger.addItem("Every so often", ScheduleTrigger.INTERVAL.value)
        self.trigger.addItem("By the calendar (cron)", ScheduleTrigger.CRON.value)
        self.number, self.unit = QSpinBox(self), QComboBox(self)
        self.number.setRange(1, 100_000)
        self.number.setValue(10)
        for unit, size in UNITS:
            self.unit.addItem(unit, size)
        self.unit.setCurrentIndex(1)
        self.cron, self.zone = QLineEdit("30 6 * * *", self), QLineEdit(own_zone(), self)
        self.cron.setToolTip("Minute, hour, day of month, month, day of week: 30 6 * * mon-fri is half past six")
        completer = QCompleter(list(zones), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.zone.setCompleter(completer)
        for number in (self.count, self.duration, self.number):
            theme.pad(number)
        self._wrong = QLabel(self)
        self._wrong.setWordWrap(True)
        theme.set_role(self._wrong, level="bad")
        self._rows: dict[str, tuple[QWidget, ...]] = {}
        self._lay_out(title)
        if schedule is not None:
            self._fill(schedule)
        for combo in (self.mode, self.trigger):
            combo.currentIndexChanged.connect(self._show_relevant)
        self._show_relevant()
        self.name.setFocus()

    def schedule(self) -> Schedule:
        """What is entered. Raises UsageError that says what is not right yet."""
        name, zone = self.name.text().strip(), self._zones.get(self.zone.text().strip().replace(" ", "_").lower())
        if not name:
            raise UsageError("Give it a name.")
        if self.camera.currentData() is None:
            raise UsageError("Add a camera first.")
        is_cron = self.trigger.currentData() == ScheduleTrigger.CRON
        if is_cron:
            parse_cron(self.cron.text())
            if zone is None:
                raise UsageError("There is no such time zone.", hint="Type part of a city's name, as Rome.")
        mode = CaptureMode(self.mode.currentData())
        params = dict(self._before.params) if self._before and self._before.params.get("mode") == mode else {}
        params["mode"] = mode.value
        params |= {"count": self.count.value()} if mode is CaptureMode.BURST else {}
        params |= {"duration_s": self.duration.value()} if mode in _DURATION else {}
        return replace(
            self._before or Schedule(name, JobKind.CAPTURE, ScheduleTrigger.INTERVAL),
            name=name,
            trigger=ScheduleTrigger(self.trigger.currentData()),
            params=params,
            camera_id=self.camera.currentData(),
            every_s=None if is_cron else float(self.number.value() * self.unit.currentData()),
            cron=" ".join(self.cron.text().split()) if is_cron else None,
            time_zone=zone or own_zone(),
        )

    def accept(self) -> None:
        try:
            schedule = self.schedule()
        except UsageError as wrong:
            self._wrong.setText(f"{wrong} {wrong.hint}".strip())
            return
        self._save(schedule)
        super().accept()

    def _fill(self, schedule: Schedule) -> None:
        self.camera.setCurrentIndex(max(0, self.camera.findData(schedule.camera_id)))
        self.mode.setCurrentIndex(max(0, self.mode.findData(str(schedule.params.get("mode")))))
        self.count.setValue(int(str(schedule.params.get("count", 5))))
        self.duration.setValue(float(str(schedule.params.get("duration_s", 10))))
        self.trigger.setCurrentIndex(self.trigger.findData(schedule.trigger.value))
        if schedule.every_s is not None:
            number, unit = in_unit(schedule.every_s)
            self.number.setValue(round(number))
            self.unit.setCurrentText(unit)
        self.cron.setText(schedule.cron or self.cron.text())
        self.zone.setText(schedule.time_zone)

    def _show_relevant(self) -> None:
        mode, trigger = CaptureMode(self.mode.currentData()), self.trigger.currentData()
        shown = {
            "Frames": mode is CaptureMode.BURST,
            "Duration": mode in _DURATION,
            "Every": trigger == ScheduleTrigger.INTERVAL,
            "Cron line": trigger == ScheduleTrigger.CRON,
            "Time zone": trigger == ScheduleTrigger.CRON,
        }
        for row, widgets in self._rows.items():
            for widget in widgets:
                widget.setVisible(shown.get(row, True))

    def _lay_out(self, title: QLabel) -> None:
        grid = QGridLayout()
        grid.setVerticalSpacing(theme.space("s"))
        grid.setColumnStretch(2, 1)
        rows: tuple[tuple[str, tuple[QWidget, ...]], ...] = (
            ("Name", (self.name,)),
            ("Camera", (self.camera,)),
            ("Captures", (self.mode,)),
            ("Frames", (self.count,)),
            ("Duration", (self.duration,)),
            ("When", (self.trigger,)),
            ("Every", (self.number, self.unit)),
            ("Cron line", (self.cron,)),
            ("Time zone", (self.zone,)),
        )
        for place, (said, fields) in enumerate(rows):
            label = QLabel(said, self)
            label.setBuddy(fields[0])
            grid.addWidget(label, place, 0)
            for column, field in enumerate(fields, 1):
                field.setAccessibleName(said if column == 1 else "Unit")
                grid.addWidget(field, place, column, 1, 2 if len(fields) == 1 else 1)
            self._rows[said] = (label, *fields)
        cancel, self.save_button = QPushButton("Cancel", self), QPushButton("Save", self)
        cancel.setAutoDefault(False)
        theme.set_role(self.save_button, role="primary")
        self.save_button.setDefault(True)
        cancel.clicked.connect(self.reject)
        self.save_button.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.space("m"))
        layout.addWidget(title)
        layout.addLayout(grid)
        layout.addWidget(self._wrong)
        layout.addLayout(buttons)
