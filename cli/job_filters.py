"""The filters that `jobs list` and `jobs export` share."""

import argparse

from core.errors import UsageError
from core.job import JobKind, JobState
from core.store.jobs import JobFilter


def filter_of(arguments: argparse.Namespace) -> JobFilter:
    """Which jobs the command line asks for. Raises UsageError for a time that is none."""
    from workers.api.instants import after_end_ns, start_ns

    from_ns, to_ns = start_ns(arguments.since), after_end_ns(arguments.until)
    if from_ns is not None and to_ns is not None and from_ns >= to_ns:
        raise UsageError("--to lies before --from")
    return JobFilter(
        states=frozenset(map(JobState, arguments.state or ())),
        kinds=frozenset(map(JobKind, arguments.kind or ())),
        session_id=arguments.session,
        camera_id=arguments.camera,
        tenant_id=arguments.tenant,
        from_ns=from_ns,
        to_ns=to_ns,
        text=arguments.text,
    )
