"""From the command line to one answer: picks the subcommand, prints what it answers, turns errors into exit codes."""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cli.answer import Answer, Exit
from cli.arguments import build_parser
from core.errors import KnownError, UsageError
from core.paths import DataFolder, default_data_folder

_MODULES = {
    "demo": "cli.demo",
    "demo-cameras": "cli.demo_cameras",
    "worker": "cli.worker",
    "doctor": "cli.doctor",
    "camera": "cli.camera",
    "capture": "cli.capture",
    "import": "cli.import_files",
    "track": "cli.track",
    "models": "cli.models",
    "analyze": "cli.analyze",
    "packs": "cli.packs",
    "runs": "cli.runs",
    "jobs": "cli.jobs",
    "schedules": "cli.schedules",
    "stops": "cli.stops",
    "sync": "cli.sync",
    "api": "cli.api",
    "fsck": "cli.fsck",
}
Run = Callable[[argparse.Namespace, DataFolder], Answer]


def main(argv: Sequence[str]) -> int:
    """Run one command line. Returns the exit code: 0 all done, 1 failed, 2 usage, 3 in part, 130 interrupted."""
    as_json = "--json" in argv
    try:
        return _run(argv, as_json)
    except KnownError as error:
        _print_error(error.as_json(), as_json)
        return Exit.USAGE if isinstance(error, UsageError) else Exit.FAILED
    except KeyboardInterrupt:
        _print_error(
            {"error": "interrupted", "message": "Interrupted", "hint": "Queued jobs go on in the worker."}, as_json
        )
        return Exit.INTERRUPTED
    except BrokenPipeError:  # the reader left; nothing more can be said to it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED


def _run(argv: Sequence[str], as_json: bool) -> int:
    arguments = build_parser().parse_args(argv)
    chosen = getattr(arguments, "data", None)
    folder = DataFolder(Path(chosen).expanduser().absolute() if chosen else default_data_folder())
    arguments.data_was_chosen = chosen is not None
    if arguments.command is None:
        from gui.app import main as open_window

        return open_window(folder)
    answer = subcommand(arguments, folder)
    if as_json:
        print(json.dumps(answer.document, indent=2, ensure_ascii=False))
    elif answer.text:
        print(answer.text)
    sys.stdout.flush()
    return answer.exit


def subcommand(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Run the subcommand that was parsed. Raises KnownError."""
    run: Run = importlib.import_module(_MODULES[arguments.command]).run
    return run(arguments, folder)


def _print_error(error: Mapping[str, object], as_json: bool) -> None:
    if as_json:
        print(json.dumps(error, indent=2, ensure_ascii=False), flush=True)
    else:
        print(f"{error['message']}\n  {error['hint']}".rstrip(), file=sys.stderr, flush=True)
