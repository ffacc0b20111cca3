"""What a run found: the table, the charts above it, the chosen finding beside it; export and the run's own actions."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QWidget

from core.errors import KnownError, NotFound
from core.finding_export import ExportFormat
from core.run import FrameRef
from core.store.findings import FindingFilter
from gui import theme
from gui.analysis.chart_strip import ChartStrip
from gui.analysis.charts import Chart
from gui.analysis.estimating import why_no_cloud
from gui.analysis.exporting import Exporting, ExportMenu
from gui.analysis.finding_pane import PANE_PX, FindingPane
from gui.analysis.finding_rows import charts_of
from gui.analysis.findings_model import FindingsModel, Seen
from gui.analysis.frame_opening import FrameOpening
from gui.analysis.results_filter import ResultsFilter
from gui.analysis.results_table import ResultsTable
from gui.analysis.run_actions import RunActions
from gui.analysis.run_rows import RunRow, row_of
from gui.controls import WITHIN, on_keys, push_button
from gui.errors import show_failure
from gui.library.empty_state import EmptyState
from gui.models.following import Following
from gui.page_layout import beside, line_of, page_title, stack_up
from gui.station import Station
from gui.sync.elided import ElidedLabel
from gui.toast import show_notice

_REST_MS = 400
_LOW_PX = 620


@dataclass(frozen=True, slots=True)
class _Read:
    seen: Seen
    row: RunRow
    charts: tuple[Chart, ...] | None
    """None: as they were."""
    no_cloud: str
    """Why nothing goes to BigQuery."""


class ResultsView(QWidget):
    """Enter goes to the chosen finding's frames, Ctrl+F searches, Ctrl+E exports, Esc goes back to the runs."""

    back_wanted = Signal()

    def __init__(self, station: Station, parent: QWidget) -> None:
        super().__init__(parent)
        self._station = station
        self._chosen_asset: str | None = None
        self._chooses_first = False
        self._row: RunRow | None = None
        self.model = FindingsModel(station, self)
        self.filter = ResultsFilter(self)
        self.table = ResultsTable(self.model, self)
        self.charts = ChartStrip(self)
        self.pane = FindingPane(station, self)
        self.frames = FrameOpening(station, self)
        self.acts = RunActions(station, self._ask, self)
        self.exporting = Exporting(station.folder, self)
        self._lay_out()
        self._connect()
        self._follow = Following(station, self, self._read, self._show, rest_ms=_REST_MS, failed=self._failed)

    @property
    def run_id(self) -> str:
        """Of the run that is or was shown; empty before the first."""
        return self.model.asked.run_id

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

    def choose_first(self) -> None:
        """Choose the first finding, as soon as it is here."""
        self._chooses_first = True

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
        return _Read(seen, row, charts, why_no_cloud(self._station.settings))

    def _show(self, read: _Read | None) -> None:
        if read is None or read.seen.run.id != self.model.asked.run_id:
            return
        is_new = self.model.pack is None
        self.model.show(read.seen)
        if is_new:
            self.filter.show_pack(self.model.pack)
        self._row = read.row
        self.menu.offer_load(read.no_cloud or ("" if read.seen.run.completed else "Nothing is answered yet."))
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
        if self._chooses_first and self.model.row(0) is not None:
            self._chooses_first = False
            self.table.selectRow(0)
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.charts.set_low(event.size().height() < _LOW_PX)

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
        """In the viewer, among the frames of its asset."""
        finding = self.pane.finding
        self.frames.open(ref, finding.frames if finding is not None else (ref,))

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
        on_keys(self.table, (("Return", self.pane.first_frame), ("Enter", self.pane.first_frame)))
        finding = (("Ctrl+F", self.filter.text.setFocus), ("Ctrl+E", self.export_button.showMenu))
        on_keys(self, (*finding, ("Esc", self.back_wanted.emit)), WITHIN)

    def _sorted(self, sort: object) -> None:
        self.model.ask(sort=sort)  # type: ignore[arg-type]
        self.table.scrollToTop()
        self._ask()

    def _lay_out(self) -> None:
        self.back = push_button("Runs", self.back_wanted.emit, self, icon="chevron-left")
        self.back.setToolTip("Back to the runs (Esc)")
        self._title, self._said, self._count = page_title("", self), ElidedLabel(self), QLabel(self)
        theme.set_role(self._count, role="muted")
        acts = self.acts
        self.stop_button = push_button("Stop", lambda: self._on_run(acts.stop), self, icon="stop")
        self.resume_button = push_button("Resume", lambda: self._on_run(acts.resume), self, icon="play")
        self.retry_button = push_button("Retry failed", lambda: self._on_run(acts.retry_failed), self, icon="retry")
        self.delete_button = push_button(
            "Delete…", lambda: self._on_run(acts.ask_delete), self, icon="trash", role="danger"
        )
        self.columns_button = push_button("Columns", self._show_columns, self, icon="edit")
        self.charts_button = push_button("Charts", lambda: None, self, icon="analysis")
        self.charts_button.setCheckable(True)
        self.charts_button.setChecked(True)
        self.export_button = push_button("Export", lambda: None, self, icon="upload")
        self.menu = ExportMenu(self.export_button)
        self.menu.file_wanted.connect(self._export)
        self.menu.load_wanted.connect(lambda: self._on_run(self.acts.load_into_bigquery))
        self.export_button.setMenu(self.menu)
        buttons = (self.stop_button, self.resume_button, self.retry_button, self.export_button, self.delete_button)
        head, line = line_of(self.back, self._title, right=buttons), QHBoxLayout()
        line.addWidget(self.filter, 1)
        for widget in (self._count, self.columns_button, self.charts_button):
            line.addWidget(widget)
        self._body = QStackedWidget(self)
        self._body.addWidget(self.table)
        self.empty = EmptyState(self, ("Show everything", self.filter.clear))
        self.empty.say("Nothing fits the filter", "No finding has these words, this state and this value.")
        self._body.addWidget(self.empty)
        split = beside(self._body, self.pane, PANE_PX)
        stack_up(self, (head, self._said, line, self.charts, split), split, is_page=False)
        self.setFocusProxy(self.table)
        self._place_charts()

    def _show_columns(self) -> None:
        menu = self.table.column_menu()
        menu.popup(self.columns_button.mapToGlobal(self.columns_button.rect().bottomLeft()))
