"""An event capture watches the pit box: a clip of each motion in it, with the seconds before and after."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from core.camera import Camera, CameraState
from core.capture import CaptureMode
from core.clip import Clip
from core.clock import SystemClock
from core.errors import CameraError, NoPitBox
from core.pit_box import PitBox
from core.store import cameras, jobs
from tests.real.rtsp_server import Mount, RtspServer
from tests.workers.cameras.pictures import FPS, GOP, TICKS, Flapping, PacedStream, encoded_motion
from tests.workers.cameras.waiting import wait_until
from tests.workers.jobs.capturing_parts import SECOND, SETTINGS, Capturing, feeds_of, ffprobed
from tests.workers.jobs.stop_video import BOX, write_stop
from tests.workers.station_parts import CAMERA, StationParts
from workers.cameras.packets import Packet, VideoFormat
from workers.cancellation import Cancelled, CancelToken, Reason
from workers.jobs import capturing
from workers.runner import Outcome
from workers.vision.box_motion import BoxMotion

MIDDLE = PitBox.from_rect(32, 24, 96, 48, 160, 96)
CORNER = PitBox.from_rect(0, 0, 30, 30, 160, 96)
STILL, MOVING = 25, 15


class Watchers:
    """Whether anybody watches by now: until then a camera of these tests shows nothing that moves."""

    one: "Capturing | None" = None

    def __call__(self) -> bool:
        return self.one is not None and self.one.feed.watch.wants


@pytest.fixture
def watchers() -> Watchers:
    return Watchers()


@contextmanager
def watching(
    station: StationParts,
    url: str = "rtsp://127.0.0.1:1/cam",
    box: PitBox | None = MIDDLE,
    watchers: Watchers | None = None,
    **options: Any,
) -> Iterator[Capturing]:
    """A camera that is live, with a pit box that is not timed live."""
    station.settings = SETTINGS.model_copy(update={"stops": SETTINGS.stops.model_copy(update={"live": False})})
    with station.database.write() as tx:
        cameras.set_pit_box(tx, CAMERA, box)
    feeds = feeds_of(station, url, **options)
    try:
        wait_until(lambda: feeds.statuses()[0].state is CameraState.LIVE)
        one = Capturing(station, feeds)
        if watchers is not None:
            watchers.one = one
        yield one
    finally:
        feeds.stop()


def motion() -> tuple[VideoFormat, tuple[Packet, ...]]:
    """Something moves after a second, for 0.6 s, and for long no more."""
    return encoded_motion(STILL, MOVING, 750)


class Watched:
    """A watch under way; its hour is over as soon as the test says so."""

    def __init__(self, one: Capturing, **params: Any) -> None:
        self.one, self._clock = one, LeapingClock()
        one.station.clock = self._clock
        self.job = one.enqueue(CaptureMode.EVENT_DRIVEN, **params)

    def until(self, reached: Callable[[], bool]) -> Outcome:
        """Watch until this is so."""

        def end_it() -> None:
            try:
                wait_until(reached, 30)
            finally:
                self._clock.leap_ns = 7200 * SECOND

        ending = threading.Thread(target=end_it)
        ending.start()
        try:
            return self.one.run()[1]
        finally:
            ending.join()

    def clips(self) -> list[Clip]:
        return self.one.clips_of(self.job)


class LeapingClock(SystemClock):
    leap_ns = 0

    def utc_ns(self) -> int:
        return super().utc_ns() + self.leap_ns


@pytest.fixture
def stream(watchers: Watchers) -> PacedStream:
    return PacedStream(shown=motion(), goes_on=watchers)


@pytest.fixture
def mover(station: StationParts, watchers: Watchers, stream: PacedStream) -> Iterator[Capturing]:
    with watching(station, watchers=watchers, opener=lambda *_: stream) as one:
        yield one


def gaps_of(outcome: Outcome) -> list[dict[str, Any]]:
    gaps = outcome.summary["gaps"]
    assert isinstance(gaps, list)
    return gaps


def stages(station: StationParts) -> list[str]:
    return [stage for stage, _ in groupby(stage for _, stage, _ in station.told)]


def test_motion_in_the_box_begins_a_clip_and_stillness_ends_it(mover: Capturing, stream: PacedStream):
    watched = Watched(mover, pre_s=0.4, post_s=0.5)
    outcome = watched.until(lambda: stages(mover.station) == ["watching", "recording", "watching"])
    [clip] = watched.clips()
    assert (outcome.summary["frames"], outcome.summary["clips"]) == (0, 1)
    assert clip.pts is not None
    first = clip.pts // TICKS - stream.repeated
    assert 0 <= first <= STILL - 10, "the pre-roll, from a keyframe on"
    assert first + clip.frame_count > STILL + MOVING + FPS, "a second of stillness ends it"
    assert clip.gaps == () and int(ffprobed(mover.path(clip))["nb_read_frames"]) == clip.frame_count
    assert mover.station.told[-1][2] == "1 event so far"
    assert mover.feed.ring.pinned() == set() and not mover.feed.watch.wants, "nothing is kept or decoded any more"


def test_what_moves_elsewhere_is_no_event(station: StationParts, watchers: Watchers, stream: PacedStream):
    with watching(station, box=CORNER, watchers=watchers, opener=lambda *_: stream) as one, watched_too(one) as moves:
        watched = Watched(one)
        outcome = watched.until(lambda: moves() and pictures_of(one) > stream.repeated + STILL + MOVING + 10)
        assert outcome.summary["clips"] == 0 and watched.clips() == []


@contextmanager
def watched_too(one: Capturing) -> Iterator[Callable[[], bool]]:
    """Whether something was seen to move in the middle."""
    eye, seen = BoxMotion(MIDDLE), list[bool]()

    def moves() -> bool:
        seen.extend(eye.moves(picture.gray, picture.t_s) for picture in pictures())
        return any(seen)

    with one.feed.watch.followed() as pictures:
        yield moves


def pictures_of(one: Capturing) -> int:
    newest = one.feed.ring.newest()
    return 0 if newest is None else newest.last_pts // TICKS


def test_an_event_soon_after_the_camera_came_back_has_what_of_its_pre_roll_is_of_that_connection(
    station: StationParts, watchers: Watchers
):
    with watching(station, watchers=watchers, opener=Flapping(0.8, 0.3, motion(), watchers)) as one:
        watched = Watched(one, pre_s=5.0, post_s=0.5)
        watched.until(lambda: len(watched.clips()) == 1)
        [clip] = watched.clips()
        newest = one.feed.ring.newest()
        assert newest is not None and clip.epoch == newest.epoch and clip.frame_count > MOVING + FPS
        assert clip.gaps[-1].reason == "Haas_Pit_1 was not connected"


def test_a_camera_whose_address_is_changed_is_watched_at_the_new_one(station: StationParts, watchers: Watchers):
    opened: list[str] = []

    def still_then_moving(camera: Camera, *_: object) -> PacedStream:
        opened.append(camera.url)
        return PacedStream(shown=motion(), goes_on=lambda: len(set(opened)) == 2 and watchers())

    with watching(station, watchers=watchers, opener=still_then_moving) as one:
        watched = Watched(one, pre_s=0.4, post_s=0.5)

        def moved() -> bool:
            if len(opened) == 1 and watchers():
                with station.database.write() as tx:
                    camera = cameras.update(tx, replace(cameras.get(tx, CAMERA), url="rtsp://127.0.0.1:2/cam"))
                one.feeds.sync_with([camera], station.settings)
            return len(watched.clips()) == 1

        watched.until(moved)
        assert opened[-1] == "rtsp://127.0.0.1:2/cam"


def test_a_camera_lost_in_the_middle_of_an_event_is_waited_for(station: StationParts, watchers: Watchers):
    with watching(station, watchers=watchers, opener=Flapping(1.4, 1.2, motion(), watchers)) as one:
        watched = Watched(one, pre_s=0.4, post_s=0.5)
        outcome = watched.until(lambda: len(watched.clips()) == 2)
        before, after = watched.clips()
        assert (before.ordinal, after.ordinal) == (0, 1) and before.epoch != after.epoch
        assert before.frame_count <= 1.5 * FPS < after.frame_count
        assert "Haas_Pit_1 was not connected" in [gap["reason"] for gap in gaps_of(outcome)]


def test_a_camera_that_never_came_fails_the_watch_with_the_reason(station: StationParts):
    station.settings = SETTINGS
    with station.database.write() as tx:
        cameras.set_pit_box(tx, CAMERA, MIDDLE)
    feeds = feeds_of(station, "rtsp://127.0.0.1:1/cam")
    try:
        one = Capturing(station, feeds)
        one.enqueue(CaptureMode.EVENT_DRIVEN, duration_s=1.0)
        with pytest.raises(CameraError, match="nothing listens"):
            one.run()
    finally:
        feeds.stop()


@pytest.mark.parametrize(("reason", "kept"), [(Reason.OPERATOR, 0), (Reason.STOPPING, 1)])
def test_who_stops_it_decides_what_becomes_of_the_event_that_goes_on(mover: Capturing, reason: Reason, kept: int):
    job = mover.enqueue(CaptureMode.EVENT_DRIVEN, duration_s=60.0, pre_s=0.4, post_s=30.0)
    claimed, cancel = mover.station.claim(), CancelToken()

    def stop_it() -> None:
        # It is told at each packet, and these are more than come before the first is kept.
        wait_until(lambda: sum(stage == "recording" for _, stage, _ in mover.station.told) > 2 * GOP, 20)
        cancel.cancel(reason)

    stopper = threading.Thread(target=stop_it)
    stopper.start()
    with pytest.raises(Cancelled):
        capturing.run(mover.context(claimed, cancel))
    stopper.join()
    assert len(mover.clips_of(job)) == len(mover.station.media_files()) == kept
    assert mover.feed.ring.pinned() == set() and not mover.feed.watch.wants


def test_the_next_worker_goes_on_watching_and_says_what_it_did_not_see(mover: Capturing):
    job = mover.enqueue(CaptureMode.EVENT_DRIVEN, duration_s=1.6, at_ns=mover.station.clock.utc_ns() - 30 * SECOND)
    with mover.station.database.write() as tx:
        claimed = jobs.claim(tx, worker_id="w", kinds_free={job.kind: 1})
        assert claimed is not None
        jobs.wait(tx, claimed, "the worker stopped", tx.now_ns)
    _, outcome = mover.run()
    [gap] = gaps_of(outcome)
    assert gap["seconds"] == pytest.approx(1.6), "its time had passed"
    assert gap["reason"] == "The worker was not there all of this time"


def test_without_a_pit_box_there_is_nothing_to_watch(station: StationParts):
    with watching(station, box=None, opener=lambda *_: PacedStream()) as one:
        one.enqueue(CaptureMode.EVENT_DRIVEN)
        with pytest.raises(NoPitBox, match="Haas_Pit_1 has no pit box, so there is nothing to watch") as error:
            one.run()
        assert "Cameras ▸ Haas_Pit_1 ▸ Pit box" in error.value.hint


def test_a_car_that_drives_into_the_box_of_a_real_camera_is_an_event(
    station: StationParts, make_rtsp_server: Callable[..., RtspServer], tmp_path: Path
):
    server = make_rtsp_server([Mount(file=str(write_stop(tmp_path / "stop.mp4")))])
    with watching(station, server.url(), BOX) as one:
        watched = Watched(one, pre_s=0.5, post_s=0.5)
        watched.until(lambda: len(watched.clips()) == 1)
        clip = watched.clips()[0]
        assert clip.duration_ns > SECOND and int(ffprobed(one.path(clip))["nb_read_frames"]) == clip.frame_count
