import pytest
from PySide6.QtCore import QPoint, Qt

from core.camera import CameraState
from gui.wall.tile import Tile
from gui.wall.tile_words import TileWords
from tests.fakes.fake_feed import picture

LIVE = TileWords("Front left", CameraState.LIVE, fps=25.0, number=1)


@pytest.fixture
def tile(qtbot):
    made = Tile("Pit_1")
    qtbot.addWidget(made)
    made.resize(320, 240)
    made.show_words(LIVE)
    made.show()
    return made


def grey_at_the_middle(tile):
    return tile.grab().toImage().pixelColor(tile.picture_area().center()).red()


def test_a_fresh_picture_is_painted_as_it_is_and_bears_no_age(tile):
    fresh = picture()
    bright = type(fresh)(
        **{name: getattr(fresh, name) for name in fresh.__slots__} | {"pixels": b"\xc8" * (64 * 36 * 4)}
    )
    tile.show_picture(bright)
    assert tile.stale_text == ""
    assert grey_at_the_middle(tile) == 0xC8


def test_past_two_seconds_the_age_is_written_and_the_picture_dimmed(tile):
    fresh = picture(age_s=3.2)
    old = type(fresh)(**{name: getattr(fresh, name) for name in fresh.__slots__} | {"pixels": b"\xc8" * (64 * 36 * 4)})
    tile.show_picture(old)
    assert tile.stale_text == "3.2 s old"
    assert grey_at_the_middle(tile) < 0xC8 / 2


def test_a_picture_that_is_followed_by_none_grows_old_by_itself(tile):
    tile.show_picture(picture(age_s=1.9))
    assert tile.stale_text == ""
    tile.picture = picture(age_s=2.1)
    assert "live" in tile.accessibleName()
    tile.refresh_age()
    assert tile.stale_text == "2.1 s old"
    assert "stalled" in tile.accessibleName() and "live" not in tile.accessibleName()
    tile.show_picture(picture())
    assert "live" in tile.accessibleName()


def test_trouble_is_said_in_words_and_the_last_picture_no_longer_looks_live(tile):
    shown = picture()
    tile.show_picture(
        type(shown)(**{n: getattr(shown, n) for n in shown.__slots__} | {"pixels": b"\xff" * (64 * 36 * 4)})
    )
    tile.show_words(TileWords("Front left", CameraState.STALLED, "No picture for 4 s.", "Check its cable."))
    corner = tile.picture_area().topLeft() + QPoint(tile.picture_area().width() // 2, 40)
    assert tile.grab().toImage().pixelColor(corner).red() < 128
    assert "stalled" in tile.accessibleName()
    assert "No picture for 4 s." in tile.accessibleDescription()


def test_the_press_flashes(tile, qtbot):
    tile.show_picture(picture())
    before = grey_at_the_middle(tile)
    tile.flash()
    assert grey_at_the_middle(tile) > before + 100
    qtbot.waitUntil(lambda: not tile.flashing)
    assert grey_at_the_middle(tile) == before


def test_a_click_chooses_and_a_double_click_only_opens(tile, qtbot):
    toggles: list[str] = []
    opened: list[str] = []
    tile.toggled.connect(toggles.append)
    tile.opened.connect(opened.append)
    qtbot.mouseClick(tile, Qt.MouseButton.LeftButton)
    assert toggles == ["Pit_1"]
    assert opened == []
    qtbot.mouseDClick(tile, Qt.MouseButton.LeftButton)
    assert opened == ["Pit_1"]
    assert len(toggles) % 2 == 0  # what the first click of the two chose was taken back


def test_enter_opens(tile, qtbot):
    opened: list[str] = []
    tile.opened.connect(opened.append)
    qtbot.keyClick(tile, Qt.Key.Key_Return)
    assert opened == ["Pit_1"]


def test_the_wanted_size_fits_the_area_and_keeps_the_cameras_shape(tile):
    for width, height, aspect in ((320, 240, 16 / 9), (900, 300, 16 / 9), (400, 400, 4 / 3)):
        tile.resize(width, height)
        tile.show_words(TileWords("Front left", CameraState.LIVE, aspect=aspect))
        wanted, area = tile.wanted_px(), tile.picture_area()
        assert wanted.width() <= area.width()
        assert wanted.height() <= area.height()
        assert wanted.width() / wanted.height() == pytest.approx(aspect, rel=0.02)
        assert wanted.width() > area.width() - 8 or wanted.height() > area.height() - 8


def test_what_a_screen_reader_hears_names_the_camera_its_state_and_whether_it_is_chosen(tile):
    tile.set_chosen(True)
    assert tile.accessibleName() == "Front left: live  25 fps, chosen"
