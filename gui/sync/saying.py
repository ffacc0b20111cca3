"""The sync bar's words: what is on its way, and whether it is safe to leave."""

from dataclasses import dataclass

from core.upload import SyncSummary
from gui.library.facts import bytes_text
from gui.sync.pace import eta_text


@dataclass(frozen=True, slots=True)
class Saying:
    title: str
    text: str
    level: str
    """ok: safe to leave; bad: needs the operator; info: under way; "": calm."""
    icon: str
    needs_settings: bool = False


def saying(summary: SyncSummary, bytes_a_second: float | None, *, worker_present: bool) -> Saying:
    """What the bar shows for this. `bytes_a_second` None: not known."""
    open_files = summary.waiting + summary.sending + summary.blocked
    size = bytes_text(summary.open_bytes)
    held = f" {_files(summary.held)} deleted and not sent." if summary.held else ""
    if not open_files:
        if summary.open_jobs:
            jobs = "1 job is" if summary.open_jobs == 1 else f"{summary.open_jobs:,} jobs are"
            return Saying(
                "Not yet safe to leave", f"{jobs} under way. What comes of it is sent by itself.{held}", "info", "clock"
            )
        if not summary.verified:
            return Saying("Nothing to send yet", f"What you capture is sent by itself.{held}", "", "upload")
        said = f"{_files(summary.verified)}, {bytes_text(summary.verified_bytes)}, verified in object storage.{held}"
        return Saying("Safe to leave", said, "ok", "cloud-check")
    if summary.blocked:
        others = summary.waiting + summary.sending
        rest = f" {_files(others)} {'waits' if others == 1 else 'wait'}." if others else ""
        why = (summary.reason or "The store refused them").rstrip(".")
        return Saying(f"{_files(summary.blocked)} blocked", f"{why}.{rest} Nothing is lost.", "bad", "warning", True)
    if summary.paused:
        said = f"{_files(open_files)}, {size}, wait until you press Resume. Nothing is lost."
        return Saying("Paused", said, "warn", "pause")
    if summary.sending:
        parts = [f"{_files(open_files)}, {size} to go"]
        if bytes_a_second:
            parts += [f"{bytes_text(bytes_a_second)}/s", eta_text(summary.open_bytes, bytes_a_second)]
        return Saying("Sending", " · ".join(parts), "info", "upload")
    if not worker_present:
        said = f"{_files(open_files)}, {size}, wait for the worker. Nothing is lost."
        return Saying("Waiting", said, "", "clock")
    if summary.reason:
        return Saying(
            f"{_files(open_files)} {'waits' if open_files == 1 else 'wait'}, nothing is lost",
            summary.reason,
            "",
            "clock",
        )
    return Saying("Waiting to send", f"{_files(open_files)}, {size}.", "info", "upload")


def _files(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"
