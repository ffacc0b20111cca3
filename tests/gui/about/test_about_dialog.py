import sqlite3

from PySide6.QtGui import QGuiApplication

from gui.about.about_dialog import AboutDialog
from gui.about.licences import licence_text, third_parties


def test_about_names_versions_licences_and_the_data_folder(qtbot, station):
    dialog = AboutDialog(station)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: "SQLite" in dialog.versions.text(), timeout=15_000)
    assert sqlite3.sqlite_version in dialog.versions.text() and "FFmpeg" in dialog.versions.text()
    assert "Apache License" in dialog.licence.toPlainText()
    dialog.copy()
    assert "SQLite" in QGuiApplication.clipboard().text()


def test_every_part_that_is_shipped_names_a_licence():
    parts = {part.name.lower(): part for part in third_parties()}
    assert {"sqlalchemy", "av", "minio", "pyside6_essentials"} <= parts.keys()
    assert all(part.licence and part.version for part in parts.values())
    assert "MIT" in parts["sqlalchemy"].licence
    assert "Version 2.0" in licence_text()
