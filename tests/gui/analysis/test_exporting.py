import json
import sys

import pytest
from PySide6.QtWidgets import QLabel

from core.finding_export import ExportFormat
from core.store import jobs
from core.store.jobs import JobFilter
from gui.analysis.command import Command, read_document
from gui.toast import NoticeArea
from tests.gui.analysis.analysed_station import a_run, answer

ANSWERS = {
    "well": "import json, sys; print(json.dumps({'rows': 12, 'asked': sys.argv[1:]}))",
    "badly": 'import sys; print(\'{"message": "No space", "hint": "Free some."}\'); sys.exit(1)',
    "cut": "import os; os._exit(9)",
}


@pytest.fixture
def installed(monkeypatch, request) -> None:
    """Another program in the place of the installed command."""
    program = [sys.executable, "-c", ANSWERS[request.param]]
    monkeypatch.setattr("gui.analysis.command.worker_command", lambda: program)


def notice(page) -> str:
    area = page.findChild(NoticeArea)
    return "\n".join(label.text() for label in area.findChildren(QLabel)) if area is not None else ""


def exported(qtbot, station, page, tmp_path) -> dict[str, object]:
    """What the command told, once it ended."""
    run = a_run(station.database, 2)
    answer(station.database, run)
    page.show_run(run.id)
    view = page.results
    qtbot.waitUntil(lambda: view.export_button.isEnabled())
    with qtbot.waitSignal(view.exporting._command.ended) as ended:
        view.exporting.start(run.id, ExportFormat.PARQUET, str(tmp_path / "found.parquet"))
        assert not view.export_button.isEnabled() and view.export_button.text() == "Exporting…"
        view.exporting.start(run.id, ExportFormat.CSV, "a second one while it runs is not begun")
    assert view.export_button.isEnabled()
    document: dict[str, object] = ended.args[1]
    return document


@pytest.mark.parametrize("installed", ["well"], indirect=True)
def test_findings_are_written_by_the_installed_command_and_not_by_the_window(qtbot, station, page, tmp_path, installed):
    told = exported(qtbot, station, page, tmp_path)
    asked = ["runs", "export", page.results.run_id, "--format", "parquet", "--out", str(tmp_path / "found.parquet")]
    assert told["asked"] == ["--data", str(station.folder.root), "--json", *asked]
    qtbot.waitUntil(lambda: "12 findings are in" in notice(page))


@pytest.mark.parametrize(
    ("installed", "said"), [("badly", "No space Free some."), ("cut", "cut short")], indirect=["installed"]
)
def test_a_file_that_could_not_be_written_says_why(qtbot, station, page, tmp_path, installed, said):
    exported(qtbot, station, page, tmp_path)
    qtbot.waitUntil(lambda: said in notice(page))


def test_a_command_that_is_not_there_is_told(qtbot, station, monkeypatch):
    monkeypatch.setattr("gui.analysis.command.worker_command", lambda: ["/nowhere/trackshift"])
    command = Command(station.folder, station)
    with qtbot.waitSignal(command.ended) as ended:
        command.start(["runs", "list"])
    assert ended.args[0] is False and "could not be started" in str(ended.args[1]["message"])
    assert not command.runs


def test_what_a_command_prints_is_read_as_one_document():
    assert read_document(json.dumps({"rows": 3})) == {"rows": 3}
    assert "cut short" in str(read_document("half a ")["message"])
    assert read_document("[1]") == {}


def test_findings_go_to_bigquery_by_a_job_and_where_it_is_not_set_up_the_reason_is_said(
    qtbot, station, page, monkeypatch
):
    run = a_run(station.database, 2)
    page.show_run(run.id)
    load = page.results.menu.load
    qtbot.waitUntil(lambda: "not installed" in load.toolTip() or "No project" in load.toolTip())
    assert not load.isEnabled()
    monkeypatch.setattr("gui.analysis.results_view.why_no_cloud", lambda settings: "")
    page.results._ask()
    qtbot.waitUntil(lambda: load.toolTip() == "Nothing is answered yet.")
    answer(station.database, run)
    qtbot.waitUntil(load.isEnabled)
    load.trigger()
    qtbot.waitUntil(lambda: "into BigQuery" in notice(page))
    with station.database.read() as tx:
        assert jobs.page(tx, JobFilter(text="BigQuery")).items[0].params == {"run_id": run.id, "load": "bigquery"}
