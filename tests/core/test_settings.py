import os
from pathlib import Path

import pytest

from core import settings as settings_module
from core.errors import SettingsError
from core.paths import DataFolder
from core.settings import Settings, field_docs, load, locked_by_environment, save
from core.settings_docs import settings_page

NAMES_THAT_USERS_KNOW = {
    "RTSP__MAX_CONCURRENT_STREAMS": 10,
    "RTSP__CAPTURE_TIMEOUT": 30.0,
    "RTSP__DEFAULT_FPS": 1.0,
    "UPLOAD__MAX_FILE_SIZE": 50 << 20,
    "UPLOAD__MAX_BATCH_SIZE": 10,
    "JOBS__TIMEOUT": 300.0,
    "JOBS__MAX_ATTEMPTS": 3,
    "JOBS__CONCURRENCY": 2,
    "JOBS__HISTORY_DAYS": 7,
    "STORAGE__KIND": "folder",
    "STORAGE__ENDPOINT": "localhost:9000",
    "STORAGE__BUCKET_NAME": "trackshift-frames",
    "STORAGE__SECURE": False,
    "STORAGE__CA_FILE": None,
    "STORAGE__FOLDER": None,
    "LOG__LEVEL": "INFO",
    "API__ENABLED": False,
    "API__PORT": 8000,
}


@pytest.fixture
def folder(tmp_path):
    folder = DataFolder(tmp_path / "data")
    folder.create()
    return folder


def refused(folder: DataFolder, text: str = "", **environment: str) -> SettingsError:
    folder.settings_file.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as refusal:
        load(folder, environment)
    return refusal.value


def test_without_a_file_the_defaults_hold_and_no_store_is_chosen(folder):
    settings = load(folder, {})
    assert settings == Settings()
    assert settings.storage.kind == "folder"
    assert settings.storage.folder is None


def test_names_limits_and_defaults_are_those_that_users_know():
    documented = {doc.environment: doc.default for doc in field_docs()}
    assert NAMES_THAT_USERS_KNOW.items() <= documented.items()


def test_every_setting_has_a_description_and_every_number_bounds():
    for doc in field_docs():
        assert doc.description.endswith("."), doc.name
        if doc.type in ("number", "whole number", "bytes"):
            assert doc.minimum is not None and doc.maximum is not None, doc.name


def test_docs_settings_md_says_what_the_code_says():
    page = Path(settings_module.__file__).parent.parent / "docs" / "settings.md"
    assert page.read_text("utf-8") == settings_page(), "run: python -m core.settings_docs"


def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_name(folder):
    refusal = refused(folder, "[rtsp]\n\nmax_concurent_streams = 3\n")
    assert "line 3" in refusal.title
    assert "rtsp.max_concurrent_streams" in refusal.hint


@pytest.mark.parametrize("text", ["[rstp]\ntransport = 'tcp'\n", "rtsp = 3\n", "[storage.minio]\nx = 1\n"])
def test_an_unknown_section_is_refused(folder, text):
    assert "is no setting" in refused(folder, text).title


def test_an_unknown_name_of_a_known_section_in_the_environment_is_refused(folder):
    refusal = refused(folder, RTSP__MAX_STREAMS="3")
    assert "RTSP__MAX_STREAMS" in refusal.title


def test_a_value_out_of_bounds_names_file_line_and_what_is_allowed(folder):
    refusal = refused(folder, "[jobs]\nconcurrency = 400\n")
    assert f"{folder.settings_file}, line 2" in refusal.title
    assert "≤ 32" in refusal.hint


def test_a_wrong_value_in_the_environment_names_the_variable(folder):
    assert "JOBS__CONCURRENCY" in refused(folder, JOBS__CONCURRENCY="many").title


def test_bad_toml_names_file_and_line(folder):
    refusal = refused(folder, "[rtsp]\nstall_s = = 2\n")
    assert str(folder.settings_file) in refusal.title
    assert "line 2" in refusal.hint


def test_a_file_that_is_no_text_is_refused(folder):
    folder.settings_file.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(SettingsError):
        load(folder, {})


@pytest.mark.parametrize(
    "text",
    [
        "[storage]\nsecret_key = 'hush-hush'\n",
        "[storage]\naccess_key = 'hush-hush'\n",
        "[rtsp]\npassword = 'hush-hush'",
    ],
)
def test_a_secret_in_toml_is_refused_and_told_where_to_go_without_being_shown(folder, text):
    refusal = refused(folder, text)
    assert "secret" in refusal.title
    assert "Settings" in refusal.hint
    assert "hush" not in str(refusal.as_json())


def test_settings_of_older_services_are_named_as_retired_and_not_refused(folder):
    folder.settings_file.write_text("[db]\nhost = 'x'\npassword = 'hush'\n[api]\nsecret_key = 'hush'\n")
    settings = load(folder, {"REDIS__URL": "redis://x", "DB__PORT": "1"})
    assert len(settings.retired) == 5
    assert "hush" not in "".join(settings.retired)
    assert any("REDIS__URL" in warning for warning in settings.retired)


def test_the_environment_wins_and_shows_as_locked(folder):
    folder.settings_file.write_text("[jobs]\nconcurrency = 3\nmax_attempts = 4\n")
    environment = {"jobs__concurrency": "5", "CAPTURE__PRE_ROLL_S": ""}
    settings = load(folder, environment)
    assert (settings.jobs.concurrency, settings.jobs.max_attempts) == (5, 4)
    assert locked_by_environment(environment) == {"jobs.concurrency"}
    with pytest.raises(SettingsError, match="environment"):
        save(folder, {"jobs.concurrency": 6}, environment)


def test_other_variables_of_the_environment_are_ignored(folder):
    noise = {
        "LOG": "{",
        "API": "1",
        "STORAGE": "x",
        "PROJECTOR__PROJECT": "p",
        "LOCATION": "Box 7, second floor",
        "retired": "x",
        "STORAGE__SECRET_KEY": "s3cret",
    }
    assert load(folder, noise) == Settings()


def test_googles_settings_go_by_the_names_that_other_programs_know(folder):
    given = {"PROJECT_ID": "team-2", "GCP_PROJECT": "team-1", "CLOUD_REGION": "europe-west4"}
    given |= {"BIGQUERY_RESULTS_DATASET": "pit", "BIGQUERY_RESULTS_TABLE": "seen", "GEMINI__ACCESS_TOKEN": "t0ken"}
    settings = load(folder, given)
    assert (settings.gemini.project, settings.gemini.location) == ("team-1", "europe-west4")
    assert (settings.bigquery.results_dataset, settings.bigquery.results_table) == ("pit", "seen")
    assert load(folder, {**given, "GEMINI__PROJECT": "ours"}).gemini.project == "ours"
    assert locked_by_environment({"GOOGLE_CLOUD_PROJECT": "team-3"}) == {"gemini.project"}


def test_an_access_token_is_refused_in_the_settings_file(folder):
    folder.settings_file.write_text('[gemini]\naccess_token = "t0ken"\n', "utf-8")
    with pytest.raises(SettingsError, match="is a secret") as refused:
        load(folder, {})
    assert "GEMINI__ACCESS_TOKEN" in refused.value.hint


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({}, "folder"),
        ({"STORAGE__ENDPOINT": "nas:9000"}, "minio"),
        ({"STORAGE__ENDPOINT": "nas:9000", "STORAGE__KIND": "folder"}, "folder"),
        ({"STORAGE__KIND": "minio"}, "minio"),
    ],
)
def test_minio_is_implied_where_an_endpoint_is_set(folder, environment, kind):
    assert load(folder, environment).storage.kind == kind


def test_an_endpoint_may_be_a_url_but_never_carries_keys(folder):
    storage = load(folder, {"STORAGE__ENDPOINT": "https://store.example:9000"}).storage
    assert (storage.endpoint, storage.secure) == ("store.example:9000", True)
    refusal = refused(folder, STORAGE__ENDPOINT="http://me:hush-hush@store:9000")
    assert "hush" not in str(refusal.as_json())


def test_sizes_may_be_written_for_people(folder):
    folder.settings_file.write_text("[upload]\nmax_file_size = '20 MB'\n[capture]\nring_max_bytes = '32 MiB'\n")
    settings = load(folder, {})
    assert (settings.upload.max_file_size, settings.capture.ring_max_bytes) == (20_000_000, 32 << 20)


def test_saving_keeps_comments_and_what_else_is_there(folder):
    folder.settings_file.write_text("# ours\n[rtsp] # cameras\nstall_s = 3.0 # slow switch\ndefault_fps = 2.0\n")
    saved = save(folder, {"rtsp.stall_s": 2.5, "storage.folder": folder.root / "usb", "rtsp.default_fps": None}, {})
    text = folder.settings_file.read_text()
    assert "# ours" in text and "stall_s = 2.5 # slow switch" in text
    assert saved == load(folder, {})
    assert saved.storage.folder == str(folder.root / "usb")
    assert saved.rtsp.default_fps == 1.0


@pytest.mark.parametrize(
    "change", [{"rtsp.stall_s": -1}, {"rtsp.nothing": 1}, {"storage.secret_key": "x"}, {"nothing": 1}]
)
def test_a_refused_change_leaves_the_file_as_it_was(folder, change):
    folder.settings_file.write_text("[rtsp]\nstall_s = 3.0\n")
    with pytest.raises(SettingsError):
        save(folder, change, {})
    assert folder.settings_file.read_text() == "[rtsp]\nstall_s = 3.0\n"


def test_settings_can_not_be_changed_in_place(folder):
    with pytest.raises(ValueError, match="frozen"):
        load(folder, {}).rtsp.stall_s = 5.0


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(folder):
    folder.settings_file.write_text("")
    folder.settings_file.chmod(0)
    with pytest.raises(SettingsError, match="can't be read"):
        load(folder, {})
