"""Chooses what a run asks about: frames of the library, grouped, those that are chosen there, or a CSV of assets."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QLabel, QLineEdit, QPushButton, QWidget

from core.asset_lists import missing, read_csv
from core.camera import Camera
from core.run import Asset
from core.session import Session
from core.store import assets
from core.store.assets import AssetGrouping
from core.store.database import Database
from core.store.library import LibraryFilter
from gui import theme
from gui.analysis.words import assets_text, frames_text

LIBRARY, CHOSEN, CSV = "library", "chosen", "csv"
GROUPINGS = {
    AssetGrouping.FRAME: "each frame by itself",
    AssetGrouping.CAMERA: "a camera with its frames",
    AssetGrouping.CAR: "a car with its frames (meta: car)",
    AssetGrouping.SESSION: "a session with its frames",
}
_TYPING_MS = 300
_EVERY = LibraryFilter()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is chosen, as the thread that reads the assets takes it."""

    source: str = LIBRARY
    filter: LibraryFilter = _EVERY
    by: AssetGrouping = AssetGrouping.FRAME
    file: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The assets, and in words what they are and what is left out."""

    wanted: Wanted
    assets: tuple[Asset, ...] = ()
    said: str = ""
    level: str = "muted"
    frames: int = 0


def find(database: Database, wanted: Wanted) -> Found:
    """Raises UsageError for a CSV that is none. Off the main thread."""
    if wanted.source == CSV:
        if not wanted.file:
            return Found(wanted, said="Choose a CSV whose columns are asset_id, location and frames.")
        listed = read_csv(Path(wanted.file))
        gone = len(missing(listed))
        frames = sum(len(asset.frames) for asset in listed)
        lost = f" {frames_text(gone)} of it {'is' if gone == 1 else 'are'} not there: those assets will fail." * (
            gone > 0
        )
        return Found(wanted, tuple(listed), _said(len(listed), frames) + lost, "warn" if gone else "muted", frames)
    with database.read() as tx:
        found = assets.of_library(tx, wanted.filter, wanted.by)
    if not found.assets and not (found.left_out or found.away):
        return Found(wanted, said="There is no frame here. Capture or import some, or choose others.", level="warn")
    said = _said(len(found.assets), found.frames)
    if found.left_out:
        what = "car in its meta" if wanted.by is AssetGrouping.CAR else "session"
        said += f" {frames_text(found.left_out)} without a {what} left out."
    if found.away:
        said += f" {frames_text(found.away)} left out: only in object storage."
    return Found(wanted, found.assets, said, "muted" if found.assets else "warn", found.frames)


def _said(number: int, frames: int) -> str:
    return f"{assets_text(number)}, {frames_text(frames)}."


class AssetChoice(QWidget):
    """Tells `changed` whenever something else is chosen."""

    changed = Signal()

    def __init__(
        self, cameras: Sequence[Camera], sessions: Sequence[Session], chosen_ids: Sequence[str], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._chosen_ids = tuple(chosen_ids)
        self.source = self._combo("Assets")
        if chosen_ids:
            self.source.addItem(f"Chosen in the library ({frames_text(len(chosen_ids))})", CHOSEN)
        self.source.addItem("From the library", LIBRARY)
        self.source.addItem("A CSV of assets", CSV)
        self.session, self.camera, self.by = self._combo("Session"), self._combo("Camera"), self._combo("One asset is")
        self.session.addItem("All sessions", None)
        for session in sessions:
            self.session.addItem(session.label, session.id)
            if session.current:
                self.session.setCurrentIndex(self.session.count() - 1)
        self.camera.addItem("All cameras", None)
        for camera in cameras:
            self.camera.addItem(camera.label, camera.id)
        for by, said in GROUPINGS.items():
            self.by.addItem(said[:1].upper() + said[1:], by)
        self.file = QLineEdit(self)
        self.file.setPlaceholderText("asset_id, location, frames")
        self.file.setAccessibleName("CSV file")
        self.browse = QPushButton("Browse…", self)
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(lambda: self.choose_file())
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(theme.space("s"))
        grid.setColumnStretch(1, 1)
        self._rows: dict[str, tuple[QWidget, ...]] = {}
        for row, (said, fields, sources) in enumerate(
            (
                ("Assets", (self.source,), (LIBRARY, CHOSEN, CSV)),
                ("Session", (self.session,), (LIBRARY,)),
                ("Camera", (self.camera,), (LIBRARY,)),
                ("CSV file", (self.file, self.browse), (CSV,)),
                ("One asset is", (self.by,), (LIBRARY, CHOSEN)),
            )
        ):
            label = QLabel(said, self)
            label.setMinimumWidth(110)
            label.setBuddy(fields[0])
            grid.addWidget(label, row, 0)
            for column, field in enumerate(fields, 1):
                grid.addWidget(field, row, column, 1, 2 if len(fields) == 1 else 1)
            self._rows[said] = (label, *fields)
            for widget in self._rows[said]:
                widget.setProperty("sources", " ".join(sources))
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.changed)
        self.file.textChanged.connect(lambda _: self._typing.start())
        for combo in (self.source, self.session, self.camera, self.by):
            combo.currentIndexChanged.connect(lambda _: self._told())
        self._show_relevant()
        self.setFocusProxy(self.source)

    def wanted(self) -> Wanted:
        """What is chosen now."""
        source, by = self.source.currentData(), AssetGrouping(self.by.currentData())
        if source == CSV:
            return Wanted(CSV, file=self.file.text().strip())
        if source == CHOSEN:
            return Wanted(CHOSEN, LibraryFilter(ids=self._chosen_ids), by)
        wanted = LibraryFilter(camera_id=self.camera.currentData(), session_id=self.session.currentData())
        return Wanted(LIBRARY, wanted, by)

    def choose_file(self) -> QFileDialog:
        """Ask for the CSV; the dialog doesn't block."""
        dialog = QFileDialog(self, "CSV of assets", "", "CSV (*.csv *.txt);;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.file.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def choose_source(self, source: str) -> None:
        self.source.setCurrentIndex(max(0, self.source.findData(source)))

    def show_file(self, path: str) -> None:
        """Choose this CSV."""
        with QSignalBlocker(self.source):
            self.choose_source(CSV)
        self.file.setText(path)
        self._told()

    def _told(self) -> None:
        self._show_relevant()
        self._typing.stop()
        self.changed.emit()

    def _show_relevant(self) -> None:
        for widgets in self._rows.values():
            for widget in widgets:
                widget.setVisible(str(self.source.currentData()) in str(widget.property("sources")).split())

    def _combo(self, name: str) -> QComboBox:
        combo = QComboBox(self)
        combo.setAccessibleName(name)
        return combo
