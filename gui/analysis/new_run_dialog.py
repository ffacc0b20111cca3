"""The dialog of a new run: what is asked, about which assets, who answers; and what it will take before it starts."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from core.errors import KnownError
from core.pack import BrokenPack, Pack
from core.run import Run
from gui import theme
from gui.analysis.asset_choice import AssetChoice
from gui.analysis.estimating import AUTO, GEMINI, LOCAL, NIGHT
from gui.analysis.run_asking import Answered, Around, Asked, answer, start
from gui.background import Refresh, run_in_background
from gui.errors import told
from gui.station import Station

_WIDTH_PX = 700
_LABEL_PX = 120
_TITLES = {LOCAL: "This machine", GEMINI: "Gemini now", NIGHT: "Gemini overnight", AUTO: "Automatic"}


class NewRunDialog(QDialog):
    """`started(run_id)` once it is queued."""

    started = Signal(str)

    def __init__(self, station: Station, around: Around, chosen_ids: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self._station = station
        self._packs = {pack.name: pack for pack in around.packs}
        self._answered: Answered | None = None
        self._wrong = _broken_text(around.broken)
        self.setWindowTitle("New run")
        self.setMinimumWidth(_WIDTH_PX)
        self.assets = AssetChoice(around.cameras, around.sessions, chosen_ids, self)
        self.pack = QComboBox(self)
        for pack in sorted(around.packs, key=lambda pack: (pack.local is None, pack.title)):
            self.pack.addItem(f"{pack.title}  ({pack.name} {pack.version})", pack.name)
        self.name = QLineEdit(self)
        self.name.setPlaceholderText("The pack's title, if you give none")
        self.name.setMaxLength(200)
        self.budget = QDoubleSpinBox(self)
        self.budget.setRange(0, 1_000_000)
        self.budget.setPrefix("US$ ")
        self.budget.setSpecialValueText(_of_settings(station.settings.gemini.budget_usd))
        theme.pad(self.budget)
        self._found, self._asks, self._estimate, self._more, self._why_not = (self._label() for _ in range(5))
        self._ways: dict[str, tuple[QRadioButton, QLabel]] = {}
        self.cancel_button, self.start_button = QPushButton("Cancel", self), QPushButton("Start", self)
        self._lay_out()
        self._asked = self._chosen()
        self._refresh: Refresh[Answered] = Refresh(self._read, self._show, self)
        self.assets.changed.connect(self._ask)
        self.pack.currentIndexChanged.connect(lambda _: self._ask())
        self._ask()
        self.assets.setFocus()

    @property
    def estimate(self) -> str:
        return self._estimate.text()

    @property
    def why_not(self) -> str:
        """Why it can't be started as it is."""
        return self._why_not.text()

    def choose_way(self, key: str) -> None:
        self._ways[key][0].setChecked(True)

    def why_greyed(self, key: str) -> str:
        """Why this way can't be gone; empty if it can."""
        radio, said = self._ways[key]
        return "" if radio.isEnabled() else said.text()

    # following what is chosen

    def _chosen(self) -> Asked:
        way = next((key for key, (radio, _) in self._ways.items() if radio.isChecked()), LOCAL)
        return Asked(self.assets.wanted(), self._packs.get(str(self.pack.currentData())), way)

    def _ask(self) -> None:
        self._asked = self._chosen()
        self.start_button.setEnabled(False)
        self._refresh.ask()

    def _read(self) -> Answered:
        found = self._answered.found if self._answered is not None else None
        return answer(self._station, self._asked, found)

    def _show(self, answered: Answered) -> None:
        self._answered = answered
        if answered.asked != self._asked:
            return  # the next answer is under way
        for way in answered.ways:
            radio, said = self._ways[way.key]
            radio.setEnabled(not way.why_not)
            said.setText(way.why_not or way.said)
            said.setEnabled(not way.why_not)
            radio.setAccessibleDescription(said.text())
        if answered.way.why_not:
            open_way = next((way for way in answered.ways if not way.why_not), None)
            if open_way is not None:
                self.choose_way(open_way.key)  # asks again
                return
        pack, found = answered.asked.pack, answered.found
        self._found.setText(found.said)
        theme.set_role(self._found, level="" if found.level == "muted" else found.level)
        self._asks.setText(_asks(pack) if pack is not None else "")
        forecast = answered.forecast
        self._estimate.setText(forecast.said if forecast is not None else "No estimate yet.")
        self._more.setText(forecast.more if forecast is not None else "")
        self._more.setVisible(bool(self._more.text()))
        self._why_not.setText(answered.why_not)
        self._why_not.setVisible(bool(answered.why_not))
        self.budget.setEnabled(answered.asked.way != LOCAL)
        self.start_button.setEnabled(not answered.why_not)
        self._fit()

    def _fit(self) -> None:
        """Grow where the words of another choice need more lines."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            needed = max(layout.totalHeightForWidth(self.width()), layout.totalMinimumSize().height())
            self.resize(self.width(), max(self.height(), needed))

    def accept(self) -> None:
        answered = self._answered
        if answered is None or answered.why_not or answered.asked != self._chosen():
            return
        station, name, budget_usd = self._station, self.name.text().strip(), self.budget.value() or None
        self.start_button.setEnabled(False)

        def done(run: Run) -> None:
            self.started.emit(run.id)
            super(NewRunDialog, self).accept()

        run_in_background(
            lambda: start(station, answered, name, budget_usd), then=done, failed=self._refused, parent=self
        )

    def _refused(self, error: KnownError) -> None:
        self._why_not.setText(told(error))
        self._why_not.show()
        self._fit()

    # building

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setWordWrap(True)
        return label

    def _lay_out(self) -> None:
        title = QLabel("New run", self)
        theme.set_role(title, role="title")
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.space("m"))
        layout.addWidget(title)
        layout.addWidget(self.assets)
        layout.addLayout(self._indented(self._found))
        layout.addWidget(self._line())
        grid = QGridLayout()
        grid.setVerticalSpacing(theme.space("s"))
        grid.setHorizontalSpacing(theme.space("s"))
        grid.setColumnMinimumWidth(0, _LABEL_PX)
        grid.setColumnStretch(1, 1)
        theme.set_role(self._asks, role="muted")
        for row, (said, field) in enumerate((("Pack", self.pack), ("", self._asks))):
            self._row(grid, row, said, field)
        if self._wrong:
            wrong = self._label()
            wrong.setText(self._wrong)
            theme.set_role(wrong, level="warn")
            grid.addWidget(wrong, 2, 1)
        self._row(grid, 3, "Answered by", self._radios())
        self._row(grid, 4, "Budget", self.budget)
        self._row(grid, 5, "Name", self.name)
        layout.addLayout(grid)
        layout.addWidget(self._line())
        theme.set_role(self._estimate, role="strong")
        theme.set_role(self._more, role="small")
        theme.set_role(self._why_not, level="warn")
        self._estimate.setText("Reading the assets…")
        self._estimate.setAccessibleName("Estimate")
        for label in (self._estimate, self._more, self._why_not):
            layout.addWidget(label)
        theme.set_role(self.start_button, role="primary")
        theme.set_icon(self.start_button, "play", "accent_ink")
        self.start_button.setDefault(True)
        self.cancel_button.setAutoDefault(False)
        self.cancel_button.clicked.connect(self.reject)
        self.start_button.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.start_button)
        layout.addStretch(1)
        layout.addLayout(buttons)

    def _row(self, grid: QGridLayout, row: int, said: str, field: QWidget) -> None:
        label = QLabel(said, self)
        label.setBuddy(field)
        if said:
            field.setAccessibleName(said if field is not self.budget else "Held before it costs more than")
        grid.addWidget(label, row, 0)
        grid.addWidget(field, row, 1)

    def _radios(self) -> QWidget:
        box = QWidget(self)
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(0)
        grid.setHorizontalSpacing(theme.space("m"))
        grid.setColumnStretch(1, 1)
        group = QButtonGroup(box)
        for row, (key, title) in enumerate(_TITLES.items()):
            radio, said = QRadioButton(title, box), QLabel(box)
            theme.set_role(said, role="small")
            grid.setRowMinimumHeight(row, theme.size("control") - 4)
            group.addButton(radio)
            grid.addWidget(radio, row, 0)
            grid.addWidget(said, row, 1)
            self._ways[key] = radio, said
        self.choose_way(LOCAL)
        group.buttonToggled.connect(lambda _, checked: self._ask() if checked else None)
        box.setFocusProxy(self._ways[LOCAL][0])
        return box

    def _indented(self, widget: QWidget) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setContentsMargins(_LABEL_PX + theme.space("s"), 0, 0, 0)
        line.addWidget(widget)
        return line

    def _line(self) -> QFrame:
        line = QFrame(self)
        theme.set_role(line, role="line")
        return line


def _asks(pack: Pack) -> str:
    """The first sentence of what is asked, and what comes of it."""
    first = pack.prompt.strip().split("\n", 1)[0]
    columns = ", ".join(column.name for column in pack.columns[:6])
    more = f" and {len(pack.columns) - 6} more" if len(pack.columns) > 6 else ""
    return f"{first}\nAnswers: {columns}{more}."


def _broken_text(broken: Sequence[BrokenPack]) -> str:
    if not broken:
        return ""
    return "1 pack is broken: see Packs." if len(broken) == 1 else f"{len(broken)} packs are broken: see Packs."


def _of_settings(budget_usd: float) -> str:
    return f"As in Settings: US$ {budget_usd:,.2f}" if budget_usd else "No limit (as in Settings)"
