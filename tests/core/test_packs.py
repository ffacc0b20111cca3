"""Packs are checked when they are read; one that is wrong is named with its line and stops no other."""

import pytest

from core.pack import ColumnType, PackBroken, PackColumn
from core.packs import check_pack, find_pack, folders_of, load_packs, pack_of, problem_of
from core.paths import DataFolder

GOOD = """name = "wear"
version = "1.0"
prompt = "How worn is it?"
[schema]
type = "object"
required = ["wear"]
[schema.properties]
wear = { type = ["number", "null"], minimum = 0 }
kind = { type = "string", enum = ["soft", "hard"], description = "Compound" }
"""


def test_every_shipped_pack_is_good_and_only_frame_quality_is_answered_here(tmp_path):
    packs, broken = load_packs(folders_of(DataFolder(tmp_path)))
    assert broken == []
    assert [pack.name for pack in packs] == [
        "bodywork_damage",
        "frame_quality",
        "pit_box_safety",
        "road_signs",
        "tyre_condition",
        "utility_pole",
    ]
    assert [pack.name for pack in packs if pack.local] == ["frame_quality"]
    assert all(len(pack.columns) >= 6 and pack.prompt for pack in packs)


def test_columns_are_the_schemas_properties_in_their_order_and_a_snapshot_is_the_pack():
    pack = check_pack(GOOD, ".toml")
    assert pack.columns == (
        PackColumn("wear", ColumnType.NUMBER),
        PackColumn("kind", ColumnType.ENUM, ("soft", "hard"), "Compound"),
    )
    assert (pack.title, pack.local) == ("Wear", None)
    assert pack_of(pack.as_json()) == pack


@pytest.mark.parametrize(
    "text,suffix,line,reason",
    [
        ('name = "a"\nversion = 1.0.0\n', ".toml", 2, "Expected newline"),
        ("name: a\nprompt: [\n", ".yaml", 3, "expected the node content"),
        ("- a\n- b\n", ".yml", 1, "a table of keys"),
        (GOOD.replace("prompt", "promt"), ".toml", 3, "'promt' is no key of a pack"),
        (GOOD.replace('"wear"\n', '"Wear!"\n', 1), ".toml", 1, "the name is 1-64"),
        (GOOD.replace('required = ["wear"]', 'required = ["tear"]'), ".toml", 6, "'tear' is required"),
        (GOOD.replace('"number"', '"numbr"'), ".toml", 8, "schema.properties.wear.type"),
        (GOOD.replace("kind = {", "state = {"), ".toml", 9, "'state'"),
        (GOOD.replace('type = "string", enum = ["soft", "hard"]', 'type = "object"'), ".toml", 9, "kind is one of"),
        (GOOD.replace('type = "object"', 'type = "array"'), ".toml", 4, 'type = "object"'),
        ('name = "a"\nversion = "1"\nprompt = "x"\n', ".toml", 1, "'schema' is missing"),
        ("", ".toml", 1, "'name' is missing"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text, suffix, line, reason):
    with pytest.raises(PackBroken) as wrong:
        check_pack(text, suffix)
    assert reason in wrong.value.reason
    assert wrong.value.line == line


def test_a_broken_file_stops_no_other_and_the_users_pack_wins(tmp_path):
    folder = DataFolder(tmp_path)
    folder.packs.mkdir()
    (folder.packs / "mine.toml").write_text(GOOD)
    (folder.packs / "again.toml").write_text(GOOD)
    (folder.packs / "tyres.yaml").write_text(
        'name: tyre_condition\nversion: "2.0"\nprompt: x\nschema: {type: object, properties: {a: {type: string}}}\n'
    )
    (folder.packs / "bad.toml").write_text("name =\n")
    (folder.packs / "notes.txt").write_text("no pack")
    packs, broken = load_packs(folders_of(folder))
    assert [(file.path.rpartition("/")[2], file.line) for file in broken] == [("bad.toml", 1), ("mine.toml", 1)]
    assert "again.toml is named 'wear' already" in broken[1].reason
    assert {pack.name: pack.version for pack in packs}["tyre_condition"] == "2.0"
    assert find_pack(folders_of(folder), "wear").version == "1.0"
    with pytest.raises(PackBroken):
        find_pack(folders_of(folder), "bad")


def test_what_breaks_the_schema_is_told_by_its_place():
    pack = check_pack(GOOD, ".toml")
    assert problem_of(pack, {"wear": 3}) == ""
    assert problem_of(pack, {"wear": None, "kind": "hard"}) == ""
    told = problem_of(pack, {"wear": -1, "kind": "wet"})
    assert "wear: -1 is less than the minimum of 0" in told and "kind: 'wet' is not one of" in told
    assert "'wear' is a required property" in problem_of(pack, {})
    assert "the answer: None is not of type 'object'" in problem_of(pack, None)
