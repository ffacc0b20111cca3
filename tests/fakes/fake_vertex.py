"""A Vertex AI that misbehaves on demand: Gemini's REST protocol, batch prediction and a bucket, on loopback."""

import argparse
import asyncio
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from tests.fakes.fake_bucket import FakeBucket
from tests.fakes.fake_vertex_batch import FakeBatchJobs
from tests.fakes.http_on_loop import HttpOnLoop, Reply, Request, json_reply

TOKEN = "fake-vertex-token"
_ASSET = re.compile(r"^Asset: (.+)$", re.MULTILINE)
_CALL = re.compile(r"/publishers/google/models/([^/:]+):(generateContent|countTokens)$")
TOKENS_PER_IMAGE, TOKENS_OUT = 258, 24


class Fault(StrEnum):
    """What becomes of one call. OK answers as the schema wants it."""

    OK = "ok"
    RATE_LIMIT = "429 with Retry-After"
    BROKEN = "500"
    UNAVAILABLE = "503"
    SLOW = "answers late"
    TRUNCATED = "JSON cut short, finishReason MAX_TOKENS"
    SAFETY = "finishReason SAFETY, no content"
    PROMPT_BLOCKED = "promptFeedback.blockReason, no candidates"
    WRONG_SCHEMA = "JSON that breaks the schema"
    NOT_JSON = "text that is no JSON"
    EMPTY = "no candidates"
    EXPIRED = "401"
    DENIED = "403"
    UNKNOWN_MODEL = "404"
    BAD_REQUEST = "400"
    DROP = "the connection closes"
    PORTAL = "200 with a page to log in to the network"
    REDIRECT = "302 to such a page"


_ERRORS = {
    Fault.RATE_LIMIT: (429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later."),
    Fault.BROKEN: (500, "INTERNAL", "Internal error encountered."),
    Fault.UNAVAILABLE: (503, "UNAVAILABLE", "The service is currently unavailable."),
    Fault.EXPIRED: (401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
    Fault.DENIED: (403, "PERMISSION_DENIED", "Permission 'aiplatform.endpoints.predict' denied."),
    Fault.UNKNOWN_MODEL: (404, "NOT_FOUND", "Publisher model was not found."),
    Fault.BAD_REQUEST: (400, "INVALID_ARGUMENT", "Provided image is not valid."),
}


@dataclass(slots=True)
class Call:
    """One generateContent as it came."""

    model: str
    asset_id: str
    body: dict[str, Any]
    headers: dict[str, str]


@dataclass(slots=True)
class FakeVertex:
    """A context manager. `script` an asset's next calls, or set `rates`; look at `calls` and `seen` afterwards."""

    latency_s: float = 0.0
    rates: Mapping[Fault, float] = field(default_factory=dict)
    """Share of all calls that go wrong so, by chance from `seed`."""
    seed: int = 1
    slow_s: float = 5.0
    retry_after_s: float | None = 0.0
    """None: 429 says nothing of when to come back."""
    token: str = TOKEN
    port: int = 0
    keep: int = 1000
    """Calls whose bodies are kept in `seen`."""
    calls: Counter[str] = field(default_factory=Counter)
    """generateContent calls by asset."""
    arrived_ns: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    answered: Counter[Fault] = field(default_factory=Counter)
    seen: list[Call] = field(default_factory=list)
    refused: int = 0
    """Requests of a wrong token."""
    in_flight: int = 0
    most_in_flight: int = 0
    bucket: FakeBucket = field(default_factory=FakeBucket)
    batches: FakeBatchJobs = field(init=False)
    _scripts: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    _by_model: dict[str, Fault] = field(default_factory=dict)
    _chance: random.Random = field(init=False)
    _server: HttpOnLoop | None = None

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self.batches = FakeBatchJobs(self.bucket, self.answer_one)

    def __enter__(self) -> Self:
        self._server = HttpOnLoop(self._serve, self.port)
        self._server.start()
        self.port = self._server.port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def script(self, asset_id: str, *faults: Fault) -> None:
        """What the asset's next calls meet, one after another; then it goes as for all."""
        self._scripts[asset_id].extend(faults)

    def script_model(self, model: str, fault: Fault) -> None:
        """What every call of this model meets from now on."""
        self._by_model[model] = fault

    def network(self, *, up: bool) -> None:
        """Close the port and every connection, or listen on the same one again."""
        if up and self._server is None:
            self.__enter__()
        elif not up and self._server is not None:
            self.__exit__(None, None, None)

    # serving

    def _serve(self, request: Request) -> Reply:
        if request.path.startswith("/fake/"):
            return self._told(request)
        if request.headers.get("authorization") != f"Bearer {self.token}":
            self.refused += 1
            return _error(Fault.EXPIRED)
        if self.bucket.serves(request):
            return self.bucket.serve(request, self.url)
        if self.batches.serves(request):
            return self.batches.serve(request)
        called = _CALL.search(request.path)
        if called is None or request.method != "POST":
            return json_reply(
                {"error": {"code": 404, "message": f"no route {request.path}", "status": "NOT_FOUND"}}, 404
            )
        body = request.json()
        if called[2] == "countTokens":
            return json_reply({"totalTokens": _tokens_in(body)})
        return self._generate(called[1], body, request.headers)

    def _generate(self, model: str, body: dict[str, Any], headers: dict[str, str]) -> Reply:
        asset_id = asset_of(body)
        self.calls[asset_id] += 1
        self.arrived_ns[asset_id].append(time.time_ns())
        if len(self.seen) < self.keep:
            self.seen.append(Call(model, asset_id, body, headers))
        fault = self._fault(model, asset_id)
        self.answered[fault] += 1
        if fault is Fault.DROP:
            return Reply(drop=True)
        after_s = self.slow_s if fault is Fault.SLOW else self.latency_s
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        asyncio.get_running_loop().call_later(after_s, self._left)
        if fault is Fault.PORTAL:
            return Reply(b"<html>Welcome to the circuit's WLAN</html>", headers={"Content-Type": "text/html"})
        if fault is Fault.REDIRECT:
            return Reply(status=302, headers={"Location": "http://127.0.0.1:9/login"})
        if fault in _ERRORS:
            return _error(fault, self.retry_after_s if fault is Fault.RATE_LIMIT else None, after_s)
        return json_reply(answer(fault, model, body), after_s=after_s)

    def _left(self) -> None:
        self.in_flight -= 1

    def _fault(self, model: str, asset_id: str) -> Fault:
        if self._scripts[asset_id]:
            return self._scripts[asset_id].popleft()
        if model in self._by_model:
            return self._by_model[model]
        drawn = self._chance.random()
        for fault, share in self.rates.items():
            drawn -= share
            if drawn < 0:
                return fault
        return Fault.OK

    def answer_one(self, model: str, body: dict[str, Any]) -> dict[str, Any] | str:
        """Of a batch: the answer, or the words of an error."""
        fault = self._fault(model, asset_of(body))
        self.answered[fault] += 1
        if fault in _ERRORS:
            return _ERRORS[fault][2]
        return answer(fault, model, body)

    def _told(self, request: Request) -> Reply:
        """For those who started it as a process: what it saw."""
        return json_reply(
            {
                "calls": self.calls,
                "arrived_ns": self.arrived_ns,
                "answered": {fault.name: number for fault, number in self.answered.items()},
            }
        )


def asset_of(body: dict[str, Any]) -> str:
    for content in body["contents"]:
        for part in content["parts"]:
            if "text" in part and (found := _ASSET.search(part["text"])):
                return found[1]
    return ""


def answer(fault: Fault, model: str, body: dict[str, Any]) -> dict[str, Any]:
    """GenerateContentResponse as Vertex writes it."""
    usage = {"promptTokenCount": _tokens_in(body), "candidatesTokenCount": TOKENS_OUT}
    usage["totalTokenCount"] = sum(usage.values())
    told: dict[str, Any] = {"usageMetadata": usage, "modelVersion": model, "responseId": "fake"}
    if fault is Fault.PROMPT_BLOCKED:
        return {**told, "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    if fault is Fault.EMPTY:
        return told
    if fault is Fault.SAFETY:
        ratings = [{"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}]
        return {**told, "candidates": [{"finishReason": "SAFETY", "safetyRatings": ratings}]}
    schema = body.get("generationConfig", {}).get("responseJsonSchema", {})
    text = json.dumps(_made_up(schema, random.Random(asset_of(body))))
    if fault is Fault.TRUNCATED:
        text = text[: len(text) // 2]
    elif fault is Fault.WRONG_SCHEMA:
        text = json.dumps({"said": "something else"})
    elif fault is Fault.NOT_JSON:
        text = f"```json\n{text[:-1]}\n"
    finish = "MAX_TOKENS" if fault is Fault.TRUNCATED else "STOP"
    content = {"role": "model", "parts": [{"text": text}]}
    return {**told, "candidates": [{"content": content, "finishReason": finish, "avgLogprobs": -0.1}]}


def _made_up(schema: Mapping[str, Any], chance: random.Random) -> Any:
    """A value that the schema allows; the same for the same asset."""
    if "enum" in schema:
        return chance.choice(schema["enum"])
    kind = schema.get("type", "object")
    kind = next(one for one in kind if one != "null") if isinstance(kind, list) else kind
    low = schema.get("minimum", 0)
    if kind == "object":
        return {name: _made_up(inner, chance) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [_made_up(schema.get("items", {"type": "string"}), chance) for _ in range(schema.get("minItems", 1))]
    if kind == "boolean":
        return chance.random() < 0.5
    if kind == "integer":
        return chance.randint(int(low), int(schema.get("maximum", low + 100)))
    if kind == "number":
        return round(chance.uniform(low, schema.get("maximum", low + 1)), 2)
    return f"seen {chance.randint(1, 999)}"


def _tokens_in(body: dict[str, Any]) -> int:
    parts = [part for content in body["contents"] for part in content["parts"]]
    return sum(len(part["text"]) // 4 if "text" in part else TOKENS_PER_IMAGE for part in parts)


def _error(fault: Fault, retry_after_s: float | None = None, after_s: float = 0.0) -> Reply:
    code, status, message = _ERRORS[fault]
    headers = {} if retry_after_s is None else {"Retry-After": f"{retry_after_s:g}"}
    return json_reply({"error": {"code": code, "message": message, "status": status}}, code, after_s=after_s, **headers)


def main() -> None:
    """Serve until standard input closes; says its port first."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--retry-after", type=float, default=None)
    parser.add_argument("--rates", type=json.loads, default={})
    chosen = parser.parse_args()
    rates = {Fault[name]: share for name, share in chosen.rates.items()}
    with FakeVertex(latency_s=chosen.latency, rates=rates, retry_after_s=chosen.retry_after, keep=0) as fake:
        print(json.dumps({"port": fake.port, "token": TOKEN}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
