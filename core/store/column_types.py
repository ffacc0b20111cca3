"""How our words go into SQLite's STRICT columns: JSON, flags and enums as TEXT and INTEGER, and back.

The processors are overridden themselves: what SQLAlchemy would build around `process_bind_param` is called for each
value of each row, and costs more than the conversion.
"""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator

E = TypeVar("E", bound=StrEnum)
_encoded = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
_decoded = json.JSONDecoder().decode


class JsonText(TypeDecorator[Any]):
    """Any JSON value as TEXT; NaN and other values that JSON lacks raise."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        return lambda value: None if value is None else _encoded(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], Any]:
        return lambda value: None if value is None else _decoded(value)


class Flag(TypeDecorator[bool]):
    """A bool as 0 or 1: STRICT tables know no BOOLEAN."""

    impl = Integer
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[bool | None], int | None]:
        return {None: None, False: 0, True: 1}.__getitem__

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], bool | None]:
        return {None: None, 0: False, 1: True}.__getitem__


class Word(TypeDecorator[E], Generic[E]):
    """A StrEnum as its TEXT."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words

    def bind_processor(self, dialect: Dialect) -> Callable[[E | None], str | None]:
        known: dict[E | None, str | None] = {None: None}
        return (known | {word: word.value for word in self.words}).__getitem__

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], E | None]:
        known: dict[str | None, E | None] = {None: None}
        return (known | {word.value: word for word in self.words}).__getitem__
