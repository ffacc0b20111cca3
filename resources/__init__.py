"""Files that ship with the station: icons, style, pages, demo footage; every one with its licence."""

from pathlib import Path


def resource(name: str) -> Path:
    """The shipped file `name` (with '/'), in a checkout and in the frozen app alike."""
    return Path(__file__).resolve().parent / name
