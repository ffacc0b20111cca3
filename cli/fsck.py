"""`trackshift fsck`: holds the database against the files on disk, and mends what can be mended."""

import argparse
from dataclasses import asdict

from cli.answer import Answer, Exit
from cli.station import open_station
from core.paths import DataFolder


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Exit 0 when clean or wholly mended, else 1."""
    from workers.fsck import check, repair

    with open_station(folder) as station:
        findings = check(folder, station.database)
        repaired = repair(folder, station.database, findings) if arguments.repair else []
        left = check(folder, station.database) if arguments.repair else findings
    document = {
        "clean": not left,
        "findings": [asdict(finding) for finding in findings],
        "repaired": [asdict(finding) for finding in repaired],
    }
    lines = [f"{finding.kind}: {finding.path}: {finding.message}" for finding in left]
    text = "\n".join(lines) or "Clean: every row has its whole file, every file its row."
    return Answer(document, text, Exit.FAILED if left else Exit.DONE)
