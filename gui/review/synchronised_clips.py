"""Every camera's clip of a stop at one instant of capture time, and another stop's ghost over the stop's own."""

import math

from PySide6.QtWidgets import QGridLayout, QWidget

from core.stop import Moment
from core.stop_words import clock_text
from gui import theme
from gui.review.clip_pictures import ClipPictures
from gui.review.picture_pane import PicturePane
from gui.review.reading import ReviewRead, ShownClip

MOST_CLIPS = 4


class SynchronisedClips(QWidget):
    """The stop's own camera large at the left, the others one below the other beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._read: ReviewRead | None = None
        self._pictures: list[ClipPictures] = []
        self.panes: list[PicturePane] = []
        self._ghost: ClipPictures | None = None
        self._haunted = False
        self._at_ns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.space("xs"))

    @property
    def times_ns(self) -> tuple[int, ...]:
        """UTC of every picture of the stop's own clip; empty until it is open."""
        return self._pictures[0].times_ns if self._pictures else ()

    @property
    def can_haunt(self) -> bool:
        """There is another stop whose clip is here."""
        return self._ghost is not None

    def show_read(self, read: ReviewRead) -> None:
        """Open what is new; clips that stay keep their place."""
        before, self._read = self._read, read
        if before is None or before.clips != read.clips:
            self._open(read)
        if before is None or _ghost_clip(before) != _ghost_clip(read):
            if self._ghost is not None:
                self._let_go(self._ghost)
            self._ghost = ClipPictures(read.ghost.clip, self) if read.ghost is not None else None
            if self._ghost is not None:
                self._ghost.came.connect(self._paint)

    def show_at(self, at_ns: int) -> None:
        """All clips to this instant (UTC)."""
        self._at_ns = at_ns
        for pictures in self._pictures:
            pictures.ask(at_ns)
        self._ask_ghost()

    def haunt(self, haunted: bool) -> None:
        """Lay another stop over this one, at the same time from standstill; or take it away."""
        self._haunted = haunted
        self._ask_ghost()
        self._paint()

    def close_clips(self) -> None:
        """Let the files go."""
        for pictures in (*self._pictures, *([self._ghost] if self._ghost else [])):
            pictures.close()

    def _open(self, read: ReviewRead) -> None:
        for pictures, pane in zip(self._pictures, self.panes, strict=True):
            self._let_go(pictures)
            pane.deleteLater()
        shown = read.clips[:MOST_CLIPS]
        self._pictures = [ClipPictures(clip, self) for clip in shown]
        self.panes = [PicturePane(clip.label, self) for clip in shown]
        for pictures in self._pictures:
            pictures.came.connect(self._paint)
        for number, pane in enumerate(self.panes):
            if number == 0:
                self._grid.addWidget(pane, 0, 0, max(1, len(shown) - 1), 1)
            else:
                self._grid.addWidget(pane, number - 1, 1)
        self._grid.setColumnStretch(0, 2)
        self._grid.setColumnStretch(1, 1 if len(shown) > 1 else 0)
        if shown and shown[0].clip.camera_id == read.stop.camera_id:
            self.panes[0].show_box(read.stop.box)

    def _let_go(self, pictures: ClipPictures) -> None:
        pictures.close()
        pictures.deleteLater()

    def _ask_ghost(self) -> None:
        read = self._read
        if self._ghost is None or read is None or read.ghost is None or not self._haunted:
            return
        here, there = read.stop.mark(Moment.STATIONARY), read.ghost.stop.mark(Moment.STATIONARY)
        if here is not None and there is not None:
            self._ghost.ask(self._at_ns - here.at_ns + there.at_ns)

    def _paint(self) -> None:
        read = self._read
        if read is None or not self._pictures:
            return
        own = self._pictures[0].shown.clip
        for pictures, pane in zip(self._pictures, self.panes, strict=True):
            picture, clip = pictures.picture, pictures.shown.clip
            if picture is None:
                pane.show_picture(None, pictures.said, "")
                continue
            said = clock_text(picture.at_ns, read.zone)
            if clip.id != own.id:
                doubt = math.ceil(math.hypot(clip.captured_u_ns, own.captured_u_ns) / 1e6)
                said = f"{said}  in step ± {doubt} ms"
            pane.show_picture(picture.image, "", said)
        ghost = self._ghost.picture if self._ghost is not None and self._haunted else None
        self.panes[0].show_ghost(ghost.image if ghost else None)


def _ghost_clip(read: ReviewRead) -> ShownClip | None:
    return read.ghost.clip if read.ghost is not None else None
