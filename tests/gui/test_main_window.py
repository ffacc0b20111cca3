import itertools
import json
import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from core.camera import Camera, ClockSource
from core.frame import Frame
from core.job import Job, JobError, JobKind, NewJob
from core.setting_sections import StorageSettings
from core.settings import Settings
from core.store import cameras, frames, jobs
from gui import background, theme
from gui.closing import ClosingDialog, what_goes_on
from gui.jobs.history_filter import HistoryFilter
from gui.library.filter_bar import FilterBar
from gui.main_window import MainWindow
from gui.pages import PAGES
from gui.shortcuts import ShortcutsDialog
from gui.toast import Notice, show_notice


@pytest.fixture
def open_window(station, qtbot):
    opened = []

    def make(state=None):
        window = MainWindow(station, state)
        opened.append(window)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        return window

    yield make
    for window in opened:
        window.wall.close_eyes()
        window.hide()
        window.deleteLater()


@pytest.fixture
def with_camera(station):
    with station.database.write() as tx:
        cameras.add(tx, Camera("Pit_1", "rtsp://127.0.0.1:1/live", name="Front left"))
    return station


def test_every_page_has_its_key_and_its_button(open_window, with_camera, qtbot):
    window = open_window()
    for number, (key, _) in enumerate(PAGES, 1):
        qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0.value + number), Qt.KeyboardModifier.ControlModifier)
        assert window.page == key
        assert window.focusWidget() is not None
        assert window.stack.currentWidget().isAncestorOf(window.focusWidget()) or key == "wall"


def test_the_first_run_page_stands_in_for_the_wall_until_there_is_a_camera(open_window, station, qtbot):
    window = open_window()
    qtbot.waitUntil(window.first_run.isVisible)
    assert str(station.folder.root) in " ".join(
        label.text() for label in window.first_run.findChildren(QWidget) if hasattr(label, "text")
    )
    assert not window.wall.tools.isVisible()
    with station.database.write() as tx:
        cameras.add(tx, Camera("Pit_1", "rtsp://127.0.0.1:1/live"))
    qtbot.waitUntil(window.wall.isVisible)
    assert window.wall.tools.isVisible()
    with station.database.write() as tx:
        cameras.remove(tx, "Pit_1")
    qtbot.waitUntil(window.first_run.isVisible)


def test_f1_and_the_question_mark_list_the_keys(open_window, with_camera, qtbot):
    window = open_window()
    for key in (Qt.Key.Key_F1, Qt.Key.Key_Question):
        window.activateWindow()  # a window manager would, when the dialog closes
        qtbot.waitUntil(window.isActiveWindow)
        qtbot.keyClick(window, key)
        dialog = window.findChild(ShortcutsDialog)
        assert dialog is not None and dialog.isVisible()
        assert dialog.width() <= 1024 and dialog.height() <= 640, "it fits the smallest screen"
        dialog.accept()
        qtbot.waitUntil(lambda: window.findChild(ShortcutsDialog) is None)


@pytest.mark.parametrize("size", [(1024, 640), (1440, 900)])
@pytest.mark.parametrize("look_name", ["dark", "light"])
def test_nothing_is_cut_off_on_a_small_screen_or_a_large_one(open_window, with_camera, size, look_name, look, qtbot):
    theme.apply(look, look_name)
    try:
        window = open_window()
        window.resize(*size)
        for key, _ in PAGES:
            window.show_page(key)
            background.finish()
            qtbot.wait(50)
            assert (window.width(), window.height()) == size, f"{key} wants more than {size}"
            for widget in controls(window):
                asked = widget.minimumSizeHint()
                name = f"{key}: {widget.accessibleName() or getattr(widget, 'text', str)()}"
                assert widget.height() >= min(asked.height(), widget.maximumHeight()) - 2, name
                right = widget.mapTo(window, QPoint(widget.width(), 0)).x()
                assert right <= window.width() or in_scroll_area(widget), name
    finally:
        theme.apply(look, "dark")


def controls(window):
    found = [
        *window.findChildren(QAbstractButton),
        *window.findChildren(QComboBox),
        *window.findChildren(QAbstractSpinBox),
    ]
    return [one for one in found if one.isVisible() and not one.objectName().startswith("qt_")]


def in_scroll_area(widget):
    while widget is not None:
        if widget.metaObject().className() in ("QScrollArea", "QAbstractScrollArea"):
            return True
        widget = widget.parentWidget()
    return False


def test_every_control_of_every_page_has_a_name_for_the_screen_reader(open_window, with_camera, qtbot):
    window = open_window()
    nameless = []
    for key, _ in PAGES:
        window.show_page(key)
        background.finish()
        qtbot.wait(20)
        fields = [
            one for one in window.findChildren(QLineEdit) if one.isVisible() and not one.objectName().startswith("qt_")
        ]
        for widget in [*controls(window), *fields]:
            inside = isinstance(widget.parentWidget(), QComboBox | QAbstractSpinBox | QScrollBar)
            said = widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")
            if not said and not inside:
                nameless.append((key, type(widget).__name__, widget.objectName(), widget.toolTip()))
    assert nameless == []


@pytest.mark.parametrize("page", ["wall", "library"])
def test_a_press_that_fails_is_told_once_whichever_page_is_open(open_window, with_camera, qtbot, page):
    window = open_window()
    qtbot.waitUntil(lambda: window.wall.view.targets == ["Pit_1"])
    window.wall.press()
    database = with_camera.database

    found: list[Job] = []

    def claims() -> bool:
        with database.write() as tx:
            job = jobs.claim(tx, worker_id="w", kinds_free={JobKind.CAPTURE: 1})
        found.extend([job] if job else [])
        return bool(found)

    qtbot.waitUntil(claims)
    window.show_page(page)
    told: list[str] = []
    window.notifier.tell = lambda one: told.append(one.title)
    with database.write() as tx:
        jobs.fail(tx, found[0], JobError("camera_silent", "It sends no video", "Check its cable."), None)

    def said() -> list[str]:
        return [notice.text for notice in window.findChildren(Notice) if "It sends no video" in notice.text]

    if page == "wall":
        qtbot.waitUntil(lambda: len(said()) == 1)
        qtbot.waitUntil(lambda: found[0].id in window.notifier._ended_at_ns)
        assert told == []
    else:
        qtbot.waitUntil(lambda: told == ["Frame of Front left failed"])


@pytest.mark.parametrize("panel_first", [True, False])
def test_an_open_jobs_panel_leaves_a_pages_buttons_and_the_notices_in_sight(
    open_window, with_camera, qtbot, panel_first
):
    window = open_window()
    window.resize(1440, 900)
    page = window.show_page("library")
    panel = window.foot.jobs_panel
    if not panel_first:
        show_notice(window, "Something was saved.")
    panel.set_expanded(True)
    qtbot.waitUntil(lambda: panel.height() > 100)
    if panel_first:
        show_notice(window, "Something was saved.")
    covered = panel.rect().translated(panel.mapTo(window, QPoint()))
    buttons = [b for b in page.findChildren(QAbstractButton) if b.isVisible() and b.text() in ("Open", "Star")]
    assert len(buttons) == 2
    (notice,) = window.findChildren(Notice)
    for widget in [*buttons, notice]:
        assert not covered.intersects(widget.rect().translated(widget.mapTo(window, QPoint()))), widget


@pytest.mark.parametrize(("page", "bar"), [("library", FilterBar), ("jobs", HistoryFilter)])
def test_in_the_smallest_window_no_filter_lies_on_another(open_window, with_camera, qtbot, page, bar):
    window = open_window()
    window.resize(window.minimumSize())
    shown = window.show_page(page).findChild(bar)
    qtbot.waitUntil(lambda: shown.width() < 800)
    fields = [w for w in shown.findChildren(QWidget) if w.parent() is shown and w.isVisible() and w.height() > 20]
    assert len(fields) >= 5
    for one, other in itertools.combinations(fields, 2):
        assert not one.geometry().intersects(other.geometry()), (one.accessibleName(), other.accessibleName())


def test_a_setting_that_another_program_saved_is_followed(open_window, with_camera, qtbot, look):
    from core.settings import save
    from core.store import stations

    open_window()
    save(with_camera.folder, {"station.theme": "light"})
    with with_camera.database.write() as tx:
        stations.bump_settings(tx)
    try:
        qtbot.waitUntil(lambda: theme.name() == "light")
    finally:
        theme.apply(look, "dark")


def test_a_settings_file_that_was_broken_is_told_and_the_window_goes_on(open_window, with_camera, qtbot):
    from core.store import stations

    window = open_window()
    qtbot.wait(300)
    with_camera.folder.settings_file.write_text("nonsense = [", "utf-8")
    with with_camera.database.write() as tx:
        stations.bump_settings(tx)
    qtbot.waitUntil(lambda: any("settings.toml" in notice.text for notice in window.findChildren(Notice)))


def test_closing_with_nothing_open_closes_and_remembers_where_it_stood(open_window, with_camera, qtbot):
    window = open_window()
    window.resize(1100, 700)
    window.wall.tools.choose_grid(9)
    window.show_page("library")
    with qtbot.waitSignal(window.closed):
        window.close()
    state = json.loads((with_camera.folder.root / "window.json").read_text("utf-8"))
    again = open_window(state)
    assert again.height() == 700  # the offscreen screen is too narrow for any width of ours
    assert again.page == "library"
    assert again.wall.view.grid == 9


@pytest.mark.parametrize("state", [{"geometry": "!!", "page": "nowhere"}, {"geometry": 5, "wall": [], "page": None}])
def test_a_remembered_state_that_is_broken_does_no_harm(open_window, with_camera, state):
    assert open_window(state).page == "wall"


def test_closing_says_what_goes_on_only_if_something_does(open_window, with_camera, qtbot):
    with with_camera.database.write() as tx:
        for _ in range(2):
            jobs.enqueue(tx, NewJob(JobKind.CAPTURE, {}, camera_id="Pit_1"))
    window = open_window()
    window.close()
    qtbot.waitUntil(lambda: window.findChild(ClosingDialog) is not None)
    dialog = window.findChild(ClosingDialog)
    texts = " ".join(label.text() for label in dialog.findChildren(QWidget) if hasattr(label, "text"))
    assert "2 jobs go on in the worker. It is safe to close the window." in texts
    dialog.reject()
    assert window.isVisible()
    qtbot.waitUntil(lambda: window.findChild(ClosingDialog) is None)
    window.close()
    qtbot.waitUntil(lambda: window.findChild(ClosingDialog) is not None)
    with qtbot.waitSignal(window.closed):
        window.findChild(ClosingDialog).accept()


@pytest.mark.parametrize(("folder_chosen", "said"), [(True, 1), (False, 0)])
def test_uploads_go_on_only_if_there_is_a_store_to_go_to(with_camera, tmp_path, folder_chosen, said):
    database = with_camera.database
    with database.write() as tx:
        sha256, at_ns = "0" * 64, time.time_ns()
        frame = Frame(
            *("f1", "frames/2026/11/21/Pit_1/f1.jpg", "Pit_1", None, None, 0, "jpg", 2, 2, 9, sha256, at_ns, 1),
            ClockSource.RTCP,
        )
        frames.add(tx, frame, station_id="station-1")
    storage = StorageSettings(folder=str(tmp_path / "nas") if folder_chosen else None)
    assert what_goes_on(database, Settings(storage=storage)).uploads == said


def test_notices_keep_clear_of_the_capture_bar_and_go_when_closed(open_window, with_camera, qtbot):
    window = open_window()
    qtbot.waitUntil(window.wall.isVisible)
    show_notice(window, "First", "info")
    show_notice(window, "Second", "bad", ("Undo", lambda: None))
    QApplication.processEvents()
    shown = window.findChildren(Notice)
    bar_top = window.wall.capture_bar.mapTo(window, QPoint(0, 0)).y()
    assert [notice.text for notice in shown] == ["First", "Second"]
    assert all(notice.mapTo(window, QPoint(0, notice.height())).y() <= bar_top for notice in shown)
    for notice in shown:
        notice.leave()
    assert window.findChildren(Notice) == []


def test_the_jobs_panel_lies_in_the_foot_and_opens_above_the_capture_bar(open_window, with_camera, qtbot):
    window = open_window()
    qtbot.waitUntil(window.wall.isVisible)
    panel = window.foot.jobs_panel
    low = panel.height()
    assert panel.geometry().bottom() == window.foot.geometry().bottom()
    panel.set_expanded(True)
    qtbot.waitUntil(lambda: panel.height() > low)
    bar_top = window.wall.capture_bar.mapTo(window.centralWidget(), QPoint(0, 0)).y()
    assert panel.geometry().bottom() < bar_top  # Capture stays in reach
    assert window.centralWidget().rect().contains(panel.geometry())
