import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton

from core.ids import new_id
from core.process import ProcessBeat, Role
from core.result import ResultFile, result_path
from core.run import NewRun, RunProvider
from core.store import processes, results, runs
from gui.analysis.budget_dialog import BudgetDialog
from gui.analysis.runs_view import COLUMNS, RunsView
from tests.gui.analysis.analysed_station import PACK, a_run, answer


@pytest.fixture
def view(page) -> RunsView:
    return page.runs


def cells(view: RunsView, row: int = 0) -> dict[str, str]:
    items = {name: view.table.item(row, column) for column, name in enumerate(COLUMNS)}
    return {name: item.text() if item is not None else "" for name, item in items.items()}


def listed(qtbot, view: RunsView, number: int = 1) -> None:
    qtbot.waitUntil(lambda: view.table.rowCount() == number)
    view.table.selectRow(0)
    view.table.setFocus()


def get(station, run):
    with station.database.read() as tx:
        return runs.get(tx, run.id)


def test_no_run_yet_says_what_to_do_and_offers_it(qtbot, page, view):
    qtbot.waitUntil(lambda: any("No run yet" in label.text() for label in view.findChildren(QLabel)))
    next(button for button in view.findChildren(QPushButton) if button.text() == "New run…").click()
    qtbot.waitUntil(lambda: page.dialog is not None and page.dialog.isVisible())
    page.dialog.reject()


def test_a_run_says_state_progress_failures_tokens_and_cost(qtbot, station, view):
    run = a_run(station.database, 60, provider=RunProvider.GEMINI, name="Walk round")
    answer(station.database, run, failed=frozenset({1, 2}))
    listed(qtbot, view)
    told = cells(view)
    assert told["Made"]
    assert [told[name] for name in COLUMNS[:7]] == [
        *("Walk round", "Done, 2 failed", "60", "2", "Gemini", "89,400", "US$ 0.16")
    ]


def test_a_run_that_waits_says_why(qtbot, station, view):
    a_run(station.database, 3)
    listed(qtbot, view)
    assert cells(view)["State"] == "Waits: the worker is not running. Press Start."
    assert cells(view)["Assets"] == "0 of 3"
    with station.database.write() as tx:
        processes.beat(tx, ProcessBeat("w", Role.WORKER, 1, tx.now_ns, tx.now_ns, "0"))
    qtbot.waitUntil(lambda: cells(view)["State"] == "Waits for its turn.")


def test_keys_open_stop_and_resume_a_run(qtbot, station, page, view):
    run = a_run(station.database, 3)
    listed(qtbot, view)
    qtbot.keyClick(view.table, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: view.stop_button.text() == "Resume")
    assert get(station, run).held_because and cells(view)["State"] == "Stopped. Press Resume to go on."
    qtbot.keyClick(view.table, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: get(station, run).held_because is None)
    qtbot.keyClick(view.table, Qt.Key.Key_R)  # nothing failed: nothing happens
    qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert page.stack.currentWidget() is page.results and page.results.run_id == run.id


def test_a_run_that_its_budget_holds_goes_on_with_another(qtbot, station, view):
    with station.database.write() as tx:
        asset = a_run_asset()
        run = runs.make(tx, NewRun(PACK.as_json(), RunProvider.GEMINI, budget_usd=0.003), asset)
    answer(station.database, run, at_most=1)
    with station.database.write() as tx:
        runs.hold(tx, run.id, "It would cost more than its budget")
    listed(qtbot, view)
    qtbot.waitUntil(lambda: view.stop_button.text() == "Resume")
    assert cells(view)["State"] == "Held: It would cost more than its budget"
    view.stop_button.click()
    dialog = view.findChild(BudgetDialog)
    dialog.budget.setValue(2.5)
    dialog.go.click()
    qtbot.waitUntil(lambda: get(station, run).held_because is None)
    assert get(station, run).budget_usd == 2.5


def a_run_asset():
    from core.run import Asset, FrameRef

    return [Asset(name, (FrameRef(path=f"/nowhere/{name}.jpg"),)) for name in "ab"]


def test_a_run_is_deleted_whole_and_its_objects_only_if_that_was_said(qtbot, station, view):
    from core.job import JobKind
    from core.store import jobs
    from core.store.jobs import JobFilter

    for everywhere in (False, True):
        run = a_run(station.database, 2)
        answer(station.database, run)
        with station.database.write() as tx:
            (shard,) = runs.shard_ids(tx, run.id)
            path = result_path(shard, 1, "findings.csv")
            results.add(tx, ResultFile(new_id(), shard, "findings.csv", path, "text/csv", 1, "0" * 64), station_id="s")
        listed(qtbot, view)
        view.delete_button.click()
        box = view.findChildren(QMessageBox)[-1]
        box.checkBox().setChecked(everywhere)
        next(button for button in box.findChildren(QPushButton) if button.text() == "Delete").click()
        qtbot.waitUntil(lambda: view.table.rowCount() == 0)
    with station.database.read() as tx:
        wanted = JobFilter(kinds=(JobKind.ANALYZE,), text="what is left")
        assert len(jobs.page(tx, wanted).items) == 1
