"""Findings in BigQuery: each once however often they are loaded, bad rows named, a run's rows gone when it is."""

import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from typing import Any

import pytest

from core.cloud_sections import BigquerySettings
from core.packs import check_pack, pack_of
from core.run import AnalysisUnreachable, Finding, FindingState, Run, RunProvider
from core.settings import Settings
from tests.conftest import eventually
from workers.analysis import bigquery
from workers.analysis.bigquery import FindingsTable, columns_of, row_of
from workers.analysis.gemini_faults import CredentialsRefused
from workers.analysis.google_access import Access

pytest.importorskip("google.cloud.bigquery", reason="the extra `cloud` is not installed")
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
laps = { type = "integer" }
cut = { type = "boolean" }
kind = { type = "string", enum = ["soft", "hard"] }
notes = { type = "array", items = { type = "string" } }
spots = { type = "array", items = { type = "object" } }
""",
    ".toml",
)
VALUES = {"wear": 12.5, "laps": 7, "cut": False, "kind": "soft", "notes": ["even", None], "spots": [{"x": 1}]}
LOCAL = os.environ.get("LOCAL_BIGQUERY") or shutil.which("local-bigquery")


def run_of(id: str = "run-1") -> Run:
    given: dict[str, Any] = {"assets": 3, "completed": 3, "failed": 0, "tokens_in": 1, "tokens_out": 1, "cost_usd": 0.1}
    given |= {"job_id": "job-1", "name": "", "pack_name": "wear", "pack_version": "1.0", "pack": PACK.as_json()}
    given |= {"budget_usd": None, "held_because": None, "ended_at_ns": 2, "files_job_id": None, "options": {}}
    return Run(id=id, provider=RunProvider.GEMINI, created_at_ns=1, **given)


def found(number: int, values: dict[str, object] | None = None, run_id: str = "run-1") -> Finding:
    return Finding(
        run_id,
        f"car-{number}",
        number,
        "box 3",
        (),
        FindingState.COMPLETED,
        "job-1",
        model="gemini-2.5-pro",
        values=VALUES if values is None else values,
        ended_at_ns=1_795_000_000_000_000_000,
    )


def test_a_pack_becomes_typed_columns_and_a_finding_a_row_of_them():
    columns = {name: (kind, mode) for name, kind, mode in columns_of(PACK)}
    assert columns["asset_id"] == ("STRING", "REQUIRED")
    assert columns["wear"] == ("FLOAT64", "NULLABLE")
    assert columns["laps"] == ("INT64", "NULLABLE")
    assert columns["cut"] == ("BOOL", "NULLABLE")
    assert columns["notes"] == columns["spots"] == ("STRING", "REPEATED")
    row = row_of(run_of(), PACK, found(1))
    assert set(row) == set(columns)
    assert (row["run_id"], row["notes"], row["spots"], row["cut"]) == ("run-1", ["even"], ['{"x": 1}'], False)


def table_at(url: str) -> FindingsTable:
    from google.oauth2.credentials import Credentials

    settings = Settings(bigquery=BigquerySettings(base_url=url, results_dataset="pit", results_table="seen"))
    return FindingsTable(Access(Credentials("token"), "team-1", "a test"), settings, "wear")


def test_a_bigquery_that_can_not_be_reached_is_waited_for(monkeypatch):
    monkeypatch.setattr(bigquery, "_RETRY_S", 0.1)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        table = table_at(f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(AnalysisUnreachable):
            table.ensure(PACK)
        table.close()


@pytest.mark.parametrize(
    ("raised", "told"), [("Unauthorized", CredentialsRefused), ("Forbidden", bigquery.BigqueryRefused)]
)
def test_what_google_refuses_is_told_in_words(raised, told):
    from google.api_core import exceptions

    with pytest.raises(told, match="no such right"), bigquery._told():
        raise getattr(exceptions, raised)("no such right")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A local BigQuery: a program of its own, for it needs a newer Python and other packages than the station's."""
    if not LOCAL:
        pytest.skip("there is no `local-bigquery` here (docs/cloud.md says how to get it)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        grpc_port = free.getsockname()[1]
    told = tmp_path_factory.mktemp("bigquery")
    command = [LOCAL, "serve", "--port", str(port), "--grpc-port", str(grpc_port), "--project", "team-1"]
    with (told / "log").open("wb") as log:
        process = subprocess.Popen([*command, "--data-dir", str(told)], stdout=log, stderr=log)

    def up() -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/bigquery/v2/projects/team-1/datasets", timeout=1).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    try:
        assert eventually(up, 30), (told / "log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def table(server):
    table = table_at(server)
    table.ensure(PACK)
    yield table
    table.close()


def test_a_run_loaded_twice_is_there_once(table):
    three = [found(number, run_id="run-a") for number in range(3)]
    table.ensure(PACK)
    first = table.load(run_of("run-a"), PACK, three)
    assert (first.sent, first.there, first.bad) == (3, 0, {})
    again = table.load(run_of("run-a"), PACK, [*three, found(3, run_id="run-a")])
    assert (again.sent, again.there) == (1, 3)
    assert len(table._there("run-a")) == 4


def test_a_runs_rows_go_and_those_of_others_stay(table):
    table.load(run_of("run-b"), PACK, [found(1, run_id="run-b")])
    table.load(run_of("run-c"), PACK, [found(1, run_id="run-c")])
    assert table.remove("run-b") == 1
    assert not table._there("run-b")
    assert len(table._there("run-c")) == 1
    assert table.remove("run-b") == 0


def test_a_row_that_bigquery_refuses_is_named_and_the_others_are_kept(table):
    bad = found(1, {**VALUES, "laps": "many"}, run_id="run-d")
    loaded = table.load(run_of("run-d"), PACK, [found(0, run_id="run-d"), bad, found(2, run_id="run-d")])
    assert set(loaded.bad) == {"car-1"}
    assert loaded.bad["car-1"]
    assert len(table._there("run-d")) == loaded.sent == 2


def test_a_later_version_of_a_pack_adds_its_columns(table):
    schema: dict[str, Any] = PACK.schema
    properties = {**schema["properties"], "grip": {"type": "number"}}
    later = pack_of({**PACK.as_json(), "version": "2.0", "schema": {**schema, "properties": properties}})
    table.ensure(later)
    loaded = table.load(run_of("run-e"), later, [found(1, {**VALUES, "grip": 0.8}, run_id="run-e")])
    assert (loaded.sent, loaded.bad) == (1, {})


class StubClient:
    """A client that answers from memory, for what a local BigQuery never says."""

    def __init__(self, *, refused=(), query_fails=None):
        self.refused, self.query_fails = list(refused), query_fails
        self.sent = []

    def insert_rows_json(self, table, rows, row_ids, **_):
        self.sent.append((table, rows, row_ids))
        return self.refused

    def query(self, sql, **_):
        if self.query_fails is not None:
            raise self.query_fails
        raise AssertionError(sql)

    def close(self):
        pass


@pytest.fixture
def stubbed():
    def stubbed(**given):
        table = table_at("http://127.0.0.1:1")
        table._client.close()
        table._client = StubClient(**given)
        return table

    return stubbed


def test_a_row_goes_by_an_insert_id_of_its_own_and_a_bad_one_is_told_by_its_asset(stubbed):
    from google.api_core import exceptions

    refused = [{"index": 1, "errors": [{"reason": "invalid", "message": "no such field: grip"}]}]
    table = stubbed(refused=refused, query_fails=exceptions.NotFound("not there yet"))
    loaded = table.load(run_of(), PACK, [found(0), found(1)])
    assert (loaded.table, loaded.sent, loaded.bad) == (
        "team-1.pit.seen_wear",
        1,
        {"car-1": "no such field: grip"},
    )
    assert table._client.sent[0][2] == ["run-1-0", "run-1-1"]


def test_rows_that_are_still_streaming_in_are_waited_for(stubbed):
    from google.api_core import exceptions

    said = "UPDATE or DELETE statement over table t would affect rows in the streaming buffer"
    with pytest.raises(bigquery.RowsStreaming):
        stubbed(query_fails=exceptions.BadRequest(said)).remove("run-1")
    assert stubbed(query_fails=exceptions.NotFound("no table")).remove("run-1") == 0
