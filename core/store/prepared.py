"""The queue's busiest statements, compiled once: SQLAlchemy's own way to the database costs more than SQLite's."""

import sqlite3
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from sqlalchemy import ClauseElement, bindparam
from sqlalchemy.dialects import sqlite

from core.store.database import Reading

_DIALECT = sqlite.dialect()
_OPEN = "given_"


class Prepared:
    """One statement, built when its module is imported. Its open parameters are `given("name", column)`."""

    def __init__(self, statement: ClauseElement, *columns: Any) -> None:
        """columns: what each row holds, in its order; without them `first` gives the first value as SQLite has it."""
        compiled: Any = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self._sql = str(compiled)
        known = compiled.construct_params(_check=False)
        self._fixed: dict[str, Any] = {}
        """The statement's own values, under names that no parameter can have."""
        self._processes: dict[str, Callable[[Any], Any]] = {}
        """What makes SQLite's value of an open parameter, by its name."""
        names = []
        for name in compiled.positiontup:
            process = compiled.binds[name].type.bind_processor(_DIALECT) if name in compiled.binds else None
            if name in compiled.binds and compiled.binds[name].required:
                names.append(name.removeprefix(_OPEN))
                if process:
                    self._processes[names[-1]] = process
            else:
                names.append(f"={name}")
                self._fixed[names[-1]] = process(known[name]) if process else known[name]
        # itemgetter is four times as fast, but it gives a lone value bare.
        self._in_order = itemgetter(*names) if len(names) > 1 else lambda given: [given[name] for name in names]
        self._names = [column.key for column in columns]
        processes = [column.type.result_processor(_DIALECT, None) for column in columns]
        self._results = [(place, process) for place, process in enumerate(processes) if process]

    def run(self, tx: Reading, **given: Any) -> sqlite3.Cursor:
        given |= self._fixed
        for name, process in self._processes.items():
            given[name] = process(given[name])
        return tx.execute_compiled(self._sql, self._in_order(given))

    def values(self, tx: Reading, **given: Any) -> list[Any] | None:
        """The first row, in the order of its columns."""
        cursor = self.run(tx, **given)
        found = cursor.fetchone()
        cursor.close()
        if found is None:
            return None
        values = list(found)
        for place, process in self._results:
            values[place] = process(values[place])
        return values

    def row(self, tx: Reading, **given: Any) -> dict[str, Any] | None:
        """The first row by its columns' names."""
        values = self.values(tx, **given)
        return None if values is None else dict(zip(self._names, values, strict=True))

    def first(self, tx: Reading, **given: Any) -> Any:
        """The first value of the first row, as SQLite has it; None if there is no row."""
        cursor = self.run(tx, **given)
        found = cursor.fetchone()
        cursor.close()
        return None if found is None else found[0]

    def changed(self, tx: Reading, **given: Any) -> int:
        """How many rows it changed."""
        cursor = self.run(tx, **given)
        number = cursor.rowcount
        cursor.close()
        return number


def given(name: str, column: Any) -> Any:
    """A parameter that each run names, of the column's type."""
    return bindparam(f"{_OPEN}{name}", type_=column.type, required=True)
