"""One frame or clip, large, with everything that is known of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.clip import Clip
from core.errors import KnownError
from core.store.library import LibraryItem
from core.upload import ItemKind
from gui import theme
from gui.background import run_in_background
from gui.errors import told
from gui.library.clip_jobs import ClipJobs
from gui.library.facts import JOB, Details, read_details, rows
from gui.library.picture_view import PictureView
from gui.library.thumbnails import first_picture, picture
from gui.models.library_model import LibraryModel
from gui.station import Station
from gui.toast import NoticeArea, show_notice

PANEL_PX = 320


@dataclass(frozen=True, slots=True)
class _Shown:
    details: Details
    path: Path
    image: QImage
    rows: list[tuple[str, str]]


class Viewer(QDialog):
    """← and → go through the library as it was filtered; S stars, F fits, 1 is 100 %, Esc closes.

    Of a clip, T times the stops and K tracks.
    """

    job_wanted = Signal(str)
    """The operator wants to see the job that made what is shown."""

    def __init__(
        self, station: Station, model: LibraryModel, position: int, star: Callable[[LibraryItem], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._station, self._model, self._star_item = station, model, star
        self._position = position
        self._item: LibraryItem | None = None
        self._wanted_id = ""
        self._shown: _Shown | None = None
        self._clip_jobs = ClipJobs(station, self)
        self.setWindowTitle("Library")
        self.resize((parent.window().size() * 0.94).expandedTo(QSize(800, 520)))
        self.picture = PictureView(self)
        self.picture.scaled.connect(self._show_scale)
        self._facts = QGridLayout()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.picture, 1)
        bar = self._bar()
        left.addWidget(bar)
        NoticeArea(self).foot_px = bar.height
        layout.addLayout(left, 1)
        layout.addWidget(self._panel())
        for keys, do in (
            ("Left", self.newer),
            ("Right", self.older),
            ("S", self.star),
            ("T", self.time_stops),
            ("K", self.track),
            ("F", lambda: self.picture.set_scale(None)),
            ("1", lambda: self.picture.set_scale(1.0)),
            ("+", lambda: self.picture.set_scale(self.picture.scale * 1.25)),
            ("-", lambda: self.picture.set_scale(self.picture.scale / 1.25)),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(do)
        model.dataChanged.connect(self._arrived)
        self._go(position)

    @property
    def shown_id(self) -> str | None:
        """Of the frame or clip that is shown."""
        return self._shown.details.item.id if self._shown is not None else None

    @property
    def position(self) -> int:
        return self._position

    def older(self) -> None:
        self._go(self._position + 1)

    def newer(self) -> None:
        self._go(self._position - 1)

    def star(self) -> None:
        if self._item is not None:
            self._star_item(self._item)

    def time_stops(self) -> None:
        """Of the clip that is shown."""
        if self._shown is not None and isinstance(self._shown.details.item, Clip):
            self._clip_jobs.time_stops(self._shown.details.item.id)

    def track(self) -> None:
        """Follow cars and people through the clip that is shown."""
        if self._shown is not None and isinstance(self._shown.details.item, Clip):
            self._clip_jobs.track(self._shown.details.item.id)

    def _go(self, position: int) -> None:
        if not 0 <= position < self._model.count:
            return
        self._position = position
        self._newer.setEnabled(position > 0)
        self._older.setEnabled(position + 1 < self._model.count)
        self._place.setText(f"{position + 1:,} of {self._model.count:,}")
        self._model.look_at(position, position)
        self._arrived()

    def _arrived(self) -> None:
        """Show the item if its row is here and is not what is shown already."""
        item = self._model.item(self._position)
        if item is None or item == self._item:
            return
        self._item = item
        self.star_button.setText("Starred" if item.starred else "Star")
        theme.set_icon(self.star_button, *(("star-filled", "warn") if item.starred else ("star", "ink")))
        if self._shown is not None and self._shown.details.item.id == item.id:
            image: QImage | None = self._shown.image
        else:
            image = None
        self._wanted_id = item.id
        database, folder = self._station.database, self._station.folder

        def read() -> _Shown:
            details, path = read_details(database, item), folder.absolute(item.path)
            if image is not None:
                whole = image
            elif item.file_gone:
                whole = QImage()
            else:
                whole = first_picture(path) if item.kind is ItemKind.CLIP else picture(path)
            return _Shown(details, path, whole, rows(details))

        run_in_background(read, then=self._show, failed=lambda error: self._cannot(item.id, error), parent=self)

    def _show(self, shown: _Shown) -> None:
        item = shown.details.item
        if item.id != self._wanted_id:
            return  # the operator went on meanwhile
        before, self._shown = self._shown, shown
        if before is None or before.details.item.id != item.id:
            gone = "The local file was removed; the verified copy is in object storage under the key beside."
            said = gone if item.file_gone_at_ns else f"{shown.path.name} can't be shown. Open it in another program."
            self.picture.show_image(shown.image, said)
        is_clip = isinstance(item, Clip)
        for button in (self.play_button, self.time_button, self.track_button):
            button.setVisible(is_clip)
            button.setEnabled(item.file_gone_at_ns is None)
        self._title.setText(shown.details.camera.label if shown.details.camera else item.camera_id)
        self.setWindowTitle(f"{'Clip' if is_clip else 'Frame'} {item.id}")
        self._fill(shown.rows, item.job_id)

    def _cannot(self, item_id: str, error: KnownError) -> None:
        if item_id == self._wanted_id:
            self.picture.show_image(QImage(), told(error))

    def _fill(self, shown: list[tuple[str, str]], job_id: str | None) -> None:
        while (old := self._facts.takeAt(0)) is not None:
            if (widget := old.widget()) is not None:
                widget.deleteLater()
        for row, (label, text) in enumerate(shown):
            name = QLabel(label)
            theme.set_role(name, role="small")
            name.setContentsMargins(0, theme.space("s") if row else 0, 0, 0)
            self._facts.addWidget(name, 2 * row, 0)
            if label == JOB and job_id is not None:
                self._facts.addWidget(self._job_link(job_id), 2 * row + 1, 0)
                continue
            value = QLabel(_breakable(text))
            value.setWordWrap(True)
            value.setTextFormat(Qt.TextFormat.PlainText)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setAccessibleName(f"{label}: {text}")
            self._facts.addWidget(value, 2 * row + 1, 0)
        self._facts.setRowStretch(2 * len(shown), 1)

    def _job_link(self, job_id: str) -> QPushButton:
        link = self._button(job_id, lambda: self._go_to_job(job_id))
        theme.set_role(link, role="link")
        link.setToolTip("Show the job that made it")
        link.setAccessibleName(f"Show the job that made it: {job_id}")
        return link

    def _go_to_job(self, job_id: str) -> None:
        self.accept()
        self.job_wanted.emit(job_id)

    def _show_scale(self) -> None:
        self._scale.setText(f"{self.picture.scale * 100:.0f} %")
        self._fit.setChecked(self.picture.fits)
        self._whole.setChecked(not self.picture.fits and self.picture.scale == 1.0)

    def _bar(self) -> QFrame:
        bar = QFrame(self)
        theme.set_role(bar, role="bar")
        self._newer = self._button("Newer", self.newer, "chevron-left")
        self._older = self._button("Older", self.older, "chevron-right")
        self._place = QLabel(self)
        theme.set_role(self._place, role="muted")
        self._fit = self._button("Fit", lambda: self.picture.set_scale(None))
        self._whole = self._button("100 %", lambda: self.picture.set_scale(1.0))
        for button in (self._fit, self._whole):
            button.setCheckable(True)
        self._scale = QLabel(self)
        self._scale.setMinimumWidth(52)
        theme.set_role(self._scale, role="muted")
        self.play_button = self._button("Play", self._open_file, "play")
        self.play_button.setToolTip("Open the clip in this machine's player")
        self.time_button = self._button("Time the stop", self.time_stops, "stops")
        self.time_button.setToolTip("Time the stops of the clip in its camera's pit box (T)")
        self.track_button = self._button("Track", self.track, "search")
        self.track_button.setToolTip("Follow cars and people through the clip: files, and a clip with them drawn (K)")
        self.star_button = self._button("Star", self.star, "star")
        layout = QHBoxLayout(bar)
        layout.setContentsMargins(theme.space("m"), theme.space("s"), theme.space("m"), theme.space("s"))
        for widget in (self._newer, self._older, self._place):
            layout.addWidget(widget)
        layout.addStretch(1)
        for widget in (self.time_button, self.track_button, self.play_button):
            layout.addWidget(widget)
        for widget in (self._fit, self._whole, self._scale, self.star_button):
            layout.addWidget(widget)
        return bar

    def _panel(self) -> QFrame:
        panel = QFrame(self)
        theme.set_role(panel, role="card")
        panel.setFixedWidth(PANEL_PX)
        self._title = QLabel(panel)
        self._title.setWordWrap(True)
        theme.set_role(self._title, role="title")
        inner = QWidget()
        self._facts.setVerticalSpacing(1)
        self._facts.setContentsMargins(0, 0, theme.space("s"), 0)
        inner.setLayout(self._facts)
        scroll = QScrollArea(panel)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        scroll.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        scroll.setAccessibleName("What is known of it")
        buttons = QHBoxLayout()
        buttons.addWidget(self._button("Copy SHA-256", self.copy_hash))
        buttons.addWidget(self._button("Show file", self._reveal, "folder"))
        close = self._button("Close", self.accept)
        layout = QVBoxLayout(panel)
        layout.addWidget(self._title)
        layout.addWidget(scroll, 1)
        layout.addLayout(buttons)
        layout.addWidget(close)
        return panel

    def _button(self, text: str, do: Callable[[], object], icon: str | None = None) -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: do())
        if icon:
            theme.set_icon(button, icon)
        return button

    def copy_hash(self) -> None:
        if self._shown is not None:
            QGuiApplication.clipboard().setText(self._shown.details.item.sha256)
            show_notice(self, "The SHA-256 is on the clipboard.", "ok")

    def _reveal(self) -> None:
        if self._shown is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._shown.path.parent)))

    def _open_file(self) -> None:
        if self._shown is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._shown.path)))


def _breakable(text: str) -> str:
    """Long words (hashes, keys) get places to break at."""
    return "\u200b".join(text[at : at + 16] for at in range(0, len(text), 16)) if _longest(text) > 32 else text


def _longest(text: str) -> int:
    return max((len(word) for word in text.split()), default=0)
