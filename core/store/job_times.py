"""Which of the jobs' numbers were given at a time: they grow with it, but for what the clock was ever set back."""

from sqlalchemy import func, select

from core.store.database import Reading
from core.store.prepared import Prepared, given
from core.store.schema import counted, jobs

_FROM = Prepared(
    select(jobs.c.number, jobs.c.created_at_ns)
    .where(jobs.c.number >= given("number", jobs.c.number))
    .order_by(jobs.c.number)
    .limit(1),
    jobs.c.number,
    jobs.c.created_at_ns,
)


def numbers_between(tx: Reading, from_ns: int | None, to_ns: int | None) -> tuple[int | None, int | None]:
    """(first, end): every job made in [from_ns, to_ns) has a number of [first, end); others may have one too."""
    if from_ns is None and to_ns is None:
        return None, None
    back_ns = int(tx.scalar(counted("clock_back_ns")))
    first = None if from_ns is None else _first_since(tx, from_ns - back_ns)
    return first, None if to_ns is None else _first_since(tx, to_ns + back_ns)


def _first_since(tx: Reading, at_ns: int) -> int:
    """The first number made then or later, by halves; one more than the last, if none was."""
    low, end = 0, int(tx.scalar(select(func.coalesce(func.max(jobs.c.number), 0)))) + 1
    while low < end:
        middle = (low + end) // 2
        found = _FROM.row(tx, number=middle)
        if found is None or found["created_at_ns"] >= at_ns:
            end = middle
        else:
            low = found["number"] + 1
    return end
