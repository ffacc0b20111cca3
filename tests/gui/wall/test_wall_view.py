import pytest
from PySide6.QtCore import Qt

from core.camera import CameraState
from gui.wall.tile_words import TileWords
from gui.wall.wall_view import WallView
from tests.fakes.fake_feed import FakeFeed


def words(number):
    return TileWords(f"Camera {number}", CameraState.LIVE, fps=25.0, number=number)


@pytest.fixture
def view(folder, qtbot):
    made = WallView(folder)
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show_cameras([(f"Pit_{n}", words(n)) for n in range(1, 7)])
    yield made
    made.close_eyes()


@pytest.fixture
def feeds(folder):
    made = {f"Pit_{n}": FakeFeed(folder.mailbox(f"Pit_{n}")) for n in range(1, 7)}
    yield made
    for feed in made.values():
        feed.close()


def test_a_grid_shows_its_number_of_cameras_a_page(view):
    assert view.on_screen == ["Pit_1", "Pit_2", "Pit_3", "Pit_4"]
    view.turn(1)
    assert view.on_screen == ["Pit_5", "Pit_6"]
    view.turn(1)
    assert view.page == 0
    view.set_grid(9)
    assert len(view.on_screen) == 6
    view.set_grid(1)
    assert view.on_screen == ["Pit_1"]


def test_one_camera_alone_and_back(view):
    view.show_alone("Pit_3")
    assert view.on_screen == ["Pit_3"]
    view.show_alone("Pit_3")
    assert len(view.on_screen) == 4


def test_the_newest_picture_of_each_mailbox_is_shown(view, feeds, qtbot):
    view.show()
    for level, feed in enumerate(feeds.values()):
        feed.show(level=40 + level)
    qtbot.waitUntil(lambda: all(view.tile(f"Pit_{n}").picture is not None for n in range(1, 5)))
    feeds["Pit_2"].show()
    newest = feeds["Pit_2"].show()
    qtbot.waitUntil(lambda: view.tile("Pit_2").picture.pts == newest)
    assert view.tile("Pit_5").picture is None  # on the next page: not looked at


def test_only_what_is_on_screen_is_wished_for(view, feeds, qtbot):
    view.show()
    qtbot.waitUntil(lambda: all(feeds[f"Pit_{n}"].wish_is_on() for n in range(1, 5)))
    assert not feeds["Pit_5"].wish_is_on()
    view.show_alone("Pit_2")
    qtbot.waitUntil(lambda: not feeds["Pit_1"].wish_is_on())
    assert feeds["Pit_2"].wish_is_on()


def test_a_wish_has_the_size_of_the_tile_and_follows_it(view, feeds, qtbot):
    view.show()
    qtbot.waitUntil(lambda: feeds["Pit_1"].wish_is_on())
    small = feeds["Pit_1"].wished_size()
    assert small == (view.tile("Pit_1").wanted_px().width(), view.tile("Pit_1").wanted_px().height())
    view.show_alone("Pit_1")
    qtbot.waitUntil(lambda: feeds["Pit_1"].wished_size() > small)


def test_hidden_or_minimised_nobody_wishes_and_nothing_ticks(view, feeds, qtbot):
    view.show()
    qtbot.waitUntil(lambda: feeds["Pit_1"].wish_is_on())
    view.showMinimized()
    qtbot.waitUntil(lambda: not feeds["Pit_1"].wish_is_on())
    assert not view.looking
    view.showNormal()
    qtbot.waitUntil(lambda: feeds["Pit_1"].wish_is_on())
    view.hide()
    assert not feeds["Pit_1"].wish_is_on()
    assert not view.looking


def test_a_mailbox_that_comes_later_is_found(view, folder, qtbot):
    view.show()
    feed = FakeFeed(folder.mailbox("Pit_1"))
    try:
        qtbot.waitUntil(feed.wish_is_on)
        feed.show()
        qtbot.waitUntil(lambda: view.tile("Pit_1").picture is not None)
    finally:
        feed.close()


def test_a_press_captures_what_is_chosen_or_else_what_is_on_screen(view):
    assert view.targets == ["Pit_1", "Pit_2", "Pit_3", "Pit_4"]
    view.toggle_number(2)
    view.toggle_number(6)
    assert view.targets == ["Pit_2", "Pit_6"]
    view.toggle_number(6)
    assert view.targets == ["Pit_2"]
    view.choose_none()
    view.show_alone("Pit_4")
    assert view.targets == ["Pit_4"]
    view.toggle_number(9)  # no such camera: nothing happens
    assert view.targets == ["Pit_4"]


def test_arrows_go_from_tile_to_tile(view, qtbot):
    with qtbot.waitActive(view):
        view.show()
        view.activateWindow()
    view.tile("Pit_1").setFocus()
    for key, reached in ((Qt.Key.Key_Right, "Pit_2"), (Qt.Key.Key_Down, "Pit_4"), (Qt.Key.Key_Left, "Pit_3")):
        qtbot.keyClick(view.focusWidget(), key)
        assert view.focusWidget() is view.tile(reached)


def test_a_camera_that_was_removed_leaves_and_the_choice_of_others_stays(view):
    view.toggle_number(3)
    view.show_alone("Pit_1")
    view.show_cameras([(f"Pit_{n}", words(n)) for n in (2, 3)])
    assert view.on_screen == ["Pit_2", "Pit_3"]
    assert view.chosen == ["Pit_3"]
