"""What this program is made of: versions, and each part's licence as the part itself names it."""

import importlib.metadata
import platform
import re
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

from PySide6 import __version__ as qt_version

_NAMES = re.compile(r"^[A-Za-z0-9._-]+")
DISTRIBUTION = "trackshift-station"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    version: str
    licence: str


@dataclass(frozen=True, slots=True)
class About:
    version: str
    versions: str
    """Of what it runs on, in one line."""
    parts: tuple[Part, ...]
    licence_text: str


def read_about() -> About:
    """Off the main thread: it reads the metadata of every package, and asks FFmpeg for its version."""
    from core.media import ffmpeg  # imports a video library, which the window's start must not wait for

    try:
        version = importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        version = "not installed"
    versions = (
        f"Python {platform.python_version()}",
        f"Qt {qt_version}",
        f"SQLite {sqlite3.sqlite_version}",
        f"FFmpeg {ffmpeg.version()}",
    )
    return About(version, " · ".join(versions), third_parties(), licence_text())


def third_parties() -> tuple[Part, ...]:
    """Everything that the program needs to run, and what that needs in turn, by name."""
    found: dict[str, Part] = {}
    wanted = [DISTRIBUTION]
    while wanted:
        name = wanted.pop()
        key = _key(name)
        if key in found:
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system, or an extra that is not installed
        found[key] = Part(distribution.metadata["Name"], distribution.version, _licence(distribution))
        for requirement in distribution.requires or ():
            named = _NAMES.match(requirement)
            if named and "extra ==" not in requirement:
                wanted.append(named[0])
    found.pop(_key(DISTRIBUTION), None)
    return tuple(sorted(found.values(), key=lambda part: part.name.lower()))


def licence_text() -> str:
    """The text of LICENSE: beside the program, or in its metadata."""
    folder = Path(getattr(sys, "_MEIPASS", "") or Path(__file__).resolve().parents[2])
    beside = folder / "LICENSE"
    if beside.is_file():
        return beside.read_text("utf-8")
    try:
        text = importlib.metadata.distribution(DISTRIBUTION).read_text("licenses/LICENSE")
    except importlib.metadata.PackageNotFoundError:
        text = None
    return text or "Apache License, Version 2.0"


def _licence(distribution: importlib.metadata.Distribution) -> str:
    def said(field: str) -> list[str]:
        return distribution.metadata.get_all(field) or []

    classifiers = [line.rpartition(":: ")[2] for line in said("Classifier") if line.startswith("License ::")]
    texts = said("License-Expression") or [", ".join(classifiers)] * bool(classifiers) or said("License")
    return texts[0].strip().splitlines()[0][:80] if texts and texts[0].strip() else "see its documentation"


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
