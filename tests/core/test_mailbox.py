import multiprocessing
import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import mailbox
from core.camera import ClockSource
from core.errors import DiskFull
from core.mailbox import MAX_HEIGHT, MAX_WIDTH, MailboxReader, MailboxWriter, Picture, Wish

WIDTH, HEIGHT = 640, 360


def write(writer: MailboxWriter, value: int = 7, width: int = 16, height: int = 9, pts: int = 0) -> int:
    return writer.write(
        width=width,
        height=height,
        line_bytes=width * 4,
        epoch=value,
        pts=pts,
        captured_at_ns=value,
        captured_u_ns=1,
        clock_source=ClockSource.ARRIVAL,
        shown_monotonic_ns=time.monotonic_ns(),
        pixels=bytes([value % 251]) * (width * 4 * height),
    )


def is_whole(picture: Picture) -> bool:
    value = picture.epoch % 251
    size = picture.line_bytes * picture.height
    return (
        len(picture.pixels) == size and picture.pixels.count(value) == size and picture.captured_at_ns == picture.epoch
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "preview" / "Pit_1.mailbox"


def write_for_ever(path, stop, started):
    with MailboxWriter(path) as writer:
        value = 0
        while not stop.is_set():
            value += 1
            write(writer, value, WIDTH - value % 3, HEIGHT)
            started.set()


def wish_for_ever(path, stop, started):
    with MailboxReader(path) as reader:
        value = 0
        while not stop.is_set():
            value += 1
            reader.set_wish(Wish(value % 1900 + 1, value % 1900 % 1200 + 1, value % 1900))
            started.set()


def beside(target, path):
    context = multiprocessing.get_context("spawn")
    stop, started = context.Event(), context.Event()
    process = context.Process(target=target, args=(path, stop, started))
    process.start()
    assert started.wait(30)
    return process, stop


def test_a_reader_beside_a_writer_never_sees_a_torn_picture(path):
    process, stop = beside(write_for_ever, path)
    try:
        with MailboxReader(path) as reader:
            seen, number = 0, 0
            deadline = time.monotonic() + 20
            while seen < 300 and time.monotonic() < deadline:
                picture = reader.latest(number)
                if picture is None:
                    continue
                assert picture.number > number
                assert is_whole(picture)
                seen, number = seen + 1, picture.number
            assert seen == 300
    finally:
        stop.set()
        process.join(10)
    assert process.exitcode == 0


def test_a_wish_is_never_half_another(path):
    with MailboxWriter(path) as writer:
        process, stop = beside(wish_for_ever, path)
        try:
            seen: set[int] = set()
            deadline = time.monotonic() + 20
            while len(seen) < 100 and time.monotonic() < deadline:
                wish = writer.wish()
                if wish is not None:
                    assert (wish.width, wish.height) == (
                        wish.until_monotonic_ns + 1,
                        wish.until_monotonic_ns % 1200 + 1,
                    )
                    seen.add(wish.until_monotonic_ns)
            assert len(seen) == 100
        finally:
            stop.set()
            process.join(10)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 200),
    st.integers(1, 200),
    st.integers(-(2**62), 2**62),
    st.sampled_from(ClockSource),
    st.data(),
)
def test_a_picture_comes_out_as_it_went_in(tmp_path_factory, width, height, pts, source, data):
    padding = data.draw(st.integers(0, 64))
    pixels = os.urandom((width * 4 + padding) * height)
    path = tmp_path_factory.mktemp("box") / "x.mailbox"
    with MailboxWriter(path) as writer, MailboxReader(path) as reader:
        number = writer.write(
            width=width,
            height=height,
            line_bytes=width * 4 + padding,
            epoch=3,
            pts=pts,
            captured_at_ns=11,
            captured_u_ns=12,
            clock_source=source,
            shown_monotonic_ns=13,
            pixels=memoryview(pixels),
        )
        expected = Picture(number, width, height, width * 4 + padding, 3, pts, 11, 12, source, 13, pixels)
        assert reader.latest() == expected
        assert reader.latest(number) is None


def test_only_the_newest_picture_is_there(path):
    with MailboxWriter(path) as writer, MailboxReader(path) as reader:
        for value in range(1, 6):
            number = write(writer, value)
        picture = reader.latest()
        assert picture is not None
        assert (picture.number, picture.epoch) == (number, 5)


def test_a_writer_that_died_in_the_middle_shows_nothing_torn(path):
    with MailboxWriter(path) as writer, MailboxReader(path) as reader:
        first = write(writer, 1)
        slot = writer._slot(first + 3) // 8
        writer._words[slot] = first + 3  # it had begun the third picture after this one
        assert reader.latest() is None


def test_numbers_go_on_and_old_pictures_go_away_over_a_restart_of_the_worker(path):
    with MailboxWriter(path) as writer:
        first = write(writer, 1)
        reader = MailboxReader(path)
    with reader:
        assert reader.latest() is None
        with MailboxWriter(path) as again:
            assert reader.latest() is None
            assert write(again, 2) > first
            picture = reader.latest(first)
            assert picture is not None and picture.epoch == 2


def test_a_wish_is_heard_and_clamped(path):
    with MailboxWriter(path) as writer, MailboxReader(path) as reader:
        assert writer.wish() is None
        reader.set_wish(Wish(640, 360, 99))
        assert writer.wish() == Wish(640, 360, 99)
        reader.set_wish(Wish(10_000, 10_000, 100))
        assert writer.wish() == Wish(MAX_WIDTH, MAX_HEIGHT, 100)


def test_a_window_that_died_while_wishing_has_no_wish_until_the_next(path):
    with MailboxWriter(path) as writer, MailboxReader(path) as reader:
        reader.set_wish(Wish(640, 360, 99))
        reader._words[mailbox._W_BEFORE] += 1
        assert writer.wish() is None
        reader.set_wish(Wish(320, 180, 99))
        assert writer.wish() == Wish(320, 180, 99)


def test_the_largest_picture_fits_and_a_larger_one_is_refused(path):
    with MailboxWriter(path) as writer, MailboxReader(path) as reader:
        write(writer, 5, MAX_WIDTH, MAX_HEIGHT)
        picture = reader.latest()
        assert picture is not None and is_whole(picture)
        with pytest.raises(ValueError, match="does not fit"):
            write(writer, 5, MAX_WIDTH + 1, MAX_HEIGHT)


@pytest.mark.parametrize("content", [None, b"", b"another version's mailbox"])
def test_what_is_missing_or_foreign_is_no_mailbox_yet(path, content):
    path.parent.mkdir()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileNotFoundError):
        MailboxReader(path)
    with MailboxWriter(path) as writer, MailboxReader(path) as reader:
        write(writer)
        assert reader.latest() is not None


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="POSIX only")
def test_a_full_disk_is_told_before_anything_is_mapped(path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DiskFull):
        MailboxWriter(path)
    assert list(path.parent.iterdir()) == []
