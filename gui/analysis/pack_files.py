"""The files of packs: those that are shipped, those of this station, each with what is wrong in it; copied and kept."""

import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import UsageError
from core.pack import Pack, PackBroken
from core.packs import SUFFIXES, check_pack, folders_of
from core.paths import DataFolder, write_durably

TEMPLATE = '''\
name = "my_pack"
version = "1.0"
title = "My pack"
prompt = """
Look at all frames of the asset together. Is anything in the way of the car?
"""

[schema]
type = "object"
required = ["verdict"]

[schema.properties]
verdict = { type = "string", enum = ["free", "blocked", "cannot_say"] }
what = { type = "string", description = "What is in the way; empty if nothing is" }
confidence = { type = "number", minimum = 0, maximum = 1 }
'''
_NAME_LINE = re.compile(r"""^(name\s*[=:]\s*)(["']?)([a-z0-9_]+)\2""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file; `pack` where it is right, else `line` and `reason`."""

    path: Path
    text: str
    is_own: bool
    pack: Pack | None = None
    line: int = 0
    reason: str = ""
    hidden_by: str = ""
    """The file that has its name and wins."""

    @property
    def title(self) -> str:
        return self.pack.title if self.pack is not None else self.path.name


def read_files(folder: DataFolder) -> list[PackFile]:
    """This station's first, then those that are shipped. Off the main thread."""
    shipped, own = folders_of(folder)
    mine = [_read(path, is_own=True) for path in _paths(own)]
    names = {file.pack.name: file.path.name for file in mine if file.pack is not None}
    theirs = [_read(path, is_own=False) for path in _paths(shipped)]
    return [*mine, *(_hidden(file, names) for file in theirs)]


def problem(text: str, suffix: str) -> tuple[Pack | None, int, str]:
    """The pack, or the line (from 1) and what is wrong there. Off the main thread."""
    try:
        return check_pack(text, suffix), 0, ""
    except PackBroken as wrong:
        return None, wrong.line, wrong.reason


def save(file: Path, text: str) -> None:
    """Keep it, right or not. Raises DataFolderUnwritable, DiskFull. Off the main thread."""
    write_durably(file, text.encode())


def copy(folder: DataFolder, text: str, suffix: str, name: str) -> Path:
    """A file of this station's own with this text under a name that is free. Off the main thread."""
    folder.packs.mkdir(parents=True, exist_ok=True)
    taken = {path.stem for path in _paths(folder.packs)} | {path.stem for path in _paths(folders_of(folder)[0])}
    free = next(tried for tried in _names(name) if tried not in taken)
    target = folder.packs / f"{free}{suffix}"
    save(target, _NAME_LINE.sub(lambda found: f"{found[1]}{found[2]}{free}{found[2]}", text, count=1))
    return target


def remove(file: Path, folder: DataFolder) -> None:
    """Only a file of this station's own. Raises UsageError for another. Off the main thread."""
    if file.parent != folder.packs:
        raise UsageError(f"{file.name} is shipped with the station", hint="Copy it to make another of your own.")
    file.unlink(missing_ok=True)


def _names(name: str) -> list[str]:
    base = name if name.startswith("my_") else f"my_{name}"
    return [base, *(f"{base}_{number}" for number in range(2, 1000))]


def _paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _read(path: Path, *, is_own: bool) -> PackFile:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        return PackFile(path, "", is_own, None, 1, f"the file can't be read as UTF-8 text: {unreadable}")
    return PackFile(path, text, is_own, *problem(text, path.suffix))


def _hidden(file: PackFile, names: dict[str, str]) -> PackFile:
    by = names.get(file.pack.name, "") if file.pack is not None else ""
    return PackFile(file.path, file.text, file.is_own, file.pack, file.line, file.reason, by)
