"""A dry run: a pack as it is typed, asked of one asset by a job like any other, and forgotten when it was shown."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from core.errors import KnownError, NotFound, UsageError
from core.job import OPEN
from core.pack import Pack
from core.run import Asset, Finding, FindingState, FrameRef, NewRun, RunProvider
from core.store import findings, library, runs
from core.store.database import Database, Reading
from core.store.library import LibraryFilter
from core.upload import ItemKind
from gui.analysis.estimating import AUTO, LOCAL, ways
from gui.analysis.run_rows import DRY_RUN, is_dry, row_of
from gui.background import Refresh, run_in_background
from gui.errors import show_failure
from gui.station import Station

NAME = "Dry run"
_ASSET = "Dry run"
_LOOKED_AT = 100
_EVERY_MS = 1000


@dataclass(frozen=True, slots=True)
class _Read:
    run_id: str
    finding: Finding
    waits: str
    over: bool
    """Its job ended, so that nothing of it is at work any more."""


class DryRun(QObject):
    """`said(words)` while it waits or runs, `ended(finding)` once."""

    said = Signal(str)
    ended = Signal(object)

    def __init__(self, station: Station, page: QWidget) -> None:
        super().__init__(page)
        self._station, self._page = station, page
        self._run_id: str | None = None
        self._asking: object | None = None
        """While its run is being made."""
        self._is_told = False
        self._refresh: Refresh[_Read | None] = Refresh(self._read, self._show, self, self._lost)
        self._tick = QTimer(self, interval=_EVERY_MS)
        self._tick.timeout.connect(self._refresh.ask)
        station.changed.connect(self._changed)

    @property
    def runs(self) -> bool:
        """Whether an answer is still to come."""
        return self._asking is not None or (self._run_id is not None and not self._is_told)

    def start(self, pack: Pack, path: str | None) -> None:
        """Ask of this file, or without one of the newest frame in the library."""
        self.stop()
        station, asking = self._station, object()
        self._asking = asking

        def make() -> str:
            way = LOCAL if pack.local is not None else AUTO
            chosen = next(one for one in ways(pack, station.settings) if one.key == way)
            if chosen.why_not:
                raise UsageError("Nothing here can answer this pack yet", hint=chosen.why_not)
            with station.database.read() as tx:
                frame = FrameRef(path=path) if path else _newest_frame(tx)
            name, options = f"{NAME}: {pack.title}", {DRY_RUN: True}
            new = NewRun(pack.as_json(), RunProvider(chosen.provider), name, options, tries=1)
            with station.database.write() as tx:
                return runs.make(tx, new, [Asset(_ASSET, (frame,))]).id

        def made(run_id: str) -> None:
            if asking is not self._asking:
                self._forget(run_id)  # it was stopped before it began
                return
            self._asking, self._run_id, self._is_told = None, run_id, False
            self._tick.start()
            self._refresh.ask()

        self.said.emit("Asking…")
        run_in_background(make, then=made, failed=self._lost, parent=self._page)

    def stop(self) -> None:
        """Forget it, whether it was answered or not."""
        run_id, self._run_id, self._asking = self._run_id, None, None
        self._tick.stop()
        if run_id is not None:
            self._forget(run_id)

    def _forget(self, run_id: str) -> None:
        database = self._station.database

        def forget() -> None:
            with database.write() as tx:
                try:
                    runs.delete_whole(tx, run_id)
                except NotFound:
                    return  # deleted by hand

        run_in_background(forget, parent=self._page)

    def _changed(self) -> None:
        if self._run_id is not None:
            self._refresh.ask()

    def _read(self) -> _Read | None:
        run_id = self._run_id
        if run_id is None:
            return None
        with self._station.database.read() as tx:
            run = runs.get(tx, run_id)
            finding = findings.get(tx, run_id, _ASSET)
            row = row_of(tx, self._station.settings, run)
            over = run.job_state is None or run.job_state not in OPEN
            return _Read(run_id, finding, row.waits, over)

    def _show(self, read: _Read | None) -> None:
        if read is None or read.run_id != self._run_id:
            return
        if read.finding.state is FindingState.PENDING and not read.over:
            self.said.emit(read.waits or "Asking…")
            return
        if not self._is_told:
            self._is_told = True
            self.ended.emit(read.finding)
        if read.over:
            self.stop()

    def _lost(self, error: KnownError) -> None:
        self._run_id, self._asking = None, None
        self._tick.stop()
        self.said.emit("")
        if not isinstance(error, NotFound):
            show_failure(error, self._page)


def forget_old(database: Database) -> None:
    """Those that ended after the window was closed over them. Off the main thread."""
    with database.read() as tx:
        old = [run.id for run in runs.page(tx, None, _LOOKED_AT).items if is_dry(run) and run.job_state not in OPEN]
    for id in old:
        with database.write() as tx:
            runs.delete_whole(tx, id)


def _newest_frame(tx: Reading) -> FrameRef:
    items = library.page(tx, LibraryFilter(kind=ItemKind.FRAME), None, None, 20)
    found = next((item for item in items if not item.file_gone), None)
    if found is None:
        raise UsageError("There is no frame to try it on", hint="Capture or import one, or choose a file.")
    return FrameRef(frame_id=found.id)
