"""How an asset ended: what every call cost is counted."""

from dataclasses import replace

from core.errors import KnownError
from core.store.findings import FindingEnd
from workers.analysis.provider import Answer


def summed(first: Answer, second: Answer) -> Answer:
    return replace(
        second,
        tokens_in=first.tokens_in + second.tokens_in,
        tokens_out=first.tokens_out + second.tokens_out,
        cost_usd=first.cost_usd + second.cost_usd,
    )


def completed(number: int, answer: Answer, took_ms: float = 0.0) -> FindingEnd:
    assert isinstance(answer.values, dict)  # every pack's schema says so
    return FindingEnd(
        number=number,
        values=answer.values,
        model=answer.model,
        raw=answer.raw,
        tokens_in=answer.tokens_in,
        tokens_out=answer.tokens_out,
        cost_usd=answer.cost_usd,
        took_ms=took_ms,
        notes=answer.notes,
    )


def failed(number: int, error: KnownError, before: Answer | None = None) -> FindingEnd:
    """before: the call that gave an answer, whose cost counts too."""
    told = error.as_json()
    return FindingEnd(
        number=number,
        error={"slug": told["error"], "message": told["message"], "hint": told["hint"]},
        model=getattr(error, "model", "") or (before.model if before else ""),
        raw=getattr(error, "raw", "") or (before.raw if before else ""),
        tokens_in=getattr(error, "tokens_in", 0) + (before.tokens_in if before else 0),
        tokens_out=getattr(error, "tokens_out", 0) + (before.tokens_out if before else 0),
        cost_usd=getattr(error, "cost_usd", 0.0) + (before.cost_usd if before else 0.0),
        notes=before.notes if before else (),
    )
