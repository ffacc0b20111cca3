import random
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from core.retry import backoff


@given(st.floats(0.01, 5), st.floats(5, 60), st.integers())
def test_waits_never_pass_the_cap_and_never_fall_to_nothing(first_s, cap_s, seed):
    waits = list(islice(backoff(first_s, cap_s, rng=random.Random(seed)), 50))
    assert all(first_s / 2 <= wait <= cap_s for wait in waits)
    assert waits[-1] >= cap_s / 2


def test_without_chance_the_waits_double():
    assert list(islice(backoff(1, 5, jitter=0), 5)) == [1, 2, 4, 5, 5]


def test_two_that_failed_together_do_not_come_back_together():
    assert next(backoff(1, 30, rng=random.Random(1))) != next(backoff(1, 30, rng=random.Random(2)))
