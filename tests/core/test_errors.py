import pickle
import re
import string

import pytest

from core import errors
from core.errors import (
    CameraRefused,
    CameraUndecodable,
    CameraUnknown,
    DiskFull,
    KnownError,
    NotFound,
    StorageDenied,
    StorageMissing,
)


def subclasses(cls: type[KnownError]) -> list[type[KnownError]]:
    return [cls, *(inner for sub in cls.__subclasses__() for inner in subclasses(sub))]


ALL = [cls for cls in subclasses(KnownError) if cls.__module__ == errors.__name__ and cls is not KnownError]
MADE = {
    CameraUndecodable: lambda: CameraUndecodable("mjpeg"),
    CameraUnknown: lambda: CameraUnknown("Pit_1"),
    NotFound: lambda: NotFound("job", "abc"),
    StorageMissing: lambda: StorageMissing("frames"),
}


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_every_known_error_says_what_happened_what_to_do_and_what_is_safe(cls):
    error = MADE.get(cls, cls)()
    assert error.title and "{" not in error.title
    assert error.safe and error.hint.endswith(error.safe) and error.hint != error.safe
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.slug)
    assert error.as_json() == {"error": error.slug, "message": error.title, "hint": error.hint}


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_every_known_error_survives_the_way_back_from_a_child(cls):
    error = MADE.get(cls, cls)()
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is cls
    assert back.as_json() == error.as_json()
    assert str(back) == str(error)


def test_the_tree_in_the_docstring_names_every_branch():
    for cls in ALL:
        if cls.__base__ is KnownError:
            assert cls.__name__ in (errors.__doc__ or "")


def test_fields_fill_the_words_and_stay_readable():
    error = CameraRefused(camera="Haas_Pit_1")
    assert error.title == "Haas_Pit_1 refused the user or password"
    assert "Cameras ▸ Haas_Pit_1" in error.hint
    assert error.camera == "Haas_Pit_1"  # type: ignore[attr-defined]


def test_words_of_ones_own_keep_what_is_safe():
    error = StorageDenied("The key may not write", hint="Ask for a key that may.")
    assert error.title == "The key may not write"
    assert error.hint.startswith("Ask for a key that may. ")
    assert StorageDenied.safe in error.hint


def test_a_secret_never_becomes_part_of_an_error():
    error = KnownError("rtsp://me:hush@10.0.0.1/x failed: Authorization: Basic aHVzaGh1c2g=", hint="password=hush")
    assert "hush" not in str(error.as_json())
    assert "aHVz" not in str(error)


def test_braces_in_given_words_are_words():
    assert str(DiskFull("The disk of {folder} said %s")) == "The disk of {folder} said %s"
    assert not set(string.Formatter().parse(DiskFull().title)) - {(DiskFull().title, None, None, None)}
