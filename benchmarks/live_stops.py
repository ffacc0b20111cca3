"""Live stops: how long after the release a stop's time is there, and whether four previews keep their rate."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import resources
from benchmarks.claim import Claim
from benchmarks.running import BenchStation, cpu_share, need_gstreamer, urls_of, wait_for
from core.mailbox import MailboxReader, Wish
from core.pit_box import PitBox
from core.stop import Moment
from core.store import cameras, stops
from tests.real.rtsp_server import Mount, RtspServer
from workers.demo.angles import ANGLES
from workers.demo.stop import LOOP_S

STOPS = 3
SIZE_PX = (640, 360)
DELAY_WANT, RATE_WANT = "≤ 2 s from release to row", "≥ 24 pictures a second on each of four previews"
_WISH_S = 1.0
_LOOK_S = 0.02


def measure() -> list[Claim]:
    """The demo's four cameras, each looked at; first without a box, then with one on the camera that hangs above."""
    need_gstreamer()
    films = sorted((Path(resources.__file__).parent / "demo").glob("*.mp4"))
    boxes = {angle.camera_id: PitBox(angle.pit_box) for angle in ANGLES if angle.pit_box is not None}
    with RtspServer([Mount(f"/{film.stem}", file=str(film)) for film in films]) as server:
        _, plain, _ = watched(urls_of(server), {}, LOOP_S)
        delays, rate, cores = watched(urls_of(server), boxes, (STOPS + 1) * LOOP_S)
    how = (
        f"{len(delays)} stops of the demo's car, four previews of {SIZE_PX[0]}×{SIZE_PX[1]} at 25 fps, one pit box; "
        f"the release is an instant of the capture clock, the row is looked for every {_LOOK_S * 1000:g} ms; "
        f"worker and child keep {cores:.2f} cores busy"
    )
    if not delays:
        return [Claim("live-stops", None, None, None, DELAY_WANT, False, f"no stop was timed: {how}")]
    worst = max(delays)
    return [
        Claim("live-stops", round(worst, 2), None, None, DELAY_WANT, worst <= 2.0, f"the slowest of {how}"),
        Claim(
            "live-stops-preview",
            round(rate, 1),
            round(plain, 1),
            round(rate / plain, 3),
            RATE_WANT,
            rate >= 24,
            "pictures a second of the slowest preview while a box is watched; peer: the same without a box",
        ),
    ]


def watched(urls: Mapping[str, str], boxes: Mapping[str, PitBox], seconds: float) -> tuple[list[float], float, float]:
    """Seconds from each release to its row, pictures a second of the slowest preview, cores kept busy."""
    delays: dict[str, float] = {}
    with BenchStation() as station, ExitStack() as stack:
        station.add_cameras(urls)
        with station.database.write() as tx:
            for camera_id, box in boxes.items():
                cameras.set_pit_box(tx, camera_id, box)
        worker = station.start_worker()
        station.wait_until_live(len(urls))
        wait_for(lambda: all(station.folder.mailbox(name).exists() for name in urls), 20, "mailboxes")
        readers = [stack.enter_context(MailboxReader(station.folder.mailbox(name))) for name in urls]
        _wish(readers)
        wait_for(lambda: all(reader.latest(after=0) for reader in readers), 20, "pictures of all cameras")
        before, began_s = [_number(reader) for reader in readers], time.monotonic()
        wished_s = began_s

        def over() -> bool:
            nonlocal wished_s
            if time.monotonic() - wished_s > _WISH_S:
                wished_s = time.monotonic()
                _wish(readers)
            if boxes:
                _note(station, delays)
            return time.monotonic() - began_s > seconds

        wait_for(over, seconds + 60, "the end", _LOOK_S)
        took_s = time.monotonic() - began_s
        shown = [_number(reader) - number for reader, number in zip(readers, before, strict=True)]
        cores = cpu_share([worker.pid], 2.0)
    return list(delays.values()), min(shown) / took_s, cores


def _wish(readers: list[MailboxReader]) -> None:
    until_ns = time.monotonic_ns() + 3_000_000_000
    for reader in readers:
        reader.set_wish(Wish(*SIZE_PX, until_ns))


def _number(reader: MailboxReader) -> int:
    picture = reader.latest(after=0)
    return picture.number if picture else 0


def _note(station: BenchStation, delays: dict[str, float]) -> None:
    """A stop that is there for the first time, with its duration."""
    with station.database.read() as tx:
        found = stops.for_session(tx, None)
    for stop in found:
        released = stop.mark(Moment.RELEASED)
        if stop.id not in delays and stop.span is not None and released is not None:
            delays[stop.id] = (time.time_ns() - released.at_ns) / 1e9
