"""The door: what it finds missing, when it has nothing to do, and how two runs of pytest become one answer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import run

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A set-up clone of the project, as far as the stamp knows."""
    venv = tmp_path / ".venv"
    locks = tuple(tmp_path / "requirements" / lock.name for lock in run.LOCKS)
    for path in (*locks, tmp_path / "pyproject.toml", venv / "pyvenv.cfg", venv / "python"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(path.name)
    for name, value in {"ROOT": tmp_path, "VENV": venv, "LOCKS": locks, "PYTHON": venv / "python"}.items():
        monkeypatch.setattr(run, name, value)
    monkeypatch.setattr(run, "STAMP", venv / "stamp")
    run.STAMP.write_text(run.digest())
    yield tmp_path


def test_a_set_up_clone_has_nothing_to_do(clone: Path) -> None:
    assert run.is_current()


@pytest.mark.parametrize("changed", ["requirements/dev.txt", "pyproject.toml", ".venv/pyvenv.cfg"])
def test_a_changed_lock_or_interpreter_sets_up_anew(clone: Path, changed: str) -> None:
    (clone / changed).write_text("other")
    assert not run.is_current()


@pytest.mark.parametrize("lost", [".venv/stamp", ".venv/python", "requirements/app.txt"])
def test_a_set_up_that_was_cut_short_is_done_again(clone: Path, lost: str) -> None:
    (clone / lost).unlink()
    assert not run.is_current()


def test_a_clone_that_was_moved_sets_up_anew(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "ROOT", clone / "elsewhere")
    assert not run.is_current()


def test_the_demo_has_a_made_up_gemini_that_ends_with_it_unless_a_real_one_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = [f"GEMINI__{name}" for name in ("BASE_URL", "ACCESS_TOKEN", "PROJECT", "BATCH_BUCKET")]
    for name in (*told, "STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS"):
        monkeypatch.setenv(name, "")  # so that what the door says is taken back after the test
        monkeypatch.delenv(name)
    server = run.made_up_gemini()
    assert server is not None
    assert os.environ["GEMINI__BASE_URL"].startswith("http://127.0.0.1:")
    assert run.made_up_gemini() is None
    server.communicate(timeout=30)
    assert server.returncode == 0


def test_what_dpkg_lists_as_installed_or_provided_is_present() -> None:
    listing = (
        "installed\tlibegl1\t\n"
        "config-files\txvfb\t\n"
        "not-installed\tffmpeg\t\n"
        "installed\tlibglib2.0-0t64\tlibglib2.0-0 (= 2.80), libglib2.0\n"
    )
    assert run.present(listing) == {"libegl1", "libglib2.0-0t64", "libglib2.0-0", "libglib2.0"}


def test_the_window_and_the_demo_ask_for_no_library_of_the_tests() -> None:
    for verb in ("demo", "gui"):
        assert set(run.NEEDS[verb]) == set(run.APP_LIBRARIES)
    assert set(run.NEEDS["setup"]) == set(run.NEEDS["test"]) > set(run.APP_LIBRARIES)


def test_who_may_not_install_is_told_the_command_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "missing_libraries", lambda wanted: ["libegl1", "xvfb"])
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    run.install_libraries(("libegl1", "xvfb", "ffmpeg"))
    said = capsys.readouterr()
    assert "apt-get install -y --no-install-recommends libegl1 xvfb\n" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("alone", "others", "answer"),
    [(0, 0, 0), (0, 5, 0), (5, 0, 0), (5, 5, 5), (1, 0, 1), (0, 1, 1), (5, 2, 2), (1, 5, 1), (3, 1, 3)],
)
def test_two_runs_of_pytest_are_one_answer(alone: int, others: int, answer: int) -> None:
    assert run.verdict(alone, others) == answer


def test_an_unknown_verb_and_a_missing_one_are_told_how_it_is_used() -> None:
    for arguments in ([], ["tests"], ["setup", "--fast"]):
        ended = subprocess.run([sys.executable, ROOT / "run.py", *arguments], capture_output=True, text=True)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "run.py setup" in ended.stderr


def test_setting_up_what_is_set_up_says_nothing() -> None:
    assert run.is_current()
    ended = subprocess.run([sys.executable, ROOT / "run.py", "setup"], capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
