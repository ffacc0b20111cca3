"""Follows the database for one widget: reads again off the main thread when it changed, while the widget is shown."""

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from core.errors import KnownError
from gui.background import Refresh
from gui.station import Station

T = TypeVar("T")


class Following(QObject, Generic[T]):
    """Calls `show(read())` when the widget appears, after each change, and every `tick_ms` if given.

    `read` runs off the main thread, `show` on it. Changes come as bursts: at most one read every `rest_ms`.
    """

    def __init__(
        self,
        station: Station,
        widget: QWidget,
        read: Callable[[], T],
        show: Callable[[T], object],
        *,
        rest_ms: int = 100,
        tick_ms: int | None = None,
        failed: Callable[[KnownError], object] | None = None,
    ) -> None:
        super().__init__(widget)
        self._widget = widget
        self._refresh = Refresh(read, show, widget, failed)
        self._rest = QTimer(self, singleShot=True, interval=rest_ms)
        self._rest.timeout.connect(self._rested)
        self._tick = QTimer(self, interval=tick_ms or 0)
        self._tick.timeout.connect(self.ask)
        self._ticks = tick_ms is not None
        self._changed = True
        station.changed.connect(self.ask)
        station.settings_changed.connect(self.ask)
        widget.installEventFilter(self)

    def set_tick(self, tick_ms: int) -> None:
        """Tick at another pace; for one that ticks."""
        self._tick.setInterval(tick_ms)

    def ask(self) -> None:
        """Read again: now, or when the rest is over, or when the widget is shown again."""
        self._changed = True
        if self._widget.isVisible() and not self._rest.isActive():
            self._go()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            if self._ticks:
                self._tick.start()
            if self._changed and not self._rest.isActive():
                self._go()
        elif event.type() == QEvent.Type.Hide:
            self._tick.stop()
        return False

    def _go(self) -> None:
        self._changed = False
        self._rest.start()
        if self._tick.isActive():
            self._tick.start()  # a tick is for when nothing else asks
        self._refresh.ask()

    def _rested(self) -> None:
        if self._changed and self._widget.isVisible():
            self._go()
