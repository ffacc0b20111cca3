"""What the operator asks of jobs and runs: it may have become needless by the time it is written."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from core.store.database import Database, Writing
from core.store.moves import IllegalMove
from gui.background import write_in_background


def move_in_background(
    database: Database, change: Callable[[Writing], object], *, then: Callable[[bool], object], parent: QObject
) -> None:
    """Write it off the main thread; `then` is told whether it was done, or had ended or gone on by itself meanwhile."""

    def moved(tx: Writing) -> bool:
        try:
            change(tx)
        except IllegalMove:
            return False
        return True

    write_in_background(database, moved, then=then, parent=parent)
