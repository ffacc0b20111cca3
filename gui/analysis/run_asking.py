"""What the dialog of a new run asks of the station while it is filled in: assets, ways to answer, and the estimate."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.camera import Camera
from core.errors import KnownError
from core.pack import BrokenPack, Pack
from core.packs import folders_of, load_packs
from core.run import NewRun, Run
from core.session import Session
from core.store import cameras, runs, sessions
from gui.analysis.asset_choice import Found, Wanted, find
from gui.analysis.estimating import Forecast, Way, forecast, ways
from gui.errors import told
from gui.station import Station


@dataclass(frozen=True, slots=True)
class Around:
    """What can be chosen."""

    packs: Sequence[Pack]
    broken: Sequence[BrokenPack]
    cameras: Sequence[Camera]
    sessions: Sequence[Session]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is chosen now."""

    wanted: Wanted
    pack: Pack | None
    way: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What the station says of it."""

    asked: Asked
    found: Found
    ways: tuple[Way, ...]
    forecast: Forecast | None = None
    why_not: str = ""
    """It can't be started so."""

    @property
    def way(self) -> Way:
        return next(way for way in self.ways if way.key == self.asked.way)


def around(station: Station) -> Around:
    """Off the main thread."""
    packs, broken = load_packs(folders_of(station.folder))
    with station.database.read() as tx:
        return Around(packs, broken, cameras.every(tx), sessions.every(tx))


def answer(station: Station, asked: Asked, before: Found | None) -> Answered:
    """before: what was found last, which holds while the assets asked for are the same. Off the main thread."""
    every = ways(asked.pack, station.settings)
    try:
        found = before if before is not None and before.wanted == asked.wanted else find(station.database, asked.wanted)
    except KnownError as problem:
        return Answered(asked, Found(asked.wanted, said=told(problem), level="bad"), every, why_not=str(problem))
    answered = Answered(asked, found, every)
    if asked.pack is None:
        return Answered(asked, found, every, why_not="There is no pack. Make one on the page Packs.")
    if answered.way.why_not:
        return Answered(asked, found, every, why_not=answered.way.why_not)
    if not found.assets:
        return Answered(asked, found, every, why_not="There is nothing to analyse: choose other assets.")
    try:
        with station.database.read() as tx:
            said = forecast(tx, station.folder, station.settings, asked.pack, found.assets, answered.way)
    except KnownError as problem:
        return Answered(asked, found, every, why_not=told(problem))
    return Answered(asked, found, every, said)


def start(station: Station, answered: Answered, name: str, budget_usd: float | None) -> Run:
    """Make the run; the worker begins as soon as it sees it. Raises UsageError. Off the main thread."""
    if answered.asked.pack is None:
        raise RuntimeError("a run was started without a pack")
    settings = station.settings
    new = NewRun(
        pack=answered.asked.pack.as_json(),
        provider=answered.way.provider,
        name=name,
        options=answered.way.options,
        budget_usd=budget_usd,
        tenant_id=settings.station.tenant_id or None,
        operator=settings.station.operator or None,
        session_id=answered.asked.wanted.filter.session_id,
        tries=settings.jobs.max_attempts,
    )
    with station.database.write() as tx:
        return runs.make(tx, new, answered.found.assets)
