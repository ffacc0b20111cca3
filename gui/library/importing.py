"""Asks which camera chosen files belong to, and queues their import."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QVBoxLayout, QWidget

from core.camera import Camera
from core.capture import ImportParams
from core.job import JobKind
from core.store import jobs
from gui import theme
from gui.background import write_in_background
from gui.controls import answers
from gui.page_layout import line_of
from gui.station import Station
from gui.toast import show_notice

FILE_FILTER = "Frames and clips (*.jpg *.jpeg *.png *.bmp *.tif *.tiff *.mp4 *.mov *.mkv *.avi *.webm);;All files (*)"


class ImportDialog(QDialog):
    """Which camera do these files belong to?"""

    def __init__(self, cameras: Sequence[Camera], paths: Sequence[str], preferred: str | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import")
        self.setMinimumWidth(440)
        title = QLabel(f"Import {_counted(paths)}", self)
        theme.set_role(title, role="title")
        said = QLabel(
            "Choose the camera that they belong to. The originals stay where they are; what is here already is "
            "recognised and not taken in twice. Of folders, every frame and clip inside is taken.",
            self,
        )
        said.setWordWrap(True)
        self.camera = QComboBox(self)
        self.camera.setAccessibleName("Camera")
        for camera in cameras:
            self.camera.addItem(camera.label, camera.id)
        self.camera.setCurrentIndex(max(0, self.camera.findData(preferred)))
        cancel, self.go = answers(self, "Cancel", "Import")
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.space("m"))
        for widget in (title, said, self.camera):
            layout.addWidget(widget)
        layout.addLayout(line_of(right=[cancel, self.go]))


def ask_and_import(
    station: Station, cameras: Sequence[Camera], paths: Sequence[str], preferred: str | None, parent: QWidget
) -> ImportDialog | None:
    """Open the dialog, which doesn't block, and queue one job for all paths. None, with a notice, without a camera."""
    if not paths:
        return None
    if not cameras:
        show_notice(parent, "Add a camera first: every frame and clip belongs to one.", "warn")
        return None
    dialog = ImportDialog(cameras, paths, preferred, parent)

    def go() -> None:
        queue_import(station, str(dialog.camera.currentData()), paths, parent)

    dialog.accepted.connect(go)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def queue_import(station: Station, camera_id: str, paths: Sequence[str], parent: QWidget) -> None:
    """Queue the import off the main thread and say so."""
    params = ImportParams(camera_id=camera_id, paths=tuple(str(Path(path).absolute()) for path in paths))
    asked = station.new_job(JobKind.IMPORT, params.model_dump(mode="json"))
    new = replace(asked, name=f"Import {_counted(paths)}", camera_id=camera_id)
    said = f"Import of {_counted(paths)} is queued; the jobs panel shows how far it is."
    write_in_background(
        station.database,
        lambda tx: jobs.enqueue(tx, new),
        then=lambda _: show_notice(parent, said, "ok"),
        parent=parent,
    )


def _counted(paths: Sequence[str]) -> str:
    return Path(paths[0]).name if len(paths) == 1 else f"{len(paths):,} files and folders"
