"""How long to wait before trying again."""

import random
from collections.abc import Iterator


def backoff(
    first_s: float, cap_s: float, *, factor: float = 2.0, jitter: float = 0.5, rng: random.Random | None = None
) -> Iterator[float]:
    """Endless waits in seconds: growing by `factor` up to `cap_s`, each shortened by chance by up to `jitter` (0-1).

    The chance keeps many cameras or stations that failed together from coming back together.
    """
    chance = rng or random.Random()
    wait_s = first_s
    while True:
        yield wait_s * (1 - jitter * chance.random())
        wait_s = min(wait_s * factor, cap_s)
