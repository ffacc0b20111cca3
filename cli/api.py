"""`trackshift api`: where the local API answers, and its token as a header that curl reads from a file."""

import argparse
import os
from contextlib import suppress
from pathlib import Path

from cli.answer import Answer
from cli.station import open_station
from core.api_token import read_or_create
from core.errors import UsageError
from core.paths import DataFolder


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Makes the token at the first call. Raises CredentialsError, UsageError for a file that can't be written."""
    with open_station(folder) as station:
        wanted = station.settings.api
    token = read_or_create(folder)
    address = f"http://127.0.0.1:{wanted.port}"
    header = Path(arguments.header).expanduser().absolute() if arguments.header else None
    if header is not None:
        _write_secret(header, f"Authorization: Bearer {token}\n")
    document = {
        "enabled": wanted.enabled,
        "address": address,
        "token_file": str(folder.api_token_file),
        "header_file": str(header) if header else None,
    }
    text = f"{address} ({'on' if wanted.enabled else 'off: switch it on in Settings, or set API__ENABLED=true'})"
    return Answer(document, text if header is None else f"{text}\ncurl -H @{header} {address}/status")


def _write_secret(target: Path, text: str) -> None:
    part = target.with_name(f"{target.name}.part")
    try:
        try:
            # O_EXCL with the mode from the first moment: no time in which others could open it.
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
                file.write(text)
            os.replace(part, target)
        finally:
            with suppress(OSError):
                part.unlink()
    except OSError as unwritten:
        raise UsageError(
            f"{target} can't be written: {unwritten.strerror}", hint="Name a file in a folder that you may write to."
        ) from None
