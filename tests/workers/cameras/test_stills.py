"""A still is the very picture asked for, and its file says when and by which camera it was taken."""

import io

import numpy as np
import pytest
from PIL import ExifTags, Image

from core.camera import CapturedAt, Instant
from tests.workers.cameras.pictures import GOP, TICKS, encoded, gops, near, number_shown
from workers.cameras.packets import Gop
from workers.cameras.stills import Still, StillDecoder
from workers.cameras.stills import encoded as file_of

AT_NS = 1_795_266_245_123_456_789


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_every_picture_of_a_gop_is_decoded_exactly(codec, b_frames):
    video, packets = encoded(50, codec, b_frames)
    for gop in gops(video, packets):
        for number in sorted(packet.pts // TICKS for packet in gop.packets):
            picture = StillDecoder().picture(gop, number * TICKS)
            assert picture is not None and picture.shape == (96, 160, 3)
            assert number_shown(picture, near(number)) == number


@pytest.mark.parametrize("b_frames", [0, 2])
def test_one_decoder_goes_on_forwards_back_and_into_other_gops(b_frames):
    video, packets = encoded(50, "h264", b_frames)
    first, second = gops(video, packets)
    decoder = StillDecoder()
    for gop, number in [(first, 3), (first, 4), (first, 9), (first, 2), (second, 30), (second, 49), (first, 20)]:
        picture = decoder.picture(gop, number * TICKS)
        assert picture is not None and number_shown(picture, near(number)) == number


def test_a_picture_that_is_not_there_or_damaged_is_none_and_never_another():
    video, packets = encoded(50)
    gop = gops(video, packets)[0]
    assert StillDecoder().picture(gop, 7 * TICKS + 1) is None
    hollow = Gop(1, 1, video, [gop.first, *gop.packets[2:]])
    assert StillDecoder().picture(hollow, TICKS) is None
    broken = Gop(1, 1, video, [packets[3]])
    assert StillDecoder().picture(broken, 3 * TICKS) is None


@pytest.mark.parametrize("form", ["jpg", "png"])
def test_the_file_decodes_to_the_picture_and_a_jpg_says_when_it_was_taken(form):
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:, :32] = (200, 40, 90)
    data = file_of(Still(Instant(1, 0), CapturedAt(AT_NS, 5), picture), form, 95, "Haas_Pit_1")
    image = Image.open(io.BytesIO(data))
    assert np.abs(np.asarray(image.convert("RGB"))[10, 10].astype(int) - (90, 40, 200)).max() < 8
    if form == "jpg":
        exif = image.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        assert exif[ExifTags.Base.Model] == "Haas_Pit_1"
        assert details[ExifTags.Base.DateTimeOriginal] == "2026:11:21 13:04:05"
        assert details[ExifTags.Base.SubsecTimeOriginal] == "123456"


def test_the_gop_length_of_these_tests_is_what_they_think():
    assert [len(gop.packets) for gop in gops(*encoded(50))] == [GOP, GOP]
