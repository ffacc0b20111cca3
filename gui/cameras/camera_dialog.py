"""The dialog that adds or changes a camera: checked while it is typed, tested before it is saved."""

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from core.camera import Camera, CameraState, CameraStatus, Transport
from core.credentials import Login, camera_login, split_url
from core.errors import KnownError, UsageError
from core.ids import is_slug
from core.store import cameras
from gui import theme
from gui.background import run_in_background
from gui.cameras import entry as entries
from gui.cameras.camera_test import CameraTest, text_of
from gui.cameras.entry import Entry
from gui.controls import answers
from gui.errors import told
from gui.page_layout import line_of
from gui.station import Station


class CameraDialog(QDialog):
    """Edits one camera; the password never leaves it but to the credentials."""

    stored = Signal(object)
    """The Camera, when it is in the database."""

    def __init__(
        self, station: Station, camera: Camera | None, taken: frozenset[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._station = station
        self._before = camera
        self._taken = taken
        self._shown: set[str] = set()
        """Fields that were left once: an empty form is not yet wrong."""
        self._fields: dict[str, QLineEdit] = {}
        self._said: dict[str, QLabel] = {}
        self._test = CameraTest(self)
        self._test.ended.connect(self._show_result)
        self.setWindowTitle(f"Change {camera.label}" if camera else "Add a camera")
        self.setMinimumWidth(560)
        self._build()
        self._fill(camera)
        self.finished.connect(self._test.stop)
        self._check()

    def entry(self) -> Entry:
        """The fields as they stand."""
        text = {name: field.text() for name, field in self._fields.items()}
        return Entry(
            id=text["id"].strip(),
            url=text["url"].strip(),
            name=text["name"],
            location=text["location"],
            user=text["user"].strip(),
            password=text["password"],
            transport=Transport(self.transport.currentData()),
            ca_file=text["ca_file"],
            fps=self._before.fps if self._before else None,
            enabled=self.enabled.isChecked(),
        )

    def split_login(self) -> None:
        """Take user and password out of the URL into their own fields."""
        field = self._fields["url"]
        try:
            clean, login = split_url(field.text())
        except UsageError:
            return
        if login is None:
            return
        field.setText(clean)
        self._fields["user"].setText(login.user)
        self._fields["password"].setText(login.password)

    def test(self) -> None:
        """Say what the camera sends: from its live feed if that is what is asked for, else by a short connection."""
        self.split_login()
        self._shown.update(("url", "user"))
        found = self._check()
        if {"url", "user"} & set(found):
            return
        self.verdict.setText("Testing…")
        theme.set_role(self.verdict, level="info")
        self.test_button.setEnabled(False)
        entry, before, station = self.entry(), self._before, self._station

        def look() -> tuple[CameraStatus | None, Login | None]:
            login = entries.login_of(entry, station.credentials, before)
            return self._live_status(entry, before), login

        run_in_background(look, then=lambda known: self._go_on(entry, *known), failed=self._failed, parent=self)

    def save(self) -> None:
        self.split_login()
        self._shown.update(self._fields)
        if self._check():
            return
        self.save_button.setEnabled(False)
        entry, before, station = self.entry(), self._before, self._station
        run_in_background(
            lambda: entries.store(station.database, station.credentials, entry, before),
            then=self._saved,
            failed=self._failed,
            parent=self,
        )

    # How it goes on

    def _live_status(self, entry: Entry, before: Camera | None) -> CameraStatus | None:
        # A second connection to a camera that is live could push out the first; its feed knows all that a test finds.
        same = before is not None and (entry.url, entry.transport) == (before.url, before.transport)
        if not same or before is None or entry.password:
            return None
        with self._station.database.read() as tx:
            statuses = cameras.statuses(tx)
        return next((status for status in statuses if status.camera_id == before.id), None)

    def _go_on(self, entry: Entry, status: CameraStatus | None, login: Login | None) -> None:
        if status is not None and status.state is CameraState.LIVE and status.found is not None:
            self._show_result(True, text_of(status.found))
            return
        self._test.start(
            self._station.folder,
            entry.id if is_slug(entry.id) else "camera",
            entry.url,
            login,
            entry.transport,
            entry.ca_file.strip(),
        )

    def _show_result(self, well: bool, text: str) -> None:
        self.test_button.setEnabled(True)
        self.verdict.setText(text)
        theme.set_role(self.verdict, level="ok" if well else "bad")
        self._fit()

    def _saved(self, camera: Camera) -> None:
        self.stored.emit(camera)
        self.accept()

    def _failed(self, error: KnownError) -> None:
        self.save_button.setEnabled(True)
        self._show_result(False, told(error))

    # The form

    def _build(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setVerticalSpacing(theme.space("s"))
        self._add(form, "id", "Id", "Pit_1")
        self._add(form, "name", "Name", "Front left")
        self._add(form, "location", "Location", "Box 4")
        self._add(form, "url", "URL", "rtsp://192.168.1.20:554/stream1")
        self._add(form, "user", "User", "none")
        self._add(form, "password", "Password", "none")
        self._fields["password"].setEchoMode(QLineEdit.EchoMode.Password)
        self._fields["url"].editingFinished.connect(self.split_login)
        self.transport = QComboBox(self)
        self.transport.addItem("TCP: nothing is lost", Transport.TCP.value)
        self.transport.addItem("UDP: for cameras that speak nothing else", Transport.UDP.value)
        self.transport.setAccessibleName("Transport")
        form.addRow("Transport", self.transport)
        self._add(form, "ca_file", "Authority", "PEM file, only for rtsps:// with a certificate of your own")
        self.enabled = QCheckBox("Connect to this camera", self)
        form.addRow("", self.enabled)
        theme.level_labels(form)
        self.test_button = QPushButton("Test", self)
        self.test_button.setAutoDefault(False)
        self.test_button.clicked.connect(self.test)
        self.verdict = QLabel(self)
        self.verdict.setWordWrap(True)
        self.verdict.setMinimumHeight(theme.size("touch"))
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.verdict.setAccessibleName("Result of the test")
        tested = QHBoxLayout()
        tested.addWidget(self.test_button, 0, Qt.AlignmentFlag.AlignTop)
        tested.addWidget(self.verdict, 1)
        cancel, self.save_button = answers(self, "Cancel", "Save" if self._before else "Add", self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(theme.space("l"),) * 4)
        layout.setSpacing(theme.space("m"))
        layout.addLayout(form)
        layout.addLayout(tested)
        layout.addStretch(1)
        layout.addLayout(line_of(right=[cancel, self.save_button]))

    def _add(self, form: QFormLayout, name: str, label: str, example: str) -> None:
        field = QLineEdit(self)
        field.setPlaceholderText(example)
        field.setAccessibleName(label)
        field.textEdited.connect(self._check)
        field.editingFinished.connect(lambda: self._leave(name))
        said = QLabel(self)
        said.setWordWrap(True)
        said.setProperty("level", "bad")
        said.hide()
        box = QVBoxLayout()
        box.setSpacing(2)
        box.addWidget(field)
        box.addWidget(said)
        form.addRow(label, box)
        self._fields[name], self._said[name] = field, said

    def _fill(self, camera: Camera | None) -> None:
        self.enabled.setChecked(camera.enabled if camera else True)
        if camera is None:
            at = self.transport.findData(self._station.settings.rtsp.transport.value)
            self.transport.setCurrentIndex(max(0, at))
            return
        for name, text in (
            ("id", camera.id),
            ("name", camera.name),
            ("location", camera.location),
            ("url", camera.url),
            ("ca_file", camera.ca_file or ""),
        ):
            self._fields[name].setText(text)
        self._fields["id"].setReadOnly(True)
        self._fields["id"].setToolTip("Files and objects carry this id; it can't be changed")
        self.transport.setCurrentIndex(self.transport.findData(camera.transport.value))
        credentials = self._station.credentials
        run_in_background(
            lambda: camera_login(credentials, camera.id), then=self._show_login, failed=self._failed, parent=self
        )

    def _show_login(self, login: Login | None) -> None:
        if login is not None and not self._fields["user"].text():
            self._fields["user"].setText(login.user)
            self._fields["password"].setPlaceholderText("kept; type to change it")

    def _leave(self, name: str) -> None:
        if self._fields[name].text():
            self._shown.add(name)
        self._check()

    def _check(self) -> Mapping[str, str]:
        entry = self.entry()
        if self._before is not None:
            entry = replace(entry, id=self._before.id)
        found = entries.problems(entry, self._taken)
        for name, label in self._said.items():
            text = found.get(name, "") if name in self._shown else ""
            label.setText(text)
            label.setVisible(bool(text))
            theme.set_role(self._fields[name], invalid=bool(text))
        self._fit()
        return found

    def _fit(self) -> None:
        # Words that wrap need more height than a layout asks for.
        layout = self.layout()
        height = layout.totalHeightForWidth(self.width()) if layout is not None else 0
        if height > self.height():
            self.resize(self.width(), height)
