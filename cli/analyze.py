"""`trackshift analyze`: asks a pack's question for every asset, or says what that will take."""

import argparse
from pathlib import Path

from cli.answer import Answer, Exit
from cli.runs import ended_document, run_line
from cli.station import Station, open_station
from cli.waiting import wait_until
from core.errors import UsageError
from core.job import OPEN, PRIORITY_PERSON, JobKind, JobState, NewJob
from core.paths import DataFolder
from core.pricing import Estimate, Prices, estimate
from core.run import Run, RunProvider
from core.run_requests import RunRequest, ask_run, prepare, run_params
from core.store import jobs, runs


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    with open_station(folder) as station:
        with station.database.read() as tx:
            request = prepare(tx, folder, run_params(_params(arguments)))
        if arguments.estimate:
            return _estimate(station, request)
        with station.database.write() as tx:
            made = ask_run(tx, request, _job(station, arguments))
        if not arguments.wait:
            return Answer(ended_document(made), f"Queued: run {made.id}, {made.assets} assets, job {made.job_id}")
        return _answer(_wait(station, made))


def _params(arguments: argparse.Namespace) -> dict[str, object]:
    asked: dict[str, object] = {
        "pack": arguments.pack,
        "frames": [str(Path(path).expanduser().absolute()) for path in arguments.frames or ()],
        "csv": str(Path(arguments.assets).expanduser().absolute()) if arguments.assets else None,
        "session": arguments.session,
        "camera": arguments.camera,
        "by": arguments.by,
        "provider": arguments.provider,
        "night": arguments.night,
        "budget_usd": arguments.budget,
    }
    if not (asked["frames"] or asked["csv"] or asked["session"] or asked["camera"]):
        raise UsageError(
            "Nothing is named to analyse", hint="Name --frames PATH…, --assets CSV, --session S or --camera ID."
        )
    return {name: value for name, value in asked.items() if value is not None}


def _job(station: Station, arguments: argparse.Namespace) -> NewJob:
    return NewJob(
        JobKind.ANALYZE,
        {},
        name=arguments.name,
        task_id=arguments.task_id,
        tenant_id=station.settings.station.tenant_id or None,
        operator=station.settings.station.operator or None,
        priority=PRIORITY_PERSON if arguments.priority is None else arguments.priority,
        tries=station.settings.jobs.max_attempts,
        after_id=arguments.after,
    )


def _estimate(station: Station, request: RunRequest) -> Answer:
    """Local analysis costs nothing; `auto` is told as what it would cost if Gemini answered."""
    if request.params.provider is RunProvider.LOCAL:
        found = Estimate(len(request.assets), request.frames, f"local {request.pack.local}", 0, 0, 0.0, 0.0, "")
    else:
        frames = {asset.asset_id: len(asset.frames) for asset in request.assets}
        prices = Prices.of_station(station.folder)
        found = estimate(request.pack, frames, station.settings, prices, night=request.params.night)
    document = {
        "assets": found.assets,
        "frames": found.frames,
        "model": found.model,
        "tokens_in": found.tokens_in,
        "tokens_out": found.tokens_out,
        "cost": round(found.usd, 6),
        "cost_at_most": round(found.most_usd, 6),
        "currency": "USD",
        "priced_on": found.priced_on or None,
        "notes": list(found.notes),
    }
    text = f"{found.assets} assets with {found.frames} frames, {found.model}: about {found.usd:.2f} USD, "
    return Answer(document, "\n".join([text + f"at most {found.most_usd:.2f} USD. Nothing was sent.", *found.notes]))


def _wait(station: Station, made: Run) -> Run:
    """Until its last shard ended, or the run is held."""

    def ended() -> Run | None:
        with station.database.read() as tx:
            found = runs.get(tx, made.id)
            shards = jobs.children(tx, found.job_id) if found.held_because is not None else []
        over = found.job_state not in OPEN
        held = bool(shards) and all(shard.state is not JobState.PROCESSING for shard in shards)
        return found if over or held else None

    return wait_until(station, ended)


def _answer(run: Run) -> Answer:
    if run.completed == run.assets:
        code = Exit.DONE
    elif run.completed or run.held_because:
        code = Exit.IN_PART
    else:
        code = Exit.FAILED
    return Answer(ended_document(run), run_line(run), code)
