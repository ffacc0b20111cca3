"""Finding jobs by words: each that is typed begins a word of the job's name, camera, team, operator, task or error."""

import re
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any
from unicodedata import combining, normalize

from sqlalchemy import Select, column, func, select, table, text

from core.errors import UsageError
from core.job import Job, JobState
from core.store.database import Reading
from core.store.job_columns import COLUMNS, JobFilter, job_of, narrowed
from core.store.paging import Page
from core.store.schema import OF_A_REQUEST, job_counts, jobs

_WORD = re.compile(r"[^\W_]+")
_DAY_NS = 86_400 * 10**9
_DAYS_AT_MOST = 100
_FEW = 1000
_ID_CHARS = 8
"""An id's first characters are its time: fewer would mean every job of a minute or more."""
_MARKED = (JobState.FAILED, JobState.CANCELLED)
_OPEN = (JobState.PENDING, JobState.PROCESSING)
_words = table("job_words", column("rowid"))


def page_by_words(tx: Reading, wanted: JobFilter, cursor: str | None, limit: int) -> Page[Job]:
    """The newest made first. Raises UsageError for a cursor that is none."""
    if cursor is not None and not re.fullmatch(r"made:\d{1,18}", cursor):
        raise UsageError(f"{cursor!r} is no cursor of a search")
    before = int(cursor.removeprefix("made:")) if cursor else None
    found: dict[int, Any] = {}
    if wanted.states and set(wanted.states) <= set(_OPEN) and _number_of(tx, wanted.states) <= _FEW:
        # No mark tells what is open, and it is little: read each of them, not each job that has these words.
        open_jobs = narrowed(select(jobs.c.number, *COLUMNS), wanted).order_by(jobs.c.number.desc())
        rows = (row for row in tx.rows(open_jobs) if before is None or row["number"] < before)
        said = (row for row in rows if _says(row, wanted.text))
        found = {row["number"]: row for row in islice(said, limit + 1)}
        return _page(found, limit)
    for query in _queries(tx, wanted):
        if before is not None:
            query = query.where(jobs.c.number < before)
        found |= {row["number"]: row for row in tx.rows(query.limit(limit + 1))}
    return _page(found, limit)


def _page(found: dict[int, Any], limit: int) -> Page[Job]:
    numbers = sorted(found, reverse=True)[:limit]
    items = [job_of({name: found[number][name] for name in _NAMES}) for number in numbers]
    return Page(items, f"made:{numbers[-1]}" if len(found) > limit else None)


def _says(row: Any, typed: str) -> bool:
    """What the index would say of these words and this row."""
    if len(typed.strip()) >= _ID_CHARS and (
        row["id"].startswith(typed.strip()) or row["correlation_id"] == typed.strip()
    ):
        return True
    told = [row[name] or "" for name in ("name", "camera_id", "tenant_id", "operator", "task_id")]
    told.append((row["error"] or {}).get("message", ""))
    words, wanted = _WORD.findall(_bare(" ".join(told))), _WORD.findall(_bare(typed))
    return bool(wanted) and all(any(word.startswith(start) for word in words) for start in wanted)


def _bare(said: str) -> str:
    """Without its accents and in lower case, as the index has it."""
    return "".join(sign for sign in normalize("NFKD", said) if not combining(sign)).lower()


_NAMES = [known.name for known in COLUMNS]


def _queries(tx: Reading, wanted: JobFilter) -> list[Select[Any]]:
    rows = select(jobs.c.number, *COLUMNS)
    newest = jobs.c.number.desc()
    given = wanted.text.strip()
    queries = []
    if len(given) >= _ID_CHARS and not re.search(r"\s", given):
        ids = jobs.c.id.between(given, given + "\U0010ffff")
        queries.append(narrowed(rows.where(ids), wanted, aside_from_all=True).order_by(newest))
        of_request = rows.where(OF_A_REQUEST, jobs.c.correlation_id == given)
        queries.append(narrowed(of_request, wanted, aside_from_all=True).order_by(newest))
    match = _match(tx, wanted)
    if match is None:
        return queries
    said = text("job_words MATCH :match").bindparams(match=match)
    both = rows.select_from(_words).where(_words.c.rowid == jobs.c.number, said)
    queries.append(narrowed(both, wanted, aside_from_all=True).order_by(_words.c.rowid.desc()))
    return queries


def _match(tx: Reading, wanted: JobFilter) -> str | None:
    """The query in FTS5's language, as much of the filter as the index knows in it; None if it holds no word."""
    typed = _WORD.findall(wanted.text)
    if not typed:
        return None
    asked = [f"words : ({_all(f'{_quoted(word)} *' for word in typed)})"]
    for named, value in (("session", wanted.session_id), ("tenant", wanted.tenant_id), ("camera", wanted.camera_id)):
        asked += [f"{named} : {_quoted(word)}" for word in _WORD.findall(value or "")]
    if wanted.kinds:
        kinds = (f"({_all(map(_quoted, _WORD.findall(kind)))})" for kind in sorted(wanted.kinds))
        asked.append(f"kind : ({_any(kinds)})")
    if wanted.top_level:
        asked.append("marks : top")
    if days := _days(tx, wanted):
        asked.append(f"marks : ({_any(days)})")
    states = set(wanted.states)
    only_marked = states <= set(_MARKED)
    if states and only_marked:
        asked.append(f"marks : ({_any(sorted(states))})")
    unwanted = [] if only_marked else [state for state in _MARKED if state not in states]
    return f"({_all(asked)}) NOT marks : ({_any(unwanted)})" if unwanted else _all(asked)


def _quoted(word: str) -> str:
    return f'"{word}"'


def _all(terms: Iterable[str]) -> str:
    return " AND ".join(terms)


def _any(terms: Iterable[str]) -> str:
    return " OR ".join(terms)


def _days(tx: Reading, wanted: JobFilter) -> list[str]:
    """The marks of the days between the filter's times; none if they are too many to tell."""
    if wanted.from_ns is None and wanted.to_ns is None:
        return []
    oldest, newest = tx.execute(select(_edge(), _edge(last=True))).one()
    first_ns = max(wanted.from_ns or 0, oldest or 0)
    last_ns = min(wanted.to_ns or newest or 0, newest or 0)
    first, last = first_ns // _DAY_NS, last_ns // _DAY_NS
    return [f"day{day}" for day in range(first, last + 1)] if last - first < _DAYS_AT_MOST else []


def _edge(*, last: bool = False) -> Any:
    at = jobs.c.created_at_ns
    return select(func.max(at) if last else func.min(at)).scalar_subquery()


def _number_of(tx: Reading, states: Collection[JobState]) -> int:
    counted = select(func.coalesce(func.sum(job_counts.c.jobs), 0)).where(job_counts.c.state.in_(sorted(states)))
    return int(tx.scalar(counted))
