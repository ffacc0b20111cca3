"""The bucket of Cloud Storage that runs by night go through, and frames too large to send inline."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.run import AnalysisUnreachable
from workers.analysis.gemini_faults import BucketMissing, CredentialsRefused
from workers.analysis.google_access import Access

_TIMEOUT_S = (10.0, 60.0)
_RETRY_S = 60.0


class Bucket:
    """From several threads at once. Every call raises AnalysisUnreachable, BucketMissing, CredentialsRefused."""

    def __init__(self, access: Access, name: str, endpoint: str = "") -> None:
        """endpoint: of a server of one's own; empty for Google's, or STORAGE_EMULATOR_HOST's."""
        from google.cloud.storage import Client
        from google.cloud.storage.retry import DEFAULT_RETRY

        self.name = name.removeprefix("gs://")
        options = {"api_endpoint": endpoint} if endpoint else None
        self._client = Client(project=access.project, credentials=access.credentials, client_options=options)
        self._bucket = self._client.bucket(self.name)
        self._how: dict[str, Any] = {"timeout": _TIMEOUT_S, "retry": DEFAULT_RETRY.with_timeout(_RETRY_S)}

    def uri(self, name: str) -> str:
        return f"gs://{self.name}/{name}"

    def put(self, name: str, data: bytes, media_type: str) -> str:
        """Its gs:// address."""
        with self._told():
            self._bucket.blob(name).upload_from_string(data, content_type=media_type, **self._how)
        return self.uri(name)

    def put_file(self, name: str, path: Path, media_type: str) -> str:
        with self._told():
            self._bucket.blob(name).upload_from_filename(str(path), content_type=media_type, **self._how)
        return self.uri(name)

    def names(self, prefix: str) -> list[str]:
        with self._told():
            return [blob.name for blob in self._client.list_blobs(self.name, prefix=prefix, **self._how)]

    def fetch(self, name: str, path: Path) -> None:
        with self._told():
            self._bucket.blob(name).download_to_filename(str(path), **self._how)

    def remove(self, prefix: str) -> int:
        """Everything under the prefix; how many there were."""
        names = self.names(prefix)
        with self._told():
            for name in names:
                self._bucket.blob(name).delete(**self._how)
        return len(names)

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        from google.api_core import exceptions as api
        from google.auth import exceptions as auth
        from requests import exceptions as requests

        try:
            yield
        except (api.Unauthorized, auth.RefreshError) as refused:
            raise CredentialsRefused(said=str(refused)[:300]) from refused
        except (api.Forbidden, api.NotFound, api.BadRequest) as missing:
            raise BucketMissing(bucket=self.name, said=str(missing.message)[-300:].rstrip(".")) from missing
        except (api.GoogleAPIError, auth.GoogleAuthError, requests.RequestException, OSError) as lost:
            raise AnalysisUnreachable("Cloud Storage can't be reached") from lost
