"""The installed command as a user runs it: its own process, its exit code, its one document."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).parent / "trackshift"


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """stdout, which with --json is one document and nothing else."""
        document = json.loads(self.stdout)
        assert isinstance(document, dict)
        return document


def trackshift(
    data: Path, *argv: str, stdin: str = "", environment: Mapping[str, str] | None = None, within_s: float = 60
) -> Done:
    """Run `trackshift --data DATA …` to its end."""
    done = subprocess.run(
        [str(COMMAND), "--data", str(data), *argv],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    return Done(done.returncode, done.stdout, done.stderr)
