import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton

from core.job import Job, JobKind
from core.packs import find_pack, folders_of
from core.run import FindingState
from core.store import findings, jobs, runs
from core.store.findings import FindingEnd
from gui.analysis.dry_run import forget_old
from gui.analysis.packs_view import PacksView
from tests.gui.analysis.analysed_station import PACK_TEXT


@pytest.fixture
def view(qtbot, station, page) -> PacksView:
    station.folder.packs.mkdir()
    (station.folder.packs / "pit_box.toml").write_text(PACK_TEXT, encoding="utf-8")
    (station.folder.packs / "torn.yaml").write_text("name: torn\nversion: 1\nprompt: [\n", encoding="utf-8")
    page.show_packs()
    made: PacksView = page.packs
    qtbot.waitUntil(lambda: made.list.count() > 3)
    return made


def lines(view: PacksView) -> list[str]:
    items = (view.list.item(place) for place in range(view.list.count()))
    return [item.text() for item in items if item is not None]


def choose(view: PacksView, name: str) -> None:
    view.list.setCurrentRow(next(n for n, line in enumerate(lines(view)) if name in line))


def typed(qtbot, view: PacksView, text: str) -> None:
    view.editor.code.setPlainText(text)
    qtbot.waitUntil(lambda: view.editor._checked[0] == text and not view.editor._check._running)


def test_every_pack_is_listed_the_broken_one_with_its_line_and_the_others_go_on(view):
    told = "\n---\n".join(lines(view))
    assert "Pit box\npit_box 1.2 · yours" in told
    assert "Frame quality\nframe_quality 1.0 · shipped" in told
    broken = next(line for line in lines(view) if line.startswith("torn.yaml"))
    assert "line 4:" in broken or "line 3:" in broken
    for name in ("pit_box_safety", "tyre_condition", "bodywork_damage", "road_signs", "utility_pole"):
        assert f"{name} 1.0" in told


def test_what_is_typed_is_checked_and_the_wrong_line_is_marked_and_gone_to(qtbot, view):
    choose(view, "pit_box 1.2")
    assert view.editor.said.startswith("Right. Answered on this machine too. 6 columns: verdict (enum)")
    typed(qtbot, view, PACK_TEXT.replace('clear = { type = "boolean" }', 'clear = { type = "flag" }'))
    assert view.editor.said.startswith("Line 15:") and "clear" in view.editor.said
    assert view.editor.code.bad_line == 15
    assert not view.try_button.isEnabled()
    view.editor._to_line.click()
    assert view.editor.code.textCursor().blockNumber() == 14
    typed(qtbot, view, PACK_TEXT)
    assert view.try_button.isEnabled() and not view.save_button.isEnabled() and not view.editor._to_line.isVisible()


def test_ctrl_s_keeps_what_was_typed_and_nothing_is_lost_by_going_elsewhere(qtbot, station, view):
    choose(view, "pit_box 1.2")
    changed = PACK_TEXT.replace('"1.2"', '"1.3"')
    typed(qtbot, view, changed)
    choose(view, "frame_quality")
    assert view.editor.text == changed and "pit_box" in view.list.currentItem().text()
    view.editor.code.setFocus()
    qtbot.keyClick(view.editor.code, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: any("pit_box 1.3" in line for line in lines(view)) or not view.editor.is_changed)
    assert find_pack(folders_of(station.folder), "pit_box").version == "1.3"
    choose(view, "frame_quality")
    assert view.editor.code.isReadOnly() and "shipped" in view.editor._where.text()


def test_revert_brings_back_what_the_file_says(qtbot, view):
    choose(view, "pit_box 1.2")
    typed(qtbot, view, "nonsense")
    assert view.editor.said.startswith("Line 1:")
    view.revert_button.click()
    assert view.editor.text == PACK_TEXT and view.editor.said.startswith("Right.")


def test_a_shipped_pack_is_copied_to_be_changed_and_the_copy_can_be_deleted(qtbot, station, view):
    choose(view, "tyre_condition")
    assert not view.delete_button.isEnabled()
    view.copy_button.click()
    qtbot.waitUntil(lambda: view.chosen is not None and view.chosen.path.name == "my_tyre_condition.toml")
    assert view.chosen is not None and view.chosen.is_own and view.chosen.pack is not None
    assert view.chosen.pack.name == "my_tyre_condition"
    view.delete_button.click()
    box = view.findChild(QMessageBox)
    assert "can't be undone" in box.informativeText()
    next(button for button in box.findChildren(QPushButton) if button.text() == "Delete").click()
    qtbot.waitUntil(lambda: not (station.folder.packs / "my_tyre_condition.toml").exists())
    qtbot.waitUntil(lambda: not any("my_tyre_condition" in line for line in lines(view)))


def test_a_new_pack_begins_as_one_that_is_right(qtbot, view):
    view.new_button.click()
    qtbot.waitUntil(lambda: view.chosen is not None and view.chosen.path.name == "my_pack.toml")
    assert view.editor.said.startswith("Right. 3 columns")


def test_a_dry_run_asks_one_asset_through_a_job_and_is_forgotten_when_it_was_shown(qtbot, station, view):
    choose(view, "pit_box 1.2")
    view.editor.try_on(None)
    qtbot.waitUntil(lambda: "worker is not running" in view.editor.answer.toPlainText())
    assert view.editor.dry.runs and view.editor._stop.text() == "Stop"
    values: dict[str, object] = {"verdict": "check", "clear": True, "score": 61.5}
    with station.database.write() as tx:
        job = claimed(tx)
        (finding,) = findings.pending(tx, job.id)
        findings.record(tx, job, finding.run_id, [FindingEnd(0, values=values, model="local", took_ms=12.0)])
    qtbot.waitUntil(lambda: "Verdict: check" in view.editor.answer.toPlainText())
    assert "Clear: Yes" in view.editor.answer.toPlainText() and "People: no value" in view.editor.answer.toPlainText()
    with station.database.write() as tx:
        jobs.finish(tx, job, {})
    qtbot.waitUntil(lambda: count_runs(station) == 0)


def test_a_dry_run_that_fails_tells_why_and_one_that_waits_can_be_stopped(qtbot, station, view):
    choose(view, "pit_box 1.2")
    view.editor.try_on("/nowhere/wheel.jpg")
    qtbot.waitUntil(lambda: count_runs(station) == 1)
    error = {"slug": "file_gone", "message": "wheel.jpg is gone", "hint": "Put it back."}
    with station.database.write() as tx:
        job = claimed(tx)
        (finding,) = findings.pending(tx, job.id)
        findings.record(tx, job, finding.run_id, [FindingEnd(0, error=error)])
        assert findings.get(tx, finding.run_id, finding.asset_id).state is FindingState.FAILED
        jobs.finish(tx, job, {})
    qtbot.waitUntil(lambda: "Failed: wheel.jpg is gone\nPut it back." in view.editor.answer.toPlainText())
    qtbot.waitUntil(lambda: count_runs(station) == 0)
    view.editor.try_on(None)
    qtbot.waitUntil(lambda: count_runs(station) == 1)
    view.editor._stop.click()
    qtbot.waitUntil(lambda: count_runs(station) == 0)
    assert not view.editor.answer.isVisible()


def test_a_dry_run_is_no_run_of_the_list_and_one_that_outlived_its_window_is_forgotten(qtbot, station, page, view):
    choose(view, "pit_box 1.2")
    view.editor.try_on(None)
    qtbot.waitUntil(lambda: count_runs(station) == 1)
    view.editor.dry._run_id = None  # as if the window had been closed
    page.show_runs()
    qtbot.waitUntil(lambda: page.runs._body.currentIndex() == 1)
    forget_old(station.database)
    assert count_runs(station) == 1  # it may still be answered
    with station.database.write() as tx:
        jobs.finish(tx, claimed(tx), {})
    forget_old(station.database)
    assert count_runs(station) == 0


def claimed(tx) -> Job:
    job = jobs.claim(tx, worker_id="w", kinds_free={JobKind.ANALYZE: 1})
    assert job is not None
    return job


def count_runs(station) -> int:
    with station.database.read() as tx:
        return len(runs.page(tx).items)
