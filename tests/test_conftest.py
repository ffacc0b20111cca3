"""The watch over all tests sees what it is there to see."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real.xvfb import Display

pytest_plugins = ["pytester"]


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A suite elsewhere under our conftest and our rules, with half a second of grace."""
    ours = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
    pytester.makeconftest(ours.replace("GRACE_S = 5.0", "GRACE_S = 0.5"))
    pytester.makeini("[pytest]\nmarkers =\n    allow_warnings\n")
    return pytester


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("import logging; logging.getLogger('any').warning('stray')", "*logged:*stray*"),
        ("import logging; logging.getLogger().handlers.clear(); logging.error('stray')", "*logged:*stray*"),
        ("import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()", "*threads left:*"),
        ("import subprocess; subprocess.Popen(['sleep', '30'])", "*processes left:*sleep 30*"),
        (
            # Its parent is gone before the test ends: only the mark in its environment tells whose it is.
            "import subprocess; subprocess.run(['setsid', '-f', 'sleep', '31'])",
            "*processes left:*sleep 31*",
        ),
    ],
    ids=["log", "log without handlers", "daemon thread", "process", "detached process"],
)
def test_what_a_test_leaves_behind_fails_it(suite: pytest.Pytester, fault: str, told: str) -> None:
    suite.makepyfile(f"def test_leaves_something():\n    {fault}\n")
    ended = suite.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:pytestqt")
    ended.assert_outcomes(passed=1, errors=1)
    ended.stdout.fnmatch_lines([told])


def test_what_ends_in_time_and_warnings_that_were_allowed_pass(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import logging, subprocess, threading, pytest

        def test_tidy():
            threading.Thread(target=threading.Event().wait, args=(0.1,)).start()
            subprocess.Popen(["sleep", "0.1"])
            logging.getLogger().info("told")

        @pytest.mark.allow_warnings
        def test_provoked():
            logging.getLogger().warning("meant")
        """
    )
    suite.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:pytestqt").assert_outcomes(passed=2)


def test_a_test_has_a_home_of_its_own_and_no_keyring() -> None:
    assert Path(os.environ["HOME"]).name.startswith("station-home-")
    backend = "import keyring; print(type(keyring.get_keyring()).__module__)"
    said = subprocess.run([sys.executable, "-c", backend], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "keyring.backends.fail"
    assert not [name for name in os.environ if name.startswith("STORAGE__")]


@pytest.mark.xvfb
def test_qt_opens_a_real_window_on_the_virtual_display(xvfb: Display) -> None:
    """Also shows that `run.py setup` installs every library that Qt's xcb plug-in links to."""
    show = "from PySide6.QtWidgets import QApplication as A, QWidget as W; a = A([]); w = W(); w.show()"
    window = f"{show}; a.processEvents(); print(a.platformName(), w.isVisible(), w.grab().width() > 0)"
    ended = subprocess.run([sys.executable, "-c", window], env=xvfb.environment, capture_output=True, text=True)
    assert (ended.stdout.split(), ended.returncode) == (["xcb", "True", "True"], 0), ended.stderr
