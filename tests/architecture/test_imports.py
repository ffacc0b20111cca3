"""Every contract of .importlinter holds for the tree, and bites when it is broken."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / ".importlinter"

# One violation a contract: the module that does it, what it says, and the nearest module that may say the same.
VIOLATIONS = {
    "layers": ("gui/page.py", "import workers.runner", "cli/page.py"),
    "qt": ("core/frame.py", "from PySide6.QtGui import QImage", "gui/frame.py"),
    "network": ("core/clock.py", "import socket", "workers/clock.py"),
    "sqlalchemy": ("workers/dispatcher.py", "from sqlalchemy import select", "core/store/jobs.py"),
    "av": ("workers/jobs/importing.py", "import av", "core/media/clip_reader.py"),
    "cv2": ("core/frame.py", "import cv2", "core/media/clip_reader.py"),
    "onnxruntime": ("workers/vision/tracks.py", "import onnxruntime", "workers/vision/detection.py"),
    "minio": ("workers/sync/uploader.py", "from minio import Minio", "workers/sync/minio_store.py"),
    "apscheduler": ("workers/dispatcher.py", "from apscheduler.schedulers import base", "workers/scheduler.py"),
    "pebble": ("workers/runner.py", "from pebble import ProcessPool", "workers/computing.py"),
    "keyring": ("core/settings.py", "import keyring", "core/credentials.py"),
    "fastapi": ("workers/app.py", "import uvicorn", "workers/api/status.py"),
    "google": ("workers/jobs/analyzing.py", "from google import genai", "workers/analysis/gemini.py"),
}


def contract_names() -> dict[str, str]:
    """The contracts' names by their ids."""
    read = configparser.ConfigParser()
    read.read(CONTRACTS, encoding="utf-8")
    return {section.rsplit(":", 1)[1]: read[section]["name"] for section in read.sections() if ":contract:" in section}


def broken_contracts(tree: Path) -> set[str]:
    """The names of the contracts that a tree breaks."""
    linted = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--config", str(CONTRACTS), "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    broken = set(re.findall(r"^(.+) BROKEN\b", linted.stdout, flags=re.MULTILINE))
    assert f"Contracts: {len(VIOLATIONS) - len(broken)} kept, {len(broken)} broken" in linted.stdout, linted.stdout
    assert linted.returncode == bool(broken)
    return broken


def write_module(tree: Path, module: str, text: str) -> None:
    path = tree / module
    path.parent.mkdir(parents=True, exist_ok=True)
    for package in path.relative_to(tree).parents:
        if package != Path():
            (tree / package / "__init__.py").touch()
    path.write_text(text + "\n", encoding="utf-8")


@pytest.fixture
def lawful_tree(tmp_path: Path) -> Path:
    """Packages named as ours, with every import that a contract forbids standing where it is allowed."""
    for package in ("benchmarks", "cli", "core", "gui", "resources", "workers"):
        write_module(tmp_path, f"{package}/__init__.py", "")
    write_module(tmp_path, "workers/runner.py", "")
    for number, (_, statement, allowed) in enumerate(VIOLATIONS.values()):
        path = tmp_path / allowed
        said = path.read_text(encoding="utf-8") if path.exists() else ""
        write_module(tmp_path, allowed, f"{said}{statement}  # {number}")
    return tmp_path


def test_every_import_contract_has_a_violation_to_try() -> None:
    assert set(VIOLATIONS) == set(contract_names())


def test_the_import_contracts_allow_what_the_design_allows(lawful_tree: Path) -> None:
    assert broken_contracts(lawful_tree) == set()


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_violating_import_breaks_its_contract_and_no_other(lawful_tree: Path, contract: str) -> None:
    module, statement, _ = VIOLATIONS[contract]
    write_module(lawful_tree, module, statement)
    assert broken_contracts(lawful_tree) == {contract_names()[contract]}
