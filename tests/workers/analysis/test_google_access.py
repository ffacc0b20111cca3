"""Google is asked with the credentials that are kept; what is missing is told."""

import json

import pytest

from core.cloud_sections import GeminiSettings
from core.credentials import GEMINI_ACCOUNT, GEMINI_TOKEN, Credentials
from core.paths import DataFolder
from core.settings import Settings
from workers.analysis import google_access
from workers.analysis.gemini_faults import CloudMissing, CredentialsMissing, CredentialsRefused, ProjectMissing
from workers.analysis.gemini_test import NOT_SET_UP, ask_gemini
from workers.analysis.google_access import find_access


@pytest.fixture
def kept(tmp_path):
    folder = DataFolder(tmp_path)
    folder.create()
    return Credentials(folder, {})


@pytest.fixture(autouse=True)
def no_default(monkeypatch, tmp_path):
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))


def settings(project: str = "team-1") -> Settings:
    return Settings(gemini=GeminiSettings(project=project))


def test_a_station_without_gemini_is_told_so_and_asks_nothing(kept):
    with pytest.raises(CredentialsMissing, match="not set up"):
        find_access(Settings(), kept)
    assert ask_gemini(Settings(), kept).message == NOT_SET_UP


def test_without_the_extra_the_operator_is_told_to_install_it(kept, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CloudMissing, match="no Google client"):
        find_access(settings(), kept)


@pytest.mark.skipif(not google_access.is_installed(), reason="the extra `cloud` is not installed")
class TestWithGoogle:
    def test_a_token_needs_a_project(self, kept):
        kept.set(GEMINI_TOKEN, "a-token")
        assert find_access(settings(), kept).credentials.token == "a-token"
        with pytest.raises(ProjectMissing):
            find_access(Settings(), kept)

    def test_a_key_file_names_its_own_project_and_one_that_is_none_is_refused(self, kept):
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        account = {
            "type": "service_account",
            "project_id": "team-9",
            "private_key": key.decode(),
            "private_key_id": "k1-secret",
            "client_email": "pit@team-9",
            "token_uri": "http://127.0.0.1:1/token",
        }
        kept.set(GEMINI_ACCOUNT, json.dumps(account))
        found = find_access(Settings(), kept)
        assert (found.project, found.origin) == ("team-9", "the service account pit@team-9")
        kept.set(GEMINI_ACCOUNT, '{"type": "service_account", "private_key": "nonsense"}')
        with pytest.raises(CredentialsRefused, match="no key file"):
            find_access(settings(), kept)
