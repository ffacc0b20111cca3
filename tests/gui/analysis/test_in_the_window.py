import pytest

from core.cloud_sections import GeminiSettings
from core.settings import Settings
from gui.analysis.analysis_page import AnalysisPage
from gui.analysis.asset_choice import CHOSEN
from gui.main_window import MainWindow
from tests.gui.analysis.analysed_station import a_run


@pytest.fixture
def window(qtbot, station, refs) -> MainWindow:
    made = MainWindow(
        station, {"pages": {"analysis": {"columns": {"pit_box": ["asset_id", "score"]}, "charts": False}}}
    )
    qtbot.addWidget(made, before_close_func=lambda window: window.wall.close_eyes())
    made.show()
    return made


def test_pages_lead_to_the_analysis_and_it_shows_what_it_showed_before(qtbot, station, window, refs):
    run = a_run(station.database, 2)
    page = window.show_page("analysis")
    assert isinstance(page, AnalysisPage) and not page.results.charts_button.isChecked()
    assert window._state()["pages"]["analysis"]["columns"] == {"pit_box": ["asset_id", "score"]}
    window.show_page("jobs").run_wanted.emit(run.id)
    assert window.page == "analysis" and page.results.run_id == run.id
    window.show_page("library").analysis_wanted.emit([refs[0].frame_id])
    qtbot.waitUntil(lambda: page.dialog is not None and page.dialog.isVisible())
    assert window.page == "analysis" and page.stack.currentWidget() is page.runs
    assert page.dialog is not None and page.dialog.assets.source.currentData() == CHOSEN
    page.dialog.reject()


def test_answers_that_are_not_googles_are_said_to_be_so(qtbot, station, page):
    assert not page.not_google.isVisible()
    url = "http://127.0.0.1:4000"
    station.settings = Settings(gemini=GeminiSettings(base_url=url))
    station.settings_changed.emit()
    assert page.not_google.isVisible() and f"{url}, not at Google's" in page.not_google.text()
