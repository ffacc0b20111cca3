"""What Gemini answered: the JSON in it, what it cost, or why there is none."""

import json
from collections.abc import Mapping
from typing import Any

from workers.analysis.gemini_faults import AnswerBlocked, AnswerMissing, AnswerTruncated
from workers.analysis.pricing import Price
from workers.analysis.provider import Answer

_BLOCKED = frozenset(
    [
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
    ]
)


def read_answer(
    response: Mapping[str, Any], *, model: str, price: Price, limit: int, notes: tuple[str, ...] = ()
) -> Answer:
    """A GenerateContentResponse as Vertex AI writes it. Raises AnswerBlocked, AnswerTruncated, AnswerMissing."""
    usage = response.get("usageMetadata") or {}
    tokens_in = int(usage.get("promptTokenCount") or 0)
    tokens_out = int(usage.get("candidatesTokenCount") or 0) + int(usage.get("thoughtsTokenCount") or 0)
    spent: dict[str, Any] = {
        "model": response.get("modelVersion") or model,
        "tokens_in": tokens_in,
        "tokens_out": tokens_out,
        "cost_usd": price.of(tokens_in, tokens_out),
    }
    candidates = response.get("candidates") or []
    if not candidates:
        blocked = (response.get("promptFeedback") or {}).get("blockReason")
        if blocked:
            raise AnswerBlocked(reason=blocked, **spent)
        raise AnswerMissing(reason="no candidate", **spent)
    candidate = candidates[0]
    parts = (candidate.get("content") or {}).get("parts") or []
    raw = "".join(part.get("text") or "" for part in parts if not part.get("thought"))
    finish = candidate.get("finishReason") or "STOP"
    if finish == "MAX_TOKENS":
        raise AnswerTruncated(limit=limit, raw=raw, **spent)
    if finish in _BLOCKED:
        raise AnswerBlocked(reason=finish, raw=raw, **spent)
    if finish != "STOP" or not raw:
        raise AnswerMissing(reason=finish if finish != "STOP" else "an empty one", raw=raw, **spent)
    try:
        values = json.loads(raw)
    except (ValueError, RecursionError):
        values = None
    return Answer(values=values, raw=raw, notes=notes, **spent)
