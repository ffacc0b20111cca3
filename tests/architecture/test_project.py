"""What the project's own files promise: locks that name no place, a door for CI, no path of anybody's machine."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^[a-z0-9-]+==[\w.]+( ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def versions(lock: Path) -> dict[str, set[str]]:
    """The versions that a lock pins, by package: more than one where a newer Python gets another."""
    pins: dict[str, set[str]] = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        if PIN.match(line):
            name, pin = line.removesuffix(" \\").split("==", 1)
            pins.setdefault(name, set()).add(pin.split(" ;")[0])
    return pins


def test_there_is_a_lock_each_for_the_app_the_cloud_the_developer_and_uv() -> None:
    assert [lock.name for lock in LOCKS] == ["app.txt", "cloud.txt", "dev.txt", "uv.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_every_line_of_a_lock_is_a_pin_or_its_hash_and_names_no_place(lock: Path) -> None:
    lines = lock.read_text(encoding="utf-8").splitlines()
    assert lines and [line for line in lines if not PIN.match(line) and not HASH.match(line)] == []
    assert all(HASH.match(after) for line, after in zip(lines, [*lines[1:], ""], strict=True) if PIN.match(line))


def test_the_locks_agree_where_they_overlap() -> None:
    app, cloud, dev, _ = map(versions, LOCKS)
    assert {name: cloud.get(name) for name in app} == app
    assert {name: pins for name, pins in dev.items() if not pins <= cloud.get(name, pins)} == {}


def test_the_qt_that_kills_python_3_11_is_kept_out() -> None:
    assert versions(ROOT / "requirements" / "app.txt")["pyside6-essentials"] == {"6.11.3"}


def test_everything_the_project_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {
        "app.txt": project["project"]["dependencies"],
        "cloud.txt": project["project"]["optional-dependencies"]["cloud"],
        "dev.txt": project["dependency-groups"]["dev"],
    }
    for lock, requirements in asked.items():
        names = {re.split(r"[^\w.-]", requirement)[0].lower() for requirement in requirements}
        assert names - set(versions(ROOT / "requirements" / lock)) == set()


def test_ci_runs_the_checks_and_then_the_tests() -> None:
    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert text == "#!/usr/bin/env bash\npython3 run.py check && exec python3 run.py test\n"


def test_no_committed_file_names_a_place_on_somebody_s_machine() -> None:
    """A home folder or a drive of one machine, in any text file that git tracks."""
    found = subprocess.run(
        ["git", "grep", "-nIE", r"(^|[^A-Za-z0-9_./-])/(root|work|home/[a-z]+)/", "--", ".", ":!requirements"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""
