"""Real cameras for a module's tests, and settings that make their deadlines short."""

from collections.abc import Iterator

import pytest

from core.camera import Camera
from core.credentials import Login
from core.setting_sections import RtspSettings
from core.settings import Settings
from tests.real.rtsp_server import Mount, RtspServer, missing_gstreamer

QUICK = Settings(rtsp=RtspSettings(open_timeout_s=2.0, read_timeout_s=1.2, stall_s=0.7, reconnect_cap_s=0.5))


@pytest.fixture(scope="module")
def pit_cameras() -> Iterator[RtspServer]:
    """A real server with digest auth: /cam in H.264 and /hevc in H.265, 640×360, 25 fps, a keyframe a second."""
    if reason := missing_gstreamer():
        pytest.skip(reason)
    with RtspServer([Mount("/cam"), Mount("/hevc", codec="h265")], auth="digest") as server:
        yield server


@pytest.fixture
def login(pit_cameras: RtspServer) -> Login:
    return Login(pit_cameras.user, pit_cameras.password)


@pytest.fixture
def camera(pit_cameras: RtspServer) -> Camera:
    return Camera("Pit_1", pit_cameras.url("/cam"), name="Box 1")


@pytest.fixture
def quick() -> Settings:
    return QUICK
