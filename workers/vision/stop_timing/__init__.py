"""Pit stops timed from a camera's pictures: when the car arrived, stood, was released and left, each with its doubt."""

from workers.vision.stop_timing.clip_timing import time_stops, time_stops_of
from workers.vision.stop_timing.timer import StopTimer

__all__ = ["StopTimer", "time_stops", "time_stops_of"]
