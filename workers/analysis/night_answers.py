"""The answers of a batch as they lie in the bucket: line by line, in any order, each with its asset's number."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from core.errors import KnownError
from core.pricing import Price
from workers.analysis.bucket import Bucket
from workers.analysis.gemini_answers import read_answer
from workers.analysis.gemini_faults import RequestRefused
from workers.analysis.provider import Answer


class Line(NamedTuple):
    """One asset's answer, or why there is none."""

    number: int
    answer: Answer | None
    failed: KnownError | None


def answers_in(bucket: Bucket, place: str, *, model: str, price: Price, limit: int) -> Iterator[Line]:
    """Of every JSONL file under the gs:// address `place`, one line in memory at a time. Raises as the bucket does."""
    prefix = place.removeprefix(bucket.uri("")).rstrip("/") + "/"
    with TemporaryDirectory(prefix="night-") as made:
        for name in bucket.names(prefix):
            if not name.endswith(".jsonl"):
                continue
            answers = Path(made) / "answers.jsonl"
            bucket.fetch(name, answers)
            with answers.open(encoding="utf-8") as lines:
                for line in lines:
                    if line.strip() and (read := _read(line, model, price, limit)) is not None:
                        yield read


def _read(text: str, model: str, price: Price, limit: int) -> Line | None:
    """None for a line that is none of ours: its asset is told as missing."""
    try:
        line: dict[str, Any] = json.loads(text)
        number = int(line["request"]["labels"]["asset"].removeprefix("n-"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    response = line.get("response") or {}
    if not response and line.get("status"):
        return Line(number, None, RequestRefused(said=str(line["status"])[:300]))
    try:
        return Line(number, read_answer(response, model=model, price=price, limit=limit), None)
    except KnownError as failed:
        return Line(number, None, failed)
