"""`trackshift jobs watch`: progress bars that move on a terminal, and one answer once the jobs have ended."""

import argparse
import os
import sys
import time
from collections.abc import Sequence

from cli.answer import Answer, Exit
from cli.documents import job_document
from cli.queueing import exit_of
from cli.station import Station
from cli.waiting import wait_until
from core.job import ENDED, Job, JobState
from core.store import jobs
from core.store.database import Reading

_BAR = 20
_CLEAR_LINE, _CLEAR_BELOW = "\033[K", "\033[J"


def watch(arguments: argparse.Namespace, station: Station) -> Answer:
    """The named jobs, or all that are open and those that come meanwhile; starts a worker if one is needed.

    Exit 0 if all completed whole, 3 in part, 1 none. Raises NotFound. Ctrl+C stops no job.
    """
    ids = list(dict.fromkeys(arguments.ids))
    since_ns = time.time_ns()
    bars = _Bars()

    def look() -> list[Job]:
        with station.database.read() as tx:
            return [jobs.get(tx, id) for id in ids] if ids else jobs.active(tx, since_ns)

    def ended() -> list[Job] | None:
        watched = look()
        bars.draw(watched)
        return watched if _all_ended(watched) else None

    watched = look()
    if not _all_ended(watched):
        watched = wait_until(station, ended)
        bars.clear()
    with station.database.read() as tx:
        code = _exit_of(tx, watched)
    text = "\n".join(_line(job) for job in watched) or "No open jobs."
    return Answer({"jobs": [job_document(job) for job in watched]}, text, code)


def _all_ended(watched: Sequence[Job]) -> bool:
    return all(job.state in ENDED for job in watched)


def _exit_of(tx: Reading, watched: Sequence[Job]) -> Exit:
    codes = {exit_of(job, jobs.children(tx, job.id) if job.is_batch else [job]) for job in watched}
    if len(codes) > 1:
        return Exit.IN_PART
    return codes.pop() if codes else Exit.DONE


def _line(job: Job) -> str:
    """One job in one line."""
    done = round(_BAR * job.progress / 100)
    bar = "█" * done + "░" * (_BAR - done)
    why = job.error.message if job.error and job.state is not JobState.COMPLETED else job.held_because
    said = why or " · ".join(part for part in (job.stage, job.message) if part)
    what = job.name or job.camera_id or job.id
    return f"{job.kind:8} {what:16} {bar} {job.progress:3.0f} % {job.state:10} {said}".rstrip()


class _Bars:
    """A line a job on a terminal, drawn over the one before; nothing where nobody looks."""

    def __init__(self) -> None:
        self._text, self._lines = "", 0

    def draw(self, watched: Sequence[Job]) -> None:
        if not sys.stderr.isatty():
            return
        columns, rows = os.get_terminal_size(sys.stderr.fileno())
        # A line that wraps, or scrolls out at the top, could not be drawn over; an unknown size is told as 0.
        room = max((rows or 24) - 2, 1)
        lines = [_line(job) for job in watched[:room]]
        if len(watched) > room:
            lines.append(f"and {len(watched) - room} more")
        text = "".join(f"{line[: (columns or 80) - 1]}{_CLEAR_LINE}\n" for line in lines)
        if text == self._text:
            return
        print(f"{self._up()}{text}{_CLEAR_BELOW}", end="", file=sys.stderr, flush=True)
        self._text, self._lines = text, len(lines)

    def clear(self) -> None:
        """The answer takes their place."""
        if self._lines:
            print(self._up() + _CLEAR_BELOW, end="", file=sys.stderr, flush=True)
            self._text, self._lines = "", 0

    def _up(self) -> str:
        return f"\033[{self._lines}A\r" if self._lines else ""
