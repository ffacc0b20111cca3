"""A feed holds the one connection of a camera: it reconnects for ever, says how it is, and stops when told."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from core.camera import Camera, CameraState, ClockSource, Instant
from core.clock import SystemClock
from core.errors import CameraRefused, CameraSilent, CameraUnreachable, CredentialsError, InstantGone
from core.settings import Settings
from tests.fakes.fake_camera import Behaviour, FakeCamera
from tests.fakes.fake_clock import FakeClock
from tests.real.rtsp_server import read_stamp
from tests.workers.cameras.conftest import QUICK
from tests.workers.cameras.pictures import GOP, TICKS, ReplayedStream, encoded, number_shown, opening
from tests.workers.cameras.waiting import wait_until
from workers.cameras import rtsp
from workers.cameras.feed import Feed
from workers.cameras.timeline import StationTime

LOST = CameraUnreachable("Box 1 closed the connection", camera="Box 1")


def a_feed(open_stream=rtsp.open_stream, *, camera=None, clock=None, login=None, settings: Settings = QUICK) -> Feed:
    clock = clock or SystemClock()
    return Feed(
        camera or Camera("Pit_1", "rtsp://127.0.0.1:1/cam", name="Box 1"),
        settings,
        login=lambda: login,
        clock=clock,
        station_time=StationTime(clock),
        open_stream=open_stream,
    )


@contextmanager
def running(*feeds: Feed) -> Iterator[None]:
    for feed in feeds:
        feed.start()
    try:
        yield
    finally:
        stopped = [feed.stop() for feed in feeds]
        assert all(stopped)


def replayed(count: int = 50, loss=LOST, **changes) -> ReplayedStream:
    video, packets = encoded(count)
    return ReplayedStream(video, [replace(packet, **changes) for packet in packets], loss)


def test_one_connection_fills_the_ring_and_its_loss_is_raised():
    stream = replayed()
    feed = a_feed(opening(stream), clock=FakeClock())
    with pytest.raises(CameraUnreachable, match="closed the connection"):
        feed.run_once()
    assert stream.closed
    assert feed.status().state is CameraState.LIVE, "until it is reported"
    assert feed.still(Instant(feed.epoch, 30 * TICKS)).picture.shape == (96, 160, 3)


def test_after_a_loss_packets_are_dropped_up_to_the_next_keyframe():
    video, packets = encoded(50)
    feed = a_feed(opening(ReplayedStream(video, packets[:10], LOST), ReplayedStream(video, packets[12:40], LOST)))
    epochs = []
    for _ in range(2):
        with pytest.raises(CameraUnreachable):
            feed.run_once()
        epochs.append(feed.epoch)
    assert feed.ring.gop_with(Instant(epochs[0], 9 * TICKS))
    assert feed.ring.gop_with(Instant(epochs[1], 13 * TICKS)) is None
    assert feed.ring.gop_with(Instant(epochs[1], 25 * TICKS))


def test_a_damaged_packet_ends_its_gop():
    video, packets = encoded(50)
    broken = [replace(p, is_corrupt=n == 5) for n, p in enumerate(packets)]
    feed = a_feed(opening(ReplayedStream(video, broken, LOST)))
    with pytest.raises(CameraUnreachable):
        feed.run_once()
    kept = [n for n in range(50) if feed.ring.gop_with(Instant(feed.epoch, n * TICKS))]
    assert kept == [*range(5), *range(GOP, 50)]


def test_epochs_only_grow_and_never_come_again_after_a_restart():
    clock = FakeClock()
    first, second = a_feed(opening(replayed()), clock=clock), a_feed(opening(replayed()), clock=clock)
    with pytest.raises(CameraUnreachable):
        first.run_once()
    before = first.epoch
    with pytest.raises(CameraUnreachable):
        first.run_once()
    assert first.epoch == before + 1
    clock.advance(5_000_000_000)
    with pytest.raises(CameraUnreachable):
        second.run_once()
    assert second.epoch > first.epoch


def test_a_camera_that_starts_its_time_anew_is_taken_for_another_connection():
    video, packets = encoded(50)
    jumping = [*packets[:30], *(replace(p, pts=p.pts + 90_000 * 60, dts=p.pts + 90_000 * 60) for p in packets[30:])]
    feed = a_feed(opening(ReplayedStream(video, jumping)))
    with pytest.raises(CameraUnreachable, match="set its clock anew"):
        feed.run_once()


@pytest.mark.parametrize("refusal", [CameraRefused(camera="Box 1"), CredentialsError()])
def test_what_keeps_it_from_connecting_is_said_and_tried_again_for_ever(refusal):
    tries = itertools.count()

    def open_stream(camera, login, settings):
        next(tries)
        raise refusal

    feed = a_feed(open_stream)
    with running(feed):
        wait_until(lambda: next(tries) > 3)
        status = feed.status()
        assert (status.state, status.reason, status.hint) == (CameraState.OFFLINE, refusal.title, refusal.hint)


def test_a_silent_camera_is_stalled_and_then_lost_by_its_age():
    clock = FakeClock()
    feed = a_feed(opening(replayed(loss=None, arrival_ns=clock.monotonic_ns())), clock=clock)
    failed = []

    def run() -> None:
        try:
            feed.run_once()
        except CameraSilent as silent:
            failed.append(silent)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: feed.ring.gop_with(Instant(feed.epoch, 49 * TICKS)))
    assert feed.status().state is CameraState.LIVE
    clock.advance(int(QUICK.rtsp.stall_s * 1e9) + 1)
    status = feed.status()
    assert status.state is CameraState.STALLED and "sends no video" in status.reason
    assert not failed
    clock.advance(int(QUICK.rtsp.read_timeout_s * 1e9))
    thread.join(5)
    assert failed and failed[0].title == "Box 1 is connected but sends no video"


def test_a_picture_that_is_gone_is_an_error_and_never_another_one():
    feed = a_feed(opening(replayed()))
    with pytest.raises(CameraUnreachable):
        feed.run_once()
    for instant in (Instant(feed.epoch, 7), Instant(feed.epoch - 1, 0), Instant(feed.epoch, 99 * TICKS)):
        with pytest.raises(InstantGone) as gone:
            feed.still(instant)
        assert "Capture now" in gone.value.hint and gone.value.permanent


def test_a_pinned_instant_is_kept_when_the_ring_has_moved_on():
    video, packets = encoded(50)
    feed = a_feed(opening(ReplayedStream(video, packets, LOST)))
    with pytest.raises(CameraUnreachable):
        feed.run_once()
    instant = Instant(feed.epoch, 12 * TICKS)
    at_ns = feed.at(instant).at_ns
    feed.pin("job", at_ns, at_ns)
    for number in range(50, 2000):
        packet = packets[number % 50]
        feed.ring.append(
            feed.epoch, video, replace(packet, pts=number * TICKS, arrival_ns=packet.arrival_ns + number * 40_000_000)
        )
    assert number_shown(feed.still(instant).picture, range(4, 20)) == 12
    feed.unpin("job")
    with pytest.raises(InstantGone):
        feed.still(instant)


def test_a_new_name_or_setting_is_taken_over_without_a_new_connection():
    feed = a_feed(opening(replayed(loss=None, arrival_ns=time.monotonic_ns())))
    with running(feed):
        wait_until(lambda: feed.status().state is CameraState.LIVE)
        epoch = feed.epoch
        feed.change(replace(feed.camera, name="Garage"), Settings())
        assert (feed.camera.label, feed.epoch) == ("Garage", epoch)


def test_stopping_takes_less_than_a_second_while_the_camera_is_silent():
    with FakeCamera(Behaviour.STOPS_AFTER, packets=30, pause_s=0.01) as fake:
        feed = a_feed(camera=Camera("Pit_1", fake.url))
        feed.start()
        wait_until(lambda: feed.status().state is CameraState.LIVE)
        wait_until(lambda: feed.silent_s() > 0.2)
        started = time.monotonic()
        feed.stop()
        assert time.monotonic() - started < 1.0


def test_stopping_takes_less_than_a_second_while_connecting_hangs():
    with FakeCamera(Behaviour.SILENT) as fake:
        feed = a_feed(camera=Camera("Pit_1", fake.url))
        feed.start()
        wait_until(lambda: fake.connections)
        started = time.monotonic()
        feed.stop()
        assert time.monotonic() - started < 1.0


@pytest.mark.alone
def test_a_real_camera_tells_what_it_sends_and_a_still_is_the_picture_of_its_time(camera, login, pit_cameras):
    feed = a_feed(camera=camera, login=login)
    with running(feed):
        wait_until(lambda: (found := feed.status().found) and found.clock_source is ClockSource.RTCP, 8)
        wait_until(lambda: (found := feed.status().found) and found.keyframe_interval_s)
        status = feed.status()
        found = status.found
        assert found is not None
        assert (found.codec, found.width, found.height, found.fps) == ("h264", 640, 360, 25.0)
        assert found.keyframe_interval_s == pytest.approx(1.0, abs=0.1)
        assert status.state is CameraState.LIVE and 15 < status.fps < 35 and status.ring_s >= 1
        wait_until(lambda: feed.status().captured_u_ns == 10_000_000)
        wait_until(lambda: feed.status().ring_s > 2.2)  # the server is late with its first pictures
        numbers = []
        for back_s in (1.5, 1.0, 0.5, 0.1):
            asked_ns = time.time_ns() - int(back_s * 1e9)
            nearest = feed.ring.nearest(asked_ns)
            assert nearest is not None
            still = feed.still(nearest[0])
            stamp = read_stamp(still.picture[:, :, 1])
            numbers.append(stamp.number)
            off_ns = still.captured.at_ns - stamp.utc_us * 1000
            assert abs(off_ns) <= still.captured.u_ns, "the time is true within its uncertainty"
            assert abs(stamp.utc_us * 1000 - asked_ns) < 60_000_000
        assert numbers == sorted(set(numbers))


@pytest.mark.alone
def test_a_killed_camera_says_so_at_once_and_is_live_again_soon_after_its_return(make_rtsp_server):
    dying, other = make_rtsp_server(), make_rtsp_server()
    feed = a_feed(camera=Camera("Pit_1", dying.url(), name="Box 1"), settings=Settings())
    beside = a_feed(camera=Camera("Pit_2", other.url()), settings=Settings())
    with running(feed, beside):
        wait_until(lambda: feed.status().state is beside.status().state is CameraState.LIVE)
        wait_until(lambda: beside.status().fps > 24)
        dying.kill()
        assert wait_until(lambda: feed.status().state is not CameraState.LIVE) < 3.0
        wait_until(lambda: "nothing listens" in feed.status().reason)
        threading.Event().wait(1.5)
        assert beside.status().fps > 22, "the others keep their rate"
        dying.start()
        assert wait_until(lambda: feed.status().state is CameraState.LIVE, 5.0) < 5.0


def test_a_frozen_camera_is_stalled_within_three_seconds_and_reconnects_when_it_thaws(make_rtsp_server):
    server = make_rtsp_server()
    feed = a_feed(camera=Camera("Pit_1", server.url()))
    with running(feed):
        wait_until(lambda: feed.status().state is CameraState.LIVE)
        server.freeze()
        assert wait_until(lambda: feed.status().state is CameraState.STALLED) < 3.0
        wait_until(lambda: feed.status().state is CameraState.OFFLINE)
        server.thaw()
        wait_until(lambda: feed.status().state is CameraState.LIVE, 8.0)
