from PySide6.QtGui import QGuiApplication

from core.settings import ApiSettings
from gui.settings.api_access import curl_line
from gui.settings.settings_page import SettingsPage


def test_the_curl_line_reads_the_token_from_its_file(folder):
    line = curl_line(ApiSettings(enabled=True, port=8123), folder)
    assert line == f'curl -H "Authorization: Bearer $(cat {folder.api_token_file})" http://127.0.0.1:8123/status'


def test_address_and_line_are_shown_once_the_api_is_switched_on_and_saved(qtbot, station):
    page = SettingsPage(station)
    qtbot.addWidget(page)
    page.show()
    form = page.show_section("api")
    assert not page.api.isVisible()
    form.editors["api.enabled"].widget.setChecked(True)
    assert not page.api.isVisible()
    page.save()
    qtbot.waitUntil(page.api.isVisible)
    page.api.copy.click()
    assert QGuiApplication.clipboard().text() == curl_line(station.settings.api, station.folder)
