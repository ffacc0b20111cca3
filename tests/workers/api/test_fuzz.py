"""Requests that nobody would think of, made from the OpenAPI document: whatever is asked, the answer is no 5xx."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from tests.workers.api.running_api import TOKEN, Api, running_api
from tests.workers.station_parts import CAMERA, StationParts
from workers.api.auth import Rate

EXAMPLES = 6
# It never ends by itself; its parameters are tried in test_watching.
ENDLESS = "/events"


@pytest.mark.timeout(240)
def test_whatever_the_document_allows_or_forbids_is_answered_and_never_with_a_bug(station: StationParts):
    with running_api(station, requests=Rate(1e6, 1)) as api:
        station.enqueue(task_id="known")
        api.post("/api/v1/ingest/rtsp", json={"camera_id": CAMERA})
        document = schemathesis.openapi.from_dict(api.get("/openapi.json").json())
        document.config.update(base_url=f"http://127.0.0.1:{api.port}")
        tried = 0
        for found in document.get_all_operations():
            operation = found.ok()  # type: ignore[union-attr]
            if operation.path != ENDLESS:
                for mode in schemathesis.GenerationMode:
                    fuzz(api, operation, mode)
                    tried += 1
        assert tried > 20


def fuzz(api: Api, operation: schemathesis.schemas.APIOperation, mode: schemathesis.GenerationMode) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20)
        is_health = operation.path == "/health" and answer.status_code == 503
        assert answer.status_code < 500 or is_health, f"{case.as_curl_command()}\n{answer.text}"

    try:
        ask()
    except Unsatisfiable as nothing_to_forbid:
        assert mode is schemathesis.GenerationMode.NEGATIVE, nothing_to_forbid
