"""A worker that dies again and again is given up, until it has lived or the operator starts it."""

from gui.restarts import Restarts


def test_three_that_die_soon_are_enough_however_long_one_waits():
    restarts = Restarts()
    assert [restarts.one_more(now_s) for now_s in (0, 16, 290)] == [True] * 3
    assert not any(restarts.one_more(now_s) for now_s in range(300, 4000, 16))


def test_one_that_has_run_for_five_minutes_is_started_again_as_at_first():
    restarts = Restarts()
    for now_s in (0, 16, 32):
        restarts.one_more(now_s)
    restarts.lives(331)
    assert not restarts.one_more(331)
    restarts.lives(333)
    assert [restarts.one_more(400) for _ in range(4)] == [True, True, True, False]


def test_the_operators_start_begins_anew():
    restarts = Restarts()
    while restarts.one_more(0):
        pass
    restarts.forget()
    assert restarts.one_more(1)
