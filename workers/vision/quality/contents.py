"""How many people and vehicles a frame shows."""

import numpy as np
from numpy.typing import NDArray

_NOTE = "People and vehicles were not counted: there is no detector in this version."


def contents_of(image: NDArray[np.uint8]) -> tuple[int | None, int | None, list[str]]:
    """image: (H, W, 3) uint8 BGR. People, vehicles, and what the reader should know of these numbers."""
    return None, None, [_NOTE]
