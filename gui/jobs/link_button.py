"""A link of one line that ends in … where it does not fit, and tells the whole in its tool tip."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from gui import theme


class LinkButton(QPushButton):
    def __init__(self, said: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.said = said
        theme.set_role(self, role="link", dense=True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setToolTip(said)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        fitting = self.fontMetrics().elidedText(self.said, Qt.TextElideMode.ElideRight, self.width() - 4)
        self.setText(fitting.replace("&", "&&"))
