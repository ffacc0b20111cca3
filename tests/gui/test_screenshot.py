import threading

import pytest
from PySide6.QtGui import QImage

from core.camera import Camera, CameraFound, CameraState, CameraStatus, ClockSource
from core.store import cameras
from gui import theme
from gui.screenshot import grab_window
from tests.fakes.fake_feed import FakeFeed


@pytest.fixture
def fed(station, folder):
    """A camera whose mailbox gets a new picture every 40 ms."""
    found = CameraFound("h264", 320, 180, 25.0, 1.0, ClockSource.RTCP)
    with station.database.write() as tx:
        cameras.add(tx, Camera("Pit_1", "rtsp://127.0.0.1/live"))
        cameras.report(tx, CameraStatus("Pit_1", CameraState.LIVE, fps=25.0, found=found))
    feed, stopping = FakeFeed(folder.mailbox("Pit_1")), threading.Event()

    def run():
        while not stopping.wait(0.04):
            feed.show()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stopping.set()
    thread.join()
    feed.close()


@pytest.mark.parametrize(("page", "look_name"), [("wall", "dark"), ("settings", "light")])
@pytest.mark.allow_warnings
def test_the_window_is_drawn_with_live_pictures_and_without_a_display(fed, folder, look, tmp_path, page, look_name):
    try:
        drawn = grab_window(folder, tmp_path / "shots" / f"{page}.png", size=(1200, 760), page=page, theme=look_name)
    finally:
        theme.apply(look, "dark")
    image = QImage(str(drawn))
    assert (image.width(), image.height()) == (1200, 760)
    colours = {image.pixelColor(x, y).rgb() for x in range(0, 1200, 20) for y in range(0, 760, 20)}
    assert len(colours) >= 5
