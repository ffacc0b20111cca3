"""Findings as files: one row an asset, typed by the pack's columns, failures with their reason."""

import csv
import json

import pytest

from core.errors import NotFound
from core.finding_export import ExportFormat, export_findings
from core.job import JobKind
from core.packs import check_pack
from core.run import Asset, FindingState, FrameRef, NewRun
from core.store import findings, jobs, runs
from core.store.findings import FindingEnd, FindingFilter, FindingSort

PACK = check_pack(
    """
name = "wear"
version = "1.0"
prompt = "?"
[schema]
type = "object"
[schema.properties]
wear = { type = ["number", "null"] }
cuts = { type = "integer" }
worn = { type = "boolean" }
kind = { type = "string", enum = ["soft", "hard"] }
notes = { type = "array", items = { type = "string" } }
""",
    ".toml",
)
ANSWERS: list[dict[str, object]] = [
    {"wear": 12.5, "cuts": 2, "worn": True, "kind": "soft", "notes": ["ä", "b,c"]},
    {"wear": None, "cuts": 0, "worn": False, "kind": "hard", "notes": []},
    {"wear": 80, "cuts": 1, "worn": True, "kind": "soft", "notes": ['"']},
]


@pytest.fixture
def run(db):
    with db.write() as tx:
        assets = [Asset(f"car-{n}", (FrameRef(path="/a.jpg"),), f"Box {n}") for n in range(5)]
        run = runs.make(tx, NewRun(pack=PACK.as_json()), assets)
        job = jobs.claim(tx, worker_id="w", kinds_free=dict.fromkeys(JobKind, 1))
        assert job is not None
        failed = {"slug": "answer_invalid", "message": "The answer breaks the schema", "hint": "Mend it"}
        ended = [FindingEnd(n, values=values, model="m-1") for n, values in enumerate(ANSWERS)]
        findings.record(tx, job, run.id, [*ended, FindingEnd(3, error=failed, raw="{", tokens_in=5)])
        return runs.get(tx, run.id)


def test_csv_and_json_lines_have_a_row_an_asset_whatever_became_of_it(db, run, tmp_path):
    assert export_findings(db, run.id, tmp_path / "f.csv", ExportFormat.CSV) == 5
    rows = list(csv.reader((tmp_path / "f.csv").read_text("utf-8").splitlines()))
    assert rows[0] == ["asset_id", "state", "error", "run_id", "model", "wear", "cuts", "worn", "kind", "notes"]
    assert rows[1] == ["car-0", "completed", "", run.id, "m-1", "12.5", "2", "true", "soft", '["ä", "b,c"]']
    assert rows[4] == ["car-3", "failed", "The answer breaks the schema", run.id, "", "", "", "", "", ""]
    assert rows[5][:2] == ["car-4", "pending"]
    assert export_findings(db, run.id, tmp_path / "f.jsonl", ExportFormat.JSONL) == 5
    lines = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text("utf-8").splitlines()]
    assert lines[2]["wear"] == 80 and lines[2]["notes"] == ['"'] and lines[3]["wear"] is None
    assert list(lines[0]) == rows[0]


def test_parquet_has_the_packs_types(db, run, tmp_path):
    import pyarrow.parquet as pq

    assert export_findings(db, run.id, tmp_path / "f.parquet", ExportFormat.PARQUET) == 5
    table = pq.read_table(tmp_path / "f.parquet")
    assert [str(table.schema.field(name).type) for name in ("asset_id", "wear", "cuts", "worn", "kind", "notes")] == [
        "string",
        "double",
        "int64",
        "bool",
        "string",
        "string",
    ]
    assert table.column("wear").to_pylist() == [12.5, None, 80.0, None, None]
    assert table.column("worn").to_pylist() == [True, False, True, None, None]
    assert json.loads(table.column("notes")[0].as_py()) == ["ä", "b,c"]


def test_a_run_that_is_not_there_leaves_no_file(db, tmp_path):
    with pytest.raises(NotFound):
        export_findings(db, "none", tmp_path / "f.csv", ExportFormat.CSV)
    assert not list(tmp_path.glob("f.*"))


def test_a_page_is_sorted_and_filtered_by_the_packs_columns(db, run):
    def ids(sort=None, **wanted):
        with db.read() as tx:
            return [one.asset_id[-1] for one in findings.page(tx, run.id, sort, FindingFilter(**wanted)).items]

    assert ids(FindingSort("wear", descending=True)) == ["2", "0", "1", "3", "4"]
    assert ids(FindingSort("kind")) == ["1", "0", "2", "3", "4"]
    assert ids(column="kind", value="soft") == ["0", "2"]
    assert ids(column="wear", low=12.5, high=20) == ["0"]
    assert ids(state=FindingState.FAILED) == ["3"]
    assert ids(text="breaks the SCHEMA") == ["3"] and ids(text="b,c") == ["0"] and ids(text="box 4") == ["4"]
    assert ids(text="%") == []
    with db.read() as tx:
        first = findings.page(tx, run.id, limit=3)
        rest = findings.page(tx, run.id, cursor=first.next, limit=3)
        assert findings.column_counts(tx, run.id, "kind") == [("soft", 2), ("hard", 1)]
        assert findings.column_numbers(tx, run.id, "wear") == [12.5, 80.0]
        assert findings.counts(tx, run.id) == {"pending": 1, "completed": 3, "failed": 1}
    assert [one.number for one in (*first.items, *rest.items)] == [0, 1, 2, 3, 4] and rest.next is None


def test_a_runs_counts_are_kept_with_its_findings(run):
    assert (run.assets, run.completed, run.failed, run.pending, run.tokens_in) == (5, 3, 1, 1, 5)
    assert run.ended_at_ns is None and run.job_state == "processing"


def test_an_asset_that_would_be_a_formula_is_quoted_for_a_spreadsheet_and_no_other_reader(db, tmp_path):
    with db.write() as tx:
        made = runs.make(tx, NewRun(pack=PACK.as_json()), [Asset("=1+1", (FrameRef(path="/a.jpg"),), "Box")])
    export_findings(db, made.id, tmp_path / "f.csv", ExportFormat.CSV)
    export_findings(db, made.id, tmp_path / "f.jsonl", ExportFormat.JSONL)
    assert (tmp_path / "f.csv").read_text("utf-8").splitlines()[1].startswith("'=1+1,")
    assert json.loads((tmp_path / "f.jsonl").read_text("utf-8"))["asset_id"] == "=1+1"
