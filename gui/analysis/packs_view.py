"""The packs: every file with what is wrong in it, an editor that checks as you type, and a dry run on one asset."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QMessageBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gui import theme
from gui.analysis import pack_files
from gui.analysis.pack_editor import PackEditor
from gui.analysis.pack_files import TEMPLATE, PackFile
from gui.background import run_in_background
from gui.controls import WITHIN, on_keys, push_button
from gui.models.following import Following
from gui.page_layout import line_of, stack_up
from gui.station import Station
from gui.toast import show_notice

_LIST_PX = 330
_FILE = Qt.ItemDataRole.UserRole


class PacksView(QWidget):
    """Ctrl+S keeps what was typed; a shipped pack is copied before it can be changed."""

    def __init__(self, station: Station, parent: QWidget) -> None:
        super().__init__(parent)
        self._station = station
        self._files: list[PackFile] = []
        self._goes_to: Path | None = None
        self.list = QListWidget(self)
        self.editor = PackEditor(station, self)
        self.new_button = push_button("New pack", self.new, self, icon="plus")
        self.copy_button = push_button("Copy to edit", self.copy, self, icon="edit")
        self.save_button = push_button("Save", self.save, self, icon="check", role="primary", keys="Ctrl+S")
        self.revert_button = push_button("Revert", self.revert, self, icon="retry")
        self.delete_button = push_button("Delete…", self.ask_delete, self, icon="trash", role="danger")
        self.try_button = push_button("Dry run", lambda: None, self, icon="play")
        self._lay_out()
        self.list.currentItemChanged.connect(lambda new, old: self._go(new, old))
        self.editor.changed.connect(self._offer)
        on_keys(self, ((QKeySequence.StandardKey.Save, self.save),), WITHIN)
        self._follow = Following(station, self, self._read, self._show, rest_ms=1000)
        self._offer()

    @property
    def chosen(self) -> PackFile | None:
        return self.editor.file

    # following the folders

    def _read(self) -> list[PackFile]:
        return pack_files.read_files(self._station.folder)

    def _show(self, files: list[PackFile]) -> None:
        shown = self.editor.file
        if files != self._files or self.list.count() == 0:
            self._files = files
            self._fill()
        wanted = self._goes_to or (shown.path if shown is not None else None)
        place = next((n for n, file in enumerate(files) if file.path == wanted), 0 if files else -1)
        if self._goes_to is not None and place >= 0 and files[place].path == self._goes_to:
            self._goes_to = None
        if place >= 0 and not self.editor.is_changed:
            self.list.setCurrentRow(place)
            self.editor.show_file(files[place])
        self._offer()

    def _fill(self) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for file in self._files:
            item = QListWidgetItem(_line_of(file), self.list)
            item.setData(_FILE, str(file.path))
            item.setToolTip(str(file.path))
            if file.pack is None:
                item.setForeground(theme.colour("bad"))
            elif file.hidden_by:
                item.setForeground(theme.colour("muted"))
        self.list.blockSignals(False)

    def _go(self, new: QListWidgetItem | None, old: QListWidgetItem | None) -> None:
        file = next((one for one in self._files if new is not None and str(one.path) == new.data(_FILE)), None)
        if file is None or file == self.editor.file:
            return
        if self.editor.is_changed and old is not None:
            self.list.blockSignals(True)
            self.list.setCurrentItem(old)
            self.list.blockSignals(False)
            show_notice(self, "Save what you typed, or revert it, before you go to another pack.", "warn")
            return
        self.editor.show_file(file)
        self._offer()

    # what the operator does

    def new(self) -> None:
        """A file of this station's own, from the template."""
        self._make(TEMPLATE, ".toml", "my_pack")

    def copy(self) -> None:
        """A file of this station's own with what the editor shows."""
        file = self.editor.file
        if file is not None:
            self._make(self.editor.text, file.path.suffix, file.pack.name if file.pack else file.path.stem)

    def _make(self, text: str, suffix: str, name: str) -> None:
        folder = self._station.folder

        def made(path: Path) -> None:
            self.editor.forget_changes()
            self._goes_to = path
            self._follow.ask()
            show_notice(self, f"{path.name} is yours to change; the shipped pack stays as it is.", "ok")

        run_in_background(lambda: pack_files.copy(folder, text, suffix, name), then=made, parent=self)

    def save(self) -> None:
        file, text = self.editor.file, self.editor.text
        if file is None or not file.is_own:
            return

        def done(_: None) -> None:
            self.editor.saved(text)
            self._follow.ask()
            show_notice(self, f"{file.path.name} is saved.", "ok")

        run_in_background(lambda: pack_files.save(file.path, text), then=done, parent=self)

    def revert(self) -> None:
        """Back to what the file says."""
        if self.editor.file is not None:
            self.editor.show_file(self.editor.file, again=True)
            self._offer()

    def ask_delete(self) -> QMessageBox | None:
        """Runs that were made with it keep their own copy."""
        file = self.editor.file
        if file is None or not file.is_own:
            return None
        box = QMessageBox(self)
        box.setWindowTitle("Delete a pack")
        box.setText(f"Delete {file.path.name}?")
        box.setInformativeText("This can't be undone. Runs that were made with it keep what they asked and found.")
        yes = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        theme.set_role(yes, role="danger")
        box.setDefaultButton(box.addButton("Keep", QMessageBox.ButtonRole.RejectRole))
        folder = self._station.folder

        def done(_: None) -> None:
            self.editor.forget_changes()
            self._follow.ask()

        yes.clicked.connect(
            lambda: run_in_background(lambda: pack_files.remove(file.path, folder), then=done, parent=self)
        )
        box.finished.connect(box.deleteLater)
        box.open()
        return box

    def choose_file(self) -> QFileDialog:
        """Ask for the picture of a dry run; the dialog doesn't block."""
        dialog = QFileDialog(self, "Dry run on", "", "Pictures (*.jpg *.jpeg *.png *.bmp *.tif *.tiff)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.editor.try_on)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _offer(self) -> None:
        file = self.editor.file
        is_own = file is not None and file.is_own
        self.copy_button.setEnabled(file is not None)
        for button in (self.save_button, self.revert_button):
            button.setEnabled(is_own and self.editor.is_changed)
        self.delete_button.setEnabled(is_own)
        self.try_button.setEnabled(self.editor.pack is not None)

    # building

    def _lay_out(self) -> None:
        menu = QMenu(self.try_button)
        menu.addAction("On the newest frame of the library").triggered.connect(partial(self.editor.try_on, None))
        menu.addAction("On a file…").triggered.connect(lambda: self.choose_file())
        self.try_button.setMenu(menu)
        self.list.setAccessibleName("Packs")
        self.list.setMinimumWidth(240)
        self.list.setWordWrap(True)
        left = QWidget(self)
        said = QLabel("A pack is a question, and the shape of its answer.", left)
        said.setWordWrap(True)
        theme.set_role(said, role="muted")
        stack_up(left, (said, self.list, line_of(self.new_button, self.copy_button)), self.list, is_page=False)
        right = QWidget(self)
        line = line_of(self.try_button, right=[self.revert_button, self.delete_button, self.save_button])
        stack_up(right, (self.editor, line), self.editor, is_page=False)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(left)
        split.addWidget(right)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(1, 1)
        split.setSizes([_LIST_PX, 10_000])
        split.setHandleWidth(theme.space("m"))
        theme.set_role(split, role="plain")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split)
        self.setFocusProxy(self.list)


def _line_of(file: PackFile) -> str:
    if file.pack is None:
        return f"{file.path.name}\nline {file.line}: {file.reason}"
    whose = "yours" if file.is_own else f"shipped, {file.hidden_by} stands for it" if file.hidden_by else "shipped"
    return f"{file.pack.title}\n{file.pack.name} {file.pack.version} · {whose}"
