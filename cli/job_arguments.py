"""The command line of the queue: `jobs` and `schedules` with their actions and options."""

import argparse

from core.job import JobKind, JobState


def add_jobs(jobs: argparse.ArgumentParser, anywhere: argparse.ArgumentParser) -> None:
    """Each action is stored as `action`."""
    actions = jobs.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text, parents=[anywhere])

    listing = action("list", "newest first")
    _add_filters(listing)
    listing.add_argument("--limit", type=int, default=50, help="1-500 (default 50)")
    listing.add_argument("--cursor", help="`next` of the page before")
    action("show", "one job with what it made").add_argument("id")
    watch = action("watch", "live progress until they have ended")
    watch.add_argument("ids", nargs="*", metavar="ID", help="default: all that are open, and those that come meanwhile")
    retry = action("retry", "try a failed job again, or the failed jobs of a batch").add_mutually_exclusive_group(
        required=True
    )
    retry.add_argument("id", nargs="?")
    retry.add_argument("--all-failed", action="store_true", help="every failed job but those of cancelled batches")
    cancel = action("cancel", "cancel a job, or a batch with its open children").add_mutually_exclusive_group(
        required=True
    )
    cancel.add_argument("id", nargs="?")
    cancel.add_argument("--task-id", metavar="ID", help="your own id; a job that comes later under it is cancelled too")
    action("next", "run a waiting job before all others of its kind").add_argument("id")
    clean = action("clean", "forget ended jobs; what they made stays")
    clean.add_argument("--older-than", type=float, metavar="DAYS", help="default: JOBS__HISTORY_DAYS; 0 is every one")
    export = action("export", "the history as a file, newest first")
    _add_filters(export)
    export.add_argument("--format", choices=("csv",), default="csv")
    export.add_argument("--out", metavar="FILE", required=True)
    submit = action("submit", "a tracking message: create or cancel")
    submit.add_argument("file", metavar="FILE", help="its JSON; - reads standard input")


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", action="append", choices=[str(state) for state in JobState], help="may be repeated")
    parser.add_argument("--kind", action="append", choices=[str(kind) for kind in JobKind], help="may be repeated")
    parser.add_argument("--session", metavar="ID")
    parser.add_argument("--camera", metavar="ID")
    parser.add_argument("--tenant", metavar="ID")
    parser.add_argument("--text", default="", help="words of its name, camera, team, operator, task, error; or its id")
    parser.add_argument("--from", dest="since", metavar="TIME", help="made then or later; ISO 8601, UTC without a zone")
    parser.add_argument("--to", dest="until", metavar="TIME", help="made then or earlier; a date means to its end")


def add_schedules(schedules: argparse.ArgumentParser, anywhere: argparse.ArgumentParser) -> None:
    """Each action is stored as `action`."""
    actions = schedules.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="every schedule, with its next and last run", parents=[anywhere])
    add = actions.add_parser("add", help="ask for work again and again", parents=[anywhere])
    add.add_argument("name", help="what the jobs panel shows")
    add.add_argument("--kind", choices=[str(kind) for kind in JobKind], default=str(JobKind.CAPTURE))
    add.add_argument("--camera", metavar="ID")
    add.add_argument("--params", metavar="JSON", default="{}", help="the kind's own; docs/cli.md lists them")
    times = add.add_mutually_exclusive_group(required=True)
    times.add_argument("--every", type=float, metavar="SECONDS")
    times.add_argument("--cron", metavar="LINE", help="minute, hour, day of month, month, day of week")
    add.add_argument("--time-zone", metavar="ZONE", help="of the cron line (default: the session's, else UTC)")
    add.add_argument("--disabled", action="store_true", help="runs only once it is enabled, or by hand")
    for name, text in (
        ("remove", "no more runs; the jobs it made stay"),
        ("run", "run it now; its calendar goes on as before"),
        ("enable", "run by its calendar again"),
        ("disable", "run only by hand"),
    ):
        actions.add_parser(name, help=text, parents=[anywhere]).add_argument("id")
