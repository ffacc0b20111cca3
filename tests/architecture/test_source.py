"""What every module must look like: one thing each, said in a sentence, with the broad excepts where they belong."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("cli", "core", "gui", "resources", "workers")
EVERYTHING = (*PRODUCT, "benchmarks", "tests")
MOST_LINES = 350
DUMPING_GROUNDS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "managers"}
# The one place of each process where any error is caught, told and outlived.
SINKS = {"workers/supervision.py", "gui/errors.py"}


def modules(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))
    yield from sorted(ROOT.glob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=name_of(path))


def is_broad(kind: ast.expr) -> bool:
    return getattr(kind, "id", getattr(kind, "attr", None)) in ("Exception", "BaseException")


def broad_handlers(tree: ast.Module) -> list[int]:
    """The lines that catch everything: `except` bare, or of Exception or BaseException, and `suppress` of those."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            found += [node.lineno] if any(kind is None or is_broad(kind) for kind in caught) else []
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            found += [node.lineno] if any(is_broad(kind) for kind in node.args) else []
    return found


@pytest.mark.parametrize(
    "handler",
    [
        "except Exception: ...",
        "except: ...",
        "except (OSError, BaseException) as e: ...",
        "except builtins.Exception: ...",
    ],
)
def test_a_broad_except_is_recognised_however_it_is_written(handler: str) -> None:
    assert broad_handlers(ast.parse(f"try: ...\n{handler}")) == [2]


def test_a_broad_suppress_is_recognised_and_a_narrow_except_is_not() -> None:
    assert broad_handlers(ast.parse("with contextlib.suppress(Exception): ...")) == [1]
    assert broad_handlers(ast.parse("try: ...\nexcept (OSError, ValueError): ...")) == []


def test_one_broad_except_stands_in_the_worker_and_one_in_the_window() -> None:
    found = {name_of(path): lines for path in modules(*PRODUCT) if (lines := broad_handlers(parsed(path)))}
    assert set(found) == SINKS, found
    assert all(len(lines) == 1 for lines in found.values()), found


def test_no_module_is_a_dumping_ground() -> None:
    named = {name_of(path): {path.stem, *path.relative_to(ROOT).parent.parts} for path in modules(*EVERYTHING)}
    assert [name for name, parts in named.items() if parts & DUMPING_GROUNDS] == []


def test_a_module_is_one_room() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*EVERYTHING)}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_every_module_says_what_it_owns() -> None:
    """A test module need not: its path says whose promises it holds, and its tests say which. Nor what owns nothing."""
    spoken = [path for path in modules(*EVERYTHING) if not path.name.startswith("test_") and path.stat().st_size]
    assert [name_of(path) for path in spoken if not ast.get_docstring(parsed(path))] == []


def test_the_command_imports_the_other_packages_late() -> None:
    """So that `trackshift --version` pays for none of them."""
    early = []
    for path in [*(ROOT / "cli").rglob("*.py"), ROOT / "trackshift.py"]:
        for node in parsed(path).body:
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            early += [(name_of(path), name) for name in named if name.split(".")[0] in ("gui", "workers")]
    assert early == []


def test_no_call_goes_through_a_shell() -> None:
    """`shell=True`, os.system and os.popen: an argument list says the same and quotes itself."""
    found = []
    for path in modules(*PRODUCT, "benchmarks"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                shells = any(word.arg == "shell" for word in node.keywords)
                called = ast.unparse(node.func)
                found += [(name_of(path), node.lineno)] if shells or called in ("os.system", "os.popen") else []
    assert found == []


def test_nothing_is_left_open_in_the_source() -> None:
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    assert [name_of(path) for path in modules(*EVERYTHING) if mark.search(path.read_text(encoding="utf-8"))] == []


def test_the_door_needs_nothing_but_the_standard_library() -> None:
    imported = set()
    for node in ast.walk(parsed(ROOT / "run.py")):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported <= set(sys.stdlib_module_names)
