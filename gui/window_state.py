"""Where the window stood and what it showed: window.json in the data folder, worth no message if it is lost."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

from core.paths import DataFolder, write_durably


def read(folder: DataFolder) -> dict[str, Any]:
    """What was kept, or nothing. Reads the disk: not for the main thread."""
    try:
        state = json.loads((folder.root / "window.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def write(folder: DataFolder, state: Mapping[str, Any]) -> None:
    """Keep it. Raises DiskFull, DataFolderUnwritable; not for the main thread."""
    write_durably(folder.root / "window.json", json.dumps(state).encode())


def geometry_of(window: QWidget) -> str:
    return base64.b64encode(window.saveGeometry().data()).decode("ascii")


def restore_geometry(window: QWidget, text: object) -> None:
    """Put the window where it stood; what is no geometry is left alone."""
    if isinstance(text, str):
        window.restoreGeometry(QByteArray.fromBase64(text.encode()))
