from pathlib import Path

import av
import numpy as np
import pytest

import resources
from workers.demo.angles import ANGLES
from workers.demo.footage import FRAMES, HEIGHT, WIDTH, pictures
from workers.demo.shapes import Limb
from workers.demo.stop import LOOP_S, RELEASED_S, STATIONARY_S, car_state, moment

SHIPPED = Path(resources.__file__).parent / "demo"


@pytest.mark.parametrize("angle", ANGLES, ids=lambda angle: angle.camera_id)
def test_shipped_footage_is_a_whole_loop_that_can_be_joined_each_second(angle):
    with av.open(str(SHIPPED / f"{angle.camera_id}.mp4")) as film:
        stream = film.streams.video[0]
        packets = [packet for packet in film.demux(stream) if packet.size]
        assert (stream.width, stream.height, float(stream.average_rate or 0)) == (WIDTH, HEIGHT, 25.0)
    assert len(packets) == FRAMES
    assert [number for number, packet in enumerate(packets) if packet.is_keyframe] == list(range(0, FRAMES, 25))
    assert all(packet.pts == packet.dts for packet in packets)
    assert (SHIPPED / f"{angle.camera_id}.mp4").stat().st_size < 2 << 20


def test_the_renderer_still_draws_what_was_shipped():
    angle, numbers = ANGLES[0], (175,)
    with av.open(str(SHIPPED / f"{angle.camera_id}.mp4")) as film:
        kept = {i: frame.to_ndarray(format="bgr24") for i, frame in enumerate(film.decode(video=0)) if i in numbers}
    for number, picture in zip(numbers, pictures(angle, numbers), strict=True):
        assert np.abs(picture.astype(int) - kept[number]).mean() < 6


def test_the_car_stands_exactly_as_long_as_the_script_says():
    def way(at_s):
        state = car_state(at_s)
        assert state is not None
        return state.x

    assert way(STATIONARY_S) == way((STATIONARY_S + RELEASED_S) / 2) == way(RELEASED_S) == 0
    assert way(STATIONARY_S - 0.04) < 0 < way(RELEASED_S + 0.04)


def test_nobody_jumps_where_the_loop_begins_again():
    def joints(at_s):
        return np.array([shape.a for shape in moment(at_s).shapes if isinstance(shape, Limb)])

    assert np.abs(joints(LOOP_S - 0.001) - joints(0.0)).max() < 0.1  # m; heads turn
