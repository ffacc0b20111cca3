"""The packet ring keeps the last seconds by whole GOPs, and what is pinned for as long as it is needed."""

import threading
from dataclasses import replace

import pytest

from core.camera import CapturedAt, Instant
from tests.workers.cameras.pictures import GOP, PERIOD_NS, TICKS, encoded
from workers.cameras.ring import Follower, PacketRing

SECOND = 1_000_000_000


def time_of(epoch: int, pts: int) -> CapturedAt:
    return CapturedAt(epoch * 1000 * SECOND + pts * SECOND // 90_000, 1)


def a_ring(seconds: float = 2.0, max_bytes: int = 1 << 30) -> PacketRing:
    return PacketRing(time_of, seconds=seconds, max_bytes=max_bytes)


def fill(ring: PacketRing, pictures: int, first: int = 0, epoch: int = 1) -> None:
    video, packets = encoded(50)
    for number in range(first, first + pictures):
        packet = packets[number % 50]
        at = number * TICKS
        ring.append(epoch, video, replace(packet, pts=at, dts=at, arrival_ns=SECOND + number * PERIOD_NS))


def test_the_ring_keeps_its_seconds_and_drops_whole_gops_from_the_head():
    ring = a_ring(seconds=2.0)
    fill(ring, 10 * GOP)
    assert 2.0 <= ring.kept_s() < 3.1
    oldest = ring.following(0)
    assert oldest is not None and oldest.first.is_keyframe


def test_the_ring_stays_within_its_bytes():
    ring = a_ring(seconds=120, max_bytes=20_000)
    fill(ring, 40 * GOP)
    assert 0 < ring.bytes() <= 20_000


def test_a_gop_that_never_ends_does_not_fill_the_memory():
    ring = a_ring(max_bytes=10_000)
    video, packets = encoded(50)
    ring.append(1, video, packets[0])
    kept = [ring.append(1, video, replace(packets[1], data=bytes(500), pts=n * TICKS)) for n in range(1, 200)]
    assert not kept[-1] and ring.bytes() < 11_000
    assert ring.append(1, video, packets[0]), "the next keyframe starts afresh"


def test_after_a_loss_nothing_is_kept_until_the_next_keyframe():
    ring = a_ring()
    fill(ring, 30)
    ring.lose()
    video, packets = encoded(50)
    assert not ring.append(1, video, packets[30])
    assert ring.append(1, video, packets[25])


def test_a_packet_of_another_connection_is_not_joined_to_the_last_gop():
    ring = a_ring()
    fill(ring, 30)
    video, packets = encoded(50)
    assert not ring.append(2, video, packets[31])


def test_what_is_pinned_outlives_the_ring_and_goes_with_its_pin():
    ring = a_ring(seconds=1.0)
    fill(ring, 2 * GOP)
    instant = Instant(1, 10 * TICKS)
    ring.pin("job", time_of(1, instant.pts).at_ns, time_of(1, instant.pts).at_ns)
    fill(ring, 20 * GOP, first=2 * GOP)
    assert ring.gop_with(instant) is not None
    assert ring.gop_with(Instant(1, 4 * GOP * TICKS)) is None, "the rest was dropped as ever"
    ring.unpin("job")
    assert ring.gop_with(instant) is None


def test_a_pin_takes_in_what_comes_until_its_end():
    ring = a_ring(seconds=0.0)
    fill(ring, GOP)
    ring.pin("job", time_of(1, 0).at_ns, time_of(1, 100 * TICKS).at_ns)
    fill(ring, 9 * GOP, first=GOP)
    taken = [packet.pts // TICKS for _, packet in read_all(Follower(ring, "job"))]
    assert taken[0] == 0 and taken[: 5 * GOP] == list(range(5 * GOP)), "whole, in order, to the GOP of its end"
    assert taken[-1] == 10 * GOP - 1, "and then what the ring has"


def test_reading_a_pin_lets_go_of_what_was_read():
    ring = a_ring(seconds=0.0)
    fill(ring, GOP)
    ring.pin("job", 0, None)
    fill(ring, 5 * GOP, first=GOP)
    follower = Follower(ring, "job")
    for _ in range(3 * GOP + 1):
        assert follower.take()
    assert ring.gop_with(Instant(1, 0)) is None
    assert ring.gop_with(Instant(1, 5 * GOP * TICKS)) is not None


def test_a_pin_that_nobody_reads_holds_no_more_than_one_ring_may_and_keeps_its_beginning():
    ring = a_ring(seconds=0.0, max_bytes=15_000)
    fill(ring, GOP)
    ring.pin("job", 0, None)
    fill(ring, 100 * GOP, first=GOP)
    follower = Follower(ring, "job")
    read = [packet for _, packet in read_all(follower)]
    assert read[0].pts == 0
    assert sum(len(packet.data) for packet in read) < 30_000


def test_the_nearest_picture_is_found_with_how_far_it_is():
    ring = a_ring(seconds=10)
    fill(ring, 100)
    wanted_ns = time_of(1, 40 * TICKS).at_ns
    assert ring.nearest(wanted_ns + PERIOD_NS // 3) == (Instant(1, 40 * TICKS), -(PERIOD_NS // 3))
    assert ring.nearest(0) == (Instant(1, 0), time_of(1, 0).at_ns)
    assert a_ring().nearest(0) is None


def test_a_follower_waits_for_the_next_packet_and_misses_none():
    ring = a_ring(seconds=10)
    fill(ring, 1)
    follower = Follower(ring)
    got: list[int] = []

    def read() -> None:
        while len(got) < 200:
            one = follower.wait(5.0)
            assert one is not None
            got.append(one[1].pts // TICKS)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 200):
        fill(ring, 1, first=number)
    reader.join(5)
    assert got == list(range(200))


@pytest.mark.parametrize("timeout_s", [0.0, 0.05])
def test_a_follower_gives_up_in_time(timeout_s):
    assert Follower(a_ring()).wait(timeout_s) is None


def read_all(follower: Follower):
    while got := follower.take():
        yield got
