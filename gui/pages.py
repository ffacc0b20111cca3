"""The window's pages, in the order of the rail and of Ctrl+1, Ctrl+2 …; each is made when it is first looked at."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from gui.station import Station

PAGES = (
    ("wall", "Wall"),
    ("library", "Library"),
    ("stops", "Stops"),
    ("analysis", "Analysis"),
    ("jobs", "Jobs"),
    ("schedules", "Schedules"),
    ("sessions", "Sessions"),
    ("cameras", "Cameras"),
    ("settings", "Settings"),
)
PAGE_FOOT_PX = 56
"""Pages keep their buttons in a row at their foot: nothing that lies over a page covers it."""


@runtime_checkable
class KeepsState(Protocol):
    """A page that shows after a restart what it showed before."""

    def window_state(self) -> Mapping[str, Any]: ...

    def restore(self, state: Mapping[str, Any]) -> None: ...


def make_page(
    key: str,
    station: Station,
    show_job: Callable[[str], object],
    window: QWidget,
    show_page: Callable[[str], object] = lambda key: None,
) -> QWidget:
    """Any page but the wall; KeyError for another key. show_job, show_page: where a page leads to."""
    from gui.analysis.analysis_page import AnalysisPage
    from gui.cameras.cameras_page import CamerasPage
    from gui.jobs.history_page import HistoryPage
    from gui.library.library_page import LibraryPage
    from gui.review.stops_page import StopsPage
    from gui.schedules.schedules_page import SchedulesPage
    from gui.sessions.sessions_page import SessionsPage
    from gui.settings.settings_page import SettingsPage

    makers: dict[str, Callable[[Station, QWidget], QWidget]] = {
        "library": LibraryPage,
        "stops": StopsPage,
        "analysis": AnalysisPage,
        "jobs": HistoryPage,
        "schedules": SchedulesPage,
        "sessions": SessionsPage,
        "cameras": CamerasPage,
        "settings": SettingsPage,
    }
    page = makers[key](station, window)
    if isinstance(page, LibraryPage | SchedulesPage | AnalysisPage):
        page.job_wanted.connect(show_job)
    if isinstance(page, HistoryPage):
        page.run_wanted.connect(lambda run_id: _show_run(show_page("analysis"), run_id))
    if isinstance(page, LibraryPage):
        page.analysis_wanted.connect(lambda frame_ids: _analyse(show_page("analysis"), frame_ids))
    if isinstance(page, StopsPage):
        page.cameras_wanted.connect(lambda: show_page("cameras"))
        page.library_wanted.connect(lambda: show_page("library"))
    return page


def _analyse(page: object, frame_ids: list[str]) -> None:
    from gui.analysis.analysis_page import AnalysisPage

    if isinstance(page, AnalysisPage):
        page.show_runs()
        page.new_run(frame_ids)


def _show_run(page: object, run_id: str) -> None:
    from gui.analysis.analysis_page import AnalysisPage

    if isinstance(page, AnalysisPage):
        page.show_run(run_id)


def focus_into(page: QWidget) -> None:
    """Give the keyboard to the page: to its own choice, or else to its first control."""
    page.setFocus()
    if page.focusProxy() is None and not page.hasFocus():
        controls = (child for child in page.findChildren(QWidget) if child.isVisibleTo(page) and child.isEnabled())
        first = next((child for child in controls if child.focusPolicy() & Qt.FocusPolicy.TabFocus), None)
        if first is not None:
            first.setFocus()
