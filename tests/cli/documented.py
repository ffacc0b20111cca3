"""The shapes that docs/cli.md shows, read from it, and the comparison of a real document with them."""

import json
import re
from pathlib import Path

_DOC = Path(__file__).parents[2] / "docs" / "cli.md"
_BLOCK = re.compile(r"^```json ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FREE = {"params", "summary", "meta", "exif"}
"""Objects whose keys are the kind's or the user's own."""


def documented(name: str) -> object:
    """The example that docs/cli.md gives under this name."""
    blocks = {title: json.loads(text) for title, text in _BLOCK.findall(_DOC.read_text(encoding="utf-8"))}
    return blocks[name]


def differences(expected: object, actual: object, where: str = "$") -> list[str]:
    """Each place where `actual` has other keys or types than `expected`; null on either side is a missing value."""
    if expected is None or actual is None:
        return []
    if isinstance(expected, dict) and isinstance(actual, dict):
        if where.rpartition(".")[2] in _FREE:
            return []
        found = [f"{where}: only documented: {key}" for key in expected.keys() - actual.keys()]
        found += [f"{where}: not documented: {key}" for key in actual.keys() - expected.keys()]
        for key in expected.keys() & actual.keys():
            found += differences(expected[key], actual[key], f"{where}.{key}")
        return found
    if isinstance(expected, list) and isinstance(actual, list):
        return [line for item in actual for line in (differences(expected[0], item, f"{where}[]") if expected else [])]
    number = (int, float)
    if isinstance(expected, number) and isinstance(actual, number) and type(expected) is not bool:
        return []
    return (
        []
        if type(expected) is type(actual)
        else [f"{where}: {type(actual).__name__}, documented {type(expected).__name__}"]
    )
