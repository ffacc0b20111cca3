"""The live wall when something else goes on: both cores computing, and one camera gone for 20 s."""

import io
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image

import resources
from benchmarks.claim import Claim, NotMeasurable
from benchmarks.running import BenchStation, need_gstreamer, pause, urls_of, wait_for
from core.camera import CameraState
from core.capture import ImportParams
from core.job import JobKind, JobState, NewJob
from core.mailbox import MailboxReader
from core.store import cameras, jobs
from tests.real.rtsp_server import Mount, RtspServer
from tests.real.xvfb import running_xvfb

SECONDS = 15.0
OUTAGE_S = 20.0
PICTURES = 160
"""Each costs a child about a third of a second of decoding."""
PICTURE_PX = (7000, 5000)


def _films() -> list[Path]:
    return sorted((Path(resources.__file__).parent / "demo").glob("*.mp4"))


@contextmanager
def _watched_wall(servers: list[RtspServer]) -> Iterator[tuple[BenchStation, dict[str, MailboxReader]]]:
    """A worker with the servers' cameras, and a window under Xvfb that shows them all."""
    if shutil.which("Xvfb") is None:
        raise NotMeasurable("Xvfb is missing (`python3 run.py setup` as root installs it)")
    urls = {name: url for server in servers for name, url in urls_of(server).items()}
    with BenchStation() as station, ExitStack() as stack:
        display = stack.enter_context(running_xvfb())
        station.add_cameras(urls)
        station.start_worker()
        station.wait_until_live(len(urls))
        window = station.launch(environment=display.environment)
        stack.callback(station.stop, window)
        wait_for(lambda: all(station.folder.mailbox(name).exists() for name in urls), 20, "mailboxes")
        boxes = {name: stack.enter_context(MailboxReader(station.folder.mailbox(name))) for name in urls}
        wait_for(lambda: all(box.latest(after=0) for box in boxes.values()), 30, "pictures of all cameras")
        pause(3)
        yield station, boxes


def _number(box: MailboxReader) -> int:
    picture = box.latest(after=0)
    return picture.number if picture else 0


def _shown_fps(boxes: dict[str, MailboxReader], seconds: float) -> dict[str, float]:
    """Pictures a second that reached each tile's mailbox over that long."""
    before, began_s = {name: _number(box) for name, box in boxes.items()}, time.monotonic()
    pause(seconds)
    took_s = time.monotonic() - began_s
    return {name: (_number(box) - before[name]) / took_s for name, box in boxes.items()}


def measure_busy() -> list[Claim]:
    """Pictures a second of the worst of four tiles while imports are decoded on both cores, against the idle wall."""
    need_gstreamer()
    films = _films()
    with (
        RtspServer([Mount(f"/{film.stem}", file=str(film)) for film in films]) as server,
        _watched_wall([server]) as (station, boxes),
    ):
        idle = min(_shown_fps(boxes, SECONDS).values())
        _keep_both_cores_busy(station, films[0].stem)
        wait_for(lambda: _processing(station) >= 2, 30, "two computing jobs")
        busy = min(_shown_fps(boxes, SECONDS).values())
        if _processing(station) < 2:
            raise NotMeasurable("the imports ended before the wall was measured")
    how = (
        f"pictures a second at the worst of four 1280×720 tiles over {SECONDS:g} s; "
        "two imports decode 35-megapixel pictures meanwhile"
    )
    return [Claim("busy", round(busy, 2), round(idle, 2), round(busy / idle, 3), "≥ 24 of 25 fps", busy >= 24, how)]


def _keep_both_cores_busy(station: BenchStation, camera_id: str) -> None:
    picture = io.BytesIO()
    Image.linear_gradient("L").resize(PICTURE_PX).convert("RGB").save(picture, "PNG", compress_level=1)
    for half in range(2):
        folder = station.folder.root.parent / f"pictures-{half}"
        folder.mkdir()
        for number in range(PICTURES // 2):
            # Bytes behind the end, which readers skip: another file, the same work for the decoder.
            (folder / f"{number}.png").write_bytes(picture.getvalue() + f"{half}-{number:06}".encode())
        params = ImportParams(camera_id=camera_id, paths=(str(folder),))
        with station.database.write() as tx:
            jobs.enqueue(tx, NewJob(JobKind.IMPORT, params.model_dump(mode="json"), camera_id=camera_id))


def _processing(station: BenchStation) -> int:
    with station.database.read() as tx:
        return jobs.counts(tx)[JobState.PROCESSING]


def measure_outage() -> list[Claim]:
    """One camera's server killed for 20 s: until its tile says so, what the others show, until it is live again."""
    need_gstreamer()
    films = _films()
    lost = films[0].stem
    with (
        RtspServer([Mount(f"/{films[0].stem}", file=str(films[0]))]) as dying,
        RtspServer([Mount(f"/{film.stem}", file=str(film)) for film in films[1:]]) as staying,
        _watched_wall([dying, staying]) as (station, boxes),
    ):
        others = {name: box for name, box in boxes.items() if name != lost}
        dying.kill()
        said_s = _seconds_until(station, lost, live=False, within_s=10)
        rates = _shown_fps(others, OUTAGE_S - said_s)
        dying.restart()
        back_s = _seconds_until(station, lost, live=True, within_s=30)
    how = f"GStreamer's server killed for {OUTAGE_S:g} s; by the camera's row, that its tile shows; 1 s keyframes"
    worst = min(rates.values())
    return [
        Claim(
            "outage-said", round(said_s, 2), None, None, "≤ 3 s", said_s <= 3, f"seconds until the tile says so; {how}"
        ),
        Claim("outage-others", round(worst, 2), 25.0, round(worst / 25, 3), "≥ 24 of 25 fps", worst >= 24, how),
        Claim("outage-back", round(back_s, 2), None, None, "≤ 5 s", back_s <= 5, f"seconds until live again; {how}"),
    ]


def _seconds_until(station: BenchStation, camera_id: str, *, live: bool, within_s: float) -> float:
    def so() -> bool:
        with station.database.read() as tx:
            status = next(each for each in cameras.statuses(tx) if each.camera_id == camera_id)
        return (status.state is CameraState.LIVE) is live

    began_s = time.monotonic()
    wait_for(so, within_s, f"{camera_id} {'live' if live else 'not live'}")
    return time.monotonic() - began_s
