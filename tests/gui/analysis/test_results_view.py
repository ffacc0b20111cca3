import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton

from core.run import FindingState
from core.store import findings, runs
from gui.analysis.results_view import ResultsView
from tests.gui.analysis.analysed_station import PACK, a_run, an_answer, answer


@pytest.fixture
def view(page) -> ResultsView:
    return page.results


def opened(qtbot, station, page, number: int = 12, **done) -> str:
    run = a_run(station.database, number, frames=page_refs(station), name="Walk round")
    answer(station.database, run, **done)
    page.show_run(run.id)
    qtbot.waitUntil(lambda: page.results.model.row(0) is not None)
    return run.id


def page_refs(station):
    from core.run import FrameRef
    from core.store import library
    from core.store.library import LibraryFilter

    with station.database.read() as tx:
        return [FrameRef(item.id) for item in library.page(tx, LibraryFilter(), None, None, 9)]


def words(widget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def press(view, key, *, modifier=Qt.KeyboardModifier.NoModifier, qtbot):
    qtbot.keyClick(view.table, key, modifier)


def test_a_finished_run_shows_its_charts_its_failures_and_what_it_cost(qtbot, station, page, view):
    opened(qtbot, station, page, failed=frozenset({3}))
    said = words(view)
    assert "Walk round" in said and "Done, 1 failed" in said and "17,880 tokens" in said and "US$ 0.03" in said
    assert [chart.chart.title for chart in view.charts.views] == ["Verdict", "Clear", "Score", "People"]
    verdicts = {bar.label: bar.number for bar in view.charts.views[0].chart.bars}
    told = [an_answer(n)["verdict"] for n in range(12) if n != 3]
    assert verdicts == {choice: told.count(choice) for choice in ("safe", "check", "unsafe")}
    reason = next(n for n, column in enumerate(view.model.columns) if column.key == "error")
    assert not view.table.isColumnHidden(reason)
    assert view.retry_button.isVisible() and not view.stop_button.isVisible()


def test_the_chosen_finding_tells_why_it_failed_with_the_answer_as_it_came(qtbot, station, page, view):
    opened(qtbot, station, page, failed=frozenset({3}))
    view.table.selectRow(3)
    assert "Failed: The answer breaks the pack's schema" in words(view.pane) and "Mend the pack." in words(view.pane)
    assert view.pane.raw.toPlainText() == "{ no json"
    view.table.selectRow(4)
    assert json.loads(view.pane.raw.toPlainText()) == an_answer(4)
    qtbot.waitUntil(lambda: "Answer 4" in words(view.pane))
    assert "Car 4" in words(view.pane)
    view.pane.copy.click()
    assert json.loads(QGuiApplication.clipboard().text()) == an_answer(4)


def test_enter_goes_to_the_frames_and_a_frame_opens_in_the_viewer(qtbot, station, page, view):
    opened(qtbot, station, page)
    view.table.selectRow(1)
    qtbot.waitUntil(lambda: bool(view.pane._frames))
    press(view, Qt.Key.Key_Return, qtbot=qtbot)
    button = next(iter(view.pane._frames.values()))[0]
    qtbot.waitUntil(button.hasFocus)
    assert button.accessibleName() == "Open frame 1 of 1"
    button.click()
    wanted = view.pane.finding.frames[0].frame_id
    qtbot.waitUntil(lambda: view.frames.library.viewer is not None and view.frames.library.viewer.shown_id == wanted)
    view.frames.library.viewer.accept()


def test_a_file_outside_the_library_opens_in_the_window_too(qtbot, station, page, view, tmp_path):
    from core.run import FrameRef
    from tests.gui.models.filled_station import picture_bytes

    file = tmp_path / "wheel.jpg"
    file.write_bytes(picture_bytes(5))
    run = a_run(station.database, 1, frames=[FrameRef(path=str(file))])
    page.show_run(run.id)
    qtbot.waitUntil(lambda: view.model.row(0) is not None)
    view.table.selectRow(0)
    view.open_frame(view.pane.finding.frames[0])
    qtbot.waitUntil(lambda: view.frames.files is not None and view.frames.files.is_shown)
    assert view.frames.files.windowTitle() == "wheel.jpg"
    view.frames.files.reject()


def test_words_state_and_a_columns_value_narrow_the_table_and_its_charts(qtbot, station, page, view):
    opened(qtbot, station, page, 40, failed=frozenset({3}))
    view.filter.column.setCurrentIndex(view.filter.column.findData("verdict"))
    view.filter.value.setCurrentIndex(view.filter.value.findData("unsafe"))
    number = sum(an_answer(n)["verdict"] == "unsafe" for n in range(40) if n != 3)
    qtbot.waitUntil(lambda: view.model.rowCount() == number)
    qtbot.waitUntil(lambda: [bar.number for bar in view.charts.views[0].chart.bars] == [0, 0, number])
    view.filter.column.setCurrentIndex(view.filter.column.findData("score"))
    qtbot.keyClicks(view.filter.low, "80")
    qtbot.keyClick(view.filter.low, Qt.Key.Key_Return)
    number = sum(float(str(an_answer(n)["score"])) >= 80 for n in range(40) if n != 3)
    qtbot.waitUntil(lambda: view.model.rowCount() == number)
    view.filter.text.setText("nothing like it")
    qtbot.waitUntil(lambda: "Nothing fits the filter" in words(view))
    view.empty.buttons[0].click()
    qtbot.waitUntil(lambda: view.model.rowCount() == 40)
    view.filter.state.setCurrentIndex(view.filter.state.findData(FindingState.FAILED))
    qtbot.waitUntil(lambda: view.model.rowCount() == 1)


def test_a_header_sorts_and_the_chosen_asset_stays_chosen(qtbot, station, page, view):
    opened(qtbot, station, page, 30)
    view.table.selectRow(4)
    score = next(n for n, column in enumerate(view.model.columns) if column.key == "score")
    view.table.sort_by(score)
    view.table.sort_by(score)
    best = max(range(30), key=lambda n: (float(str(an_answer(n)["score"])), -n))
    qtbot.waitUntil(lambda: view.model.row(0) is not None and view.model.row(0).finding.number == best)
    qtbot.waitUntil(lambda: view.table.chosen() is not None and view.table.chosen().finding.number == 4)
    assert view.pane.finding.asset_id == "Car 4"
    view.table.sort_by(0)
    qtbot.waitUntil(lambda: view.model.row(0).finding.number == 0)


def test_the_chosen_columns_are_kept_by_pack_over_a_restart(qtbot, station, page, view):
    from gui.analysis.analysis_page import AnalysisPage

    run_id = opened(qtbot, station, page)
    keys = [column.key for column in view.model.columns]
    assert view.table.isColumnHidden(keys.index("model"))
    view.table.show_column(keys.index("model"), True)
    view.table.show_column(keys.index("note"), False)
    view.charts_button.click()
    kept = json.loads(json.dumps(page.window_state()))
    assert PACK.name in kept["columns"]
    again = AnalysisPage(station)
    qtbot.addWidget(again)
    again.restore(kept)
    again.show()
    again.show_run(run_id)
    qtbot.waitUntil(lambda: again.results.model.row(0) is not None)
    table = again.results.table
    assert not table.isColumnHidden(keys.index("model")) and table.isColumnHidden(keys.index("note"))
    assert not again.results.charts.isVisible()
    again.restore({"columns": "nonsense", "charts": 7})


def test_a_run_under_way_is_stopped_and_resumed_and_its_findings_come_by_themselves(qtbot, station, page, view):
    run = a_run(station.database, 120)
    answer(station.database, run, at_most=70)
    page.show_run(run.id)
    qtbot.waitUntil(lambda: view.stop_button.isVisible())
    assert "70 of 120 assets" in view._said.whole and "the worker is not running" in view._said.whole
    view.stop_button.click()
    qtbot.waitUntil(lambda: view.resume_button.isVisible())
    assert "Stopped. Press Resume to go on." in view._said.whole
    view.resume_button.click()
    qtbot.waitUntil(lambda: view.stop_button.isVisible())
    with station.database.read() as tx:
        assert runs.get(tx, run.id).held_because is None


def test_failed_assets_are_asked_again_and_nothing_else(qtbot, station, page, view):
    run_id = opened(qtbot, station, page, failed=frozenset({3, 5}))
    view.retry_button.click()
    qtbot.waitUntil(lambda: not view.retry_button.isVisible())
    with station.database.read() as tx:
        assert findings.counts(tx, run_id) == {
            FindingState.PENDING: 2,
            FindingState.COMPLETED: 10,
            FindingState.FAILED: 0,
        }


def test_deleting_asks_says_that_it_cant_be_undone_and_goes_back_to_the_runs(qtbot, station, page, view):
    run_id = opened(qtbot, station, page)
    view.delete_button.click()
    box = view.findChild(QMessageBox)
    assert "can't be undone" in box.informativeText() and box.defaultButton().text() == "Keep"
    next(button for button in box.findChildren(QPushButton) if button.text() == "Delete").click()
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.runs)
    with station.database.read() as tx:
        assert runs.page(tx).items == [] and findings.counts(tx, run_id)[FindingState.COMPLETED] == 0


def test_esc_leads_back_to_the_runs_with_the_run_chosen(qtbot, station, page, view):
    run_id = opened(qtbot, station, page)
    press(view, Qt.Key.Key_Escape, qtbot=qtbot)
    assert page.stack.currentWidget() is page.runs
    qtbot.waitUntil(lambda: page.runs.chosen() is not None and page.runs.chosen().run.id == run_id)
