"""The window's pages, in the order of the rail and of Ctrl+1, Ctrl+2 …; each is made when it is first looked at."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from gui.station import Station

PAGES = (
    ("wall", "Wall"),
    ("library", "Library"),
    ("stops", "Stops"),
    ("jobs", "Jobs"),
    ("schedules", "Schedules"),
    ("sessions", "Sessions"),
    ("cameras", "Cameras"),
    ("settings", "Settings"),
)


def make_page(
    key: str,
    station: Station,
    show_job: Callable[[str], object],
    window: QWidget,
    show_page: Callable[[str], object] = lambda key: None,
) -> QWidget:
    """Any page but the wall; KeyError for another key. show_job, show_page: where a page leads to."""
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
        "jobs": HistoryPage,
        "schedules": SchedulesPage,
        "sessions": SessionsPage,
        "cameras": CamerasPage,
        "settings": SettingsPage,
    }
    page = makers[key](station, window)
    if isinstance(page, LibraryPage | SchedulesPage):
        page.job_wanted.connect(show_job)
    if isinstance(page, StopsPage):
        page.cameras_wanted.connect(lambda: show_page("cameras"))
        page.library_wanted.connect(lambda: show_page("library"))
    return page
