import tomllib

import pytest
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLabel, QLineEdit, QSpinBox

from core.credentials import Credentials
from core.settings import field_docs
from core.store import stations
from gui import theme
from gui.settings.settings_page import SECTIONS, SettingsPage
from gui.settings.store_test import StoreTest, read_storage_check


@pytest.fixture
def page(qtbot, station) -> SettingsPage:
    made = SettingsPage(station)
    qtbot.addWidget(made)
    made.resize(928, 520)
    made.show()
    return made


@pytest.fixture(autouse=True)
def dark_again(look):
    yield
    theme.apply(look, "dark")


def written(station) -> dict[str, dict[str, object]]:
    file = station.folder.settings_file
    return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}


def enter(page, section: str, name: str, value) -> None:
    widget = page.show_section(section).editors[name].widget
    if isinstance(widget, QSpinBox | QDoubleSpinBox):
        widget.setValue(value)
    elif isinstance(widget, QComboBox):
        widget.setCurrentText(value)
    else:
        assert isinstance(widget, QLineEdit)
        widget.setText(value)


def words(widget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def test_every_setting_but_the_reserved_ones_has_an_editor(page):
    found = {name for key, _, _ in SECTIONS for name in page.show_section(key).editors}
    assert found == {doc.name for doc in field_docs() if not doc.description.startswith("Reserved")}
    assert page.unsaved == 0  # showing a value does not change it


def test_save_writes_what_was_edited_and_nothing_else_and_tells_the_worker(qtbot, station, page):
    def revision() -> int:
        with station.database.read() as tx:
            return stations.settings_revision(tx)

    before = revision()
    enter(page, "station", "station.operator", "Ada")
    enter(page, "jobs", "jobs.concurrency", 3)
    enter(page, "capture", "capture.ring_max_bytes", "32 MiB")
    assert page.unsaved == 3 and page.list.item(0).text() == "Station •"
    page.save()
    qtbot.waitUntil(lambda: page.unsaved == 0 and not page._saving)
    assert written(station) == {
        "station": {"operator": "Ada"},
        "jobs": {"concurrency": 3},
        "capture": {"ring_max_bytes": "32 MiB"},
    }
    assert station.settings.jobs.concurrency == 3 and station.settings.capture.ring_max_bytes == 32 << 20
    assert revision() > before
    assert page.unsaved == 0 and not page.save_button.isEnabled()


def test_what_is_not_right_is_said_beside_it_and_is_not_saved(station, page):
    enter(page, "storage", "storage.kind", "minio")
    enter(page, "storage", "storage.bucket_name", "Not A Bucket")
    form = page.show_section("storage")
    assert "lower-case letters" in words(form.editors["storage.bucket_name"])
    enter(page, "capture", "capture.ring_max_bytes", "much")
    assert "Write a size like" in words(page.show_section("capture"))
    assert not page.save_button.isEnabled()
    page.save()
    assert written(station) == {}
    enter(page, "storage", "storage.bucket_name", "pit-frames")
    enter(page, "capture", "capture.ring_max_bytes", "64 MiB")
    assert page.save_button.isEnabled()


def test_edits_right_or_wrong_stay_when_the_settings_change_elsewhere(station, page):
    enter(page, "capture", "capture.ring_max_bytes", "32 MiB")
    enter(page, "storage", "storage.part_size_bytes", "much")
    station.settings_changed.emit()
    assert page.show_section("capture").editors["capture.ring_max_bytes"].value() == "32 MiB"
    assert page.show_section("storage").editors["storage.part_size_bytes"].value() == "much"
    assert page.unsaved == 2


def test_revert_shows_what_is_saved(page):
    enter(page, "station", "station.operator", "Ada")
    page.revert_button.click()
    assert page.show_section("station").editors["station.operator"].value() == ""
    assert page.unsaved == 0


def test_a_setting_of_the_environment_is_locked_and_names_its_variable(qtbot, station, monkeypatch):
    monkeypatch.setenv("JOBS__CONCURRENCY", "5")
    page = SettingsPage(station)
    qtbot.addWidget(page)
    editor = page.show_section("jobs").editors["jobs.concurrency"]
    assert not editor.widget.isEnabled()
    assert "JOBS__CONCURRENCY" in words(editor)


def test_the_theme_is_tried_on_at_once_and_taken_off_by_revert(page):
    enter(page, "station", "station.theme", "light")
    assert theme.name() == "light"
    page.revert_button.click()
    assert theme.name() == "dark"


def test_keys_of_the_store_go_to_the_credentials_and_are_never_shown_again(qtbot, station, page):
    enter(page, "storage", "storage.kind", "minio")
    page.keys.fields["storage:access_key"].setText("station")
    page.keys.fields["storage:secret_key"].setText("very secret")
    assert page.keys.fields["storage:secret_key"].echoMode() == QLineEdit.EchoMode.Password
    page.save()
    qtbot.waitUntil(lambda: page.unsaved == 0 and not page._saving)
    assert Credentials(station.folder, environment={}).get("storage:secret_key") == "very secret"
    assert "very secret" not in station.folder.settings_file.read_text("utf-8")
    assert all(not field.text() for field in page.keys.fields.values())
    assert "Kept in credentials.json" in words(page.keys)


def test_a_folder_store_asks_for_a_folder_and_an_s3_store_for_its_server(page):
    form = page.show_section("storage")
    for kind, folder in (("folder", True), ("minio", False)):
        enter(page, "storage", "storage.kind", kind)
        assert form.editors["storage.folder"].isVisibleTo(form) is folder
        assert form.editors["storage.endpoint"].isVisibleTo(form) is not folder
        assert page.keys.isVisibleTo(form) is not folder


def test_test_store_asks_the_installed_command_about_the_saved_store(qtbot, station, page, tmp_path):
    enter(page, "storage", "storage.folder", str(tmp_path / "nas"))
    assert not page.test_button.isEnabled()  # it would ask the store that is saved
    (tmp_path / "nas").mkdir()
    page.save()
    qtbot.waitUntil(lambda: page.unsaved == 0 and not page._saving)
    with qtbot.waitSignal(page.store_test.ended, timeout=30_000) as told:
        page.test_button.click()
    level, said = told.args
    assert level == "ok", said
    assert page.test_button.isEnabled() and said in words(page.show_section("storage"))


def test_a_store_that_gives_no_answer_in_time_ends_the_test(qtbot, station, page):
    test = StoreTest(station.folder, page, limit_ms=1)
    with qtbot.waitSignal(test.ended, timeout=5_000) as told:
        test.start()
    assert told.args[0] == "bad" and "in time" in told.args[1]


def test_the_doctors_words_on_storage_are_what_is_shown():
    assert read_storage_check(
        '{"checks": [{"name": "storage", "verdict": "fail", "message": "No.", "hint": "Do."}]}'
    ) == (
        "bad",
        "No. Do.",
    )
    assert read_storage_check('{"error": "data_folder_locked", "message": "Locked.", "hint": "Wait."}') == (
        "bad",
        "Locked. Wait.",
    )
    assert read_storage_check("")[0] == "bad"


def test_numbers_show_their_unit_and_default(page):
    editor = page.show_section("cameras").editors["rtsp.stall_s"]
    enter(page, "cameras", "rtsp.stall_s", 3.5)
    assert "s" in [label.text() for label in editor.findChildren(QLabel)]
    default = editor.default_button
    assert default.isVisibleTo(page) and default.text() == "Default: 2 s"
    default.click()
    assert editor.value() == 2.0 and not default.isVisibleTo(page)
