"""The pit box is drawn on the camera's last picture and kept with the camera; leaving keeps what was."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt

from core.pit_box import PitBox
from core.store import cameras
from gui.cameras.cameras_page import CamerasPage
from gui.cameras.pit_box_dialog import PitBoxDialog
from tests.gui.models.filled_station import add_cameras, add_frames


def box_of(station):
    with station.database.read() as tx:
        return cameras.get(tx, "Pit_1").pit_box


@pytest.fixture
def dialog(qtbot, station) -> Iterator[PitBoxDialog]:
    add_cameras(station.database, "Pit_1")
    add_frames(station, "Pit_1", range(1))
    with station.database.read() as tx:
        camera = cameras.get(tx, "Pit_1")
    made = PitBoxDialog(station, camera)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.reject()


def test_clicks_on_the_picture_become_the_cameras_box(qtbot, station, dialog):
    qtbot.waitUntil(lambda: not dialog.canvas._image.isNull())
    target = dialog.canvas.target()
    for x, y in ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)):
        place = QPoint(round(target.x() + x * target.width()), round(target.y() + y * target.height()))
        qtbot.mouseClick(dialog.canvas, Qt.MouseButton.LeftButton, pos=place)
    assert dialog.verdict.text() == "A box of 4 corners."
    with qtbot.waitSignal(dialog.stored):
        dialog.save()
    kept = box_of(station)
    assert kept is not None and len(kept) == 4
    assert kept[2] == pytest.approx((0.75, 0.75), abs=0.01)


def test_the_keyboard_draws_undoes_and_saves(qtbot, station, dialog):
    dialog.rectangle()
    before = dialog.drawing.corners[0]
    qtbot.keyClick(dialog.canvas, Qt.Key.Key_Left)
    assert dialog.drawing.corners[0][0] < before[0]
    qtbot.keyClick(dialog.canvas, Qt.Key.Key_Space)
    assert dialog.drawing.chosen == 1
    dialog.undo()
    assert dialog.drawing.corners[0] == before
    with qtbot.waitSignal(dialog.stored):
        dialog.save()
    assert box_of(station) is not None


def test_what_is_no_box_is_not_saved_and_leaving_keeps_what_was(qtbot, station, dialog):
    qtbot.mouseClick(dialog.canvas, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    assert "2 more" in dialog.verdict.text() and not dialog.save_button.isEnabled()
    dialog.save()
    dialog.reject()
    assert box_of(station) is None


def test_the_page_opens_it_for_the_chosen_camera_and_says_who_has_a_box(qtbot, station):
    add_cameras(station.database, "Pit_1")
    with station.database.write() as tx:
        cameras.set_pit_box(tx, "Pit_1", PitBox(((0.1, 0.1), (0.9, 0.1), (0.9, 0.9))))
    page = CamerasPage(station)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: page.table.rowCount() == 1)
    assert page.table.model().index(0, 3).data() == "3 corners"
    page.table.selectRow(0)
    opened = page.draw_box()
    assert opened is not None and len(opened.drawing.corners) == 3
    opened.clear()
    with qtbot.waitSignal(opened.stored):
        opened.save()
    assert box_of(station) is None
