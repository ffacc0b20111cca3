"""How our words go into SQLite's STRICT columns: JSON, flags and enums as TEXT and INTEGER, and back."""

import json
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

E = TypeVar("E", bound=StrEnum)
_encoded = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


class JsonText(TypeDecorator[Any]):
    """Any JSON value as TEXT; NaN and other values that JSON lacks raise."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else _encoded(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class Flag(TypeDecorator[bool]):
    """A bool as 0 or 1: STRICT tables know no BOOLEAN."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class Word(TypeDecorator[E], Generic[E]):
    """A StrEnum as its TEXT."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self.words(value)
