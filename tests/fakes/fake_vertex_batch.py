"""Vertex's batch prediction: a job goes through the states it is told to, then answers every line of its JSONL."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.fake_bucket import FakeBucket
from tests.fakes.http_on_loop import Reply, Request, json_reply

_ENDED = ("JOB_STATE_SUCCEEDED", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_EXPIRED")


@dataclass(slots=True)
class FakeBatchJobs:
    """Each `get` takes a job one of `steps` further."""

    bucket: FakeBucket
    answer_one: Callable[[str, dict[str, Any]], dict[str, Any] | str]
    steps: tuple[str, ...] = ("JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED")
    lost_lines: int = 0
    """Lines that the output leaves out, as of a job that succeeded in part."""
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    cancelled: list[str] = field(default_factory=list)
    _left: dict[str, list[str]] = field(default_factory=dict)

    def serves(self, request: Request) -> bool:
        return "/batchPredictionJobs" in request.path

    def serve(self, request: Request) -> Reply:
        home, _, tail = request.path.partition("/batchPredictionJobs")
        tail = tail.removeprefix("/")
        if not tail:
            if request.method == "GET":
                return json_reply({"batchPredictionJobs": list(self.jobs.values())})
            return json_reply(self._create(home, request.json()))
        number, _, verb = tail.partition(":")
        if number not in self.jobs:
            return json_reply({"error": {"code": 404, "message": "not found", "status": "NOT_FOUND"}}, 404)
        job = self.jobs[number]
        if verb == "cancel":
            self.cancelled.append(number)
            self._left[number] = ["JOB_STATE_CANCELLED"]
            return json_reply({})
        if request.method == "DELETE":
            del self.jobs[number]
            return json_reply({"name": "operations/1", "done": True})
        if self._left[number] and job["state"] not in _ENDED:
            self._move(job, self._left[number].pop(0))
        return json_reply(job)

    def _create(self, home: str, asked: dict[str, Any]) -> dict[str, Any]:
        number = str(1000 + len(self.jobs))
        place = home.partition("/projects/")[2]
        job = {
            **asked,
            "name": f"projects/{place}/batchPredictionJobs/{number}",
            "state": "JOB_STATE_PENDING",
            "createTime": "2026-11-22T01:00:00.000000Z",
        }
        self.jobs[number], self._left[number] = job, list(self.steps)
        return job

    def _move(self, job: dict[str, Any], state: str) -> None:
        job["state"] = state
        if state == "JOB_STATE_FAILED":
            job["error"] = {"code": 3, "message": "The input could not be read."}
        if state == "JOB_STATE_SUCCEEDED":
            self._finish(job)

    def _finish(self, job: dict[str, Any]) -> None:
        source = job["inputConfig"]["gcsSource"]["uris"]
        source = source if isinstance(source, str) else source[0]
        prefix = job["outputConfig"]["gcsDestination"]["outputUriPrefix"].rstrip("/")
        home, _, name = source.removeprefix("gs://").partition("/")
        model = job["model"].rpartition("/")[2]
        lines = [
            self._answered(model, json.loads(line)) for line in self.bucket.objects[home, name].splitlines() if line
        ]
        random.Random(1).shuffle(lines)  # the real one keeps no order either
        folder = f"{prefix}/prediction-model-2026-11-22T01:00:00.000000Z"
        home, _, name = folder.removeprefix("gs://").partition("/")
        kept = lines[self.lost_lines :]
        self.bucket.objects[home, f"{name}/predictions.jsonl"] = "\n".join(map(json.dumps, kept)).encode() + b"\n"
        job["outputInfo"] = {"gcsOutputDirectory": folder}
        job["completionStats"] = {"successfulCount": str(len(kept)), "failedCount": str(self.lost_lines)}

    def _answered(self, model: str, line: dict[str, Any]) -> dict[str, Any]:
        said = self.answer_one(model, line["request"])
        told = {"request": line["request"], "processed_time": "2026-11-22T01:00:00.000+00:00"}
        if isinstance(said, str):
            return {**told, "status": said, "response": {}}
        return {**told, "status": "", "response": said}
