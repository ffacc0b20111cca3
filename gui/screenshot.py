"""Pictures of the real window for documents, drawn offscreen while the worker runs."""

from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, QTimer
from PySide6.QtGui import QCursor, QImage
from PySide6.QtWidgets import QApplication

from core.errors import CameraSilent
from core.paths import DataFolder
from gui import background
from gui.app import application
from gui.main_window import MainWindow
from gui.opening import open_folder
from gui.review.stops_page import StopsPage
from gui.station import Station
from gui.theme import apply as apply_theme

_PICTURES_WITHIN_S = 20.0
_SETTLE_MS = 500
_STILL_MS = 1500
"""Pages read, and thumbnails are decoded, off the main thread: a page that did not change for so long is complete."""


def grab_window(
    folder: DataFolder,
    out: Path,
    *,
    size: tuple[int, int] = (1440, 900),
    page: str = "wall",
    theme: str = "dark",
    stop_id: str | None = None,
) -> Path:
    """Draw the window showing `page` and write it to `out` (PNG). Returns `out`. stop_id: on `stops`, its review.

    On the wall every tile must show a picture that is fresh; raises CameraSilent if one does not within 20 s.
    Needs a Qt platform (`QT_QPA_PLATFORM=offscreen` without a display), and must run on the main thread.
    """
    app = application()
    opened = open_folder(folder)
    apply_theme(app, theme)
    station = Station(folder, opened.database, opened.credentials, opened.settings)
    station.start()
    window = MainWindow(station)
    try:
        window.resize(*size)
        shown = window.show_page(page)
        window.show()
        if stop_id is not None and isinstance(shown, StopsPage):
            shown.open(stop_id)
        QCursor.setPos(window.mapToGlobal(QPoint(size[0] // 2, 2)))  # or what lies at the corner looks hovered over
        if page == "wall":
            _wait_for_pictures(window)
            _spin(_SETTLE_MS)
        else:
            _wait_until_still(window)
        app.processEvents()
        out.parent.mkdir(parents=True, exist_ok=True)
        window.grab().save(str(out), "PNG")
    finally:
        window.wall.close_eyes()
        window.hide()
        window.deleteLater()
        background.finish()
        _spin(0)
        station.close()
    return out


def _wait_for_pictures(window: MainWindow) -> None:
    waited_ms = 0
    while not _all_fresh(window):
        if waited_ms > _PICTURES_WITHIN_S * 1000:
            raise CameraSilent(camera="A camera on the wall", seconds=_PICTURES_WITHIN_S)
        _spin(100)
        waited_ms += 100


def _wait_until_still(window: MainWindow) -> None:
    before, still_ms, waited_ms = QImage(), 0, 0
    while still_ms < _STILL_MS and waited_ms < _PICTURES_WITHIN_S * 1000:
        _spin(_SETTLE_MS)
        now = window.grab().toImage()
        still_ms = still_ms + _SETTLE_MS if now == before else 0
        before, waited_ms = now, waited_ms + _SETTLE_MS


def _all_fresh(window: MainWindow) -> bool:
    view = window.wall.view
    tiles = [view.tile(camera_id) for camera_id in view.on_screen]
    return bool(tiles) and all(tile.picture is not None and not tile.stale_text for tile in tiles)


def _spin(ms: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()
    QApplication.processEvents()
