import pytest

from core.disk import DiskState, DiskWatch, warning

GB = 1_000_000_000


def test_the_pace_of_the_last_minutes_says_how_long_the_disk_lasts(tmp_path):
    watch = DiskWatch(tmp_path)
    assert watch.take(0, 100 * GB).hours_left is None
    assert watch.take(30, 99 * GB).hours_left is None  # one clip is no trend
    assert watch.take(600, 90 * GB).hours_left == pytest.approx(90 / 10 / 6)


def test_old_readings_are_forgotten(tmp_path):
    watch = DiskWatch(tmp_path)
    watch.take(0, 100 * GB)
    watch.take(1000, 50 * GB)
    assert watch.take(1100, 50 * GB).hours_left is None


def test_a_disk_that_gets_freer_lasts(tmp_path):
    watch = DiskWatch(tmp_path)
    watch.take(0, 10 * GB)
    assert watch.take(300, 20 * GB) == DiskState(20 * GB, None)


def test_the_real_disk_is_read(tmp_path):
    assert DiskWatch(tmp_path).look(0).free_bytes > 0


@pytest.mark.parametrize(
    ("disk", "said"),
    [
        (DiskState(50 * GB, None), None),
        (DiskState(50 * GB, 5.0), None),
        (DiskState(50 * GB, 1.5), ("Disk full in 1.5 h (50.0 GB left)", "warn")),
        (DiskState(GB // 2, 0.1), ("Disk full: 0.5 GB left. New clips are refused.", "bad")),
    ],
)
def test_the_operator_is_warned_two_hours_ahead_and_when_it_is_full(disk, said):
    assert warning(disk, 2.0, GB) == said
