"""Fixtures for the real servers: pytest loads this module through `pytest_plugins` in tests/conftest.py."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.real.rtsp_server import RtspServer, missing_gstreamer
from tests.real.s3_server import S3Server


@pytest.fixture
def make_rtsp_server() -> Iterator[Callable[..., RtspServer]]:
    """Starts RTSP servers (arguments of RtspServer) that end with the test."""
    if reason := missing_gstreamer():
        pytest.skip(reason)
    with ExitStack() as stack:

        def make(*args: Any, **options: Any) -> RtspServer:
            return stack.enter_context(RtspServer(*args, **options))

        yield make


@pytest.fixture
def rtsp_server(make_rtsp_server: Callable[..., RtspServer]) -> RtspServer:
    """One camera at /cam, 640×360, 25 fps, H.264, a keyframe a second, no login."""
    return make_rtsp_server()


@pytest.fixture
def make_s3_server() -> Iterator[Callable[..., S3Server]]:
    """Starts S3 servers (arguments of S3Server) that end with the test."""
    with ExitStack() as stack:

        def make(*args: Any, **options: Any) -> S3Server:
            return stack.enter_context(S3Server(*args, **options))

        yield make


@pytest.fixture(params=["nanio", "rclone"])
def s3_server(request: pytest.FixtureRequest, make_s3_server: Callable[..., S3Server]) -> S3Server:
    """Each of the two real S3 servers in turn, with the bucket trackshift-frames."""
    return make_s3_server(request.param)
