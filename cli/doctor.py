"""`trackshift doctor`: every part of the station checked, each with a word and what to do."""

import argparse
from dataclasses import asdict

from cli.answer import Answer, Exit
from core.paths import DataFolder


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Exit 0 unless a check failed; a warning is no failure."""
    from workers.health import Verdict, check_gemini, check_station

    checks = check_gemini(folder) if arguments.only == "gemini" else check_station(folder)
    failed = any(check.verdict is Verdict.FAIL for check in checks)
    mark = {Verdict.OK: "ok  ", Verdict.WARN: "warn", Verdict.FAIL: "FAIL"}
    lines = []
    for check in checks:
        lines.append(f"{mark[check.verdict]}  {check.name:12} {check.message}")
        if check.hint and check.verdict is not Verdict.OK:
            lines.append(f"      {'':12} {check.hint}")
    return Answer(
        {"healthy": not failed, "checks": [asdict(check) for check in checks]},
        "\n".join(lines),
        Exit.FAILED if failed else Exit.DONE,
    )
