"""Live analysis gets small gray pictures of a watched box, whether somebody looks or not, and nothing without a box."""

from core.pit_box import PitBox
from tests.workers.cameras.pictures import TICKS
from tests.workers.cameras.test_preview import Showing
from workers.cameras.preview import Preview
from workers.cameras.watching import MOST_PX, Watch

BOX = PitBox(((0.1, 0.1), (0.9, 0.1), (0.9, 0.9)))


def watching(box: PitBox | None) -> tuple[Showing, Watch]:
    showing, watch = Showing(), Watch(box)
    showing.preview = Preview(showing.ring, showing.time_of, showing.mailbox, showing.clock, watch)
    return showing, watch


def test_a_watched_box_has_every_picture_decoded_though_nobody_looks():
    showing, watch = watching(BOX)
    showing.send(30)
    showing.catch_up()
    pictures = watch.taken()
    first = pictures[0].pts // TICKS
    assert [picture.pts // TICKS for picture in pictures] == list(range(first, first + len(pictures)))
    assert len(pictures) > 1
    assert max(pictures[0].gray.shape) <= MOST_PX and pictures[0].gray.ndim == 2
    assert pictures[-1].t_s == pictures[-1].pts / 90_000
    assert showing.mailbox.written == []
    assert watch.taken() == []


def test_who_looks_is_shown_the_same_pictures():
    showing, watch = watching(BOX)
    showing.look()
    showing.send(30)
    showing.catch_up()
    assert showing.mailbox.written
    assert {picture.pts // TICKS for picture in watch.taken()} >= set(showing.mailbox.numbers)


def test_two_may_watch_and_each_has_every_picture():
    showing, watch = watching(None)
    with watch.followed() as mine, watch.followed() as yours:
        showing.send(30)
        showing.catch_up()
        numbers = [picture.pts for picture in mine()]
        assert len(numbers) > 1 and [picture.pts for picture in yours()] == numbers
        assert watch.taken() == mine() == [], "nothing is timed live, and nothing is handed over twice"
    assert not showing.preview.step()


def test_without_a_box_nothing_is_decoded_and_a_box_may_come_and_go():
    showing, watch = watching(None)
    showing.send(30)
    assert not showing.preview.step()
    watch.change(BOX)
    showing.catch_up()
    watch.change(None)
    assert watch.taken() == []
    assert not showing.preview.step()
