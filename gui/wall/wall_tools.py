"""The wall's tools in the top bar: how many tiles, which page of them, and the details stored with what is captured."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QToolButton, QWidget

from gui import theme
from gui.wall.wall_view import GRIDS


class WallTools(QWidget):
    """Says and asks; WallView does."""

    grid_wanted = Signal(int)
    page_wanted = Signal(int)
    """Pages to turn: 1 or -1."""
    details_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.grid_was_chosen = False
        """Whether the operator, not the number of cameras, decided the grid."""
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.space("xs"))
        self._grids = QButtonGroup(self)
        for grid in GRIDS:
            button = self._tool(f"grid-{grid}", f"{grid} camera{'s' * (grid > 1)} at once")
            button.setCheckable(True)
            self._grids.addButton(button, grid)
            layout.addWidget(button)
        self._grids.idClicked.connect(self.choose_grid)
        self._back = self._tool("chevron-left", "Cameras before these (Page Up)")
        self._back.clicked.connect(lambda: self.page_wanted.emit(-1))
        self._page = QLabel(self)
        self._on = self._tool("chevron-right", "More cameras (Page Down)")
        self._on.clicked.connect(lambda: self.page_wanted.emit(1))
        layout.addSpacing(theme.space("xs"))
        for widget in (self._back, self._page, self._on):
            layout.addWidget(widget)
        layout.addSpacing(theme.space("xs"))
        self._details = self._tool("edit", "Details to store with what is captured")
        self._details.clicked.connect(self.details_wanted)
        layout.addWidget(self._details)
        self.show_page(0, 1)

    def choose_grid(self, grid: int) -> None:
        """The operator wants this grid."""
        self.grid_was_chosen = True
        self._set_grid(grid)

    def fit_grid(self, cameras: int) -> None:
        """Until the operator chose one: the smallest grid that shows them all."""
        fitting = next((grid for grid in GRIDS if grid >= cameras), GRIDS[-1])
        if not self.grid_was_chosen and self._grids.checkedId() != fitting:
            self._set_grid(fitting)

    def show_page(self, page: int, pages: int) -> None:
        for widget in (self._back, self._page, self._on):
            widget.setVisible(pages > 1)
        self._page.setText(f"{page + 1} of {pages}")

    def show_details(self, given: bool) -> None:
        """Whether the next press carries details."""
        theme.set_icon(self._details, "edit", "accent" if given else "ink", theme.size("icon_large"))
        self._details.setAccessibleName(f"Details to store with what is captured: {'given' if given else 'none'}")

    def _set_grid(self, grid: int) -> None:
        self._grids.button(grid).setChecked(True)
        self.grid_wanted.emit(grid)

    def _tool(self, icon: str, said: str) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("touch", "true")
        button.setMinimumWidth(theme.size("touch"))
        button.setToolTip(said)
        button.setAccessibleName(said)
        theme.set_icon(button, icon, px=theme.size("icon_large"))
        return button
