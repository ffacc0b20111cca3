"""Secrets that one test registers are no secrets of the next."""

from collections.abc import Iterator

import pytest

from core import redaction


@pytest.fixture(autouse=True)
def forgotten_secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(redaction, "_known", set())
    monkeypatch.setattr(redaction, "_pattern", None)
    yield
