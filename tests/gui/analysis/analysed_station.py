"""Fills a station with runs and findings, as the worker would leave them."""

import random
from collections.abc import Sequence

from core.job import JobKind
from core.pack import Pack
from core.packs import check_pack
from core.run import Asset, FrameRef, NewRun, Run, RunProvider
from core.store import findings, jobs, runs
from core.store.database import Database
from core.store.findings import FindingEnd

PACK_TEXT = """\
name = "pit_box"
version = "1.2"
title = "Pit box"
prompt = "Is the box clear?"

[providers]
local = "frame_quality"

[schema]
type = "object"
required = ["verdict", "clear"]

[schema.properties]
verdict = { type = "string", enum = ["safe", "check", "unsafe"], description = "What to do" }
clear = { type = "boolean" }
score = { type = "number", minimum = 0, maximum = 100 }
people = { type = ["integer", "null"] }
hazards = { type = "array", items = { type = "string" } }
note = { type = "string" }
"""
PACK = check_pack(PACK_TEXT, ".toml")


def a_run(
    database: Database,
    number: int,
    *,
    frames: Sequence[FrameRef] = (FrameRef(path="/nowhere/1.jpg"),),
    pack: Pack = PACK,
    provider: RunProvider = RunProvider.LOCAL,
    name: str = "",
) -> Run:
    """A run of so many assets, of which nothing is answered yet; one of `frames` each, in turn."""
    assets = [Asset(f"Car {place}", (frames[place % len(frames)],), f"Box {place % 3 + 1}") for place in range(number)]
    with database.write() as tx:
        return runs.make(tx, NewRun(pack.as_json(), provider, name), assets)


def an_answer(number: int) -> dict[str, object]:
    """Another one each time, and always the same."""
    chance = random.Random(number)
    return {
        "verdict": chance.choices(["safe", "check", "unsafe"], [8, 3, 1])[0],
        "clear": chance.random() < 0.8,
        "score": round(min(max(chance.gauss(72, 14), 0), 100), 1),
        "people": chance.choice([0, 1, 2, 2, 3, None]),
        "hazards": chance.choice([[], [], ["air hose on the line"], ["wheel gun", "jack"]]),
        "note": f"Answer {number}",
    }


def answer(database: Database, run: Run, *, failed: frozenset[int] = frozenset(), at_most: int | None = None) -> None:
    """Work through the run's shards, as the worker would; stop after so many findings."""
    left = run.assets if at_most is None else at_most
    while left > 0:
        with database.write() as tx:
            job = jobs.claim(tx, worker_id="w", kinds_free={JobKind.ANALYZE: 9})
            if job is None:
                return
            waiting = findings.pending(tx, job.id)
            ends = [_end(finding.number, finding.number in failed) for finding in waiting[:left]]
            findings.record(tx, job, run.id, ends)
            left -= len(ends)
            if len(ends) == len(waiting):
                jobs.finish(tx, job, {})


def _end(number: int, is_failed: bool) -> FindingEnd:
    spent = {"model": "gemini-2.5-pro", "tokens_in": 1400, "tokens_out": 90, "cost_usd": 0.0026, "took_ms": 1830.0}
    if is_failed:
        error = {"slug": "answer_invalid", "message": "The answer breaks the pack's schema", "hint": "Mend the pack."}
        return FindingEnd(number, error=error, raw="{ no json", **spent)  # type: ignore[arg-type]
    values = an_answer(number)
    import json

    return FindingEnd(number, values=values, raw=json.dumps(values), **spent)  # type: ignore[arg-type]
