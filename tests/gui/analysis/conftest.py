"""An analysis page on a station with two cameras and some frames."""

import pytest
from PySide6.QtWidgets import QWidget

from core.run import FrameRef
from gui.analysis.analysis_page import AnalysisPage
from tests.gui.models.filled_station import add_cameras, add_frames


@pytest.fixture
def refs(station) -> list[FrameRef]:
    """Three frames of the library."""
    add_cameras(station.database, "Pit_1", "Pit_2")
    return [FrameRef(frame.id) for frame in add_frames(station, "Pit_1", range(3))]


def shown(qtbot, widget: QWidget) -> None:
    qtbot.addWidget(widget)
    widget.resize(1200, 700)
    with qtbot.waitActive(widget):
        widget.show()
        widget.activateWindow()


@pytest.fixture
def page(qtbot, station, refs) -> AnalysisPage:
    made = AnalysisPage(station)
    shown(qtbot, made)
    return made
