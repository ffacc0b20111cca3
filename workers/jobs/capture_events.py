"""Event captures: the pit box is watched, and each time in which something moves there becomes a clip."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain, dropwhile, takewhile

from core.camera import Gap, Instant
from core.capture_checks import watched_box
from core.clip import Clip
from core.errors import CameraError
from core.pit_box import PitBox
from core.store import clips
from workers.cameras.feed import Feed
from workers.cameras.feeds import start_of
from workers.cameras.watching import WatchedPicture
from workers.jobs.capture_clips import span
from workers.jobs.capture_pace import Continuity
from workers.jobs.capture_pictures import why_silent
from workers.jobs.capture_storing import Taking, commit, outcome_of, refuse_if_nearly_full, store_clip
from workers.runner import Outcome
from workers.vision.box_motion import BoxMotion

_TICK_S = 0.1
_QUIET_NS = 1_000_000_000
"""Stillness of less than this ends no event, however short a post-roll was asked for."""
_LONGEST_NS = 300_000_000_000
"""Of one event: then its clip ends, and what goes on moving is the next one."""
_BLIND_NS = 1_000_000_000
"""Without a picture for longer, something may have come and gone unseen."""


def watch(taking: Taking) -> Outcome:
    """Watch the camera's pit box for as long as was asked, a clip for each event; a lost camera is waited for.

    Each clip is committed by itself. Raises NoPitBox, DiskFull, CameraError if no picture could be had, Cancelled.
    """
    refuse_if_nearly_full(taking)
    context = taking.context
    with context.database.read() as tx:
        box = watched_box(tx, taking.params)
        made = clips.for_job(tx, context.job.id)
    begin_ns = start_of(taking.feed, taking.params)
    end_ns = begin_ns + int(taking.params.duration_s * 1e9)
    watching = _Watching(taking, box, end_ns, max((each.end_ns for each in made), default=begin_ns))

    def tell() -> None:
        now_ns, count = taking.utc_ns(), len(made)
        lost = watching.taking.feed.lost
        stage = "recording" if watching.event else "waiting" if lost else "watching"
        said = f"{count} event{'s' * (count != 1)} so far"
        share = (now_ns - begin_ns) / (end_ns - begin_ns)
        context.progress(100 * share, stage, f"{said}; {lost.title}" if lost else said)

    while taking.utc_ns() < end_ns:
        with watching.following():
            while taking.utc_ns() < end_ns and not watching.is_replaced:
                context.cancel.check()
                tell()
                if watching.look():
                    recorded = _record(watching, made, tell)
                    made += [] if recorded is None else [recorded]
                    context.cancel.check()
                else:
                    context.cancel.wait(_TICK_S)
    watching.see(end_ns, None)
    if watching.saw_nothing and watching.taking.feed.lost:
        raise why_silent(watching.taking)
    lacking = [gap for each in made for gap in each.gaps if not _is_among(gap, watching.gaps)]
    return outcome_of(0, len(made), watching.gaps + lacking)


@dataclass(slots=True)
class _Event:
    """Something moves: since when and until when (UTC ns), in the pictures of one connection."""

    epoch: int
    began_ns: int
    moved_ns: int
    over: bool = False
    """Nothing has moved since for as long as ends it."""


@dataclass(slots=True)
class _Watching:
    """What is seen of the box: the event that goes on, and the times in which nothing was seen."""

    taking: Taking
    box: PitBox
    end_ns: int
    seen_ns: int
    """Up to here pictures were looked at, or a gap noted."""
    event: _Event | None = None
    gaps: list[Gap] = field(default_factory=list)
    _pictures: Callable[[], list[WatchedPicture]] = list
    _waiting: deque[WatchedPicture] = field(default_factory=deque)
    _motion: BoxMotion | None = None
    _epoch: int | None = None

    @property
    def saw_nothing(self) -> bool:
        return self._epoch is None

    @property
    def quiet_ns(self) -> int:
        return max(_QUIET_NS, int(self.taking.params.post_s * 1e9))

    @property
    def is_replaced(self) -> bool:
        """Whether the camera has another feed by now: its address was changed, or it was switched off and on."""
        return self._feed_now() is not self.taking.feed

    @contextmanager
    def following(self) -> Iterator[None]:
        """While this lasts, the pictures of the feed that the camera has now are looked at."""
        feed = self._feed_now()
        self.taking = replace(self.taking, feed=feed, camera=feed.camera)
        with feed.watch.followed() as self._pictures:
            yield

    def _feed_now(self) -> Feed:
        try:
            return self.taking.context.feeds.get(self.taking.camera.id)
        except CameraError:  # switched off or removed: it may come back
            return self.taking.feed

    def look(self) -> bool:
        """Look at the pictures that came, up to where an event begins or is over; whether one goes on. CameraError."""
        self._waiting += self._pictures()
        if not self._waiting and self.event is None:
            self._refuse_if_blind()
        was_still = self.event is None
        while self._waiting and not (self.event and (self.event.over or was_still)):
            self._look_at(self._waiting.popleft())
        return self.event is not None

    def to_ns(self) -> int:
        """Where the event's clip ends, as far as it is known by now."""
        assert self.event is not None
        still_ns = self.event.moved_ns + self.quiet_ns
        return min(still_ns if self.event.over else self.event.began_ns + _LONGEST_NS, self.end_ns)

    def see(self, at_ns: int, epoch: int | None) -> None:
        """A picture of this time is looked at (None: there was none), and what lies before it was not, if it is far."""
        if at_ns - self.seen_ns > _BLIND_NS:
            self.gaps.append(self.taking.gap(self.seen_ns, at_ns, self._why_blind(epoch)))
        self.seen_ns = max(self.seen_ns, at_ns)

    def _look_at(self, picture: WatchedPicture) -> None:
        at_ns = self.taking.feed.at(Instant(picture.epoch, picture.pts)).at_ns
        if at_ns < self.seen_ns and self._epoch is None:
            return  # from before the press
        self.see(at_ns, picture.epoch)
        if self._motion is None or picture.epoch != self._epoch:
            self._motion, self._epoch = BoxMotion(self.box), picture.epoch
        moves, event = self._motion.moves(picture.gray, picture.t_s), self.event
        if event is None:
            self.event = _Event(picture.epoch, at_ns, at_ns) if moves else None
        elif picture.epoch != event.epoch or at_ns - event.moved_ns > self.quiet_ns:
            event.over = True
        elif moves:
            event.moved_ns = at_ns

    def _refuse_if_blind(self) -> None:
        """Raises CameraError if packets come, but none of their pictures can be looked at."""
        feed, most_s = self.taking.feed, self.taking.context.settings.rtsp.capture_timeout
        if feed.lost is None and feed.silent_s() < _TICK_S and self.taking.utc_ns() - self.seen_ns > most_s * 1e9:
            raise CameraError(
                f"{feed.camera.label} sends pictures, but none can be looked at, so nothing that moves is seen",
                hint="See whether the wall shows it. If not, set the camera to H.264 or H.265, and free some disk.",
                camera=feed.camera.label,
            )

    def _why_blind(self, epoch: int | None) -> str:
        label, lost = self.taking.camera.label, self.taking.feed.lost
        if epoch is None and lost:
            return lost.title
        if self._epoch is None:
            if self.taking.context.job.attempt > 1:
                return "The worker was not there all of this time"
            return f"{label} was not watched" if epoch is None else f"{label} was watched only from then on"
        if epoch is None:
            return f"{label} sent no pictures"
        return f"{label} was not connected" if epoch != self._epoch else f"Pictures of {label} were not looked at"


def _record(watching: _Watching, made: list[Clip], tell: Callable[[], None]) -> Clip | None:
    """The clip of the event that goes on, from its pre-roll to its end; what the clip before has is not taken again."""
    taking, event = watching.taking, watching.event
    assert event is not None
    refuse_if_nearly_full(taking)
    key = taking.context.job.id
    from_ns = max([event.began_ns - int(taking.params.pre_s * 1e9), *(each.end_ns for each in made)])
    continuity = Continuity(taking.camera.id, from_ns)

    def look_on() -> None:
        tell()
        watching.look()

    taking.feed.pin(key, from_ns, None)
    try:
        packets = span(taking, continuity, from_ns, watching.to_ns, look_on)
        # An event's clip is of its connection: neither the pre-roll nor what follows may be of another.
        packets = dropwhile(lambda got: got[0].epoch != event.epoch, packets)
        packets = takewhile(lambda got: got[0].epoch == event.epoch, packets)
        first = next(packets, None)
        if first is None:
            return None
        ordinal = max((each.ordinal + 1 for each in made), default=0)
        clip = store_clip(taking, chain([first], packets), ordinal)
        return commit(taking, replace(clip, gaps=tuple(continuity.gaps)))
    finally:
        taking.feed.unpin(key)
        watching.event = None


def _is_among(gap: Gap, others: list[Gap]) -> bool:
    """Whether it is told already, as a part of another one: no more of it sticks out than would be told by itself."""
    return any(
        other.start_ns - gap.start_ns < _BLIND_NS and gap.end_ns - other.end_ns < _BLIND_NS
        for other in others
        if other.start_ns < gap.end_ns and gap.start_ns < other.end_ns
    )
