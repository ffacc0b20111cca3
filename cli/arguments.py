"""The command line: every subcommand with its options, and the parser that reads the global ones anywhere."""

import argparse
from importlib.metadata import version
from typing import NoReturn

from cli.analysis_arguments import add_analyze, add_packs, add_runs
from cli.job_arguments import add_jobs, add_schedules
from cli.track_arguments import add_models, add_track
from core.capture import CaptureMode
from core.errors import UsageError


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is an error like any other, so that `--json` holds for it too."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}", hint=f"See: {self.prog} --help.")


def _options_anywhere() -> Parser:
    # SUPPRESS: the copy behind the subcommand must not overwrite what stood before it.
    options = Parser(add_help=False)
    options.add_argument(
        "--data",
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="the data folder (or TRACKSHIFT_DATA in the environment)",
    )
    options.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="one JSON document on stdout, errors too"
    )
    return options


def build_parser() -> Parser:
    """The whole command line. Each subcommand stores its name as `command`, a second level as `action`."""
    anywhere = _options_anywhere()
    parser = Parser(
        prog="trackshift",
        description="TrackShift Station: cameras at the pit box, captured, queued and verified. "
        "Without a subcommand it opens the window.",
        parents=[anywhere],
    )
    parser.add_argument("--version", action="version", version=f"trackshift {version('trackshift-station')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    def command(name: str, text: str) -> Parser:
        return commands.add_parser(name, help=text, description=text, parents=[anywhere])

    _add_demo(command("demo", "try the whole station with four simulated cameras; no network, nothing asked"))
    _add_worker(command("worker", "run the worker in this terminal"))
    doctor = command("doctor", "check every part: database, disk, clock, credentials, cameras, storage, Gemini, worker")
    doctor.add_argument("--only", choices=("gemini",), help="this part alone")
    _add_camera(command("camera", "the configured cameras"), anywhere)
    _add_capture(command("capture", "make frames or clips from cameras"))
    _add_import(command("import", "take files in as frames or clips"))
    add_track(command("track", "what moves in a clip, as tracks; needs no worker and no data folder"))
    add_models(command("models", "the detectors that tracking can use"), anywhere)
    add_analyze(command("analyze", "ask a pack's question for every asset"))
    add_packs(command("packs", "the questions that can be asked"), anywhere)
    add_runs(command("runs", "the analysis runs and their findings"), anywhere)
    add_jobs(command("jobs", "the queue"), anywhere)
    add_schedules(command("schedules", "what is asked for again and again"), anywhere)
    stops = command("stops", "time the pit stops of a clip; needs no worker and no data folder")
    stops.add_argument("clip", metavar="CLIP", help="a video file")
    stops.add_argument("--box", required=True, metavar="X,Y,W,H", help="the pit box in px of the clip as displayed")
    _add_sync(command("sync", "what goes to object storage"), anywhere)
    api = command("api", "where the local API answers, and how a program gets in")
    api.add_argument("--header", metavar="FILE", help="write the token there (0600) as a header: curl -H @FILE")
    fsck = command("fsck", "hold the database against the files on disk")
    fsck.add_argument("--repair", action="store_true", help="mend what can be mended without losing anything")
    simulated = commands.add_parser("demo-cameras", parents=[anywhere])
    simulated.add_argument("--work", metavar="DIR", help=argparse.SUPPRESS)
    return parser


def _add_demo(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("--headless", action="store_true", help="no window: run the whole way by itself and exit")
    demo.add_argument("--seconds", type=float, metavar="N", help="close by itself after N seconds")
    demo.add_argument(
        "--out", metavar="DIR", help="where data, screenshots and the summary page go (default: a new folder)"
    )


def _add_worker(worker: argparse.ArgumentParser) -> None:
    modes = worker.add_mutually_exclusive_group()
    modes.add_argument("--while-needed", action="store_true", help="leave after a minute in which nothing needs it")
    modes.add_argument("--until-idle", action="store_true", help="leave as soon as no job or upload can go on")
    modes.add_argument("--stop", action="store_true", help="ask the running worker to stop, and wait until it has")


def _add_camera(camera: argparse.ArgumentParser, anywhere: Parser) -> None:
    actions = camera.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    add = actions.add_parser("add", help="configure a camera", parents=[anywhere])
    add.add_argument("id", help="1-100 of A-Z a-z 0-9 _ -")
    _add_camera_address(add, required=True)
    add.add_argument("--name", default="", help="what people read")
    add.add_argument("--location", default="")
    add.add_argument("--fps", type=float, help="frames a second of its interval captures")
    actions.add_parser("list", help="every camera with its state", parents=[anywhere])
    test = actions.add_parser("test", help="what the camera sends, or what is wrong, within 5 s", parents=[anywhere])
    test.add_argument("id", nargs="?", help="a configured camera")
    _add_camera_address(test, required=False)
    box = actions.add_parser("box", help="show, draw or clear its pit box", parents=[anywhere])
    box.add_argument("id")
    drawn = box.add_mutually_exclusive_group()
    drawn.add_argument("--points", nargs="+", metavar="X,Y", help="3-12 corners in order, as fractions 0-1")
    drawn.add_argument("--rect", metavar="X,Y,W,H", help="a rectangle in px of the picture as displayed")
    drawn.add_argument("--clear", action="store_true", help="it has none any more")
    box.add_argument("--size", metavar="WxH", help="of the picture, where the camera was never connected")
    remove = actions.add_parser("remove", help="take a camera out; its frames stay", parents=[anywhere])
    remove.add_argument("id")


def _add_camera_address(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument("--url", required=required, help="rtsp:// or rtsps://; a user:pass@ in it is kept as a secret")
    parser.add_argument("--user", help="with --password-stdin")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    parser.add_argument("--transport", choices=("tcp", "udp"), default="tcp")
    parser.add_argument("--ca-file", metavar="FILE", help="the authority that signed the camera's certificate (rtsps)")


def _add_capture(capture: argparse.ArgumentParser) -> None:
    capture.add_argument("cameras", nargs="+", metavar="CAMERA")
    capture.add_argument("--mode", choices=[str(mode) for mode in CaptureMode], default="single_frame")
    capture.add_argument("--count", type=int, help="burst: frames to take")
    capture.add_argument("--fps", type=float, help="frames a second")
    capture.add_argument("--duration", type=float, metavar="SECONDS", help="interval, continuous, event_driven")
    capture.add_argument("--pre", type=float, metavar="SECONDS", help="clip, event_driven: before the instant")
    capture.add_argument("--post", type=float, metavar="SECONDS", help="clip, event_driven: after the instant")
    capture.add_argument("--at", metavar="TIME", help="the instant, ISO 8601 with zone (default: now)")
    capture.add_argument("--session", metavar="ID", help="default: the current session")
    _add_queueing(capture)


def _add_import(importing: argparse.ArgumentParser) -> None:
    importing.add_argument("paths", nargs="+", metavar="PATH", help="files and folders")
    importing.add_argument("--camera", required=True, metavar="ID")
    importing.add_argument("--session", metavar="ID", help="default: the current session")
    _add_queueing(importing)


def _add_queueing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--meta",
        metavar="JSON",
        help="an object: timestamp_ref, location, camera_angle, exposure, sensor_info, and your own",
    )
    parser.add_argument("--task-id", metavar="ID", help="your own id: the same twice is one job")
    parser.add_argument("--name", default="", help="what the jobs panel shows")
    parser.add_argument("--priority", type=int, help="higher goes first (default 100)")
    parser.add_argument("--after", metavar="JOB", help="start when that job has completed; if it fails, this one does")
    parser.add_argument("--wait", action="store_true", help="return when the job has ended, with what it made")


def _add_sync(sync: argparse.ArgumentParser, anywhere: Parser) -> None:
    actions = sync.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=Parser)
    for name, text in (
        ("status", "what waits, what is verified, and whether it is safe to leave"),
        ("now", "send all that can be sent, and return when done"),
        ("pause", "send nothing until resumed"),
        ("resume", "send again"),
    ):
        actions.add_parser(name, help=text, parents=[anywhere])
