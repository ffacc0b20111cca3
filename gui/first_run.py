"""What is shown while there is no camera: add one, or try the four simulated ones; and where everything is kept."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from PySide6.QtCore import QProcess, QProcessEnvironment, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from core.camera import Camera
from core.settings import locked_by_environment, save
from core.store import cameras, sessions, stations
from core.worker_process import worker_command
from gui import theme
from gui.background import run_in_background
from gui.station import Station
from gui.toast import show_notice


class FirstRunPage(QWidget):
    """Owns the process that plays the demo cameras; it ends with the window."""

    add_wanted = Signal()

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._station = station
        self._demo: QProcess | None = None
        self._again = False
        card = QFrame(self)
        card.setProperty("role", "card")
        card.setMaximumWidth(640)
        title = QLabel("Which cameras look at your box?", card)
        title.setProperty("role", "display")
        title.setWordWrap(True)
        said = QLabel(
            "Add a camera by its RTSP address, and it shows live here. No network beyond the cameras is needed: "
            "everything works at the track and is sent when there is a connection.",
            card,
        )
        said.setWordWrap(True)
        said.setProperty("role", "muted")
        self.add_button = QPushButton("Add a camera", card)
        self.add_button.setProperty("role", "primary")
        self.add_button.setProperty("touch", "true")
        theme.set_icon(self.add_button, "plus", "accent_ink")
        self.add_button.clicked.connect(self.add_wanted)
        self.demo_button = QPushButton("Try the demo cameras", card)
        self.demo_button.setProperty("touch", "true")
        self.demo_button.setToolTip("Four simulated cameras, a session, and a folder as object storage")
        theme.set_icon(self.demo_button, "play")
        self.demo_button.clicked.connect(self.start_demo)
        self.progress = QLabel(card)
        self.progress.setProperty("role", "muted")
        self.progress.setWordWrap(True)
        self.progress.hide()
        where = QLabel(f"Everything is kept in {station.folder.root}", card)
        where.setProperty("role", "small")
        where.setWordWrap(True)
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        buttons = QHBoxLayout()
        buttons.addWidget(self.add_button)
        buttons.addWidget(self.demo_button)
        buttons.addStretch(1)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(*(theme.space("xl"),) * 4)
        inside.setSpacing(theme.space("l"))
        for widget in (title, said):
            inside.addWidget(widget)
        inside.addLayout(buttons)
        inside.addWidget(self.progress)
        inside.addWidget(where)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card, 10)
        middle.addStretch(1)
        layout.addLayout(middle)
        layout.addStretch(2)

    @property
    def demo_runs(self) -> bool:
        return self._demo is not None

    def start_demo(self, *, again: bool = False) -> None:
        """Start the demo cameras as a child of the window, then configure them.

        again: they ran when the window closed; only those that are still configured get their new addresses.
        """
        if self._demo is not None:
            return
        self._again = again
        self._say("Rendering and starting four simulated cameras. The first time this takes about a minute…")
        self.demo_button.setEnabled(False)
        program, *arguments = worker_command()
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("TRACKSHIFT_DATA", str(self._station.folder.root))
        process.setProcessEnvironment(environment)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.SeparateChannels)
        process.readyReadStandardOutput.connect(self._said)
        process.finished.connect(self._demo_ended)
        process.errorOccurred.connect(self._demo_ended)
        self._demo = process
        process.start(program, [*arguments, "demo-cameras"])

    def stop_demo(self) -> None:
        """End the demo cameras: their server leaves when its standard input closes."""
        process, self._demo = self._demo, None
        if process is not None:
            process.closeWriteChannel()
            if not process.waitForFinished(3000):
                process.kill()
                process.waitForFinished(1000)

    def _said(self) -> None:
        if self._demo is None or not self._demo.canReadLine():
            return
        described = json.loads(bytes(self._demo.readLine().data()))
        station, again = self._station, self._again
        run_in_background(
            lambda: add_demo(station, described, only_known=again), then=lambda _: self._added(), parent=self
        )

    def _added(self) -> None:
        self._say("")
        if self._again:
            return
        show_notice(self, "Four demo cameras were added. They stop when this window closes.", "ok")

    def _demo_ended(self) -> None:
        if self._demo is None:
            return
        self._demo.deleteLater()
        self._demo = None
        self.demo_button.setEnabled(True)
        self._say("")
        show_notice(self, "The demo cameras ended. Remove them to start them again.", "warn")

    def _say(self, text: str) -> None:
        self.progress.setText(text)
        self.progress.setVisible(bool(text))


def add_demo(station: Station, described: Mapping[str, Mapping[str, str]], *, only_known: bool = False) -> None:
    """Configure the demo cameras, a session, and a folder as object storage where none is chosen yet.

    only_known: give those that are configured their new addresses, and change nothing else.
    described: {"urls": {id: url}, "names": {id: name}}, as `trackshift demo-cameras` prints it.
    """
    chosen = station.settings.storage.folder is not None or station.settings.storage.kind != "folder"
    if not only_known and not chosen and "storage.folder" not in locked_by_environment():
        store = station.folder.root.parent / f"{station.folder.root.name}-objects"
        store.mkdir(parents=True, exist_ok=True)
        save(station.folder, {"storage.kind": "folder", "storage.folder": str(store)})
    names = described.get("names", {})
    with station.database.write() as tx:
        known = {camera.id for camera in cameras.every(tx)}
        for camera_id, url in described["urls"].items():
            camera = Camera(id=camera_id, url=url, name=names.get(camera_id, ""), location="Demo")
            if camera_id in known:
                cameras.update(tx, camera)
            elif not only_known:
                cameras.add(tx, camera)
        if only_known:
            return
        if sessions.current(tx) is None:
            sessions.create(tx, str(datetime.now(UTC).year), "Demo Grand Prix", "FP1", "UTC")
        stations.set_first_run_done(tx)
        stations.bump_settings(tx)
