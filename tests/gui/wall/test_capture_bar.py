import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QPushButton, QSpinBox

from core.capture import CaptureMode, CaptureParams
from core.job import Job, JobKind, JobState
from gui import theme
from gui.wall.capture_bar import CaptureBar


def controls_of(bar):
    return [*bar.findChildren(QAbstractButton), *bar.findChildren(QAbstractSpinBox)]


@pytest.fixture
def bar(qtbot):
    made = CaptureBar()
    qtbot.addWidget(made)
    made.resize(1300, 64)
    made.show()
    return made


@pytest.mark.parametrize("mode", list(CaptureMode))
def test_what_a_mode_asks_for_is_what_a_capture_takes(bar, mode):
    bar.set_mode(mode)
    given = bar.parameters()
    params = CaptureParams(camera_id="Pit_1", mode=mode, at_ns=1, **given)
    assert given.keys() <= params.model_fields_set
    expected = {
        CaptureMode.SINGLE_FRAME: set(),
        CaptureMode.BURST: {"count"},  # no fps: every picture
        CaptureMode.INTERVAL: {"fps", "duration_s"},
        CaptureMode.CONTINUOUS: {"fps", "duration_s"},
        CaptureMode.CLIP: {"pre_s", "post_s"},
        CaptureMode.EVENT_DRIVEN: {"pre_s", "post_s", "duration_s"},
    }
    assert given.keys() == expected[mode]


def test_events_are_offered_where_there_is_a_pit_box_and_say_why_not(bar):
    button = next(button for button in bar.findChildren(QPushButton) if button.text() == "Events")
    assert button.isEnabled() and "pit box" in button.toolTip()
    bar.show_watchable(False)
    bar.set_mode(CaptureMode.EVENT_DRIVEN)
    assert not button.isEnabled() and bar.mode is CaptureMode.SINGLE_FRAME
    assert "Cameras ▸ Pit box" in button.toolTip() and "Cameras ▸ Pit box" in button.accessibleName()


def test_the_button_says_what_it_will_capture(bar):
    button = bar.findChild(QPushButton, "capture")
    bar.show_target(["Front left"], chosen=False)
    assert button.text() == "Capture Front left"
    bar.show_target(["Front left", "Rear left"], chosen=True)
    assert button.text() == "Capture 2 chosen"
    bar.show_target(["A", "B", "C", "D"], chosen=False)
    assert button.text() == "Capture all 4"
    bar.show_target([], chosen=False)
    assert not button.isEnabled()


def test_space_in_a_number_captures_and_changes_nothing(bar, qtbot):
    bar.set_mode(CaptureMode.BURST)
    field = next(field for field in bar.findChildren(QSpinBox) if field.isVisible())
    with qtbot.waitActive(bar):
        bar.activateWindow()
    field.setFocus()
    with qtbot.waitSignal(bar.captured):
        qtbot.keyClick(field, Qt.Key.Key_Space)
    assert field.value() == 5


def test_what_was_set_comes_back_at_the_next_start(bar, qtbot):
    bar.set_mode(CaptureMode.BURST)
    next(field for field in bar.findChildren(QSpinBox) if field.isVisible()).setValue(12)
    later = CaptureBar()
    qtbot.addWidget(later)
    later.restore(bar.state())
    assert later.mode is CaptureMode.BURST
    assert later.parameters() == {"count": 12}


@pytest.mark.parametrize(
    "broken", [{}, {"mode": "nonsense"}, {"mode": 7, "values": []}, {"values": {"burst.count": "x"}}]
)
def test_a_state_that_is_broken_is_left_alone(bar, broken):
    bar.restore(broken)
    assert bar.mode is CaptureMode.SINGLE_FRAME


@pytest.mark.parametrize("mode", list(CaptureMode))
def test_every_control_fits_a_gloved_finger_and_a_small_screen(bar, mode, qtbot):
    bar.set_mode(mode)
    bar.show_target(["A", "B", "C", "D"], chosen=True)
    bar.show_running([Job("1", JobKind.CAPTURE, JobState.PROCESSING, {}, "Continuous", 100, 1, 3, 1, 1)])
    bar.resize(928, 64)  # beside the rail on a screen of 1024
    qtbot.wait(1)
    assert bar.minimumSizeHint().width() <= 928
    controls = [child for child in controls_of(bar) if child.isVisible()]
    assert all(child.height() >= 44 for child in controls), [(c.objectName(), c.height()) for c in controls]
    assert theme.size("touch") >= 44


def test_every_control_has_a_name_for_the_screen_reader(bar):
    for child in controls_of(bar):
        assert child.accessibleName(), child.text()


def test_a_clip_runs_on_for_as_long_as_the_settings_say(qtbot):
    bar = CaptureBar(post_roll_s=7.5)
    qtbot.addWidget(bar)
    bar.set_mode(CaptureMode.CLIP)
    assert bar.parameters()["post_s"] == 7.5
