"""What can go wrong with Gemini, in the operator's words; and which of it deserves another try."""

import email.utils
import time
from dataclasses import dataclass
from typing import Any

from core.run import AnalysisError, AnalysisUnreachable, ProviderUnready

_SAID_MOST = 300


class AnswerBlocked(AnalysisError):
    """Field: reason, as Vertex AI calls it."""

    title = "The model's safety filter blocked the answer ({reason})"
    hint = "Look at the asset's frames; another wording of the pack's prompt may pass."
    permanent = True


class AnswerTruncated(AnalysisError):
    """Field: limit, tokens."""

    title = "The answer was cut short at {limit} tokens"
    hint = "Raise gemini.max_output_tokens in Settings ▸ Gemini, or ask for less in the pack; then press Retry failed."
    permanent = True


class AnswerMissing(AnalysisError):
    """Field: reason."""

    title = "The model gave no answer ({reason})"


class ModelOverloaded(AnalysisError):
    """Fields: model, said."""

    title = "{model} is overloaded or out of order: {said}"
    hint = "Press Retry failed later; fewer gemini.requests_per_minute help against 429."


class RequestRefused(AnalysisError):
    """Field: said, Vertex AI's own words."""

    title = "Vertex AI refuses this asset: {said}"
    hint = "Look at its frames and at the pack's schema, then press Retry failed."
    permanent = True


class FramesTooLarge(AnalysisError):
    """Fields: megabytes, limit."""

    title = "The asset's frames are {megabytes} MB, and {limit} MB can be sent inline"
    hint = "Name a bucket in Settings ▸ Gemini (gemini.batch_bucket), or give the asset fewer or smaller frames."
    permanent = True


class CredentialsRefused(ProviderUnready):
    """Field: said."""

    title = "Google refuses the credentials: {said}"
    hint = "Enter new ones in Settings ▸ Gemini, or run `gcloud auth application-default login`."


class CredentialsMissing(ProviderUnready):
    title = "There are no credentials for Google Cloud"
    hint = "Enter a service account in Settings ▸ Gemini, or run `gcloud auth application-default login`."


class CloudMissing(ProviderUnready):
    title = "This installation has no Google client"
    hint = "Install the station with its extra `cloud`, or choose the local provider."


class ProjectMissing(ProviderUnready):
    title = "No Google Cloud project is named"
    hint = "Name it in Settings ▸ Gemini (gemini.project), or choose the local provider."


class AccessDenied(ProviderUnready):
    """Fields: project, said."""

    title = "The project {project} does not let this account ask Gemini: {said}"
    hint = "Give the account the role Vertex AI User, and switch on the Vertex AI API and billing."


class ModelUnknown(ProviderUnready):
    """Fields: model, location."""

    title = "Vertex AI has no model {model} in {location}"
    hint = "Choose another gemini.model or gemini.location in Settings ▸ Gemini."


class BucketMissing(ProviderUnready):
    """Fields: bucket, said."""

    title = "The bucket {bucket} can't be used: {said}"
    hint = "Name another in Settings ▸ Gemini (gemini.batch_bucket), or let the account write there."


class NightFailed(AnalysisError):
    """Field: said."""

    title = "Vertex AI could not finish the batch of the night: {said}"
    hint = "Press Retry failed: what is missing is sent again."


@dataclass(slots=True)
class Again(Exception):
    """It may go well if tried again; `told` is what is said if it does not."""

    told: AnalysisError
    after_s: float | None = None
    """The service's own wish."""
    overloaded: bool = False
    """429 or 5xx: another model may have room."""


def fault_of(failed: Exception, *, model: str, project: str, location: str, timeout_s: float) -> Exception | None:
    """What a failed call means: a KnownError or Again; None for what is no doing of the world."""
    import httpx
    from google.auth import exceptions as auth
    from google.genai import errors

    if isinstance(failed, errors.APIError):
        return _refusal(failed, model, project, location)
    if isinstance(failed, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | auth.TransportError):
        return AnalysisUnreachable()
    if isinstance(failed, httpx.TimeoutException):
        return Again(ModelOverloaded(model=model, said=f"no answer within {timeout_s:g} s"), overloaded=True)
    if isinstance(failed, httpx.TransportError):
        return Again(AnalysisUnreachable())
    if isinstance(failed, auth.DefaultCredentialsError):
        return CredentialsMissing()
    if isinstance(failed, auth.GoogleAuthError):
        return CredentialsRefused(said=_short(str(failed)))
    if isinstance(failed, ValueError):  # a body that is no JSON: a proxy's or a captive portal's page
        return Again(_not_vertex())
    return None


def _not_vertex() -> AnalysisUnreachable:
    return AnalysisUnreachable("What answers is not Vertex AI", hint="Log in to the network, if it asks.")


def _refusal(failed: Any, model: str, project: str, location: str) -> Exception:
    code, said = int(failed.code), _short(failed.message or failed.status or "")
    if code == 401:
        return CredentialsRefused(said=said)
    if code == 403:
        return AccessDenied(project=project, said=said)
    if code == 404:
        return ModelUnknown(model=model, location=location)
    if code in (408, 429, 499) or code >= 500:
        told = ModelOverloaded(model=model, said=f"{code} {failed.status or ''}".strip())
        return Again(told, retry_after_s(getattr(failed.response, "headers", {})), overloaded=True)
    if 300 <= code < 400:
        return Again(_not_vertex())
    if failed.status == "FAILED_PRECONDITION":
        return AccessDenied(project=project, said=said)
    return RequestRefused(said=said)


def retry_after_s(headers: Any) -> float | None:
    """Retry-After as seconds or as a date; None where there is none that can be read."""
    given = headers.get("Retry-After")
    if not given:
        return None
    try:
        return max(float(given), 0.0)
    except ValueError:
        pass
    try:
        return max(email.utils.parsedate_to_datetime(given).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def _short(said: str) -> str:
    return " ".join(said.split())[:_SAID_MOST] or "no reason given"
