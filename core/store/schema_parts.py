"""What all the tables are made of: the one metadata, the checks that columns share, triggers, the revision."""

from enum import StrEnum

from sqlalchemy import DDL, CheckConstraint, Column, Integer, MetaData, event

metadata = MetaData()


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(word.value) for word in words)})")


def flag(column: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN (0, 1)")


def valid_json(*columns: str) -> list[CheckConstraint]:
    return [CheckConstraint(f"{column} IS NULL OR json_valid({column})") for column in columns]


def counts_from(low: int, *columns: str) -> list[CheckConstraint]:
    return [CheckConstraint(f"{column} >= {low}") for column in columns]


def trigger(name: str, body: str) -> None:
    made = DDL(f"CREATE TRIGGER {name} {body}")  # type: ignore[no-untyped-call]
    event.listen(metadata, "after_create", made)


def revision_column() -> Column[int]:
    return Column("revision", Integer, nullable=False, comment="of the transaction that last changed this row")
