"""The review shows every camera at one instant, steps by pictures, nudges and takes back, and keeps both words."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from core.stop import Mark, Moment, Stop
from core.store import stops
from gui.review.review_view import ReviewView
from tests.gui.models.filled_station import clip_bytes
from tests.gui.review.stopped_station import MS, NOON_NS, a_stop, add_camera, add_video, keep

FRAME = 40 * MS
TIMES = (0.04, 0.12, 0.24, 0.32)


@pytest.fixture
def stop(station, tmp_path) -> Stop:
    """Of a clip of ten pictures at 25 a second, and another camera's that begins 40 ms later."""
    clip_bytes(tmp_path)
    for camera_id, name, after in (("Pit_1", "Box 1", 0), ("Pit_2", "Box 1 left", FRAME)):
        add_camera(station.database, camera_id, name)
        clip = add_video(station.folder, station.database, camera_id, tmp_path / "made.mp4", NOON_NS + after)
        if after == 0:
            own = clip
    return keep(station.database, a_stop("Pit_1", own.id, times_s=TIMES))


@pytest.fixture
def review(qtbot, station, stop) -> Iterator[ReviewView]:
    made = ReviewView(station, stop.id)
    qtbot.addWidget(made)
    made.resize(1200, 800)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    qtbot.waitUntil(lambda: len(made.clips.times_ns) == 10)
    qtbot.waitUntil(lambda: len(made.clips.panes) == 2 and not made.clips.panes[1].image.isNull())
    yield made
    made.stop()


def kept(station, stop: Stop) -> Stop:
    with station.database.read() as tx:
        return stops.get(tx, stop.id)


def since_noon_ms(review) -> float:
    return (review.at_ns - NOON_NS) / MS


def test_it_opens_at_standstill_with_every_cameras_picture_of_that_instant(qtbot, review):
    assert since_noon_ms(review) == 120
    assert [pane.accessibleName() for pane in review.clips.panes] == ["Picture of Box 1", "Picture of Box 1 left"]
    assert "in step ± 6 ms" in review.clips.panes[1].accessibleDescription()
    assert review.panel.standing.text() == "0.120 s ± 0.009 s"


def test_keys_step_by_pictures_and_go_to_moments(qtbot, review):
    review.setFocus()
    qtbot.keyClick(review, Qt.Key.Key_Period)
    assert since_noon_ms(review) == 160
    qtbot.keyClick(review, Qt.Key.Key_Comma)
    qtbot.keyClick(review, Qt.Key.Key_Left)
    assert since_noon_ms(review) == 80
    qtbot.keyClick(review, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert since_noon_ms(review) == 360
    qtbot.keyClick(review, Qt.Key.Key_1)
    assert since_noon_ms(review) == 40


def test_a_clip_that_had_not_begun_says_so_instead_of_showing_another_picture(qtbot, review):
    review.step(-10)
    qtbot.waitUntil(lambda: review.clips.panes[1].image.isNull())
    assert review.clips.panes[1].accessibleDescription() == "Not recorded at this instant"


def test_a_nudge_keeps_the_machines_word_beside_the_operators(qtbot, station, stop, review):
    review.go_to(Moment.RELEASED)
    qtbot.keyClick(review, Qt.Key.Key_BracketRight)
    qtbot.waitUntil(lambda: kept(station, stop).hand == {Moment.RELEASED: Mark(NOON_NS + 280 * MS, FRAME)})
    assert kept(station, stop).machine == stop.machine
    qtbot.waitUntil(lambda: review.panel.standing.text() == "0.16 s ± 0.05 s")
    assert review.panel.measured.text() == "The machine says 0.120 s ± 0.009 s."
    qtbot.keyClick(review, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: kept(station, stop).hand == {})


def test_an_instant_is_set_at_the_picture_shown(qtbot, station, stop, review):
    review.go_to(Moment.DEPARTED)
    review.step(1)
    review.set_here()
    qtbot.waitUntil(lambda: kept(station, stop).hand == {Moment.DEPARTED: Mark(NOON_NS + 360 * MS, FRAME)})


def test_a_locked_stop_is_looked_at_and_not_changed(qtbot, station, stop, review):
    qtbot.keyClick(review, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: review.lock_button.text() == "Unlock")
    review.nudge(Moment.RELEASED, 1)
    review.set_here()
    assert kept(station, stop).hand == {} and not review.set_button.isEnabled()
    assert review.panel.remark.isReadOnly()


def test_notes_and_car_number_are_kept_when_the_review_is_left(qtbot, station, stop, review):
    review.panel.car_number.setText("87")
    review.panel.remark.setPlainText("Front left slow")
    review.stop()
    qtbot.waitUntil(lambda: kept(station, stop).remark == "Front left slow")
    assert kept(station, stop).car_number == "87"


def test_the_timeline_goes_where_it_is_pressed_and_chooses_a_moment(qtbot, review):
    timeline = review.timeline
    place = round(timeline.x_of(NOON_NS + 200 * MS))
    with qtbot.waitSignal(timeline.wanted):
        qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=timeline.rect().bottomLeft() + _right(place))
    assert abs(since_noon_ms(review) - 200) < 10


def test_the_shortest_stop_is_compared_with_and_laid_over(qtbot, station, stop, review, tmp_path):
    assert review.panel.compared.text() == "The shortest of the session."
    assert not review.ghost_button.isEnabled() and "No other stop" in review.ghost_button.toolTip()
    later = NOON_NS + 100 * 10**9
    clip = add_video(station.folder, station.database, "Pit_1", tmp_path / "made.mp4", later)
    keep(station.database, a_stop("Pit_1", clip.id, later, (0.04, 0.12, 0.20, 0.32)))
    qtbot.waitUntil(lambda: review.ghost_button.isEnabled())
    assert "This one +0.04 s ± 0.02 s" in review.panel.compared.text()
    review.ghost_button.click()
    qtbot.waitUntil(lambda: not review.clips.panes[0]._ghost.isNull())
    assert isinstance(review.clips.panes[0]._ghost, QImage)


def test_a_shorter_stop_that_was_not_filmed_or_by_another_camera_is_no_ghost(qtbot, station, stop, review, tmp_path):
    for camera_id, at_ns, released_s in (("Pit_2", NOON_NS + 10**11, 0.20), ("Pit_1", NOON_NS + 2 * 10**11, 0.24)):
        clip = add_video(station.folder, station.database, camera_id, tmp_path / "made.mp4", at_ns)
        keep(station.database, a_stop(camera_id, clip.id, at_ns, (0.04, 0.12, released_s, 0.32)))
    keep(station.database, a_stop("Pit_1", None, NOON_NS + 300 * 10**9, (0.04, 0.12, 0.18, 0.32), job_id=None))
    qtbot.waitUntil(lambda: review.ghost_button.isEnabled() and "0.06 s" in review.panel.compared.text())
    assert "Lay the stop of 12:03:20" in review.ghost_button.toolTip()


def test_a_stop_without_a_clip_says_how_to_have_one_and_can_be_nudged(qtbot, station):
    add_camera(station.database, "Pit_9", "Box 9")
    live = keep(station.database, a_stop("Pit_9", None, NOON_NS + 500 * 10**9, job_id=None))
    made = ReviewView(station, live.id)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made._stack.currentIndex() == 1)
    made.nudge(Moment.RELEASED, 1)
    qtbot.waitUntil(lambda: Moment.RELEASED in kept(station, live).hand)
    assert kept(station, live).hand[Moment.RELEASED].at_ns == live.machine[Moment.RELEASED].at_ns + live.frame_ns
    made.stop()


def _right(x: int):
    from PySide6.QtCore import QPoint

    return QPoint(x, -2)


def test_letters_typed_into_a_field_are_text_and_no_commands(qtbot, station, stop, review):
    review.panel.car_number.setFocus()
    qtbot.keyClicks(review.panel.car_number, "LS1,2")
    assert review.panel.car_number.text() == "LS1,2"
    review.panel.remark.setFocus()
    qtbot.keyClicks(review.panel.remark, "Dull. [slow]")
    qtbot.waitUntil(lambda: kept(station, stop).car_number == "LS1,2")
    assert review.panel.remark.toPlainText() == "Dull. [slow]"
    assert not kept(station, stop).locked and kept(station, stop).hand == {}
