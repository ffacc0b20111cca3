"""The charts of a run side by side, scrolled if they don't fit."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QWidget

from gui import theme
from gui.analysis.charts import HEIGHT_PX, Chart, ChartView


class ChartStrip(QScrollArea):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.views: list[ChartView] = []
        inner = QWidget()
        self._line = QHBoxLayout(inner)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(theme.space("s"))
        self._line.addStretch(1)
        self.setWidget(inner)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(HEIGHT_PX + self.horizontalScrollBar().sizeHint().height())
        self.setAccessibleName("Charts")
        self.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)

    def show_charts(self, charts: Sequence[Chart]) -> None:
        """Change what is different; a chart keeps its place while its figures grow."""
        while len(self.views) > len(charts):
            view = self.views.pop()
            view.setParent(None)
            view.deleteLater()
        while len(self.views) < len(charts):
            view = ChartView(self)
            self._line.insertWidget(len(self.views), view)
            self.views.append(view)
        for view, chart in zip(self.views, charts, strict=True):
            view.show_chart(chart)
