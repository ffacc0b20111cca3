from pathlib import Path

import cv2

from workers.demo.cameras import footage
from workers.demo.stills import take_stills


def test_each_film_and_moment_is_an_asset_with_its_still(tmp_path: Path) -> None:
    film = footage(None)["Pit_1_front"]
    first, second = take_stills({"Pit_1_front": film}, tmp_path / "stills", (0.0, 7.0))
    assert (first.asset_id, second.asset_id) == ("Pit_1_front at 0 s", "Pit_1_front at 7 s")
    empty, car = (cv2.imread(str(asset.frames[0].path)) for asset in (first, second))
    assert empty is not None and car is not None
    assert float(cv2.absdiff(empty, car).mean()) > 2
