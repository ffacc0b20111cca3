import pytest

from core.camera import Camera, Transport
from core.credentials import Login, camera_login
from core.errors import CameraUnknown, CredentialsError
from core.store import cameras
from gui.cameras.entry import Entry, problems, remove, store

GOOD = Entry("Pit_1", "rtsp://10.0.0.7:554/live")


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (Entry("", GOOD.url), "id"),
        (Entry("Pit 1", GOOD.url), "id"),
        (Entry("con", GOOD.url), "id"),
        (Entry("PIT_2", GOOD.url), "id"),
        (Entry("Pit_1", ""), "url"),
        (Entry("Pit_1", "http://10.0.0.7/live"), "url"),
        (Entry("Pit_1", "rtsp://"), "url"),
        (Entry("Pit_1", "rtsp://10.0.0.7:port/live"), "url"),
        (Entry("Pit_1", GOOD.url, password="secret"), "user"),
    ],
)
def test_what_can_not_be_stored_is_said_at_its_field(entry, field):
    found = problems(entry, frozenset({"pit_2"}))
    assert list(found) == [field]
    assert len(found[field]) > 10


def test_a_good_entry_has_no_problems():
    assert problems(GOOD, frozenset({"pit_2"})) == {}


def test_the_password_goes_to_the_credentials_and_never_to_the_database(station):
    entry = Entry("Pit_1", "rtsp://admin:p%40ss@10.0.0.7/live", name=" Front left ", transport=Transport.UDP)
    stored = store(station.database, station.credentials, entry, None)
    assert (stored.url, stored.name, stored.transport) == ("rtsp://10.0.0.7/live", "Front left", Transport.UDP)
    assert camera_login(station.credentials, "Pit_1") == Login("admin", "p@ss")
    files = [path for path in station.folder.root.rglob("station.db*") if path.is_file()]
    assert files
    assert not any(secret in path.read_bytes() for path in files for secret in (b"p@ss", b"p%40ss"))


def test_changing_a_camera_keeps_its_password_and_what_the_dialog_does_not_show(station):
    before = store(station.database, station.credentials, Entry("Pit_1", GOOD.url, user="u", password="secret"), None)
    with station.database.write() as tx:
        before = cameras.update(tx, Camera("Pit_1", GOOD.url, pit_box=((0.1, 0.1), (0.9, 0.1), (0.5, 0.9))))
    changed = store(station.database, station.credentials, Entry("Pit_1", GOOD.url, name="New", user="u"), before)
    assert changed.pit_box == before.pit_box
    assert camera_login(station.credentials, "Pit_1") == Login("u", "secret")


def test_taking_the_user_away_forgets_the_password(station):
    before = store(station.database, station.credentials, Entry("Pit_1", GOOD.url, user="u", password="secret"), None)
    store(station.database, station.credentials, Entry("Pit_1", GOOD.url), before)
    assert camera_login(station.credentials, "Pit_1") is None


def test_a_camera_whose_password_can_not_be_kept_is_not_stored(station):
    # A folder in its place: the file can't be written, whoever runs the tests.
    station.folder.credentials_file.mkdir()
    with pytest.raises(CredentialsError):
        store(station.database, station.credentials, Entry("Pit_1", GOOD.url, user="u", password="secret"), None)
    with station.database.read() as tx, pytest.raises(CameraUnknown):
        cameras.get(tx, "Pit_1")


def test_removing_a_camera_forgets_its_password(station):
    store(station.database, station.credentials, Entry("Pit_1", GOOD.url, user="u", password="secret"), None)
    remove(station.database, station.credentials, "Pit_1")
    assert camera_login(station.credentials, "Pit_1") is None
    with station.database.read() as tx:
        assert cameras.every(tx) == []
