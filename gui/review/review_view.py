"""The review of one stop: every camera's clip at the same instant, the timeline, and the operator's word."""

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QKeyCombination, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from core.stop import Moment
from core.stop_words import clock_text, offset_text, span_text
from gui import theme
from gui.library.empty_state import EmptyState
from gui.models.following import Following
from gui.page_layout import stack_up
from gui.review.instants_panel import InstantsPanel
from gui.review.reading import ReviewRead, read_review
from gui.review.stepping import nudged, range_of, set_at, stepped
from gui.review.stop_acts import StopActs
from gui.review.synchronised_clips import SynchronisedClips
from gui.review.timeline import Timeline
from gui.station import Station
from gui.sync.elided import ElidedLabel

_PLAY_MS = 33
_LEAP = 10


class ReviewView(QWidget):
    """, and . step a picture, with Shift ten; 1-4 go to a moment, [ and ] nudge it, S sets it here, P plays, G shows
    the best stop's ghost, W the whole clip, L locks, D makes the dossier, Esc goes back."""

    closed = Signal()

    def __init__(self, station: Station, stop_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.stop_id = stop_id
        self._read: ReviewRead | None = None
        self.at_ns = 0
        """The instant that all clips show, UTC."""
        self.moment = Moment.STATIONARY
        self._played: tuple[float, int] | None = None
        self.acts = StopActs(station, self._ask, self)
        self._title = ElidedLabel(self)
        self._clock = ElidedLabel(self)
        self.panel = InstantsPanel(self)
        self.clips = SynchronisedClips(self)
        self.timeline = Timeline(self)
        self._timer = QTimer(self, interval=_PLAY_MS)
        self._timer.timeout.connect(self._play_on)
        self.ghost_button = self._button("Ghost", self._show_ghost, "G", "")
        self.whole_button = self._button("Whole clip", self._show_range, "W", "Show all that was recorded of it")
        self.play_button = self._button("Play", self._show_playing, "P", "Play at real time")
        for button in (self.ghost_button, self.whole_button, self.play_button):
            button.setCheckable(True)
        self.set_button = self._button("Set here", self.set_here, "S", "The chosen instant is the picture shown")
        self.lock_button = self._button("Lock", self.lock, "L", "Keep it from being changed")
        self.dossier_button = self._button("Dossier", self.make_dossier, "D", "One page, as HTML and PDF")
        self._lay_out()
        self._keys()
        folder, database = station.folder, station.database
        self._follow = Following(station, self, lambda: read_review(database, folder, stop_id), self._show)

    def stop(self) -> None:
        """Let the files go; what was typed is kept."""
        self.panel.save()
        self._timer.stop()
        self.clips.close_clips()

    # following the station

    def _ask(self) -> None:
        self._follow.ask()

    def _show(self, read: ReviewRead) -> None:
        before, self._read = self._read, read
        stop = read.stop
        self.clips.show_read(read)
        self._stack.setCurrentIndex(0 if read.clips else 1)
        self.ghost_button.setEnabled(self.clips.can_haunt)
        self.ghost_button.setToolTip(_ghost_text(read))
        if self.ghost_button.isChecked() and not self.clips.can_haunt:
            self.ghost_button.click()
        if before is None:
            mark = stop.mark(self.moment)
            self.at_ns = mark.at_ns if mark else stop.from_ns
        number = f"Car {stop.car_number} · " if stop.car_number else ""
        locked = "  (locked)" if stop.locked else ""
        self._title.set_text(f"{number}{read.label} · {clock_text(stop.from_ns, read.zone)[:8]}{locked}")
        self.lock_button.setText("Unlock" if stop.locked else "Lock")
        self.set_button.setEnabled(not stop.locked)
        self.panel.show_read(read, self.moment)
        self._show_range()
        self._go(self.at_ns)

    # what is shown

    def _go(self, at_ns: int) -> None:
        """All clips to this instant."""
        self.at_ns = at_ns
        self.clips.show_at(at_ns)
        self.timeline.show_at(at_ns, self.moment)
        self._say_clock()

    def _say_clock(self) -> None:
        read = self._read
        if read is None:
            return
        zero = read.stop.mark(Moment.STATIONARY)
        since = f"   {offset_text(self.at_ns, zero.at_ns, zero.u_ns)} from standstill" if zero else ""
        self._clock.set_text(f"{clock_text(self.at_ns, read.zone)}{since}")

    def _show_ghost(self) -> None:
        self.clips.haunt(self.ghost_button.isChecked())

    def _show_range(self) -> None:
        if self._read is not None:
            clips = [
                (one.clip.captured_at_ns, one.clip.captured_at_ns + one.clip.duration_ns) for one in self._read.clips
            ]
            whole = self.whole_button.isChecked()
            self.timeline.show_stop(self._read.stop, clips, range_of(self._read.stop, clips, whole=whole))

    # what the operator does

    def step(self, by: int) -> None:
        """So many pictures of the stop's own clip on."""
        if self._read is not None:
            self.play_button.setChecked(False)
            self._show_playing()
            self._go(stepped(self.clips.times_ns, self.at_ns, by, self._read.stop.frame_ns))

    def go_to(self, moment: Moment) -> None:
        """Choose a moment, and show its picture."""
        if self._read is not None:
            self.moment = moment
            self.panel.show_read(self._read, moment)
            mark = self._read.stop.mark(moment)
            self._go(mark.at_ns if mark else self.at_ns)

    def nudge(self, moment: Moment, by: int) -> None:
        """Move an instant by a picture; the machine's stays beside it."""
        read = self._read
        if read is None or read.stop.locked:
            return
        mark = read.stop.mark(moment)
        self.moment = moment
        if mark is None:
            self.set_here()
            return
        moved = nudged(self.clips.times_ns, mark, by, read.stop.frame_ns)
        self.acts.set_mark(read.stop, moment, moved)
        self._go(moved.at_ns)

    def set_here(self) -> None:
        """The chosen moment was at the picture that is shown."""
        if self._read is not None and not self._read.stop.locked:
            mark = set_at(self.clips.times_ns, self.at_ns, self._read.stop.frame_ns)
            self.acts.set_mark(self._read.stop, self.moment, mark)

    def take_back(self, moment: Moment) -> None:
        """The machine's instant counts again."""
        if self._read is not None and moment in self._read.stop.hand:
            self.acts.set_mark(self._read.stop, moment, None)

    def lock(self) -> None:
        if self._read is not None:
            self.panel.save()
            self.acts.lock(self._read.stop, not self._read.stop.locked)

    def make_dossier(self) -> None:
        if self._read is not None:
            self.panel.save()
            self.acts.dossier(self._read.stop)

    def _note(self, remark: str, car_number: str) -> None:
        if self._read is not None:
            self.acts.annotate(self._read.stop, remark=remark, car_number=car_number)

    def _show_playing(self) -> None:
        playing = self.play_button.isChecked()
        self.play_button.setText("Pause" if playing else "Play")
        self._played = (time.monotonic(), self.at_ns) if playing else None
        if playing:
            self._timer.start()
        else:
            self._timer.stop()

    def _play_on(self) -> None:
        """By the clock: pictures that can't be decoded in time are left out, and time goes on."""
        if self._played is None:
            return
        began_s, from_ns = self._played
        at_ns = from_ns + round((time.monotonic() - began_s) * 1e9)
        if self.clips.times_ns and at_ns > self.clips.times_ns[-1]:
            self.play_button.setChecked(False)
            self._show_playing()
        else:
            self._go(at_ns)

    # building

    def _button(self, text: str, do: Callable[[], None], keys: str, said: str) -> QPushButton:
        button = QPushButton(text, self)
        button.clicked.connect(lambda: do())
        button.setToolTip(f"{said} ({keys})")
        return button

    def _keys(self) -> None:
        shift = Qt.KeyboardModifier.ShiftModifier
        keys: list[tuple[QKeySequence, Callable[[], object]]] = [
            (QKeySequence("Esc"), self.closed.emit),
            (QKeySequence("P"), self.play_button.click),
            (QKeySequence("G"), self.ghost_button.click),
            (QKeySequence("W"), self.whole_button.click),
            (QKeySequence("S"), self.set_here),
            (QKeySequence("L"), self.lock),
            (QKeySequence("D"), self.make_dossier),
            (QKeySequence("["), lambda: self.nudge(self.moment, -1)),
            (QKeySequence("]"), lambda: self.nudge(self.moment, 1)),
            (QKeySequence("Backspace"), lambda: self.take_back(self.moment)),
        ]
        for key, by in ((Qt.Key.Key_Comma, -1), (Qt.Key.Key_Period, 1), (Qt.Key.Key_Left, -1), (Qt.Key.Key_Right, 1)):
            keys.append((QKeySequence(key), partial(self.step, by)))
            keys.append((QKeySequence(QKeyCombination(shift, key)), partial(self.step, by * _LEAP)))
        keys += [(QKeySequence(str(number)), partial(self.go_to, moment)) for number, moment in enumerate(Moment, 1)]
        for pressed, do in keys:
            shortcut = QShortcut(pressed, self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(do)

    def _lay_out(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.set_role(self._title, role="title")
        theme.set_role(self._clock, role="muted")
        self.timeline.wanted.connect(self._go)
        self.timeline.moment_chosen.connect(lambda name: self.go_to(Moment(name)))
        self.panel.go_wanted.connect(lambda name: self.go_to(Moment(name)))
        self.panel.nudge_wanted.connect(lambda name, by: self.nudge(Moment(name), by))
        self.panel.take_back_wanted.connect(lambda name: self.take_back(Moment(name)))
        self.panel.noted.connect(self._note)
        back = self._button("Stops", self.closed.emit, "Esc", "Back to the table")
        theme.set_icon(back, "chevron-left")
        head = QHBoxLayout()
        head.addWidget(back)
        head.addSpacing(theme.space("s"))
        head.addWidget(self._title, 1)
        for button in (self.ghost_button, self.whole_button, self.lock_button, self.dossier_button):
            head.addWidget(button)
        foot = QHBoxLayout()
        former = self._button("", lambda: self.step(-1), ",", "One picture back")
        following = self._button("", lambda: self.step(1), ".", "One picture on")
        for button, icon in ((former, "chevron-left"), (following, "chevron-right")):
            theme.set_icon(button, icon)
            button.setAccessibleName(button.toolTip())
        for widget in (former, self.play_button, following):
            foot.addWidget(widget)
        foot.addWidget(self._clock, 1)
        foot.addWidget(self.set_button)
        empty = EmptyState(self)
        empty.say(
            "No clip of this stop",
            "It was timed live. Capture a clip at the stop (V on the wall) and its pictures are shown here; the "
            "instants can be nudged all the same.",
        )
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.clips)
        self._stack.addWidget(empty)
        left = QVBoxLayout()
        left.setSpacing(theme.space("s"))
        left.addWidget(self._stack, 1)
        left.addWidget(self.timeline)
        left.addLayout(foot)
        middle = QHBoxLayout()
        middle.setSpacing(theme.space("s"))
        middle.addLayout(left, 1)
        middle.addWidget(self.panel)
        stack_up(self, (head, middle), middle)


def _ghost_text(read: ReviewRead) -> str:
    """Whose ghost it is, or why there is none."""
    if read.ghost is None:
        return "No other stop of the session was filmed by this camera and has its standing time"
    other = read.ghost.stop
    at = clock_text(other.from_ns, read.zone)[:8]
    return f"Lay the stop of {at} over this one, {span_text(other.span)}: the shortest other one on film (G)"
