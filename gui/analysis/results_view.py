"""What a run found: the table, the charts above it, the chosen finding beside it; export and the run's own actions."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from core.errors import KnownError, NotFound
from core.finding_export import ExportFormat
from core.run import FrameRef
from core.store.findings import FindingFilter
from core.store.library import LibraryFilter
from gui import theme
from gui.analysis.chart_strip import ChartStrip
from gui.analysis.charts import Chart
from gui.analysis.exporting import FORMATS, Exporting
from gui.analysis.finding_pane import PANE_PX, FindingPane
from gui.analysis.finding_rows import charts_of
from gui.analysis.findings_model import FindingsModel, Seen
from gui.analysis.results_filter import ResultsFilter
from gui.analysis.results_table import ResultsTable
from gui.analysis.run_actions import RunActions
from gui.analysis.run_rows import RunRow, row_of
from gui.errors import show_failure
from gui.jobs.made_viewer import MadeViewer
from gui.library.empty_state import EmptyState
from gui.models.following import Following
from gui.station import Station
from gui.sync.elided import ElidedLabel
from gui.toast import show_notice

_REST_MS = 400


@dataclass(frozen=True, slots=True)
class _Read:
    seen: Seen
    row: RunRow
    charts: tuple[Chart, ...] | None
    """None: as they were."""


class ResultsView(QWidget):
    """Enter goes to the chosen finding's frames, Ctrl+F searches, Ctrl+E exports, Esc goes back to the runs."""

    back_wanted = Signal()

    def __init__(self, station: Station, parent: QWidget) -> None:
        super().__init__(parent)
        self._station = station
        self._chosen_asset: str | None = None
        self._row: RunRow | None = None
        self.model = FindingsModel(station, self)
        self.filter = ResultsFilter(self)
        self.table = ResultsTable(self.model, self)
        self.charts = ChartStrip(self)
        self.pane = FindingPane(station, self)
        self.viewer = MadeViewer(station, self)
        self.acts = RunActions(station, self._ask, self)
        self.exporting = Exporting(station.folder, self)
        self._lay_out()
        self._connect()
        self._follow = Following(station, self, self._read, self._show, rest_ms=_REST_MS, failed=self._failed)

    def show_run(self, run_id: str) -> None:
        """Show this run; its rows come in a moment."""
        if run_id != self.model.asked.run_id:
            self._chosen_asset, self._row = None, None
            self.model.show_run(run_id)
            self.pane.show_row(None, None)
            self._title.setText("")
            self._said.set_text("")
            self._show_charts(())
            self._offer()
        self._ask()

    # following the station

    def _read(self) -> _Read | None:
        asked = self.model.asked
        seen = self.model.read()
        if seen is None:
            return None
        with self._station.database.read() as tx:
            row = row_of(tx, self._station.settings, seen.run)
            pack = seen.pack or self.model.pack
            is_changed = seen.count is not None and pack is not None
            charts = charts_of(tx, seen.run.id, pack.columns, asked.wanted) if is_changed and pack else None
        return _Read(seen, row, charts)

    def _show(self, read: _Read | None) -> None:
        if read is None or read.seen.run.id != self.model.asked.run_id:
            return
        is_new = self.model.pack is None
        self.model.show(read.seen)
        if is_new:
            self.filter.show_pack(self.model.pack)
        self._row = read.row
        self._title.setText(read.row.title)
        self._said.set_text(" · ".join(read.row.in_words))
        theme.set_role(self._said, level="" if read.row.level in ("info", "muted") else read.row.level)
        if read.charts is not None:
            self._show_charts(read.charts)
        self._offer()

    def _failed(self, error: KnownError) -> None:
        if isinstance(error, NotFound):
            show_notice(self, "That run was deleted.", "info")
            self.back_wanted.emit()
        else:
            show_failure(error, self)

    def _came(self) -> None:
        is_open = self.model.asked.wanted == FindingFilter()
        self._body.setCurrentIndex(0 if self.model.count or is_open else 1)
        self._count.setText(f"{self.model.count:,} shown" if not is_open else "")
        self.table.show_reasons()
        self.table.tell()
        self._choose_again()

    def _choose_again(self) -> None:
        """The chosen asset stays chosen, wherever its row is now."""
        if self._chosen_asset is None:
            self._chosen_changed()
            return
        place = self.model.place_of(self._chosen_asset)
        if place is None:
            return
        chosen = self.table.chosen()
        if chosen is None or chosen.finding.asset_id != self._chosen_asset:
            self.table.selectRow(place)
        self.pane.show_row(self.model.row(place), self.model.pack)

    def _chosen_changed(self) -> None:
        row = self.table.chosen()
        self._chosen_asset = row.finding.asset_id if row is not None else None
        if row is not None:
            self.pane.show_row(row, self.model.pack)

    def _show_charts(self, charts: tuple[Chart, ...]) -> None:
        self.charts.show_charts(charts)
        self._place_charts()

    def _place_charts(self) -> None:
        has_charts = bool(self.charts.views)
        self.charts_button.setEnabled(has_charts)
        self.charts.setVisible(has_charts and self.charts_button.isChecked())

    def _offer(self) -> None:
        row = self._row
        self.stop_button.setVisible(row is not None and row.may_stop)
        self.resume_button.setVisible(row is not None and row.may_resume)
        self.retry_button.setVisible(row is not None and row.may_retry)
        self.export_button.setEnabled(row is not None and not self.exporting.runs)
        self.export_button.setText("Exporting…" if self.exporting.runs else "Export")
        self.delete_button.setEnabled(row is not None)

    def _ask(self) -> None:
        self._follow.ask()

    def _ask_anew(self) -> None:
        self.model.ask(wanted=self.filter.wanted())
        self.table.scrollToTop()
        self._ask()

    # what the operator does

    def _on_run(self, do: Callable[..., object]) -> None:
        if self._row is not None:
            do(self._row.run)

    def open_frame(self, ref: FrameRef) -> None:
        """In the viewer, among the frames of its asset; a file that is not of the library in its own program."""
        if ref.frame_id is None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(ref.path or ""))
            return
        finding = self.pane.finding
        frames = finding.frames if finding is not None else (ref,)
        ids = tuple(frame.frame_id for frame in frames if frame.frame_id is not None)
        self.viewer.open(ref.frame_id, LibraryFilter(ids=ids))

    def _export(self, format: ExportFormat) -> None:
        if self._row is not None:
            self.exporting.ask(self._row.run.id, self._row.run.pack_name, format)

    # building

    def _connect(self) -> None:
        self.model.came.connect(self._came)
        self.table.looked_at.connect(self.model.look_at)
        self.table.sorted.connect(self._sorted)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._chosen_changed())
        self.table.doubleClicked.connect(lambda _: self.pane.first_frame())
        self.filter.changed.connect(self._ask_anew)
        self.pane.frame_wanted.connect(self.open_frame)
        self.exporting.changed.connect(self._offer)
        self.charts_button.toggled.connect(lambda _: self._place_charts())
        for key in ("Return", "Enter"):
            shortcut = QShortcut(QKeySequence(key), self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(self.pane.first_frame)
        for key, act in (
            ("Ctrl+F", self.filter.text.setFocus),
            ("Ctrl+E", self.export_button.showMenu),
            ("Esc", self.back_wanted.emit),
        ):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    def _sorted(self, sort: object) -> None:
        self.model.ask(sort=sort)  # type: ignore[arg-type]
        self.table.scrollToTop()
        self._ask()

    def _button(self, text: str, icon: str, do: Callable[[], object], role: str = "") -> QPushButton:
        button = QPushButton(text, self)
        if role:
            theme.set_role(button, role=role)
        theme.set_icon(button, icon, {"danger": "bad"}.get(role, "ink"))
        button.clicked.connect(lambda: do())
        return button

    def _lay_out(self) -> None:
        self.back = self._button("Runs", "chevron-left", self.back_wanted.emit)
        self.back.setToolTip("Back to the runs (Esc)")
        self._title, self._said, self._count = QLabel(self), ElidedLabel(self), QLabel(self)
        theme.set_role(self._title, role="title")
        theme.set_role(self._count, role="muted")
        self.stop_button = self._button("Stop", "stop", lambda: self._on_run(self.acts.stop))
        self.resume_button = self._button("Resume", "play", lambda: self._on_run(self.acts.resume))
        self.retry_button = self._button("Retry failed", "retry", lambda: self._on_run(self.acts.retry_failed))
        self.delete_button = self._button("Delete…", "trash", lambda: self._on_run(self.acts.ask_delete), "danger")
        self.columns_button = self._button("Columns", "edit", self._show_columns)
        self.charts_button = self._button("Charts", "analysis", lambda: None)
        self.charts_button.setCheckable(True)
        self.charts_button.setChecked(True)
        self.export_button = self._button("Export", "upload", lambda: None)
        menu = QMenu(self.export_button)
        for format, said in FORMATS.items():
            menu.addAction(f"{said}…").triggered.connect(lambda _=False, format=format: self._export(format))
        self.export_button.setMenu(menu)
        head, line = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.back)
        head.addWidget(self._title)
        head.addStretch(1)
        for button in (self.stop_button, self.resume_button, self.retry_button, self.export_button, self.delete_button):
            head.addWidget(button)
        line.addWidget(self.filter, 1)
        for widget in (self._count, self.columns_button, self.charts_button):
            line.addWidget(widget)
        self._body = QStackedWidget(self)
        self._body.addWidget(self.table)
        self.empty = EmptyState(self, ("Show everything", self.filter.clear))
        self.empty.say("Nothing fits the filter", "No finding has these words, this state and this value.")
        self._body.addWidget(self.empty)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self._body)
        split.addWidget(self.pane)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(0, 1)
        split.setSizes([10_000, PANE_PX])
        split.setHandleWidth(theme.space("s"))
        theme.set_role(split, role="plain")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space("s"))
        for part in (head, self._said, line, self.charts):
            if isinstance(part, QHBoxLayout):
                layout.addLayout(part)
            else:
                layout.addWidget(part)
        layout.addWidget(split, 1)
        self.setFocusProxy(self.table)
        self._place_charts()

    def _show_columns(self) -> None:
        menu = self.table.column_menu()
        menu.popup(self.columns_button.mapToGlobal(self.columns_button.rect().bottomLeft()))
