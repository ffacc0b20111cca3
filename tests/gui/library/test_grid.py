import pytest
from PySide6.QtCore import QPoint, Qt

from gui.library.grid import ThumbnailGrid
from tests.gui.models.filled_station import add_frames

SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def grid(station, cameras, shown) -> ThumbnailGrid:
    """30 frames, 4 in a row."""
    add_frames(station, "Haas_Pit_1", range(30))
    page = shown()
    assert page.model.columns == 4
    return page.grid


def click(qtbot, grid, position: int, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    middle: QPoint = grid.visualRect(grid.model().at(position)).center()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, modifier, middle)


def test_shift_chooses_all_between_in_reading_order(qtbot, grid):
    click(qtbot, grid, 2)
    click(qtbot, grid, 9, SHIFT)
    assert grid.chosen_runs() == [(2, 9)]
    click(qtbot, grid, 5, CONTROL)
    assert grid.chosen_runs() == [(2, 4), (6, 9)]
    assert grid.chosen_count() == 7


def test_arrows_go_on_in_the_next_row_and_shift_extends(qtbot, grid):
    click(qtbot, grid, 3)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.current() == 4
    qtbot.keyClick(grid, Qt.Key.Key_Down, SHIFT)
    assert grid.chosen_runs() == [(4, 8)]
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert grid.current() == 29
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.current() == 29
    qtbot.keyClick(grid, Qt.Key.Key_Escape)
    assert grid.chosen_count() == 0


def test_what_is_chosen_stays_chosen_when_the_window_gets_wider(qtbot, grid):
    click(qtbot, grid, 2)
    click(qtbot, grid, 9, SHIFT)
    page = grid.window()
    page.resize(1400, 520)
    qtbot.waitUntil(lambda: grid.model().columns > 4)
    assert grid.chosen_runs() == [(2, 9)]
    assert grid.current() == 9


def test_the_place_behind_the_last_frame_can_not_be_chosen(qtbot, grid):
    grid.scrollToBottom()
    click(qtbot, grid, 29)
    empty = grid.visualRect(grid.model().index(7, 3)).center()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, empty)
    assert grid.chosen_count() == 0
    qtbot.keyClick(grid, Qt.Key.Key_A, CONTROL)
    assert grid.chosen_runs() == [(0, 29)]
