"""The sections of the settings that name Google's services, and what other programs call the same."""

from typing import Annotated

from pydantic import Field

from core.setting_sections import HttpUrl, Section

_MODEL = r"^[A-Za-z0-9][A-Za-z0-9._@/-]{0,199}$|^$"
_TableName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,200}$")]


class GeminiSettings(Section):
    project: Annotated[
        str,
        Field(
            pattern=r"^([a-z0-9][a-z0-9:.-]{1,98}[a-z0-9])?$",
            description="Google Cloud project. Also GCP_PROJECT, PROJECT_ID or GOOGLE_CLOUD_PROJECT.",
        ),
    ] = ""
    location: Annotated[
        str,
        Field(
            pattern=r"^[a-z][a-z0-9-]{1,40}$",
            description="Region that answers, or global. Also LOCATION, CLOUD_REGION or GOOGLE_CLOUD_LOCATION.",
        ),
    ] = "us-central1"
    model: Annotated[str, Field(pattern=_MODEL, min_length=1, description="Model that is asked.")] = "gemini-2.5-pro"
    fallback_model: Annotated[
        str, Field(pattern=_MODEL, description="Model asked instead while the first is overloaded; empty for none.")
    ] = "gemini-2.5-flash"
    temperature: Annotated[
        float, Field(ge=0, le=2, description="Freedom of the answers, where a pack names none; 0 is the least.")
    ] = 0.1
    max_output_tokens: Annotated[
        int, Field(ge=256, le=65_536, description="Longest answer in tokens, what the model thinks before it included.")
    ] = 8192
    timeout_s: Annotated[float, Field(ge=1, le=600, description="Seconds that one call may take.")] = 60.0
    max_in_flight: Annotated[int, Field(ge=1, le=200, description="Calls under way at once, of all runs.")] = 10
    requests_per_minute: Annotated[
        int, Field(ge=1, le=100_000, description="Calls begun a minute at most, of all runs.")
    ] = 300
    budget_usd: Annotated[
        float, Field(ge=0, le=1_000_000, description="A run is held before it would cost more, in US $; 0 is no limit.")
    ] = 0.0
    batch_bucket: Annotated[
        str,
        Field(
            pattern=r"^(gs://)?([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])?$",
            description="Bucket of Cloud Storage for runs by night and frames too large to send inline.",
        ),
    ] = ""
    base_url: Annotated[
        HttpUrl, Field(description="A private endpoint that speaks Vertex AI's protocol; empty for Google's own.")
    ] = ""


class BigquerySettings(Section):
    results_dataset: Annotated[
        _TableName, Field(description="Dataset that takes findings. Also BIGQUERY_RESULTS_DATASET.")
    ] = "trackshift"
    results_table: Annotated[
        _TableName,
        Field(description="Table that takes findings; the pack's name is added. Also BIGQUERY_RESULTS_TABLE."),
    ] = "findings"
    location: Annotated[
        str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{1,40}$", description="Where a dataset that is not there is made.")
    ] = "US"
    base_url: Annotated[
        HttpUrl, Field(description="A private endpoint that speaks BigQuery's protocol; empty for Google's own.")
    ] = ""


ALIASES: dict[str, tuple[str, ...]] = {
    "gemini.project": ("GCP_PROJECT", "PROJECT_ID", "GOOGLE_CLOUD_PROJECT"),
    "gemini.location": ("LOCATION", "CLOUD_REGION", "GOOGLE_CLOUD_LOCATION"),
    "bigquery.results_dataset": ("BIGQUERY_RESULTS_DATASET",),
    "bigquery.results_table": ("BIGQUERY_RESULTS_TABLE",),
}
"""Names that other programs know too: taken where ours is not set, and only if their value can be meant for us."""
