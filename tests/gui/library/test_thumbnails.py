import threading
from pathlib import Path

from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QImage

from gui.library import thumbnails
from gui.library.thumbnails import Thumbnails, Wanted, picture, thumbnail
from tests.gui.models.filled_station import clip_bytes, picture_bytes

BOX = QSize(256, 160)


def wanted(key: str) -> Wanted:
    return Wanted(key, Path(key), False)


def test_a_thumbnail_is_decoded_off_the_main_thread_and_fits_its_box(qtbot, tmp_path):
    file = tmp_path / "one.jpg"
    file.write_bytes(picture_bytes(1, QSize(1920, 1080)))
    threads = []

    def decode(wish: Wanted, size: QSize) -> QImage:
        threads.append(threading.current_thread())
        return thumbnail(wish, size)

    owner = QObject()
    made = Thumbnails(BOX, owner, decode=decode)
    wish = Wanted("one", file, False)
    with qtbot.waitSignal(made.ready):
        assert made.image(wish) is None
    image = made.image(wish)
    assert image is not None
    assert (image.width(), image.height()) == (256, 144)
    assert threads and threading.main_thread() not in threads


def test_a_wish_for_what_scrolled_away_is_dropped_before_it_is_decoded(qtbot):
    go, decoded = threading.Event(), []

    def decode(wish: Wanted, size: QSize) -> QImage:
        go.wait(5)
        decoded.append(wish.key)
        return QImage(8, 8, QImage.Format.Format_RGB32)

    made = Thumbnails(BOX, owner := QObject(), decode=decode)
    for number in range(50):
        made.image(wanted(str(number)))
    assert owner and len(made.wishes) == 50 - thumbnails.AT_ONCE
    made.keep_wishes({"40", "41"})
    go.set()
    qtbot.waitUntil(lambda: len(decoded) == thumbnails.AT_ONCE + 2)
    assert set(decoded) >= {"40", "41"}
    assert not made.wishes


def test_kept_thumbnails_stay_within_their_bytes_and_the_oldest_leave(qtbot):
    def decode(wish: Wanted, size: QSize) -> QImage:
        return QImage(100, 100, QImage.Format.Format_RGB32)  # 40,000 bytes

    made = Thumbnails(BOX, owner := QObject(), kept_bytes=100_000, decode=decode)
    for number in range(6):
        with qtbot.waitSignal(made.ready):
            made.image(wanted(str(number)))
    assert owner and made.bytes_kept == 80_000
    assert made.image(wanted("5")) is not None
    assert made.image(wanted("0")) is None
    qtbot.waitUntil(lambda: made.image(wanted("0")) is not None)


def test_a_file_that_is_no_picture_gives_a_null_thumbnail_and_no_error(tmp_path):
    for name, content, is_clip in (
        ("text.jpg", b"hello", False),
        ("gone.mp4", None, True),
        ("text.mp4", b"hello", True),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        assert thumbnail(Wanted(name, tmp_path / name, is_clip), BOX).isNull()


def test_a_clip_shows_its_first_picture(tmp_path):
    file = tmp_path / "clip.mp4"
    file.write_bytes(clip_bytes(tmp_path))
    image = thumbnail(Wanted("clip", file, True), BOX)
    assert (image.width(), image.height()) == (256, 144)
    colour = image.pixelColor(128, 72)
    assert colour.green() > 150 and colour.red() < 60


def test_a_whole_picture_is_decoded_at_its_own_size(tmp_path):
    file = tmp_path / "one.jpg"
    file.write_bytes(picture_bytes(1))
    assert picture(file).size() == QSize(640, 360)
