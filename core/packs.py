"""Reads packs from folders: each file checked by itself, a broken one named with its line."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from core.errors import NotFound
from core.pack import OWN_COLUMNS, BrokenPack, ColumnType, Pack, PackBroken, PackColumn
from core.paths import DataFolder

SUFFIXES = (".toml", ".yaml", ".yml")
_KEYS = {"name", "version", "title", "prompt", "schema", "providers"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TYPES = {
    "string": ColumnType.TEXT,
    "number": ColumnType.NUMBER,
    "integer": ColumnType.INTEGER,
    "boolean": ColumnType.BOOLEAN,
    "array": ColumnType.LIST,
}


def folders_of(folder: DataFolder) -> tuple[Path, Path]:
    """Where packs are looked for: the shipped ones, then the user's, which win by name."""
    return Path(str(files("resources"))) / "packs", folder.packs


def load_packs(folders: Iterable[Path]) -> tuple[list[Pack], list[BrokenPack]]:
    """Every pack by name (a later folder's wins), and every file that is none. A missing folder is empty."""
    packs: dict[str, Pack] = {}
    broken: list[BrokenPack] = []
    for folder in folders:
        seen: dict[str, Path] = {}
        for path in sorted(folder.glob("*")):
            if path.suffix.lower() not in SUFFIXES or not path.is_file():
                continue
            try:
                pack = read_pack(path)
                if pack.name in seen:
                    raise PackBroken(f"{seen[pack.name].name} is named {pack.name!r} already")
            except PackBroken as wrong:
                broken.append(BrokenPack(str(path), wrong.line, wrong.reason))
                continue
            seen[pack.name] = path
            packs[pack.name] = pack
    return [packs[name] for name in sorted(packs)], broken


def find_pack(folders: Iterable[Path], name: str) -> Pack:
    """A pack by its name. Raises NotFound, which names a broken file of that name."""
    packs, broken = load_packs(folders)
    for pack in packs:
        if pack.name == name:
            return pack
    for file in broken:
        if Path(file.path).stem == name:
            raise PackBroken(file.reason, file.line)
    known = ", ".join(pack.name for pack in packs)
    raise NotFound("pack", name, hint=f"There are: {known}. `trackshift packs check` names what is wrong with a file.")


def read_pack(path: Path) -> Pack:
    """Raises PackBroken."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise PackBroken(f"the file can't be read as UTF-8 text: {unreadable}") from None
    return check_pack(text, path.suffix)


def check_pack(text: str, suffix: str) -> Pack:
    """The pack that a TOML (.toml) or YAML text holds. Raises PackBroken with the line."""
    return _Checked(text, _parsed(text, suffix)).pack()


def pack_of(snapshot: Mapping[str, object]) -> Pack:
    """The pack as a run kept it (`Pack.as_json`)."""
    return _kept(json.dumps(snapshot))


@lru_cache(maxsize=32)
def _kept(snapshot: str) -> Pack:
    """Each shard of a run asks, and to check a schema costs as much as five answers."""
    return _Checked("", json.loads(snapshot)).pack()


def problem_of(pack: Pack, values: object) -> str:
    """What breaks the pack's schema in an answer, in words that its author and a model can use; empty if nothing."""
    return "; ".join(
        f"{'.'.join(map(str, error.absolute_path)) or 'the answer'}: {error.message}"
        for error in sorted(_validator(_Hashed(pack)).iter_errors(values), key=lambda error: str(error.absolute_path))
    )


class _Hashed:
    """A pack as a key: by what it is, not by what it holds."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._key = repr(pack.schema)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashed) and other._key == self._key


@lru_cache(maxsize=32)
def _validator(key: _Hashed) -> Any:
    from jsonschema import Draft202012Validator  # late: a quarter of a second

    return Draft202012Validator(key.pack.schema)


def _parsed(text: str, suffix: str) -> dict[str, Any]:
    if suffix.lower() == ".toml":
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as wrong:
            line = re.search(r"line (\d+)", str(wrong))
            last = text.count("\n") + 1
            raise PackBroken(re.sub(r" \(at .*\)$", "", str(wrong)), int(line[1]) if line else last) from None
    import yaml

    try:
        found = yaml.safe_load(text)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        raise PackBroken(wrong.problem or str(wrong), mark.line + 1 if mark else 1) from None
    except (yaml.YAMLError, RecursionError, ValueError) as wrong:
        raise PackBroken(str(wrong).splitlines()[0] if str(wrong) else "no YAML") from None
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise PackBroken("a pack is a table of keys and values")
    return cast("dict[str, Any]", found)


class _Checked:
    """One file's content, and the lines where its keys stand."""

    def __init__(self, text: str, content: dict[str, Any]) -> None:
        self._lines = text.splitlines()
        self._content = content

    def pack(self) -> Pack:
        for key in self._content:
            if key not in _KEYS:
                raise self._wrong(f"{key!r} is no key of a pack ({', '.join(sorted(_KEYS))})", key)
        name = self._text("name")
        if not _NAME.fullmatch(name):
            raise self._wrong("the name is 1-64 of a-z 0-9 _ and begins with a letter", "name")
        providers = self._content.get("providers", {})
        if not isinstance(providers, dict):
            raise self._wrong("providers is a table", "providers")
        local = providers.get("local")
        if local is not None and not isinstance(local, str):
            raise self._wrong("providers.local names an analysis of this machine", "local")
        hints = {key: value for key, value in providers.items() if key != "local"}
        for key, value in hints.items():
            if not isinstance(value, dict):
                raise self._wrong(f"providers.{key} is a table", key)
        schema = self._schema()
        return Pack(
            name=name,
            version=self._text("version"),
            title=self._text("title") if "title" in self._content else name.replace("_", " ").capitalize(),
            prompt=self._text("prompt"),
            schema=schema,
            columns=self._columns(schema),
            local=local,
            hints=hints,
        )

    def _text(self, key: str) -> str:
        value = self._content.get(key)
        if key == "version" and isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            raise PackBroken(f"{key!r} is missing")
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(f"{key} is a text", key)
        return value.strip()

    def _schema(self) -> dict[str, object]:
        schema = self._content.get("schema")
        if schema is None:
            raise PackBroken("'schema' is missing")
        if not isinstance(schema, dict):
            raise self._wrong("the schema is a table", "schema")
        if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict) or not schema["properties"]:
            raise self._wrong('the schema has type = "object" and properties', "schema")
        from jsonschema import Draft202012Validator, SchemaError

        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as wrong:
            where = [str(step) for step in wrong.absolute_path]
            raise self._wrong(f"schema.{'.'.join(where)}: {wrong.message}", *where) from None
        for name in schema.get("required", []):
            if name not in schema["properties"]:
                raise self._wrong(f"{name!r} is required and no property", "required")
        return cast("dict[str, object]", schema)

    def _columns(self, schema: Mapping[str, Any]) -> tuple[PackColumn, ...]:
        columns = []
        for name, wanted in schema["properties"].items():
            if not _NAME.fullmatch(name) or name in OWN_COLUMNS:
                raise self._wrong(f"a property is named by a-z 0-9 _, and not {', '.join(OWN_COLUMNS)}: {name!r}", name)
            types = wanted.get("type") if isinstance(wanted, dict) else None
            kinds = [kind for kind in (types if isinstance(types, list) else [types]) if kind != "null"]
            if len(kinds) != 1 or kinds[0] not in _TYPES:
                raise self._wrong(f"{name} is one of {', '.join(_TYPES)} (or null too); objects go into an array", name)
            choices = tuple(str(choice) for choice in wanted.get("enum", []) if choice is not None)
            type_ = ColumnType.ENUM if choices and kinds[0] == "string" else _TYPES[kinds[0]]
            columns.append(PackColumn(name, type_, choices, str(wanted.get("description", ""))))
        return tuple(columns)

    def _wrong(self, reason: str, *keys: str) -> PackBroken:
        return PackBroken(reason, self._line_of(keys))

    def _line_of(self, keys: Iterable[str]) -> int:
        """Where the keys stand, each after the one before; 1 where none can be found."""
        found = 0
        for key in keys:
            stands = re.compile(rf"""(^|[.\[\s"'{{,]){re.escape(key)}(["']?\s*[=:\].]|$)""")
            later = (n for n in range(found, len(self._lines)) if stands.search(self._lines[n]))
            found = next(later, found)
        return found + 1
