"""Gemini's secrets are entered and kept, never shown; its test says what the command found."""

import json

import pytest

from core.credentials import GEMINI_ACCOUNT, GEMINI_TOKEN, Credentials
from gui.settings.settings_page import SettingsPage
from gui.settings.store_test import read_storage_check

ACCOUNT = {"type": "service_account", "client_email": "pit@team-1", "private_key": "-----BEGIN", "project_id": "team-1"}


@pytest.fixture
def page(qtbot, station) -> SettingsPage:
    made = SettingsPage(station)
    qtbot.addWidget(made)
    made.resize(928, 520)
    made.show()
    made.show_section("gemini")
    return made


def test_a_key_file_and_a_token_are_kept_with_save_and_never_in_the_settings_file(qtbot, station, page, tmp_path):
    file = tmp_path / "key.json"
    file.write_text(json.dumps(ACCOUNT))
    page.gemini.read_file(file)
    qtbot.waitUntil(lambda: page.unsaved == 1)
    assert "pit@team-1" in page.gemini._said[GEMINI_ACCOUNT].text()
    page.gemini.token.setText("a-private-token")
    page.forms["gemini"].editors["gemini.project"].widget.setText("team-1")
    assert not page.gemini.test_button.isEnabled()
    with qtbot.waitSignal(station.settings_changed):
        page.save()
    kept = Credentials(station.folder)
    assert json.loads(kept.get(GEMINI_ACCOUNT) or "") == ACCOUNT
    assert kept.get(GEMINI_TOKEN) == "a-private-token"
    assert "private" not in station.folder.settings_file.read_text("utf-8")
    assert page.gemini.token.text() == ""
    assert page.gemini.test_button.isEnabled()


def test_a_file_that_is_no_key_is_told_and_nothing_is_kept(qtbot, page, tmp_path):
    file = tmp_path / "notes.json"
    file.write_text('{"type": "authorized_user"}')
    page.gemini.read_file(file)
    qtbot.waitUntil(lambda: "notes.json is no key file" in page.gemini._said[GEMINI_ACCOUNT].text())
    assert page.unsaved == 0


def test_the_test_says_what_the_command_found_of_gemini():
    checks = [{"name": "gemini", "verdict": "warn", "message": "It can't be reached", "hint": "Wait."}]
    assert read_storage_check(json.dumps({"checks": checks}), "gemini") == ("warn", "It can't be reached Wait.")
    wrong = [{"name": "settings", "verdict": "fail", "message": "line 3", "hint": "Correct it."}]
    assert read_storage_check(json.dumps({"checks": wrong}), "gemini") == ("bad", "line 3 Correct it.")
