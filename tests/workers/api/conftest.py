"""Fixtures of the API's tests."""

from collections.abc import Iterator

import pytest

from tests.workers.api.running_api import Api, running_api
from tests.workers.station_parts import StationParts


@pytest.fixture
def api(station: StationParts) -> Iterator[Api]:
    with running_api(station) as running:
        yield running
