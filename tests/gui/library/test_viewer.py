from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage
from PySide6.QtWidgets import QLabel, QPushButton

from core.clock import span_text
from core.ids import new_id
from core.job import JobKind
from core.pit_box import PitBox
from core.result import ResultFile, media_type_of
from core.store import cameras, frames, jobs, results, sessions
from gui.library.facts import bytes_text
from gui.library.picture_view import PictureView
from gui.toast import Notice
from tests.gui.models.filled_station import add_clip, add_frames, clip_bytes


def shows(viewer, id: str) -> bool:
    return viewer.shown_id == id


def words(viewer) -> str:
    return "\n".join(label.accessibleName() or label.text() for label in viewer.findChildren(QLabel))


def test_the_viewer_shows_the_picture_and_everything_that_is_known(qtbot, station, shown):
    with station.database.write() as tx:
        session = sessions.create(tx, "2026", "Las Vegas", "FP1", "America/Los_Angeles")
    made = add_frames(station, "Haas_Pit_1", range(3), session_id=session.id, meta={"tyre": "soft"})
    page = shown()
    page.grid.choose(1)
    qtbot.keyClick(page.grid, Qt.Key.Key_Return)
    viewer = page.viewer
    assert viewer is not None
    qtbot.waitUntil(lambda: shows(viewer, made[1].id))
    said = words(viewer)
    for part in (
        "2026-11-21 04:00:01.000 America/Los_Angeles",
        "2026-11-21T12:00:01.000000Z",
        "± 1.2 ms, from the camera's own clock",
        "Haas Pit 1 (Haas_Pit_1)",
        "2026 · Las Vegas · FP1",
        "640 × 360 px",
        made[1].sha256,
        made[1].path,
        "Waits to be sent",
        "tyre",
    ):
        assert part in said, part
    viewer.copy_hash()
    assert QGuiApplication.clipboard().text() == made[1].sha256


def test_arrows_go_through_the_library_and_the_grid_follows_at_the_end(qtbot, station, shown):
    made = add_frames(station, "Haas_Pit_1", range(3))
    page = shown()
    page.open_at(0)
    viewer = page.viewer
    qtbot.waitUntil(lambda: shows(viewer, made[2].id))
    qtbot.keyClick(viewer, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shows(viewer, made[1].id))
    qtbot.keyClick(viewer, Qt.Key.Key_Left)
    qtbot.keyClick(viewer, Qt.Key.Key_Left)  # nothing newer
    qtbot.waitUntil(lambda: shows(viewer, made[2].id))
    viewer.older()
    viewer.older()
    viewer.accept()
    assert page.viewer is None and page.grid.current() == 2


def test_s_stars_in_the_viewer_too(qtbot, station, shown):
    (made,) = add_frames(station, "Haas_Pit_1", range(1))
    page = shown()
    page.open_at(0)
    viewer = page.viewer
    qtbot.waitUntil(lambda: shows(viewer, made.id))
    viewer.star()

    def starred() -> bool:
        with station.database.read() as tx:
            return frames.get(tx, made.id).starred

    qtbot.waitUntil(lambda: starred() and "Starred" in viewer.star_button.text())
    viewer.accept()


def test_a_file_that_is_gone_or_broken_says_so_instead_of_showing_nothing(qtbot, station, shown):
    (made,) = add_frames(station, "Haas_Pit_1", range(1))
    station.folder.absolute(made.path).write_bytes(b"half a jpeg")
    page = shown()
    page.open_at(0)
    viewer = page.viewer
    qtbot.waitUntil(lambda: shows(viewer, made.id))
    assert "can't be shown" in viewer.picture.said
    viewer.accept()


def test_a_clip_can_be_played_and_tells_its_length(qtbot, station, shown, tmp_path):
    made = add_clip(station, "Haas_Pit_1", 5, clip_bytes(tmp_path))
    page = shown()
    page.open_at(0)
    viewer = page.viewer
    qtbot.waitUntil(lambda: shows(viewer, made.id))
    assert viewer.play_button.isVisible()
    assert "2.00 s, 50 pictures, h264" in words(viewer)
    viewer.accept()


def test_zoom_keeps_the_point_under_the_mouse_and_fit_shows_all(qtbot):
    view = PictureView(None)
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show_image(QImage(QSize(1600, 1200), QImage.Format.Format_RGB32))
    assert view.fits and view.scale == 0.25
    view.set_scale(1.0, QPointF(100, 75))  # a quarter in from the corner
    assert view.scale == 1.0
    left, top = view.corner().x(), view.corner().y()
    assert (round(100 - left), round(75 - top)) == (400, 300)
    view.set_scale(9.0)
    assert view.scale == 4.0
    view.set_scale(None)
    assert view.fits


def test_numbers_carry_the_unit_that_fits():
    assert [span_text(ns) for ns in (1_200, 1_200_000, 2_430_000_000, 50_400_000_000_000)] == [
        "1.2 µs",
        "1.2 ms",
        "2.43 s",
        "14 h",
    ]
    assert [bytes_text(n) for n in (999, 13_200, 1_670_000, 2_000_000_000)] == ["999 B", "13.2 kB", "1.67 MB", "2 GB"]


def test_a_clips_stops_are_timed_from_the_viewer_and_without_a_box_it_says_where_to_draw_it(
    qtbot, station, shown, tmp_path
):
    clip = add_clip(station, "Haas_Pit_1", 1, clip_bytes(tmp_path))
    page = shown()
    page.open_at(0)
    viewer = page.viewer
    qtbot.waitUntil(lambda: shows(viewer, clip.id))
    assert viewer.time_button.isVisible()
    viewer.time_button.click()
    qtbot.waitUntil(lambda: any("has no pit box" in notice.text for notice in viewer.findChildren(Notice)))
    with station.database.write() as tx:
        cameras.set_pit_box(tx, "Haas_Pit_1", PitBox(((0.1, 0.1), (0.9, 0.1), (0.9, 0.9))))
    qtbot.keyClick(viewer, Qt.Key.Key_T)

    def queued() -> bool:
        with station.database.read() as tx:
            found = jobs.page(tx, jobs.JobFilter(kinds=(JobKind.STOP_TIMING,))).items
        return [job.params for job in found] == [{"clip": clip.id}]

    qtbot.waitUntil(queued)


def test_a_clip_is_tracked_from_the_viewer_and_opens_from_the_notice_that_it_is(
    qtbot, station, shown, tmp_path, monkeypatch
):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    clip = add_clip(station, "Haas_Pit_1", 1, clip_bytes(tmp_path))
    page = shown()
    page.open_at(0)
    viewer = page.viewer
    qtbot.waitUntil(lambda: shows(viewer, clip.id))
    qtbot.keyClick(viewer, Qt.Key.Key_K)

    def said(text: str) -> list[Notice]:
        return [notice for notice in viewer.findChildren(Notice) if notice.text.startswith(text)]

    qtbot.waitUntil(lambda: bool(said("The clip is being tracked")))
    with station.database.write() as tx:
        job = jobs.claim(tx, worker_id="w", kinds_free={JobKind.TRACK: 1})
        assert job is not None and (job.params["clip"], job.camera_id) == (clip.id, "Haas_Pit_1")
        path = f"results/{job.id}/1/annotated.mp4"
        file = ResultFile(new_id(), job.id, "annotated.mp4", path, media_type_of(path), 1, "0" * 64)
        results.add(tx, file, station_id="station-1")
        jobs.finish(tx, job, {})
    qtbot.waitUntil(lambda: bool(said("The clip is tracked.")))
    (button,) = said("The clip is tracked.")[0].findChildren(QPushButton)
    button.click()
    assert opened == [str(station.folder.absolute(path))]
