"""The queue's busiest statements, compiled once: SQLAlchemy's own way to the database costs more than SQLite's."""

import sqlite3
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
        self._values: list[Any] = []
        self._given: list[tuple[int, str, Any]] = []
        """Place, name and what makes SQLite's value of it, of each open parameter."""
        for place, name in enumerate(compiled.positiontup):
            process = compiled.binds[name].type.bind_processor(_DIALECT) if name in compiled.binds else None
            if name in compiled.binds and compiled.binds[name].required:
                self._given.append((place, name.removeprefix(_OPEN), process))
                self._values.append(None)
            else:
                self._values.append(process(known[name]) if process else known[name])
        self._names = [column.key for column in columns]
        processes = [column.type.result_processor(_DIALECT, None) for column in columns]
        self._results = [(place, process) for place, process in enumerate(processes) if process]

    def run(self, tx: Reading, **given: Any) -> sqlite3.Cursor:
        values = self._values.copy()
        for place, name, process in self._given:
            values[place] = process(given[name]) if process else given[name]
        return tx.execute_compiled(self._sql, values)

    def row(self, tx: Reading, **given: Any) -> dict[str, Any] | None:
        """The first row by its columns' names."""
        cursor = self.run(tx, **given)
        found = cursor.fetchone()
        cursor.close()
        if found is None:
            return None
        values = list(found)
        for place, process in self._results:
            values[place] = process(values[place])
        return dict(zip(self._names, values, strict=True))

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
