"""A station whose camera is real, and captures run on it by hand."""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.camera import Camera, CameraState
from core.capture import CaptureMode, CaptureParams
from core.clip import Clip
from core.credentials import Credentials, Login, set_camera_login
from core.frame import Frame
from core.job import Job, JobKind
from core.paths import DataFolder
from core.setting_sections import CaptureSettings, RtspSettings
from core.settings import Settings
from core.store import cameras, clips, frames, jobs
from tests.real.rtsp_server import RtspServer, Stamp, read_stamp
from tests.workers.cameras.pictures import Flapping
from tests.workers.cameras.waiting import wait_until
from tests.workers.station_parts import CAMERA, StationParts
from workers.cameras.feed import Feed
from workers.cameras.feeds import Feeds
from workers.cameras.rtsp import OpenStream, open_stream
from workers.cancellation import CancelToken
from workers.jobs import capturing
from workers.runner import JobContext, Outcome

SECOND = 1_000_000_000
SETTINGS = Settings(
    rtsp=RtspSettings(open_timeout_s=2.0, read_timeout_s=1.2, stall_s=0.7, reconnect_cap_s=0.3, capture_timeout=4.0),
    capture=CaptureSettings(pre_roll_s=1.0),
)


@dataclass
class Capturing:
    """A station with a camera that has been live for some seconds."""

    station: StationParts
    feeds: Feeds

    @property
    def feed(self) -> Feed:
        return self.feeds.get(CAMERA)

    def enqueue(self, mode: CaptureMode, **params: Any) -> Job:
        row = {name: params.pop(name) for name in ("session_id", "operator", "tenant_id") if name in params}
        asked = CaptureParams(camera_id=CAMERA, mode=mode, **{"at_ns": time.time_ns(), **params})
        job = self.station.enqueue(JobKind.CAPTURE, params=asked.model_dump(mode="json"), **row)
        self.feeds.pin_for(job)
        return job

    def context(self, job: Job, cancel: CancelToken | None = None) -> JobContext:
        unused: Any = None
        return replace(self.station.context(job, unused, cancel), feeds=self.feeds, settings=self.station.settings)

    def run(self, cancel: CancelToken | None = None) -> tuple[Job, Outcome]:
        """One attempt of the queued job, ended as the runner would."""
        job = self.station.claim()
        outcome = capturing.run(self.context(job, cancel))
        with self.station.database.write() as tx:
            if outcome.publish is not None:
                outcome.publish(tx)
            jobs.finish(tx, job, outcome.summary)
        return job, outcome

    def capture(self, mode: CaptureMode, **params: Any) -> tuple[Job, Outcome]:
        self.enqueue(mode, **params)
        return self.run()

    def frames_of(self, job: Job) -> list[Frame]:
        with self.station.database.read() as tx:
            return frames.for_job(tx, job.id)

    def clips_of(self, job: Job) -> list[Clip]:
        with self.station.database.read() as tx:
            return clips.for_job(tx, job.id)

    def path(self, item: Frame | Clip) -> Path:
        return self.station.folder.absolute(item.path)

    def stamp(self, frame: Frame) -> Stamp:
        picture = cv2.imread(str(self.path(frame)))
        assert picture is not None
        return read_stamp(np.asarray(picture[:, :, 1], np.uint8))


def feeds_of(station: StationParts, url: str, opener: OpenStream = open_stream) -> Feeds:
    with station.database.write() as tx:
        camera = cameras.update(tx, replace(cameras.get(tx, CAMERA), url=url, location="Pit lane"))
    feeds = Feeds(station.folder, station.settings, Credentials(station.folder), open_stream=opener)
    feeds.sync_with([camera], station.settings)
    return feeds


def ffprobed(path: Path) -> dict[str, str]:
    asked = [
        "-show_entries",
        "stream=codec_name,nb_read_frames:format=duration",
        "-of",
        "default=nw=1",
        "-count_frames",
    ]
    said = subprocess.run(["ffprobe", "-v", "error", *asked, str(path)], capture_output=True, text=True, check=True)
    assert said.stderr == ""
    return dict(line.split("=", 1) for line in said.stdout.split())


@pytest.fixture(scope="module")
def live(pit_cameras: RtspServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feeds]:
    """A feed that all tests of this module share, with its ring full and its clock the camera's."""
    folder = DataFolder(tmp_path_factory.mktemp("feeds"))
    folder.create()
    credentials = Credentials(folder)
    set_camera_login(credentials, CAMERA, Login(pit_cameras.user, pit_cameras.password))
    feeds = Feeds(folder, SETTINGS, credentials)
    feeds.sync_with([Camera(CAMERA, pit_cameras.url())], SETTINGS)
    wait_until(lambda: feeds.statuses()[0].ring_s > 3.0, 10)
    wait_until(lambda: feeds.get(CAMERA).status().captured_u_ns == 10_000_000, 10)
    yield feeds
    feeds.stop()


@pytest.fixture
def capturing_station(station: StationParts, live: Feeds) -> Capturing:
    station.settings = SETTINGS
    return Capturing(station, live)


@pytest.fixture
def own_camera(
    station: StationParts, make_rtsp_server: Callable[..., RtspServer]
) -> Iterator[tuple[Capturing, RtspServer]]:
    """A camera that the test may kill, live."""
    server = make_rtsp_server()
    station.settings = SETTINGS
    feeds = feeds_of(station, server.url())
    wait_until(lambda: feeds.statuses()[0].state is CameraState.LIVE)
    yield Capturing(station, feeds), server
    feeds.stop()


@pytest.fixture
def flapping_camera(station: StationParts) -> Iterator[Capturing]:
    """A camera that is live for two seconds, away for one, and then back."""
    station.settings = SETTINGS
    feeds = feeds_of(station, "rtsp://127.0.0.1:1/cam", Flapping(2.0, 1.0))
    wait_until(lambda: feeds.statuses()[0].state is CameraState.LIVE)
    yield Capturing(station, feeds)
    feeds.stop()
