"""Finding jobs by words: each that is typed begins a word of the job's name, camera, team, operator, task or error."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from unicodedata import combining, normalize, ucd_3_2_0

from sqlalchemy import Select, column, select, table, text

from core.job import OPEN, Job, JobState
from core.store.database import Reading
from core.store.job_columns import COLUMNS, JobFilter, aside, job_of
from core.store.job_history import conditions, cursor_after, number_before, open_number
from core.store.paging import Page
from core.store.schema import OF_A_REQUEST, counted, jobs
from core.store.schema_around_jobs import Mark

_WORD = re.compile(r"[^\W_]+")
_FEW = 5000
_ID_CHARS = 8
"""An id's first characters are its time: fewer would mean every job of a minute or more."""
_MARKED = (JobState.FAILED, JobState.CANCELLED)
_TOLD = [jobs.c[name] for name in ("name", "camera_id", "tenant_id", "operator", "task_id", "error")]
_words = table("job_words", column("rowid"))


def page_by_words(tx: Reading, wanted: JobFilter, cursor: str | None, limit: int) -> Page[Job]:
    """The newest made first. Raises UsageError for a cursor that is none."""
    found: set[int] = set()
    for numbers in _ways(tx, wanted, number_before(cursor), limit + 1):
        found |= set(islice(numbers, limit + 1))
    newest = sorted(found, reverse=True)
    rows = tx.execute(select(*COLUMNS).where(jobs.c.number.in_(newest[:limit])).order_by(jobs.c.number.desc()))
    return Page([job_of(row) for row in rows], cursor_after(newest[limit - 1]) if len(newest) > limit else None)


def _ways(tx: Reading, wanted: JobFilter, before: int | None, limit: int) -> Iterator[Iterable[int]]:
    """The numbers of what is meant, newest first, by each way in which a job can be meant."""
    typed = wanted.text.strip()
    if len(typed) >= _ID_CHARS and not re.search(r"\s", typed):
        beside, values = conditions(tx, wanted, before, "+jobs.number")
        for named in (jobs.c.id.between(typed, typed + "\U0010ffff"), OF_A_REQUEST & (jobs.c.correlation_id == typed)):
            # The unary plus: few have such an id, and to read all jobs in their order is no way to them.
            meant = _numbers(beside, values).where(named).order_by(None).order_by(aside("number").desc())
            yield tx.execute(meant.limit(limit)).scalars()
    words = _words_of(typed)
    if not words:
        return
    beside, values = conditions(tx, wanted, before)
    if wanted.states and OPEN.issuperset(wanted.states) and open_number(tx, wanted.states, _FEW) <= _FEW:
        # No mark tells what is open, and it is little: read each of them, not each job that has these words.
        in_states = " OR ".join(f"state = '{state}'" for state in sorted(wanted.states))
        yield _saying(tx, _numbers([f"({in_states})", *beside], values), words)
        return
    filed_to = int(tx.scalar(counted("filed_to")))
    yield _saying(tx, _numbers(["jobs.number > :filed_to", *beside], values | {"filed_to": filed_to}), words)
    beside, values = conditions(tx, wanted, before, "job_words.rowid")
    said = text(" AND ".join(["job_words MATCH :match", *beside])).bindparams(match=_match(wanted, words), **values)
    by_words = select(_words.c.rowid).where(_words.c.rowid == jobs.c.number, said)
    yield tx.execute(by_words.order_by(_words.c.rowid.desc()).limit(limit)).scalars()


def _numbers(said: list[str], values: dict[str, Any]) -> Select[tuple[int]]:
    numbers = select(jobs.c.number).order_by(jobs.c.number.desc())
    return numbers.where(text(" AND ".join(said)).bindparams(**values)) if said else numbers


def _saying(tx: Reading, numbers: Select[tuple[int]], words: list[str]) -> Iterator[int]:
    """Those of the jobs that have words with these beginnings, as the index would tell."""
    starts = [start for word in words for start in _WORD.findall(_bare(word))]
    for row in tx.execute(numbers.add_columns(*_TOLD)):
        number, *told, error = row
        said = _WORD.findall(_bare(" ".join([*filter(None, told), (error or {}).get("message", "")])))
        if all(any(word.startswith(start) for word in said) for start in starts):
            yield number


def _words_of(typed: str) -> list[str]:
    """An accent is part of its letter; a word with a letter too young for the index, which would split it, is none."""
    words = _WORD.findall(normalize("NFC", typed))
    return [word for word in words if all(ucd_3_2_0.category(sign)[0] in "LN" for sign in word)]


def _bare(said: str) -> str:
    """Without its accents and in lower case, as the index has it."""
    return "".join(sign for sign in normalize("NFKD", said) if not combining(sign)).lower()


def _match(wanted: JobFilter, words: list[str]) -> str:
    """The query in FTS5's language, with as much of the filter as the marks tell."""
    asked = [f"{_quoted(word)} *" for word in words]
    for mark, value in (
        (Mark.SESSION, wanted.session_id),
        (Mark.TENANT, wanted.tenant_id),
        (Mark.CAMERA, wanted.camera_id),
    ):
        asked += [] if value is None else [_quoted(mark.of(value))]
    if wanted.kinds:
        asked.append(_any(Mark.KIND.of(kind) for kind in wanted.kinds))
    states = set(wanted.states)
    only_marked = states <= set(_MARKED)
    if states and only_marked:
        asked.append(_any(map(Mark.STATE.of, states)))
    unwanted = [] if only_marked else [Mark.STATE.of(state) for state in _MARKED if state not in states]
    unwanted += [Mark.CHILD] if wanted.top_level else []
    return f"({' AND '.join(asked)}) NOT {_any(unwanted)}" if unwanted else " AND ".join(asked)


def _quoted(word: str) -> str:
    return f'"{word}"'


def _any(words: Iterable[str]) -> str:
    return f"({' OR '.join(map(_quoted, sorted(words)))})"
