"""The command line of the analysis: `analyze`, `packs` and `runs` with their options."""

import argparse

from core.run import RunProvider

_FORMATS = ("csv", "parquet", "jsonl")
_GROUPINGS = ("frame", "camera", "session", "car")


def add_analyze(analyze: argparse.ArgumentParser) -> None:
    analyze.add_argument("--pack", required=True, metavar="P", help="`trackshift packs list` names them")
    analyze.add_argument("--frames", nargs="+", metavar="PATH", help="each file is an asset, each folder is one")
    analyze.add_argument("--assets", metavar="CSV", help="a list: asset_id, location, frames (paths with ; between)")
    analyze.add_argument("--session", metavar="S", help="the library's frames of a session")
    analyze.add_argument("--camera", metavar="ID", help="the library's frames of a camera")
    analyze.add_argument(
        "--by", choices=_GROUPINGS, help="what is one asset of the library (default: car where all name one, or camera)"
    )
    analyze.add_argument("--provider", choices=[str(provider) for provider in RunProvider], default="auto")
    analyze.add_argument("--night", action="store_true", help="as one batch of Vertex AI: within a day, half the price")
    analyze.add_argument("--budget", type=float, metavar="USD", help="hold the run before it costs more")
    analyze.add_argument("--estimate", action="store_true", help="say what it will take, and send nothing")
    analyze.add_argument("--task-id", metavar="ID", help="your own id: the same twice is one run")
    analyze.add_argument("--name", default="", help="what the window shows")
    analyze.add_argument("--priority", type=int, help="higher goes first (default 100)")
    analyze.add_argument("--after", metavar="JOB", help="start when that job has completed; if it fails, this one does")
    analyze.add_argument("--wait", action="store_true", help="return when the run has ended or is held")


def add_packs(packs: argparse.ArgumentParser, anywhere: argparse.ArgumentParser) -> None:
    actions = packs.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="every pack, and every file that is none", parents=[anywhere])
    check = actions.add_parser("check", help="what is wrong with pack files, by line", parents=[anywhere])
    check.add_argument("files", nargs="*", metavar="FILE", help="default: all of the station")


def add_runs(runs: argparse.ArgumentParser, anywhere: argparse.ArgumentParser) -> None:
    actions = runs.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text, parents=[anywhere])

    listing = action("list", "newest first")
    listing.add_argument("--limit", type=int, default=50, help="1-500 (default 50)")
    listing.add_argument("--cursor", help="`next` of the page before")
    action("show", "one run with its failures and files").add_argument("run", metavar="RUN")
    action("stop", "begin nothing more of it; what is under way ends and is kept").add_argument("run", metavar="RUN")
    resume = action("resume", "go on with what is pending")
    resume.add_argument("run", metavar="RUN")
    resume.add_argument("--budget", type=float, metavar="USD", help="a new budget")
    action("retry", "ask again for every failed asset").add_argument("run", metavar="RUN")
    delete = action("delete", "cancel it, and forget its findings and files")
    delete.add_argument("run", metavar="RUN")
    delete.add_argument("--objects", action="store_true", help="remove its files from object storage too")
    delete.add_argument("--bigquery", action="store_true", help="remove its rows from BigQuery too")
    load = action("load", "send its completed findings to BigQuery, each once")
    load.add_argument("run", metavar="RUN")
    load.add_argument("--wait", action="store_true", help="return when they are there")
    export = action("export", "one row an asset")
    export.add_argument("run", metavar="RUN")
    export.add_argument("--format", choices=_FORMATS, default="csv")
    export.add_argument("--out", metavar="FILE", required=True)
