"""A cursor that is none is refused in words, wherever it comes from."""

import pytest

from core.errors import UsageError
from core.store import findings, job_starts, jobs, runs

HUGE = "9" * 30


@pytest.mark.parametrize("cursor", ["", "x", "5", "5:", "5:x", f"5:{HUGE}", f"{HUGE}:5", "-5:7", "--5:7", "٣:1"])
def test_no_page_starts_after_what_is_no_cursor(db, cursor):
    with db.read() as tx:
        with pytest.raises(UsageError, match="is no cursor"):
            job_starts.page(tx, cursor=cursor)
        with pytest.raises(UsageError, match="is no cursor"):
            jobs.page(tx, jobs.JobFilter(), cursor)
        with pytest.raises(UsageError, match="is no cursor"):
            findings.page(tx, "run", cursor=f"-{cursor}")


@pytest.mark.parametrize("cursor", ["", "x:1", f"{HUGE}:1"])
def test_no_page_of_runs_either(db, cursor):
    with db.read() as tx, pytest.raises(UsageError, match="is no cursor"):
        runs.page(tx, cursor)
