"""Live timing: pictures of the watched pit boxes go to a computing child, and each stop it finds is kept at once."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core import logs
from core.camera import Instant
from core.errors import InstantGone
from core.pit_box import PitBox
from core.stop import Stop, TimedStop
from core.store import sessions, stops
from core.store.database import Database
from workers.cameras.feed import Feed
from workers.cameras.feeds import Feeds
from workers.cameras.watching import WatchedPicture
from workers.cancellation import Cancelled, CancelToken
from workers.computing import ChildDied, Computing

if TYPE_CHECKING:
    from workers.vision.stop_timing import StopTimer

_log = logs.get("live_timing")
_EVERY_S = 0.3
"""Pictures are handed over in batches: a call costs the child and the worker more than the few pictures do."""
_KEPT_TIMERS = 16
_MOST_PICTURES = 24
"""Of one batch: a child that falls behind is given fewer pictures a second, rather than a second of none."""
_FARTHEST_BEHIND = 3 * _MOST_PICTURES
"""More than so many waiting: fewer pictures would no longer show a car's motion, and the timing begins anew."""
_GAP_S = 1.0
"""Without a picture for longer, a car may have left and another come unseen: the timing begins anew."""


@dataclass(slots=True)
class _Watched:
    """One connection of a camera: what its timer in the child is called, and what it has told already."""

    key: str
    epoch: int
    box: PitBox
    begun: WatchedPicture
    last_s: float
    """Of the newest picture that was handed over."""
    told: int = 0
    """Stops that ended and were kept."""
    leaving: TimedStop | None = None
    """Kept already, though its car has not left yet."""


class LiveTiming:
    """`run` in a thread of its own, `step` one round of it. The child is spawned when the first box is watched."""

    def __init__(self, database: Database, feeds: Feeds, compute: Computing) -> None:
        """compute: children of its own, so that no job keeps a live stop waiting."""
        self._database, self._feeds, self._compute = database, feeds, compute
        self._watched: dict[str, _Watched] = {}
        self._cancel = CancelToken()

    def run(self, stopping: threading.Event) -> None:
        while not stopping.wait(_EVERY_S):
            self.step()

    def stop(self) -> None:
        """Give up what the child is doing."""
        self._cancel.cancel()

    def step(self) -> None:
        """Hand over what came since the last round, and keep the stops that ended."""
        feeds = self._feeds.watched()
        for gone in self._watched.keys() - {feed.camera.id for feed in feeds}:
            del self._watched[gone]
        for feed in feeds:
            pictures = feed.watch.taken()
            box = feed.watch.box
            if pictures and box is not None:
                self._time(feed, box, pictures)

    def _time(self, feed: Feed, box: PitBox, pictures: list[WatchedPicture]) -> None:
        camera_id, newest = feed.camera.id, pictures[-1]
        pictures = [picture for picture in pictures if picture.epoch == newest.epoch]
        pictures, whole = _since_the_last_gap(pictures)
        watched = self._watched.get(camera_id)
        goes_on = watched is not None and watched.epoch == newest.epoch and watched.box == box
        if watched is None or not goes_on or not whole or pictures[0].t_s - watched.last_s > _GAP_S:
            watched = self._begin(camera_id, newest.epoch, box, pictures[0])
        watched.last_s = newest.t_s
        pictures = pictures[:: -(-len(pictures) // _MOST_PICTURES)]
        times = np.array([picture.t_s - watched.begun.t_s for picture in pictures])
        grays = np.stack([picture.gray for picture in pictures])
        try:
            ended, leaving = self._compute.run(advance, watched.key, box, times, grays, cancel=self._cancel)
        except Cancelled:
            return
        except ChildDied as died:
            _log.info(f"the live timing begins anew: {died}", camera_id=camera_id)
            del self._watched[camera_id]
            return
        fresh = ended[watched.told :]
        if leaving is not None and leaving != watched.leaving:
            fresh.append(leaving)
        if fresh:
            self._keep(feed, watched, newest, fresh)
        watched.told, watched.leaving = len(ended), leaving

    def _begin(self, camera_id: str, epoch: int, box: PitBox, first: WatchedPicture) -> _Watched:
        begun = _Watched(f"{camera_id} {epoch} {first.pts} {hash(box)}", epoch, box, first, first.t_s)
        self._watched[camera_id] = begun
        return begun

    def _keep(self, feed: Feed, watched: _Watched, newest: WatchedPicture, ended: list[TimedStop]) -> None:
        try:
            captured = feed.at(Instant(newest.epoch, newest.pts))
        except InstantGone:
            return
        zero_at_ns = captured.at_ns - round((newest.t_s - watched.begun.t_s) * 1e9)
        with self._database.write() as tx:
            session = sessions.current(tx)
            found = [
                Stop.measured(
                    replace(timed, notes=tuple(note.replace("the clip", "the timing") for note in timed.notes)),
                    camera_id=feed.camera.id,
                    zero_at_ns=zero_at_ns,
                    frame_ns=feed.frame_interval_ns,
                    box=watched.box,
                    session_id=session.id if session else None,
                )
                for timed in ended
            ]
            stops.keep(tx, found, clip_id=None)
        for stop in found:
            span = stop.span
            said = "a stop that was not wholly seen" if span is None else f"a stop of {span.ns / 1e9:.2f} s"
            _log.info(f"live: {said}", camera_id=feed.camera.id)


def _since_the_last_gap(pictures: list[WatchedPicture]) -> tuple[list[WatchedPicture], bool]:
    """Those after which nothing is missing, few enough to be timed; False if that leaves some out."""
    begins = max(0, len(pictures) - _MOST_PICTURES) if len(pictures) > _FARTHEST_BEHIND else 0
    for place in range(len(pictures) - 1, begins, -1):
        if pictures[place].t_s - pictures[place - 1].t_s > _GAP_S:
            begins = place
            break
    return pictures[begins:], begins == 0


_timers: "OrderedDict[str, StopTimer]" = OrderedDict()
"""In the child: what each connection's timer has seen."""


def advance(
    key: str, box: PitBox, times_s: NDArray[np.float64], grays: NDArray[np.uint8]
) -> tuple[list[TimedStop], TimedStop | None]:
    """In the child: the pictures given to the timer of this name, which is made at its first.

    times_s: (N,), seconds from the first picture ever given; grays: (N, H, W). Returns all stops that ended so far,
    and the one whose car was released but has not left yet.
    """
    from workers.vision.stop_timing import StopTimer  # late: only the child needs it

    height, width = grays.shape[1:]
    timer = _timers.get(key)
    if timer is None:
        timer = _timers[key] = StopTimer(box, width, height)
        while len(_timers) > _KEPT_TIMERS:
            _timers.popitem(last=False)
    _timers.move_to_end(key)
    for t_s, gray in zip(times_s, grays, strict=True):
        timer.add(gray, float(t_s))
    return timer.finished(), timer.leaving()
