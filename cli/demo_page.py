"""The summary page of the headless demo: what was run, what it made, and the window's pictures, in one HTML file."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from cli.answer import Answer, Exit
from cli.documents import Document
from core.clock import span_text
from resources import resource


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the demo with its answer."""

    command: str
    answer: Answer
    expected: Exit
    took_s: float

    @property
    def as_expected(self) -> bool:
        return self.answer.exit is self.expected


def write_page(
    page: Path,
    *,
    steps: Sequence[Step],
    frames: Answer,
    clips: Answer,
    analysis: Answer,
    sync: Answer,
    screenshots: Sequence[Path],
    store: Path,
) -> Path:
    """Write the page at `page`; it links to the files where they are."""
    safe = sync.document.get("safe_to_leave") is True
    template = Template(resource("pages/demo_summary.html").read_text(encoding="utf-8"))
    page.write_text(
        template.substitute(
            cameras=len(_list(frames, "frames")),
            safe_class="safe" if safe else "not-safe",
            safe_words=html.escape(sync.text),
            steps="\n".join(_step_row(step) for step in steps),
            frames="\n".join(_figure(frame) for frame in _list(frames, "frames")),
            analysis=html.escape(_analysis_line(analysis)),
            clips="\n".join(_clip_row(clip) for clip in _list(clips, "clips")),
            screenshots="\n".join(f'<p><img src="{shot.as_uri()}" alt="{shot.stem}"></p>' for shot in screenshots),
            store=html.escape(str(store)),
        ),
        encoding="utf-8",
    )
    return page


def _list(answer: Answer, name: str) -> list[Document]:
    value = answer.document.get(name)
    return value if isinstance(value, list) else []


def _analysis_line(analysis: Answer) -> str:
    """What the local run found, or why there is none."""
    told = analysis.document
    if "run_id" not in told:
        return analysis.text
    failed = f", {told['failed']} failed" if told["failed"] else ""
    took = span_text(int(float(str(told["ms"])) * 1e6))
    return (
        f"frame_quality, on this machine, without a network: {told['completed']} of {told['assets']} frames "
        f"answered{failed} in {took}. The picture of the Analysis page below shows the table and its charts."
    )


def _step_row(step: Step) -> str:
    meant = "" if step.as_expected else f" (expected {int(step.expected)})"
    return (
        f"<tr><td><code>{html.escape(step.command)}</code></td>"
        f'<td class="number">{int(step.answer.exit)}{meant}</td><td class="number">{step.took_s:.2f} s</td></tr>'
    )


def _figure(frame: Document) -> str:
    camera, captured_at = html.escape(str(frame["camera_id"])), html.escape(str(frame["captured_at"]))
    doubt = span_text(int(str(frame["uncertainty_ns"])))
    return (
        f'<figure><img src="{Path(str(frame["path"])).as_uri()}" alt="{camera}">'
        f"<figcaption>{camera}<br>{captured_at} ± {doubt} ({frame['clock_source']})</figcaption></figure>"
    )


def _clip_row(clip: Document) -> str:
    return (
        f'<tr><td><a href="{Path(str(clip["path"])).as_uri()}">{html.escape(str(clip["camera_id"]))}</a></td>'
        f'<td class="number">{html.escape(str(clip["captured_at"]))}</td>'
        f'<td class="number">{float(str(clip["duration_ns"])) / 1e9:.2f} s</td>'
        f"<td><code>{html.escape(str(clip['sha256']))}</code></td></tr>"
    )
