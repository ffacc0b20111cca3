"""The settings page: every setting of settings.toml by section, the store's keys and its test."""

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.credentials import Credentials
from core.settings import Settings, field_docs, locked_by_environment, save
from core.store import stations
from gui import theme
from gui.background import run_in_background
from gui.errors import show_failure
from gui.page_layout import line_of, page_title, stack_up
from gui.settings import gemini_access
from gui.settings.api_access import ApiAccess
from gui.settings.gemini_access import GeminiAccess
from gui.settings.section_form import SectionForm
from gui.settings.storage_keys import StorageKeys, Where, read_where
from gui.settings.store_test import StoreTest
from gui.station import Station
from gui.toast import show_notice

SECTIONS = (
    ("station", "Station", ("station",)),
    ("cameras", "Cameras", ("rtsp", "stops")),
    ("capture", "Capture", ("capture",)),
    ("import", "Import", ("imports", "upload")),
    ("jobs", "Jobs", ("jobs",)),
    ("storage", "Storage", ("storage",)),
    ("disk", "Disk", ("retention",)),
    ("gemini", "Gemini", ("gemini", "bigquery")),
    ("api", "API", ("api", "alerts")),
    ("log", "Logs", ("log",)),
)
_FIRST = ["storage.kind", "storage.folder", "storage.endpoint", "storage.bucket_name", "storage.secure"]
"""What a store can't do without; the keys and the test stand behind it."""


@dataclass(frozen=True, slots=True)
class _Saved:
    settings: Settings
    where: Where


class SettingsPage(QWidget):
    """Sections are made when they are first looked at; Ctrl+S saves."""

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self._station = station
        self._saving = False
        self._locked = locked_by_environment()
        self.forms: dict[str, SectionForm] = {}
        self.keys = StorageKeys(self)
        self.keys.hide()
        self.api = ApiAccess(station.folder, self)
        self.api.hide()
        self.gemini = GeminiAccess(station.folder, self)
        self.gemini.hide()
        self.store_test = StoreTest(station.folder, self)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Sections")
        self.list.setFixedWidth(170)
        self._stack = QStackedWidget(self)
        for _, title, _ in SECTIONS:
            self.list.addItem(title)
            self.list.item(self.list.count() - 1).setSizeHint(QSize(0, theme.size("control") + 4))
            self._stack.addWidget(QWidget(self._stack))
        self._said = QLabel(self)
        self.save_button = QPushButton("Save", self)
        theme.set_role(self.save_button, role="primary")
        self.revert_button = QPushButton("Revert", self)
        self._lay_out()
        self.list.currentRowChanged.connect(self._show_row)
        self.save_button.clicked.connect(self.save)
        self.revert_button.clicked.connect(self.revert)
        self.keys.changed.connect(self._edited)
        self.gemini.changed.connect(self._edited)
        self.store_test.ended.connect(self._tested)
        station.settings_changed.connect(self._settings_changed)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Save), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.save)
        credentials = station.credentials
        run_in_background(lambda: _every_where(credentials), then=self._show_where, parent=self)
        self.list.setCurrentRow(0)
        self._edited()

    def show_section(self, key: str) -> SectionForm:
        """Show one of SECTIONS; KeyError for another key."""
        row = {key: row for row, (key, _, _) in enumerate(SECTIONS)}[key]
        self.list.setCurrentRow(row)
        return self.forms[key]

    @property
    def unsaved(self) -> int:
        """How many settings are edited and not saved."""
        return sum(len(form.changes()) for form in self.forms.values()) + len(self._entered())

    def save(self) -> None:
        """Write what is edited; the worker reads it again by itself."""
        wrong = [name for form in self.forms.values() for name in form.wrong]
        if wrong or self._saving or not self.unsaved:
            return
        changes = {name: value for form in self.forms.values() for name, value in form.changes().items()}
        entered = self._entered()
        folder, credentials, database = self._station.folder, self._station.credentials, self._station.database

        def work() -> _Saved:
            for name, secret in entered.items():
                credentials.set(name, secret)
            settings = save(folder, changes)
            with database.write() as tx:
                stations.bump_settings(tx)
            return _Saved(settings, _every_where(credentials))

        self._saving = True
        self._edited()
        run_in_background(work, then=self._saved, failed=self._not_saved, parent=self)

    def revert(self) -> None:
        """Show what is saved."""
        self.keys.clear()
        self.gemini.clear()
        for form in self.forms.values():
            form.revert()

    def test_store(self) -> None:
        """Ask the store whether it takes our files; minutes at most, and nothing waits for it."""
        self.test_button.setEnabled(False)
        self._say_test("", "Testing…")
        self.store_test.start()

    def _saved(self, saved: _Saved) -> None:
        self._saving = False
        self._station.settings = saved.settings
        self.keys.clear()
        self.gemini.clear()
        self._show_where(saved.where)
        for form in self.forms.values():
            form.show_settings(saved.settings, keep_edits=False)
        self._station.settings_changed.emit()
        show_notice(self, "Saved. The worker takes it over by itself.", "ok")

    def _entered(self) -> dict[str, str]:
        return self.keys.entered() | self.gemini.entered()

    def _show_where(self, where: Where) -> None:
        self.keys.show_where(where)
        self.gemini.show_where(where)

    def _not_saved(self, error: Exception) -> None:
        self._saving = False
        self._edited()
        show_failure(error, self)

    def _settings_changed(self) -> None:
        for form in self.forms.values():
            form.show_settings(self._station.settings, keep_edits=True)
        if "api" in self.forms:
            self.api.show_settings(self._station.settings.api)

    def _edited(self) -> None:
        wrong = sum(len(form.wrong) for form in self.forms.values())
        unsaved = self.unsaved
        self.save_button.setEnabled(unsaved > 0 and not wrong and not self._saving)
        self.revert_button.setEnabled(unsaved > 0 and not self._saving)
        if wrong:
            text, level = f"{wrong} {'setting is' if wrong == 1 else 'settings are'} not right yet", "bad"
        elif unsaved:
            text, level = f"{unsaved} unsaved {'change' if unsaved == 1 else 'changes'}", "info"
        else:
            text, level = "Everything is saved", ""
        self._said.setText(text)
        theme.set_role(self._said, level=level)
        for row, (key, title, _) in enumerate(SECTIONS):
            form = self.forms.get(key)
            secrets = {"storage": self.keys.entered, "gemini": self.gemini.entered}.get(key, dict)
            changed = bool(form and form.changes()) or bool(secrets())
            self.list.item(row).setText(f"{title} •" if changed else title)
        if "storage" in self.forms:
            storage_changed = bool(self.forms["storage"].changes() or self.keys.entered())
            self.test_button.setEnabled(not storage_changed)
            self.keys.setVisible(self.forms["storage"].editors["storage.kind"].value() == "minio")
            if storage_changed:
                self._say_test("", "Save first: the test asks the store that is saved.")
        if "gemini" in self.forms:
            self.gemini.allow_test(saved=not (self.forms["gemini"].changes() or self.gemini.entered()))
        self._show_look()

    def _show_look(self) -> None:
        """The theme is tried on at once; Revert takes it off again."""
        form, app = self.forms.get("station"), QApplication.instance()
        if form is not None and isinstance(app, QApplication):
            theme.apply(app, str(form.editors["station.theme"].value()))

    # building

    def _lay_out(self) -> None:
        body = QHBoxLayout()
        body.addWidget(self.list)
        card = QFrame(self)
        theme.set_role(card, role="card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self._stack)
        body.addWidget(card, 1)
        foot = line_of(self._said, right=[self.revert_button, self.save_button])
        stack_up(self, (page_title("Settings", self), body, foot), body)

    def _show_row(self, row: int) -> None:
        key, title, sections = SECTIONS[row]
        if key not in self.forms:
            docs = [doc for doc in field_docs() if doc.name.partition(".")[0] in sections]
            docs.sort(key=lambda doc: _FIRST.index(doc.name) if doc.name in _FIRST else len(_FIRST))
            room_after = {"storage": _FIRST[-1], "gemini": "gemini.location"}.get(key, "")
            form = SectionForm(title, docs, self._station.settings, self._locked, self, room_after=room_after)
            self.forms[key] = form
            if key == "station":
                self._add_folder(form)
            elif key == "storage":
                self._add_store(form)
            elif key == "api":
                form.room.addWidget(self.api)
                self.api.show_settings(self._station.settings.api)
            elif key == "gemini":
                form.room.addWidget(self.gemini)
                self.gemini.show()
            form.changed.connect(self._edited)
            self._put(row, form)
            self._edited()
        self._stack.setCurrentIndex(row)

    def _put(self, row: int, form: SectionForm) -> None:
        scroll = QScrollArea(self._stack)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(form)
        scroll.viewport().setAutoFillBackground(False)
        form.setAutoFillBackground(False)
        if (placeholder := self._stack.widget(row)) is not None:
            self._stack.removeWidget(placeholder)
            placeholder.deleteLater()
        self._stack.insertWidget(row, scroll)

    def _add_folder(self, form: SectionForm) -> None:
        root = str(self._station.folder.root)
        name, path = QLabel("Data folder", form), QLabel(root, form)
        name.setFixedWidth(190)
        path.setWordWrap(True)
        path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        show = QPushButton("Open", form)
        show.setAccessibleName("Open the data folder")
        show.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(root)))
        line = QHBoxLayout()
        line.addWidget(name)
        line.addWidget(path, 1)
        line.addWidget(show)
        form.room.addLayout(line)

    def _add_store(self, form: SectionForm) -> None:
        self.test_button = QPushButton("Test store", form)
        self.test_button.clicked.connect(self.test_store)
        self._found = QLabel(form)
        self._found.setWordWrap(True)
        line = QHBoxLayout()
        line.addWidget(self.test_button, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._found, 1)
        form.room.addWidget(self.keys)
        form.room.addLayout(line)

    def _tested(self, level: str, said: str) -> None:
        self.test_button.setEnabled(True)
        self._say_test(level, said)

    def _say_test(self, level: str, said: str) -> None:
        self._found.setText(said)
        theme.set_role(self._found, level=level)


def _every_where(credentials: Credentials) -> Where:
    return read_where(credentials) | gemini_access.read_where(credentials)
