"""The batches at Vertex AI by the label that was kept before they were sent, and their end before their time."""

from collections.abc import Mapping
from contextlib import suppress

from workers.analysis.gemini_faults import ModelUnknown, RequestRefused
from workers.analysis.vertex import Cloud


def name_of(cloud: Cloud, sent: Mapping[str, object]) -> str:
    """Vertex AI's name of a batch; empty if it was never sent. Raises KnownError."""
    if sent.get("name"):
        return str(sent["name"])
    label = str(sent.get("label") or "")
    if label:
        for job in cloud.batches("list", config={"filter": f'display_name="{label}"', "page_size": 100}):
            if job.display_name == label and job.name:
                return str(job.name)
    return ""


def cancel(cloud: Cloud, sent: Mapping[str, object]) -> None:
    """Vertex AI shall not work, and charge, for what nobody waits for. Raises KnownError."""
    with suppress(ModelUnknown, RequestRefused):  # it ended before, or is no longer there
        if name := name_of(cloud, sent):
            cloud.batches("cancel", name=name)
