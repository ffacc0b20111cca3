import json
import os
import stat
from pathlib import Path
from urllib.parse import quote

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from core.credentials import (
    Credentials,
    Login,
    camera_login,
    set_camera_login,
    split_url,
    storage_keys,
    storage_keys_are_defaults,
    with_login,
)
from core.errors import CredentialsError, UsageError
from core.paths import DataFolder
from core.redaction import clean
from core.settings import Settings


class MemoryKeyring(KeyringBackend):
    """A keyring that works, in memory."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service, username):
        if self.locked:
            raise KeyringLocked
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        if self.locked:
            raise KeyringLocked
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def folder(tmp_path):
    folder = DataFolder(tmp_path / "data")
    folder.create()
    folder.identity_file.write_text("5f4d-uuid\n")
    return folder


@pytest.fixture
def memory_keyring():
    before = keyring.get_keyring()
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def test_a_keyring_that_works_keeps_the_secret_and_no_file_is_made(folder, memory_keyring):
    credentials = Credentials(folder, {})
    credentials.set("storage:secret_key", "hush4Sure")
    assert Credentials(folder, {}).get("storage:secret_key") == "hush4Sure"
    assert credentials.where("storage:secret_key") == "keyring"
    assert memory_keyring.kept == {("trackshift-station", "5f4d-uuid:storage:secret_key"): "hush4Sure"}
    assert not folder.credentials_file.exists()


def test_two_data_folders_never_share_secrets(folder, tmp_path, memory_keyring):
    other = DataFolder(tmp_path / "other")
    other.create()
    other.identity_file.write_text("another-uuid")
    set_camera_login(Credentials(folder, {}), "Pit_1", Login("a", "hush4Sure"))
    assert camera_login(Credentials(other, {}), "Pit_1") is None


def test_without_a_working_keyring_a_file_of_this_user_alone_keeps_it(folder):
    credentials = Credentials(folder, {})
    assert credentials.kept_in == "file"
    credentials.set("storage:secret_key", "hush4Sure")
    assert credentials.where("storage:secret_key") == "file"
    assert json.loads(folder.credentials_file.read_text()) == {"storage:secret_key": "hush4Sure"}
    if os.name == "posix":
        assert stat.S_IMODE(folder.credentials_file.stat().st_mode) == 0o600
    assert [path.name for path in folder.root.glob("cred*")] == ["credentials.json"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_file_is_never_open_to_others_not_even_for_a_moment(folder, monkeypatch):
    modes: list[int] = []
    replace = os.replace

    def told_replace(part: Path, path: Path) -> None:
        modes.append(stat.S_IMODE(os.stat(part).st_mode))
        replace(part, path)

    monkeypatch.setattr(os, "replace", told_replace)
    before = os.umask(0)
    try:
        Credentials(folder, {}).set("camera:a", "hush4Sure")
    finally:
        os.umask(before)
    assert modes == [0o600]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_file_that_others_could_read_is_mended_and_told(folder):
    Credentials(folder, {}).set("camera:a", "hush4Sure")
    folder.credentials_file.chmod(0o644)
    credentials = Credentials(folder, {})
    assert credentials.get("camera:a") == "hush4Sure"
    assert stat.S_IMODE(folder.credentials_file.stat().st_mode) == 0o600
    assert "read by others" in credentials.warnings[0]


def test_a_keyring_that_locks_later_is_no_crash_and_the_file_takes_over(folder, memory_keyring):
    credentials = Credentials(folder, {})
    credentials.set("camera:a", "hush4Sure")
    memory_keyring.locked = True
    assert credentials.get("camera:a") is None
    credentials.set("camera:b", "other4Sure")
    assert credentials.where("camera:b") == "file"


def test_the_environment_wins_for_storage_keys_and_can_not_be_changed_here(folder, memory_keyring):
    Credentials(folder, {}).set("storage:access_key", "kept-key")
    credentials = Credentials(folder, {"STORAGE__ACCESS_KEY": "given-key", "STORAGE__SECRET_KEY": "given-secret"})
    assert storage_keys(credentials, Settings()) == ("given-key", "given-secret")
    assert credentials.where("storage:access_key") == "environment"
    with pytest.raises(CredentialsError, match="environment"):
        credentials.set("storage:access_key", "new")


def test_minios_well_known_keys_are_the_default_and_are_told_apart(folder):
    credentials = Credentials(folder, {})
    assert storage_keys(credentials, Settings()) == ("minioadmin", "minioadmin")
    assert storage_keys_are_defaults(credentials, Settings())
    credentials.set("storage:secret_key", "hush4Sure")
    assert not storage_keys_are_defaults(credentials, Settings())


def test_a_forgotten_login_is_gone_from_keyring_and_file(folder, memory_keyring):
    credentials = Credentials(folder, {})
    set_camera_login(credentials, "Pit_1", Login("admin", "hush4Sure"))
    set_camera_login(credentials, "Pit_1", None)
    assert camera_login(credentials, "Pit_1") is None
    assert not memory_keyring.kept
    credentials.delete("never:there")


def test_a_damaged_file_is_told_and_not_overwritten(folder):
    folder.credentials_file.write_text("{half")
    folder.credentials_file.chmod(0o600)
    credentials = Credentials(folder, {})
    with pytest.raises(CredentialsError):
        credentials.get("camera:a")
    with pytest.raises(CredentialsError):
        credentials.set("camera:a", "hush4Sure")
    assert folder.credentials_file.read_text() == "{half"


def test_what_was_handed_out_is_masked_from_then_on(folder):
    credentials = Credentials(folder, {})
    set_camera_login(credentials, "Pit_1", Login("admin", "correct horse"))
    assert "horse" not in clean("server said: correct horse")
    assert "horse" not in repr(camera_login(credentials, "Pit_1"))


@given(
    st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters="\x7f"), min_size=1),
    st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1),
)
def test_a_login_in_a_url_is_split_off_and_can_be_put_back(user, password):
    url = f"rtsp://{quote(user, safe='')}:{quote(password, safe='')}@10.0.0.7:554/s?x=1"
    clean_url, login = split_url(url)
    assert clean_url == "rtsp://10.0.0.7:554/s?x=1"
    assert login == Login(user, password)
    assert split_url(with_login(clean_url, login)) == (clean_url, login)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://10.0.0.7/s", ("rtsp://10.0.0.7/s", None)),
        (" rtsp://u:p@ss@h/s ", ("rtsp://h/s", Login("u", "p@ss"))),
        ("rtsp://u@h/s", ("rtsp://h/s", Login("u", ""))),
        ("rtsp://u:p@[::1]:554/s", ("rtsp://[::1]:554/s", Login("u", "p"))),
    ],
)
def test_urls_as_people_type_them(url, expected):
    assert split_url(url) == expected


def test_a_url_that_is_none_is_told_without_its_password():
    with pytest.raises(UsageError) as refusal:
        split_url("rtsp://u:hush4Sure@h:99999/s")
    assert "hush" not in str(refusal.value.as_json())
