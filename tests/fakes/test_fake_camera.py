import av
import pytest

from tests.fakes.fake_camera import Behaviour, FakeCamera

OPTIONS = {"rtsp_transport": "tcp", "analyzeduration": "100000", "timeout": "300000"}


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (Behaviour.SILENT, (OSError, av.InvalidDataError)),
        (Behaviour.DEMANDS_LOGIN, av.HTTPUnauthorizedError),
        (Behaviour.NOT_FOUND, av.HTTPNotFoundError),
        (Behaviour.GARBAGE, (OSError, av.InvalidDataError)),
        (Behaviour.CLOSES_AFTER_DESCRIBE, (OSError, av.InvalidDataError)),
    ],
)
def test_opening_a_bad_camera_fails_as_a_real_one_does(behaviour, error):
    with FakeCamera(behaviour) as camera, pytest.raises(error):
        av.open(camera.url, options=OPTIONS, timeout=(1.0, 1.0))


def opened(camera):
    return av.open(camera.url, options=OPTIONS, timeout=(2.0, 1.0))


def test_a_camera_may_have_nothing_to_look_at():
    with FakeCamera(Behaviour.AUDIO_ONLY) as camera, pytest.raises((OSError, IndexError)), opened(camera) as container:
        container.streams.video[0]


@pytest.mark.parametrize("behaviour", [Behaviour.UNKNOWN_CODEC, Behaviour.PLAYS_NOTHING])
def test_a_camera_may_give_no_picture(behaviour):
    nothing = (OSError, av.InvalidDataError, StopIteration, AttributeError)
    with FakeCamera(behaviour) as camera, pytest.raises(nothing), opened(camera) as container:
        next(container.decode(video=0))


@pytest.mark.parametrize("behaviour", [Behaviour.STOPS_AFTER, Behaviour.CLOSES_AFTER])
def test_a_camera_may_send_some_pictures_and_then_none(behaviour):
    seen = 0
    with FakeCamera(behaviour, packets=20) as camera, opened(camera) as container:
        try:
            for packet in container.demux(video=0):
                seen += bool(packet.size)
        except OSError:
            assert behaviour is Behaviour.STOPS_AFTER
    assert 18 <= seen <= 20
