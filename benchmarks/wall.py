"""The live wall's price: CPU of worker and window showing four cameras, against ffmpeg and QMediaPlayer."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import resources
from benchmarks.claim import Claim, NotMeasurable, median, unmeasured
from benchmarks.running import BenchStation, cpu_share, need_gstreamer, pause, urls_of, wait_for
from core.mailbox import MailboxReader
from tests.real.rtsp_server import Mount, RtspServer
from tests.real.xvfb import Display, running_xvfb

SECONDS = 20.0
ROUNDS = 3
WARM_UP_S = 4.0
FFMPEG_WANT = "≤ 1.3 × ffmpeg"
QT_WANT = "< QMediaPlayer"
Size = tuple[int, int]


def measure() -> list[Claim]:
    """Each round: ours, then each peer on the same streams, never beside each other; medians over the rounds."""
    need_gstreamer()
    if shutil.which("ffmpeg") is None or shutil.which("Xvfb") is None:
        raise NotMeasurable("ffmpeg or Xvfb is missing (`python3 run.py setup` as root installs both)")
    films = sorted((Path(resources.__file__).parent / "demo").glob("*.mp4"))
    has_player = importlib.util.find_spec("PySide6.QtMultimedia") is not None
    ours, ffmpeg, player, rates = [], [], [], []
    sizes: list[Size] = []
    with RtspServer([Mount(f"/{film.stem}", file=str(film)) for film in films]) as server, running_xvfb() as display:
        urls = urls_of(server)
        for _ in range(ROUNDS):
            share, sizes, rate = showing(urls, display)
            ours.append(share)
            rates.append(rate)
            ffmpeg.append(decoding(list(urls.values()), sizes))
            if has_player:
                player.append(playing(list(urls.values()), display, sizes[0]))
    shown = median(rates)
    small = ", ".join(sorted({f"{width}×{height}" for width, height in sizes}))
    how = (
        f"cores kept busy over {SECONDS:g} s, median of {ROUNDS} rounds; worker + window under Xvfb, "
        f"{shown:.1f} fps shown per tile at {small}"
    )
    mine, theirs = median(ours), median(ffmpeg)
    claims = [
        Claim(
            "wall",
            round(mine, 3),
            round(theirs, 3),
            round(mine / theirs, 3),
            FFMPEG_WANT,
            mine <= 1.3 * theirs and shown >= 24,
            f"{how}; peer: four ffmpeg, -threads 1, scale by fast_bilinear to the same sizes, BGRA to /dev/null",
        )
    ]
    if not has_player:
        return [*claims, unmeasured("wall-qmediaplayer", QT_WANT, "PySide6's QtMultimedia is not installed")]
    other = median(player)
    peer = f"{how}; peer: one process, four QMediaPlayer in QVideoWidgets of the same size"
    verdict = Claim(
        "wall-qmediaplayer", round(mine, 3), round(other, 3), round(mine / other, 3), QT_WANT, mine < other, peer
    )
    return [*claims, verdict]


def showing(urls: dict[str, str], display: Display) -> tuple[float, list[Size], float]:
    """Cores of worker + window, the sizes that the tiles asked for, and pictures a second a tile."""
    with BenchStation() as station, ExitStack() as stack:
        station.add_cameras(urls)
        worker = station.start_worker()
        station.wait_until_live(len(urls))
        window = station.launch(environment=display.environment)
        stack.callback(station.stop, window)
        wait_for(lambda: all(station.folder.mailbox(name).exists() for name in urls), 20, "mailboxes")
        boxes = [stack.enter_context(MailboxReader(station.folder.mailbox(name))) for name in urls]
        wait_for(lambda: all(box.latest(after=0) for box in boxes), 20, "pictures of all cameras")
        pause(WARM_UP_S)
        before = [picture.number for box in boxes if (picture := box.latest(after=0))]
        share = cpu_share([worker.pid, window.pid], SECONDS)
        latest = [picture for box in boxes if (picture := box.latest(after=0))]
        shown = [picture.number - number for picture, number in zip(latest, before, strict=True)]
        if window.poll() is not None:
            raise RuntimeError("the window ended while it was measured; logs/bench.out says why")
        return share, [(picture.width, picture.height) for picture in latest], min(shown) / SECONDS


def decoding(urls: Sequence[str], sizes: Sequence[Size]) -> float:
    """Cores of one ffmpeg a stream that decodes, scales and throws away."""
    with ExitStack() as stack:
        running = []
        for url, (width, height) in zip(urls, sizes, strict=True):
            command = [
                *("ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-threads", "1", "-i", url),
                *("-vf", f"scale={width}:{height}:flags=fast_bilinear", "-filter_threads", "1", "-pix_fmt", "bgra"),
                *("-fps_mode", "passthrough", "-f", "rawvideo", "-y", "/dev/null"),
            ]
            running.append(stack.enter_context(ended(subprocess.Popen(command))))
        pause(WARM_UP_S)
        share = cpu_share([process.pid for process in running], SECONDS)
        if any(process.poll() is not None for process in running):
            raise RuntimeError("an ffmpeg ended while it was measured")
        return share


def playing(urls: Sequence[str], display: Display, size: Size) -> float:
    """Cores of one process that shows the streams in four QMediaPlayer."""
    command = [sys.executable, "-m", "benchmarks.qmediaplayer", *map(str, size), *urls]
    with ended(subprocess.Popen(command, env=display.environment, stdout=subprocess.PIPE)) as process:
        assert process.stdout is not None
        if process.stdout.readline().strip() != b"playing":
            raise NotMeasurable("QMediaPlayer did not play")
        pause(WARM_UP_S)
        return cpu_share([process.pid], SECONDS)


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
