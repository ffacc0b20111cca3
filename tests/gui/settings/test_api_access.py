import shlex
import subprocess
import sys

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox

from core.api_token import read_or_create
from core.setting_sections import ApiSettings
from gui.settings.api_access import curl_line
from gui.settings.settings_page import SettingsPage


@pytest.mark.skipif(sys.platform == "win32", reason="its shell has no sed")
def test_the_curl_line_sends_the_token_and_no_process_list_shows_it(folder):
    token = read_or_create(folder)
    line = curl_line(ApiSettings(enabled=True, port=8123), folder)
    before, _, after = line.partition(" | ")
    assert after == "curl -H @- http://127.0.0.1:8123/status"
    sent = subprocess.run(shlex.split(before), capture_output=True, check=True, text=True).stdout
    assert sent.strip() == f"Authorization: Bearer {token}"
    assert token not in line


def test_address_and_line_are_shown_once_the_api_is_switched_on_and_saved(qtbot, station):
    page = SettingsPage(station)
    qtbot.addWidget(page)
    page.show()
    form = page.show_section("api")
    assert not page.api.isVisible()
    switch = form.editors["api.enabled"].widget
    assert isinstance(switch, QCheckBox)
    switch.setChecked(True)
    assert not page.api.isVisible()
    page.save()
    qtbot.waitUntil(page.api.isVisible)
    page.api.copy.click()
    assert QGuiApplication.clipboard().text() == curl_line(station.settings.api, station.folder)
