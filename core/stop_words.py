"""How stops are said: every number with its unit, every measured time with its doubt."""

import math
from datetime import UTC, datetime, tzinfo

from core.stop import Moment, Span, Stop

UNKNOWN = "not known"
MOMENTS = {
    Moment.ARRIVED: "Arrived",
    Moment.STATIONARY: "Stationary",
    Moment.RELEASED: "Released",
    Moment.DEPARTED: "Departed",
}


def decimals(u_ns: int) -> int:
    """Places after the point that the doubt leaves standing: never finer than it."""
    u_s = max(u_ns, 1) / 1e9
    return min(4, max(2, math.ceil(-math.log10(u_s))))


def span_text(span: Span | None) -> str:
    """'2.431 s ± 0.006 s'; the doubt is rounded up, never down."""
    return UNKNOWN if span is None else f"{value_text(span)} {doubt_text(span)}"


def value_text(span: Span) -> str:
    return f"{span.ns / 1e9:.{decimals(span.u_ns)}f} s"


def doubt_text(span: Span) -> str:
    places = decimals(span.u_ns)
    return f"± {math.ceil(span.u_ns / 1e9 * 10**places - 1e-6) / 10**places:.{places}f} s"


def offset_text(at_ns: int, from_ns: int, u_ns: int) -> str:
    """An instant against another: '+3.414 s ± 0.006 s'."""
    span = Span(at_ns - from_ns, u_ns)
    sign = "+" if span.ns >= 0 else "−"
    return f"{sign}{value_text(Span(abs(span.ns), u_ns))} {doubt_text(span)}"


def clock_text(at_ns: int, zone: tzinfo | None) -> str:
    """14:03:22.480 in the session's zone, or this machine's."""
    at = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).astimezone(zone)
    return f"{at:%H:%M:%S}.{at_ns // 1_000_000 % 1000:03d}"


def about_text(at_ns: int, zone: tzinfo | None) -> str:
    """'about 14:03:22': no instant, but when to look for it."""
    return f"about {clock_text(at_ns, zone)[:-4]}"


def between(stop: Stop, first: Moment, last: Moment) -> Span | None:
    """From one moment to another, by the instants that count."""
    if (first, last) == (Moment.STATIONARY, Moment.RELEASED):
        return stop.span
    one, other = stop.mark(first), stop.mark(last)
    if one is None or other is None:
        return None
    return Span(other.at_ns - one.at_ns, round(math.hypot(one.u_ns, other.u_ns)))


def whose(stop: Stop) -> str:
    """Who says when it was."""
    if stop.hand:
        return "Operator"
    return "Machine, live" if stop.job_id is None else "Machine"
