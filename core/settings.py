"""The settings of one data folder: read from settings.toml and the environment, checked, documented and saved."""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from tomlkit.items import Table

from core.cloud_sections import ALIASES, BigquerySettings, GeminiSettings
from core.errors import SettingsError
from core.paths import DataFolder, write_durably
from core.setting_sections import (
    AlertsSettings,
    ApiSettings,
    CaptureSettings,
    ImportsSettings,
    JobsSettings,
    LogSettings,
    RetentionSettings,
    RtspSettings,
    StationSettings,
    StopsSettings,
    StorageSettings,
    UploadSettings,
    describe,
    environment_name,
)
from core.setting_sections import FieldDoc as FieldDoc


class Settings(BaseSettings):
    """Made by `load`; made directly it holds defaults and what is given, and reads nothing."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    station: StationSettings = StationSettings()
    rtsp: RtspSettings = RtspSettings()
    capture: CaptureSettings = CaptureSettings()
    upload: UploadSettings = UploadSettings()
    jobs: JobsSettings = JobsSettings()
    storage: StorageSettings = StorageSettings()
    retention: RetentionSettings = RetentionSettings()
    imports: ImportsSettings = ImportsSettings()
    alerts: AlertsSettings = AlertsSettings()
    stops: StopsSettings = StopsSettings()
    log: LogSettings = LogSettings()
    api: ApiSettings = ApiSettings()
    gemini: GeminiSettings = GeminiSettings()
    bigquery: BigquerySettings = BigquerySettings()
    retired: tuple[str, ...] = ()
    """Warnings, in the operator's words: settings of older services that mean nothing here."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


_SECRETS = {
    "storage.access_key": "storage:access_key",
    "storage.secret_key": "storage:secret_key",
    "gemini.access_token": "gemini:access_token",
}
_RETIRED_SECTIONS = frozenset({"db", "redis"})
_RETIRED = {"api.secret_key": "the API makes its own token and keeps it in a file of this user"}
_SECRET_NAME = re.compile(r"passw|secret|token|access_?key|api_?key|credential")


def _sections() -> dict[str, type[BaseModel]]:
    return {
        name: field.annotation
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


def _names() -> list[str]:
    return [f"{section}.{field}" for section, model in _sections().items() for field in model.model_fields]


def with_aliases(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the names that other programs know under ours too, where ours is not set."""
    names = {name.upper(): value for name, value in environment.items()}
    found = dict(environment)
    for name, aliases in ALIASES.items():
        section, _, field = name.partition(".")
        pattern = next(
            bound.pattern for bound in _sections()[section].model_fields[field].metadata if _has_pattern(bound)
        )
        given = next((names[alias] for alias in aliases if names.get(alias)), "")
        if not names.get(environment_name(name)) and given and re.search(pattern, given):
            found[environment_name(name)] = given
    return found


def _has_pattern(bound: object) -> bool:
    return getattr(bound, "pattern", None) is not None


class _Environment(EnvSettingsSource):
    """Only SECTION__FIELD names that are ours: the library alone would take a variable named LOG for a section."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._given = {env.lower(): value for env, value in with_aliases(environment).items() if value != ""}
        super().__init__(Settings, case_sensitive=False, env_nested_delimiter="__")

    def _load_env_vars(self) -> Mapping[str, str | None]:
        known = {name.replace(".", "__") for name in _names()}
        return {env: value for env, value in self._given.items() if env in known}


def load(folder: DataFolder, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings now. Raises SettingsError naming the file, the line or key, and what to do."""
    environment = os.environ if environment is None else environment
    text = _read(folder.settings_file)
    try:
        in_file = tomllib.loads(text)
    except tomllib.TOMLDecodeError as bad:
        line = re.search(r"line (\d+)", str(bad))
        raise SettingsError(
            f"{folder.settings_file} can't be read: {bad}",
            hint=f"Correct line {line[1]}." if line else "Correct its end.",
            file=folder.settings_file,
            line=int(line[1]) if line else None,
        ) from None
    return _checked(folder.settings_file, text, in_file, environment)


def save(folder: DataFolder, changes: Mapping[str, object], environment: Mapping[str, str] | None = None) -> Settings:
    """Write `section.field` changes (None: back to the default) into settings.toml, its comments kept.

    Raises SettingsError, and then the file is as it was: a name that is unknown, a secret or set by the environment,
    a value out of bounds, a file that can't be written.
    """
    environment = os.environ if environment is None else environment
    load(folder, environment)
    document = tomlkit.parse(_read(folder.settings_file))
    for name, value in changes.items():
        section, _, field = name.partition(".")
        if name in locked_by_environment(environment):
            raise SettingsError(
                f"{name} is set by the environment", hint=f"Change or remove {environment_name(name)} there.", key=name
            )
        table = document.get(section)
        if not isinstance(table, Table):
            document[section] = table = tomlkit.table()
        if value is None:
            table.pop(field, None)
        else:
            table[field] = str(value) if isinstance(value, os.PathLike) else value
    text = tomlkit.dumps(document)
    settings = _checked(folder.settings_file, text, tomllib.loads(text), environment)
    write_durably(folder.settings_file, text.encode())
    return settings


def locked_by_environment(environment: Mapping[str, str] | None = None) -> set[str]:
    """The `section.field` names that the environment sets: the window shows them locked."""
    known = with_aliases(os.environ if environment is None else environment)
    given = {name.lower() for name, value in known.items() if value}
    return {name for name in _names() if name.replace(".", "__") in given}


def field_docs() -> list[FieldDoc]:
    """Every setting, in the order of the sections."""
    return [
        describe(section, name, field)
        for section, model in _sections().items()
        for name, field in model.model_fields.items()
    ]


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as unreadable:
        raise SettingsError(
            f"{file} can't be read", hint="Give this user the right to read it; it is UTF-8 text.", file=file
        ) from unreadable


def _checked(file: Path, text: str, in_file: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    retired: list[str] = []
    values: dict[str, dict[str, Any]] = {}
    for section, given in in_file.items():
        pairs = given.items() if isinstance(given, dict) else [("", given)]
        for field, value in pairs:
            name = f"{section}.{field}".rstrip(".")
            where = _where(file, text, section, field)
            if _is_retired(name):
                retired.append(_retired_text(name, where))
            elif _SECRET_NAME.search(name):
                raise _secret_refused(name, where, file)
            else:
                _must_be_known(name, where, file)
                values.setdefault(section, {})[field] = value
    for variable in environment:
        name = variable.lower().replace("__", ".", 1)
        if "__" not in variable or name in _SECRETS:
            continue
        if _is_retired(name):
            retired.append(_retired_text(name, f"the environment ({variable})"))
        elif name.partition(".")[0] in _sections():
            _must_be_known(name, f"the environment ({variable})", file)
    for section, given in _Environment(environment)().items():
        values[section] = {**values.get(section, {}), **given}
    try:
        return Settings(**values, retired=tuple(retired))  # type: ignore[arg-type]
    except ValidationError as invalid:
        first = invalid.errors()[0]
        name = ".".join(str(step) for step in first["loc"][:2])
        section, _, field = name.partition(".")
        doc = next((doc for doc in field_docs() if doc.name == name), None)
        said = first["msg"].removeprefix("Value error, ")
        locked = name in locked_by_environment(environment)
        where = f"the environment ({environment_name(name)})" if locked else _where(file, text, section, field)
        allowed = f" Allowed: {doc.type}{', ' + doc.bounds if doc.bounds else ''}." if doc else ""
        raise SettingsError(
            f"{name} in {where} is not right: {said[:1].lower()}{said[1:]}",
            hint=f"Correct it, or remove it for the default{f' ({doc.default})' if doc else ''}.{allowed}",
            file=file,
            key=name,
        ) from None


def _where(file: Path, text: str, section: str, field: str) -> str:
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            inside = header[1]
        key = re.match(r"\s*[\"']?([\w.-]+?)[\"']?\s*=", line)
        if key and (inside, key[1]) in {(section, field), ("", f"{section}.{field}"), ("", section)}:
            return f"{file}, line {number}"
    return str(file)


def _is_retired(name: str) -> bool:
    return name.partition(".")[0] in _RETIRED_SECTIONS or name in _RETIRED


def _retired_text(name: str, where: str) -> str:
    why = _RETIRED.get(name, "the station keeps everything in its own data folder and needs no such server")
    return f"{name} in {where} is retired: {why}. It can be removed."


def _secret_refused(name: str, where: str, file: Path) -> SettingsError:
    place = f", or set {environment_name(name)} in the environment" if name in _SECRETS else ""
    return SettingsError(
        f"{name} in {where} is a secret, and secrets are not kept in settings.toml",
        hint=f"Remove the line and enter it in Settings or the camera's dialog{place}.",
        file=file,
        key=name,
    )


def _must_be_known(name: str, where: str, file: Path) -> None:
    names = _names()
    if name in names:
        return
    near = difflib.get_close_matches(name, names, 1, 0.5)
    field = name.rpartition(".")[2]
    near = near or [
        known for known in names if difflib.SequenceMatcher(None, known.rpartition(".")[2], field).ratio() > 0.8
    ]
    raise SettingsError(
        f"{name} in {where} is no setting",
        hint=f"Did you mean {near[0]}?" if near else "Remove it; docs/settings.md lists every setting.",
        file=file,
        key=name,
    )
