import os
import stat

import pytest

from core.api_token import read_or_create
from core.errors import CredentialsError
from core.paths import DataFolder
from core.redaction import clean


@pytest.fixture
def folder(tmp_path) -> DataFolder:
    made = DataFolder(tmp_path / "data")
    made.create()
    return made


def test_the_token_is_made_once_and_only_its_owner_may_read_it(folder):
    token = read_or_create(folder)
    assert len(token) >= 43 and read_or_create(folder) == token
    assert token not in clean(f"it is {token}")
    if os.name == "posix":
        assert stat.S_IMODE(folder.api_token_file.stat().st_mode) == 0o600
    assert [path.name for path in folder.root.glob("api.token*")] == ["api.token"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_token_that_others_could_have_read_is_replaced(folder):
    token = read_or_create(folder)
    folder.api_token_file.chmod(0o644)
    assert read_or_create(folder) != token
    assert stat.S_IMODE(folder.api_token_file.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "short", "with spaces " * 10, "ü" * 50])
def test_what_is_no_token_is_replaced(folder, text):
    folder.api_token_file.write_text(text)
    folder.api_token_file.chmod(0o600)
    assert len(read_or_create(folder)) >= 43


def test_a_place_that_can_not_be_written_is_told(folder):
    folder.api_token_file.mkdir()
    with pytest.raises(CredentialsError, match=r"api\.token"):
        read_or_create(folder)
