"""The local API's token: one secret a data folder, in a file that only this user may read."""

import os
import re
import secrets
import stat
from contextlib import suppress

from core.errors import CredentialsError
from core.paths import DataFolder, fsync_folder
from core.redaction import redact

_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43,}")


def read_or_create(folder: DataFolder) -> str:
    """The token, made at the first call. One that others could have read is replaced. Raises CredentialsError."""
    path = folder.api_token_file
    try:
        token = _kept(folder)
        if token is None:
            part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
            try:
                # O_EXCL with the mode from the first moment: no time in which others could open it.
                with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                    file.write(secrets.token_urlsafe(_BYTES) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(part, path)
                fsync_folder(path.parent)
            finally:
                with suppress(FileNotFoundError):
                    part.unlink()
            token = _kept(folder)  # the file's own word, should another process have made one as well
    except OSError as refused:
        raise CredentialsError(
            f"The API's token can't be kept in {path}", hint="Give this user the right to write there."
        ) from refused
    if token is None:
        raise CredentialsError(f"{path} holds no token", hint="Remove it; a new one is made.")
    redact(token)
    return token


def _kept(folder: DataFolder) -> str | None:
    try:
        with open(folder.api_token_file, encoding="ascii", errors="replace") as file:
            if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                return None
            text = file.read(1000).strip()
    except FileNotFoundError:
        return None
    return text if _TOKEN.fullmatch(text) else None
