"""The way to Google: credentials from where they are kept, and clients that are made once and used by all threads."""

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.credentials import GEMINI_ACCOUNT, GEMINI_TOKEN, Credentials
from core.redaction import redact
from core.settings import Settings
from workers.analysis.gemini_faults import CloudMissing, CredentialsMissing, CredentialsRefused, ProjectMissing

if TYPE_CHECKING:
    from google.auth.credentials import Credentials as GoogleCredentials

_DEFAULT_FILE = "application_default_credentials.json"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks, and in whose name."""

    credentials: "GoogleCredentials"
    project: str
    origin: str
    """For the operator: where the credentials come from."""


def need_cloud() -> None:
    """Raises CloudMissing where the extra is not installed; imports nothing."""
    import importlib.util

    try:
        found = importlib.util.find_spec("google.genai")
    except ModuleNotFoundError:
        found = None
    if found is None:
        raise CloudMissing()


def find_access(settings: Settings, kept: Credentials) -> Access:
    """From the access token, the service account or Google's application default credentials, in this order.

    Raises CloudMissing, CredentialsMissing, CredentialsRefused, ProjectMissing, CredentialsError.
    """
    project = settings.gemini.project
    token, account = kept.get(GEMINI_TOKEN), kept.get(GEMINI_ACCOUNT)
    if not (project or account or token or default_file().exists()):
        raise CredentialsMissing("Gemini is not set up on this station")  # before anything of Google is imported
    need_cloud()
    if token:
        from google.oauth2.credentials import Credentials as TokenCredentials

        return Access(TokenCredentials(token), _named(project), "an access token")  # type: ignore[no-untyped-call]
    if account:
        credentials, own_project, name = _service_account(account)
        return Access(credentials, _named(project or own_project), f"the service account {name}")
    return _application_default(project)


def _named(project: str) -> str:
    if not project:
        raise ProjectMissing()
    return project


def _service_account(content: str) -> tuple["GoogleCredentials", str, str]:
    from google.oauth2 import service_account

    try:
        described = json.loads(content)
        redact(described.get("private_key"))
        redact(described.get("private_key_id"))
        credentials = service_account.Credentials.from_service_account_info(described, scopes=[_SCOPE])  # type: ignore[no-untyped-call]
    except (ValueError, AttributeError, TypeError):
        raise CredentialsRefused(said="what was entered is no key file of a service account") from None
    return credentials, str(described.get("project_id") or ""), str(described.get("client_email") or "")


def _application_default(project: str) -> Access:
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    try:
        credentials, own_project = google.auth.default(scopes=[_SCOPE])
    except DefaultCredentialsError:
        raise CredentialsMissing() from None
    return Access(credentials, _named(project or own_project or ""), "Google's application default credentials")


def default_file() -> Path:
    """Where Google's clients look for application default credentials on this machine."""
    if named := os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"):
        return Path(named)
    if folder := os.environ.get("CLOUDSDK_CONFIG"):
        return Path(folder) / _DEFAULT_FILE
    if appdata := os.environ.get("APPDATA"):
        return Path(appdata) / "gcloud" / _DEFAULT_FILE
    return Path.home() / ".config" / "gcloud" / _DEFAULT_FILE


class Kept:
    """One thing of this worker that is dear to make: made when first asked for, anew when its key changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: object = None
        self._thing: Any = None

    def get(self, key: object, make: Callable[[], Any]) -> Any:
        with self._lock:
            if self._thing is None or self._key != key:
                self._thing, self._key = make(), key
            return self._thing

    def forget(self, thing: object) -> None:
        """Make it anew when it is asked for next, if it is still this one."""
        with self._lock:
            if self._thing is thing:
                self._thing = None
