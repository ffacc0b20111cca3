"""`trackshift packs`: which packs there are, and what is wrong with a file that is none."""

import argparse
from pathlib import Path

from cli.answer import Answer, Exit
from core.pack import BrokenPack, Pack, PackBroken
from core.packs import folders_of, load_packs, read_pack
from core.paths import DataFolder


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Dispatch to the action."""
    return _list(folder) if arguments.action == "list" else _check(arguments, folder)


def _list(folder: DataFolder) -> Answer:
    packs, broken = load_packs(folders_of(folder))
    document = {"packs": [_document(pack) for pack in packs], "broken": [_told(file) for file in broken]}
    lines = [f"{pack.name} {pack.version}  {pack.title}{'  (local)' if pack.local else ''}" for pack in packs]
    return Answer(document, "\n".join([*lines, *(_line(file) for file in broken)]))


def _check(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    if not arguments.files:
        packs, broken = load_packs(folders_of(folder))
    else:
        packs, broken = [], []
        for name in arguments.files:
            try:
                packs.append(read_pack(Path(name).expanduser().absolute()))
            except PackBroken as wrong:
                broken.append(BrokenPack(name, wrong.line, wrong.reason))
    document = {"good": [pack.name for pack in packs], "broken": [_told(file) for file in broken]}
    lines = [f"{len(packs)} packs are good.", *(_line(file) for file in broken)]
    return Answer(document, "\n".join(lines), Exit.FAILED if broken else Exit.DONE)


def _document(pack: Pack) -> dict[str, object]:
    columns = [
        {"name": column.name, "type": str(column.type), "choices": list(column.choices)} for column in pack.columns
    ]
    return {
        "name": pack.name,
        "version": pack.version,
        "title": pack.title,
        "local": pack.local,
        "columns": columns,
    }


def _told(file: BrokenPack) -> dict[str, object]:
    return {"path": file.path, "line": file.line, "reason": file.reason}


def _line(file: BrokenPack) -> str:
    return f"{file.path}:{file.line}: {file.reason}"
