"""A token is set once, heard at once, and its first reason stands."""

import threading

import pytest

from workers.cancellation import Cancelled, CancelToken, Reason


def test_whoever_waits_is_woken_at_once():
    token = CancelToken()
    woken: list[bool] = []
    waiter = threading.Thread(target=lambda: woken.append(token.wait(30)))
    waiter.start()
    token.cancel()
    waiter.join(1)
    assert woken == [True]


def test_the_first_reason_stands():
    token = CancelToken()
    token.check()
    token.cancel(Reason.TIMEOUT)
    token.cancel(Reason.OPERATOR)
    with pytest.raises(Cancelled) as cancelled:
        token.check()
    assert cancelled.value.reason is token.reason is Reason.TIMEOUT


def test_callbacks_are_called_once_even_when_they_come_late_and_not_when_taken_back():
    token = CancelToken()
    called: list[str] = []
    token.on_cancel(lambda: called.append("early"))
    take_back = token.on_cancel(lambda: called.append("taken back"))
    take_back()
    token.cancel()
    token.cancel()
    token.on_cancel(lambda: called.append("late"))
    take_back()
    assert called == ["early", "late"]
