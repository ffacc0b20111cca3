"""What the tests of Gemini are made of: a pack, an asset with a frame, and a provider that asks the fake."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.cloud_sections import GeminiSettings
from core.pack import ColumnType, Pack, PackColumn
from core.run import Asset, FrameRef
from core.settings import Settings
from tests.fakes.fake_vertex import TOKEN, FakeVertex
from workers.analysis.gemini import GeminiProvider
from workers.analysis.google_access import Access
from workers.analysis.pricing import Prices
from workers.analysis.vertex import Cloud

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "wear": {"type": "string", "enum": ["new", "used", "worn"], "description": "How worn the tyre is."},
        "score": {"type": "integer", "minimum": 0, "maximum": 100},
        "damaged": {"type": "boolean"},
        "note": {"type": "string", "maxLength": 200},
    },
    "required": ["wear", "score", "damaged", "note"],
    "additionalProperties": False,
}
JPEG = b"\xff\xd8\xff\xe0" + b"a frame of a car" * 64


def pack(**hints: object) -> Pack:
    columns = (
        PackColumn("wear", ColumnType.ENUM, ("new", "used", "worn")),
        PackColumn("score", ColumnType.INTEGER),
        PackColumn("damaged", ColumnType.BOOLEAN),
        PackColumn("note", ColumnType.TEXT),
    )
    return Pack("tyres", "1", "Tyres", "Judge the tyre.", SCHEMA, columns, None, {"gemini": dict(hints)})


def asset(name: str = "car-7", frames: int = 1) -> Asset:
    return Asset(name, tuple(FrameRef(path=f"/frames/{name}-{number}.jpg") for number in range(frames)), "pit box 3")


def frame(folder: Path, name: str = "a.jpg", data: bytes = JPEG) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def settings(fake: FakeVertex, **changes: object) -> Settings:
    given: dict[str, Any] = {"project": "team-1", "base_url": fake.url, "requests_per_minute": 100_000, **changes}
    return Settings(gemini=GeminiSettings(**given))


@contextmanager
def asking(
    fake: FakeVertex, *, pauses_s: Sequence[float] = (0.0, 0.0, 0.0), token: str = TOKEN, **changes: object
) -> Iterator[GeminiProvider]:
    """A provider of its own connection to the fake, which is closed again."""
    from google.oauth2.credentials import Credentials

    chosen = settings(fake, **changes)
    credentials = Credentials(token)
    cloud = Cloud(chosen.gemini, Access(credentials, chosen.gemini.project, "a test"))
    try:
        yield GeminiProvider(chosen, cloud, Prices(), pauses_s=pauses_s, chance=random.Random(1))
    finally:
        cloud.close()
