"""A run for the tests of the analysis: a pack of two columns, assets with a frame file each, and shards run by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from core.finding_export import write_files
from core.job import Job
from core.packs import check_pack
from core.run import Asset, Finding, FrameRef, NewRun, Run, RunProvider
from core.store import findings, jobs, runs
from core.store.jobs import StaleAttempt
from tests.fakes.fake_computing import FakeComputing
from tests.fakes.fake_provider import FakeProvider
from tests.workers.station_parts import StationParts
from workers.cancellation import CancelToken
from workers.jobs import analyzing

PACK = check_pack(
    """
name = "wear"
version = "1.0"
prompt = "How worn is it?"
[schema]
type = "object"
required = ["wear", "kind"]
[schema.properties]
wear = { type = "number", minimum = 0, maximum = 100 }
kind = { type = "string", enum = ["soft", "hard"] }
notes = { type = "array", items = { type = "string" } }
""",
    ".toml",
)
GOOD = {"wear": 12.5, "kind": "soft", "notes": ["even"]}


def assets_of(folder: Path, number: int) -> list[Asset]:
    path = folder / "frame.jpg"
    path.write_bytes(b"a picture")
    return [Asset(f"car-{n:03d}", (FrameRef(path=str(path)),), "Box 1") for n in range(number)]


def made(station: StationParts, number: int, **fields: Any) -> Run:
    new = NewRun(pack=PACK.as_json(), provider=fields.pop("provider", RunProvider.GEMINI), **fields)
    with station.database.write() as tx:
        return runs.make(tx, new, assets_of(station.folder.root, number))


def shard(station: StationParts, provider: FakeProvider | None = None, cancel: CancelToken | None = None) -> None:
    """The next shard's next attempt, to its completion; without a provider, by the one that is set up."""
    context = station.context(station.claim(), cast("Any", FakeComputing(written)), cancel)
    outcome = analyzing.run(context) if provider is None else analyzing.run(context, lambda *_: provider)
    with station.database.write() as tx:
        if outcome.publish is not None:
            outcome.publish(tx)
        jobs.finish(tx, context.job, outcome.summary)


def completes(station: StationParts) -> bool:
    """Whether the next shard's next attempt, by the provider that is set up, completes; else it waits."""
    try:
        shard(station)
    except StaleAttempt:
        return False
    return True


def written(root: str, run_id: str, targets: dict[str, str]) -> int:
    """Like the child's, but for Parquet, whose library takes seconds to import."""
    Path(targets["parquet"]).write_bytes(b"PAR1")
    return write_files(root, run_id, {name: path for name, path in targets.items() if name != "parquet"})


def answering(values: object = GOOD, **others: object) -> Callable[[str, int], object]:
    """The same for every asset but those named (with _ for -); a list is call by call."""

    def answer(asset_id: str, call: int) -> object:
        own = others.get(asset_id.replace("-", "_"), values)
        return own[call - 1] if isinstance(own, list) else own

    return answer


def run_of(station: StationParts, run: Run) -> Run:
    with station.database.read() as tx:
        return runs.get(tx, run.id)


def findings_of(station: StationParts, run: Run) -> list[Finding]:
    with station.database.read() as tx:
        return findings.after(tx, run.id, -1, 10_000)


def children(station: StationParts, run: Run) -> list[Job]:
    with station.database.read() as tx:
        return jobs.children(tx, run.job_id)
