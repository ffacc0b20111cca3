import threading

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from sqlalchemy import event

from core.capture import ImportParams
from core.job import JobKind
from core.store import clips, frames, jobs, sessions, uploads
from core.upload import ItemKind
from gui.library.library_page import LibraryPage
from gui.toast import Notice
from tests.gui.models.filled_station import NOON_NS, SECOND_NS, add_clip, add_frames, add_many_frames, clip_bytes

LINKED = [*range(99_700, 100_000), *range(49_500, 50_500)]


def is_here(page: LibraryPage) -> bool:
    """Every cell on screen has its item and its picture."""
    seen = [page.model.item(position) for position in page.grid.on_screen()]
    return bool(seen) and all(item is not None and item.id in page.thumbnails for item in seen)


def test_opening_and_scrolling_100_000_frames_never_queries_on_the_main_thread(qtbot, station, shown):
    add_many_frames(station, "Haas_Pit_1", 100_000, LINKED)
    asked: list[threading.Thread] = []
    engines = (station.database._readers, station.database._writer)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", lambda *_: asked.append(threading.current_thread()))
    page = shown()
    assert page.model.count == 100_000
    qtbot.waitUntil(lambda: is_here(page), timeout=20_000)
    bar = page.grid.verticalScrollBar()
    for step in range(20):  # past pages that were never read
        bar.setValue(bar.maximum() * step // 40)
        qtbot.wait(1)
    bar.setValue(bar.maximum() // 2)
    qtbot.waitUntil(lambda: is_here(page), timeout=20_000)
    item = page.model.item(page.grid.on_screen().start)
    assert item is not None and abs(item.captured_at_ns - (NOON_NS + 50_000 * SECOND_NS)) < 100 * SECOND_NS
    assert asked and threading.main_thread() not in asked


def test_an_empty_library_says_what_to_do(shown):
    page = shown()
    assert page.empty.isVisible()
    assert "Space" in page.empty.text.text()
    assert page.empty.buttons[0].isVisible() and not page.empty.buttons[1].isVisible()


def test_a_filter_that_lets_nothing_through_offers_to_show_everything(qtbot, station, shown):
    add_frames(station, "Haas_Pit_1", range(3))
    page = shown()
    with qtbot.waitSignal(page.model.counted):
        page.filter.starred.click()
    assert page.empty.isVisible() and "filter" in page.empty.title.text()
    with qtbot.waitSignal(page.model.counted):
        page.empty.buttons[1].click()
    assert page.model.count == 3 and not page.empty.isVisible()


def test_frames_are_filtered_by_camera_session_kind_and_day(qtbot, station, shown, tmp_path):
    with station.database.write() as tx:
        session = sessions.create(tx, "2026", "Las Vegas", "FP1", "America/Los_Angeles")
    add_frames(station, "Haas_Pit_1", range(4), session_id=session.id)
    add_frames(station, "Haas_Pit_2", range(24 * 3600, 24 * 3600 + 3))
    add_clip(station, "Haas_Pit_2", 30 * 3600, clip_bytes(tmp_path))
    page = shown()
    qtbot.waitUntil(lambda: page.filter.camera.count() == 3)

    def counted(combo, index: int) -> int:
        with qtbot.waitSignal(page.model.counted):
            combo.setCurrentIndex(index)
        count = page.model.count
        with qtbot.waitSignal(page.model.counted):
            page.filter.clear()
        return count

    assert page.model.count == 8
    assert counted(page.filter.camera, page.filter.camera.findText("Haas Pit 2")) == 4
    assert counted(page.filter.session, 1) == 4
    assert counted(page.filter.kind, 2) == 1
    with qtbot.waitSignal(page.model.counted):
        page.filter.days.setCurrentIndex(4)
    for edit in (
        page.filter.days.first,
        page.filter.days.last,
    ):  # the session's day: noon UTC is 4 o'clock in the morning there
        with qtbot.waitSignal(page.model.counted):
            edit.setDate(page.filter.days.first.date().fromString("2026-11-21", "yyyy-MM-dd"))
    assert page.model.count == 4


def test_s_stars_what_is_chosen_and_takes_the_star_away_again(qtbot, station, shown):
    made = add_frames(station, "Haas_Pit_1", range(3))
    page = shown()
    page.grid.choose(0)

    def starred() -> bool:
        with station.database.read() as tx:
            return frames.get(tx, made[2].id).starred

    qtbot.keyClick(page.grid, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: starred() and page.model.item(0).starred)
    qtbot.keyClick(page.grid, Qt.Key.Key_S)
    qtbot.waitUntil(lambda: not starred() and not page.model.item(0).starred)
    assert page.grid.chosen_runs() == [(0, 0)]


def test_delete_hides_and_holds_the_upload_and_undo_clears_both(qtbot, station, shown, tmp_path):
    made = add_frames(station, "Haas_Pit_1", range(300))
    clip = add_clip(station, "Haas_Pit_1", 1000, clip_bytes(tmp_path))
    page = shown()
    qtbot.keyClick(page.grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    with qtbot.waitSignal(page.model.counted):  # more than one page, of which one was never looked at
        qtbot.keyClick(page.grid, Qt.Key.Key_Delete)
    assert page.model.count == 0
    with station.database.read() as tx:
        assert frames.get(tx, made[0].id).deleted_at_ns and clips.get(tx, clip.id).deleted_at_ns
        assert all(upload.held for upload in uploads.for_items(tx, ItemKind.FRAME, [f.id for f in made]).values())
        assert uploads.summary(tx).held == 301
    assert station.folder.absolute(made[0].path).is_file()
    notice = page.findChild(Notice)
    assert notice is not None and "301 files" in notice.text and "7 days" in notice.text
    with qtbot.waitSignal(page.model.counted):
        page.acts.undo()
    assert page.model.count == 301
    with station.database.read() as tx:
        assert uploads.summary(tx).held == 0


def test_new_frames_do_not_move_what_is_looked_at_until_asked(qtbot, station, shown):
    add_frames(station, "Haas_Pit_1", range(60))
    page = shown()
    page.grid.scrollToBottom()
    before = page.model.item(59)
    with qtbot.waitSignal(page.model.held, check_params_cb=lambda held, more: held and more == 3):
        add_frames(station, "Haas_Pit_1", range(100, 103))
    assert page.new_ones.isVisible() and page.new_ones.text() == "Show 3 new"
    assert (page.model.count, page.model.item(59)) == (60, before)
    page.new_ones.click()
    qtbot.waitUntil(lambda: page.model.count == 63)
    assert not page.new_ones.isVisible()
    assert page.model.item(0).captured_at_ns == NOON_NS + 102 * SECOND_NS


def test_new_frames_show_by_themselves_at_the_top(qtbot, station, shown):
    add_frames(station, "Haas_Pit_1", range(5))
    page = shown()
    resets = []
    page.model.modelReset.connect(lambda: resets.append(1))
    add_frames(station, "Haas_Pit_2", range(10, 12))
    qtbot.waitUntil(lambda: page.model.count == 7)
    assert not resets


def test_dropped_files_ask_for_their_camera_and_become_one_import_job(qtbot, station, shown, tmp_path):
    with station.database.write() as tx:
        session = sessions.create(tx, "2026", "Monza", "FP1", "Europe/Rome")
    (tmp_path / "a.jpg").write_bytes(b"1")
    page = shown()
    qtbot.waitUntil(lambda: page.filter.camera.count() == 3)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.jpg")), QUrl.fromLocalFile(str(tmp_path))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    page.dropEvent(QDropEvent(QPointF(9, 9), copy, data, left, Qt.KeyboardModifier.NoModifier))
    dialog = page.import_dialog
    assert dialog is not None and dialog.isVisible()
    dialog.camera.setCurrentIndex(dialog.camera.findText("Haas Pit 2"))
    dialog.go.click()

    def queued():
        with station.database.read() as tx:
            return jobs.page(tx, jobs.JobFilter()).items

    qtbot.waitUntil(lambda: len(queued()) == 1)
    job = queued()[0]
    assert (job.kind, job.camera_id, job.session_id) == (JobKind.IMPORT, "Haas_Pit_2", session.id)
    assert ImportParams.model_validate(job.params).paths == (str(tmp_path / "a.jpg"), str(tmp_path))


def test_an_import_without_a_camera_says_to_add_one(qtbot, station):
    page = LibraryPage(station)
    qtbot.addWidget(page)
    page.show()
    page.import_paths(["/nowhere/a.jpg"])
    assert page.import_dialog is None
    notice = page.findChild(Notice)
    assert notice is not None and "Add a camera first" in notice.text
