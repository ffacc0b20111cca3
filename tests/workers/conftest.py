"""Fixtures of the worker's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.station_parts import StationParts, open_station_parts
from workers.computing import Computing


@pytest.fixture
def station(tmp_path: Path) -> Iterator[StationParts]:
    """A fresh data folder with one camera, on the system's clock."""
    parts = open_station_parts(tmp_path / "data")
    yield parts
    parts.database.close()


@pytest.fixture
def computing() -> Iterator[Computing]:
    """One computing child, spawned at its first use."""
    computing = Computing(1)
    yield computing
    computing.close()
