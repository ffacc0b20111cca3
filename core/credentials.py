"""Secrets of one station: in the system's keyring if it works, else the environment, else credentials.json (0600)."""

import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from core.errors import CredentialsError, UsageError
from core.paths import DataFolder, fsync_folder
from core.redaction import redact
from core.settings import Settings

SERVICE = "trackshift-station"
_ENVIRONMENT = {
    "storage:access_key": "STORAGE__ACCESS_KEY",
    "storage:secret_key": "STORAGE__SECRET_KEY",
    "gemini:access_token": "GEMINI__ACCESS_TOKEN",
}
GEMINI_TOKEN, GEMINI_ACCOUNT = "gemini:access_token", "gemini:service_account"
"""An access token for a private endpoint; the content of a service account's key file."""
_DEFAULTS = {"storage:access_key": "minioadmin", "storage:secret_key": "minioadmin"}
_NOT_KEPT = ("fail", "null", "chainer")
_PLAIN = ("plaintext", "file")


@dataclass(frozen=True, slots=True)
class Login:
    user: str
    password: str = field(repr=False)


class Credentials:
    """Gets and keeps secrets by name. Every secret it hands out is masked in logs and errors from then on.

    Names set by the environment win and can't be changed here.
    """

    def __init__(self, folder: DataFolder, environment: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._environment = os.environ if environment is None else environment
        self._working: bool | None = None
        self.warnings: tuple[str, ...] = ()
        """What `doctor` should tell, as a credentials.json that others could read."""

    def get(self, name: str) -> str | None:
        """The secret, or None. Raises CredentialsError if what holds it can't be read."""
        secret = self._given(name) or self._from_keyring(name) or self._read_file().get(name)
        redact(secret)
        return secret

    def set(self, name: str, secret: str) -> None:
        """Keep the secret. Raises CredentialsError."""
        redact(secret)
        if self._given(name) is not None:
            raise CredentialsError(
                f"{_ENVIRONMENT[name]} is set by the environment", hint="Change it there, or remove it there first."
            )
        if self._keyring_works() and self._in_keyring(name, secret):
            self._forget_in_file(name)
            return
        kept = self._read_file()
        self._write_file({**kept, name: secret})

    def delete(self, name: str) -> None:
        """Forget the secret wherever it is kept; nothing happens if it is not. Raises CredentialsError."""
        if self._keyring_works():
            import keyring
            from keyring.errors import KeyringError

            with suppress(KeyringError):
                keyring.delete_password(SERVICE, self._account(name))
        self._forget_in_file(name)

    def where(self, name: str) -> Literal["keyring", "environment", "file"] | None:
        """Where the secret comes from, for doctor and the settings page."""
        if self._given(name) is not None:
            return "environment"
        if self._from_keyring(name):
            return "keyring"
        return "file" if name in self._read_file() else None

    @property
    def folder(self) -> DataFolder:
        """The station's, whose secrets these are."""
        return self._folder

    @property
    def kept_in(self) -> Literal["keyring", "file"]:
        """Where a secret set now would go."""
        return "keyring" if self._keyring_works() else "file"

    def _given(self, name: str) -> str | None:
        variable = _ENVIRONMENT.get(name)
        return (self._environment.get(variable) or None) if variable else None

    def _account(self, name: str) -> str:
        # The station's UUID keeps two data folders of one user from sharing secrets.
        with suppress(OSError):
            return f"{self._folder.identity_file.read_text('ascii').strip()}:{name}"
        return f"{self._folder.root}:{name}"

    def _keyring_works(self) -> bool:
        if self._working is None:
            self._working = _works()
        # Without an identity two folders would share accounts; the file needs none.
        return self._working and self._folder.identity_file.exists()

    def _from_keyring(self, name: str) -> str | None:
        if not self._keyring_works():
            return None
        import keyring
        from keyring.errors import KeyringError

        try:
            return keyring.get_password(SERVICE, self._account(name))
        except (KeyringError, OSError, RuntimeError):
            # A keyring that is locked or gone since the start: what the file has is better than nothing.
            return None

    def _in_keyring(self, name: str, secret: str) -> bool:
        import keyring
        from keyring.errors import KeyringError

        try:
            keyring.set_password(SERVICE, self._account(name), secret)
            return keyring.get_password(SERVICE, self._account(name)) == secret
        except (KeyringError, OSError, RuntimeError):
            return False

    def _read_file(self) -> dict[str, str]:
        path = self._folder.credentials_file
        try:
            with open(path, encoding="utf-8") as file:
                if os.name == "posix" and (mode := stat.S_IMODE(os.fstat(file.fileno()).st_mode)) & 0o077:
                    os.fchmod(file.fileno(), 0o600)
                    self.warnings = (
                        f"{path} could be read by others (mode {mode:o}). It is mended; change the passwords in it.",
                    )
                kept = json.load(file)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as unreadable:
            raise CredentialsError(
                f"{path} can't be read", hint="Give this user the right to read it, or remove it and enter them again."
            ) from unreadable
        if not isinstance(kept, dict):
            raise CredentialsError(f"{path} holds no credentials", hint="Remove it and enter them again.")
        return {str(name): str(secret) for name, secret in kept.items()}

    def _forget_in_file(self, name: str) -> None:
        kept = self._read_file()
        if kept.pop(name, None) is not None:
            self._write_file(kept)

    def _write_file(self, kept: Mapping[str, str]) -> None:
        path = self._folder.credentials_file
        part = path.with_name(path.name + ".part")
        try:
            with suppress(FileNotFoundError):
                part.unlink()
            # O_EXCL with the mode from the first moment: no time in which others could open it.
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(dict(kept), file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
            fsync_folder(path.parent)
        except OSError as failed:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise CredentialsError from failed


def _works() -> bool:
    import keyring
    from keyring.backend import KeyringBackend

    backend: KeyringBackend = keyring.get_keyring()
    module = type(backend).__module__.lower()
    if module.endswith(_NOT_KEPT):
        # A chain of backends works if any of them keeps secrets encrypted.
        chain = getattr(backend, "backends", ())
        return any(not type(one).__module__.lower().endswith(_NOT_KEPT + _PLAIN) for one in chain)
    return backend.priority > 0 and not module.endswith(_PLAIN)


def camera_login(credentials: Credentials, camera_id: str) -> Login | None:
    """User and password of a camera, or None. Raises CredentialsError."""
    kept = credentials.get(f"camera:{camera_id}")
    if kept is None:
        return None
    values = json.loads(kept)
    login = Login(values["user"], values["password"])
    redact(login.password)
    return login


def set_camera_login(credentials: Credentials, camera_id: str, login: Login | None) -> None:
    """Keep a camera's user and password; None forgets them. Raises CredentialsError."""
    if login is None:
        credentials.delete(f"camera:{camera_id}")
        return
    redact(login.password)
    credentials.set(f"camera:{camera_id}", json.dumps({"user": login.user, "password": login.password}))


def storage_keys(credentials: Credentials, settings: Settings) -> tuple[str, str]:
    """Access key and secret key of the S3 server; MinIO's well-known ones if none were entered."""
    access, secret = (credentials.get(name) or default for name, default in _DEFAULTS.items())
    return access, secret


def storage_keys_are_defaults(credentials: Credentials, settings: Settings) -> bool:
    """True if anyone who knows MinIO knows these keys: doctor warns of it."""
    return storage_keys(credentials, settings)[1] == _DEFAULTS["storage:secret_key"]


def split_url(url: str) -> tuple[str, Login | None]:
    """`rtsp://user:p%40ss@host/path` → (`rtsp://host/path`, Login('user', 'p@ss')). Raises UsageError.

    The password may hold any character that is not '/', '?' or '#'; the last '@' before the host counts.
    """
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        raise UsageError("The URL is not right", hint="Write it like rtsp://192.168.1.20:554/stream1.") from None
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url.strip(), None
    user, _, password = userinfo.partition(":")
    redact(unquote(password))
    login = Login(unquote(user), unquote(password)) if user or password else None
    return urlunsplit(parts._replace(netloc=host)), login


def with_login(url: str, login: Login | None) -> str:
    """The URL with user and password in it, for the one call that wants it so; never stored, logged or shown."""
    if login is None:
        return url
    redact(login.password)
    parts = urlsplit(url)
    return urlunsplit(
        parts._replace(netloc=f"{quote(login.user, safe='')}:{quote(login.password, safe='')}@{parts.netloc}")
    )
