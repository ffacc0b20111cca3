"""A known error: what happened, what to do and what is safe, in the operator's words; it survives a child's pickle."""

import re
from typing import ClassVar, Self

from core.redaction import clean


class _Words(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "the " + key.replace("_", " ")


class KnownError(Exception):
    """The world's doing. Fields given by keyword fill the braces of the class's texts and become attributes."""

    title: str = "Something outside the station went wrong"
    hint: str = ""
    safe: str = ""
    permanent: bool = False
    """True if trying again can't help."""
    slug: ClassVar[str] = "known_error"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.slug = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str = "", *, hint: str = "", **fields: object) -> None:
        words = _Words({name: value for name, value in fields.items() if value not in ("", None)})
        self.__dict__.update(fields)
        self.title = clean(_sentence(message or type(self).title.format_map(words)))
        self.safe = clean(type(self).safe.format_map(words))
        self.hint = clean(f"{hint or type(self).hint.format_map(words)} {self.safe}".strip())
        super().__init__(self.title)

    def __str__(self) -> str:
        return self.title

    def __reduce__(self) -> tuple[object, ...]:
        # Computing children hand errors back pickled; fields live in __dict__, not in args.
        return (_rebuild, (type(self), self.__dict__.copy()))

    @classmethod
    def _rebuilt(cls, state: dict[str, object]) -> Self:
        error = cls.__new__(cls, state["title"])
        error.__dict__.update(state)
        return error

    def as_json(self) -> dict[str, str]:
        return {"error": self.slug, "message": self.title, "hint": self.hint}


def _rebuild(cls: type[KnownError], state: dict[str, object]) -> KnownError:
    return cls._rebuilt(state)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if text.startswith(("the ", "a ", "an ", "no ")) else text
