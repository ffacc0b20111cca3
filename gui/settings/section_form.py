"""One section of the settings page: its settings' editors, checked together as they are typed."""

from collections.abc import Collection, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from core.settings import FieldDoc, Settings
from gui import theme
from gui.settings.field_editor import FieldEditor
from gui.settings.field_words import wrong_text

_MINIO_ONLY = ("endpoint", "bucket_name", "region", "secure", "ca_file", "part_size_bytes", "timeout_s", "concurrency")


class SectionForm(QWidget):
    """`changed` after every edit. `room` takes what else a section needs, last or behind `room_after`."""

    changed = Signal()

    def __init__(
        self,
        title: str,
        docs: Sequence[FieldDoc],
        settings: Settings,
        locked: Collection[str],
        parent: QWidget,
        *,
        room_after: str = "",
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.editors = {
            doc.name: FieldEditor(doc, _value(settings, doc.name), locked=doc.name in locked, parent=self)
            for doc in docs
        }
        self._saved = {name: editor.value() for name, editor in self.editors.items()}
        self.wrong: dict[str, str] = {}
        head = QLabel(title, self)
        theme.set_role(head, role="title")
        self.room = QVBoxLayout()
        self.room.setSpacing(theme.space("l"))
        layout = QVBoxLayout(self)
        edge = theme.space("l")
        layout.setContentsMargins(edge, edge, edge, edge)
        layout.setSpacing(theme.space("l"))
        layout.addWidget(head)
        for name, editor in self.editors.items():
            layout.addWidget(editor)
            editor.edited.connect(self._edited)
            if name == room_after:
                layout.addLayout(self.room)
        if not room_after:
            layout.addLayout(self.room)
        layout.addStretch(1)
        self._show_relevant()

    def changes(self) -> dict[str, Any]:
        """Name to new value of what is edited and not saved; None stands for the default."""
        return {
            name: editor.value()
            for name, editor in self.editors.items()
            if not editor.locked and editor.value() != self._saved[name]
        }

    def revert(self) -> None:
        """Show what is saved."""
        self.show_settings(self._settings, keep_edits=False)

    def show_settings(self, settings: Settings, *, keep_edits: bool) -> None:
        """The saved settings are these now; edits stay if they shall."""
        self._settings = settings
        edited = self.changes() if keep_edits else {}
        for name, editor in self.editors.items():
            shown = editor.value()
            editor.set_value(_value(settings, name))
            self._saved[name] = editor.value()
            if name in edited:
                editor.set_value(shown)
        self._edited()

    def _edited(self) -> None:
        self.wrong = self._check()
        changes = self.changes()
        for name, editor in self.editors.items():
            editor.mark(changed=name in changes, wrong=self.wrong.get(name, ""))
        self._show_relevant()
        self.changed.emit()

    def _check(self) -> dict[str, str]:
        """What is wrong, by name: the same models check here and when settings.toml is read."""
        wrong: dict[str, str] = {}
        changes = self.changes()
        for section in {name.partition(".")[0] for name in changes}:
            kept: BaseModel = getattr(self._settings, section)
            given = kept.model_dump(exclude_defaults=True)
            for name, value in changes.items():
                if name.partition(".")[0] == section:
                    given.pop(name.partition(".")[2], None)
                    if value is not None:
                        given[name.partition(".")[2]] = value
            try:
                type(kept)(**given)
            except ValidationError as invalid:
                for error in invalid.errors():
                    field = str(error["loc"][0]) if error["loc"] else next(iter(changes)).partition(".")[2]
                    name = f"{section}.{field}"
                    wrong[name] = wrong_text(name, error["type"], error["msg"])
        return wrong

    def _show_relevant(self) -> None:
        """A folder has no endpoint, an S3 server no folder."""
        kind = self.editors.get("storage.kind")
        if kind is None:
            return
        is_folder = kind.value() == "folder"
        for name, editor in self.editors.items():
            if name == "storage.folder":
                editor.setVisible(is_folder)
            elif name.partition(".")[2] in _MINIO_ONLY:
                editor.setVisible(not is_folder)


def _value(settings: Settings, name: str) -> Any:
    section, _, field = name.partition(".")
    return getattr(getattr(settings, section), field)
