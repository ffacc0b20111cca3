"""Writing a clip from pictures: H.264 in MP4, every picture at the time that it had."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_OPTIONS = {"preset": "veryfast", "crf": "26"}
_TICKS = 90_000


def encode_clip(target: Path, pictures: Iterable[tuple[float, Picture]], fps: float) -> int:
    """Write (seconds, (H, W, 3) BGR picture) pairs, later ones later; returns how many. fps: a guess, for the encoder.

    A last row or column of odd pictures is left out: H.264 has none.
    """
    count = 0
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001), options=dict(_OPTIONS))
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        for at_s, picture in pictures:
            even = np.ascontiguousarray(picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2])
            if not count:
                stream.height, stream.width = even.shape[:2]
            frame = av.VideoFrame.from_ndarray(even, format="bgr24")
            frame.pts, frame.time_base = round(at_s * _TICKS), Fraction(1, _TICKS)
            container.mux(stream.encode(frame))
            count += 1
        if count:
            container.mux(stream.encode())
    return count
