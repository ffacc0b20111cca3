"""`trackshift schedules`: list, add, remove, run, enable and disable what is asked for again and again."""

import argparse
import json
from dataclasses import replace

from cli.answer import Answer
from cli.documents import schedule_document
from cli.station import Station, open_station
from core.clock import utc_text
from core.errors import UsageError
from core.job import JobKind
from core.paths import DataFolder
from core.schedule import Schedule, ScheduleTrigger
from core.store import schedules, sessions


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Dispatch to the action."""
    actions = {"list": _list, "add": _add, "remove": _remove, "run": _run, "enable": _switch, "disable": _switch}
    with open_station(folder) as station:
        return actions[arguments.action](arguments, station)


def _list(_arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.read() as tx:
        every = schedules.every(tx)
    text = "\n".join(map(_line, every)) or "No schedules yet. Add one: trackshift schedules add NAME --every SECONDS …"
    return Answer({"schedules": [schedule_document(schedule) for schedule in every]}, text)


def _line(schedule: Schedule) -> str:
    when = f"every {schedule.every_s:g} s" if schedule.cron is None else f"{schedule.cron} ({schedule.time_zone})"
    if not schedule.enabled:
        following = "disabled"
    elif schedule.next_run_at_ns is None:
        following = "the worker has yet to plan it"
    else:
        following = f"next {utc_text(schedule.next_run_at_ns)}"
    missed = f", {schedule.missed_runs} missed" if schedule.missed_runs else ""
    return f"{schedule.id}  {schedule.name:20} {schedule.kind:8} {when}, {following}{missed}"


def _add(arguments: argparse.Namespace, station: Station) -> Answer:
    try:
        params = json.loads(arguments.params)
    except ValueError as broken:
        raise UsageError(f"--params is no JSON: {broken}", hint='For example: --params \'{"mode": "burst"}\'') from None
    if not isinstance(params, dict):
        raise UsageError("--params must be a JSON object", hint='For example: --params \'{"mode": "burst"}\'')
    kind = JobKind(arguments.kind)
    if kind is JobKind.CAPTURE:
        params.setdefault("mode", "single_frame")
    with station.database.write() as tx:
        session = sessions.current(tx)
        zone = arguments.time_zone or (session.time_zone if session else "UTC")
        asked = Schedule(
            name=arguments.name,
            kind=kind,
            trigger=ScheduleTrigger.INTERVAL if arguments.cron is None else ScheduleTrigger.CRON,
            params=params,
            camera_id=arguments.camera,
            every_s=arguments.every,
            cron=arguments.cron,
            time_zone=zone,
            enabled=not arguments.disabled,
        )
        added = schedules.add(tx, asked)
    return Answer(schedule_document(added), f"Added: {_line(added)}")


def _remove(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.write() as tx:
        schedules.remove(tx, arguments.id)
    return Answer({"removed": arguments.id}, f"Removed {arguments.id}. The jobs it made stay.")


def _run(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.write() as tx:
        schedules.run_now(tx, arguments.id)
        schedule = schedules.get(tx, arguments.id)
    return Answer(schedule_document(schedule), f"{schedule.name} runs as soon as the worker sees it.")


def _switch(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.write() as tx:
        before = schedules.get(tx, arguments.id)
        schedule = schedules.update(tx, replace(before, enabled=arguments.action == "enable"))
    return Answer(schedule_document(schedule), _line(schedule))
