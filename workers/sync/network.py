"""Whether a network came back, as this machine's interfaces tell it."""

import time

import psutil

_LOOK_S = 1.0


class Network:
    """Looks at most once a second; made when the store was lost."""

    def __init__(self) -> None:
        self._up = _up()
        self._looked_s = time.monotonic()

    def came_back(self) -> bool:
        """Whether an interface came up or got an address since the last look."""
        now_s = time.monotonic()
        if now_s - self._looked_s < _LOOK_S:
            return False
        self._looked_s = now_s
        before, self._up = self._up, _up()
        return bool(self._up - before)


def _up() -> set[tuple[str, str]]:
    running = {name for name, state in psutil.net_if_stats().items() if state.isup}
    addresses = psutil.net_if_addrs().items()
    return {(name, address.address) for name, found in addresses if name in running for address in found}
