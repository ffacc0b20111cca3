#!/usr/bin/env python3
"""The one door: makes what the project needs to run, then runs it. Standard library only, any Python from 3.8 on.

python3 run.py setup [--lock]    make .venv from the locks, and install the command `trackshift` in it
python3 run.py demo [ARG…]       the whole station against four simulated cameras
python3 run.py gui [ARG…]        the window
python3 run.py test [ARG…]       pytest; ARGs are pytest's
python3 run.py check             ruff, mypy, import-linter
python3 run.py bench [NAME…] [--json]
python3 run.py build             the frozen app, in dist/

Every verb sets up first what it needs, and that is a no-op when nothing changed. What this file says goes to stderr.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "trackshift-setup"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
REQUIREMENTS = ROOT / "requirements"
UV_LOCK = REQUIREMENTS / "uv.txt"
LOCKS = (REQUIREMENTS / "app.txt", REQUIREMENTS / "cloud.txt", REQUIREMENTS / "dev.txt", UV_LOCK)
PYTHONS = ((3, 11), (3, 12), (3, 13))

# Debian and Ubuntu name them so. Qt's wheels carry Qt, not what Qt itself links to.
APP_LIBRARIES = (
    "fonts-dejavu-core",
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libfreetype6",
    "libgl1",
    "libglib2.0-0",
    "libx11-6",
    "libx11-xcb1",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
    "libxkbcommon0",
)
TEST_LIBRARIES = (
    "ffmpeg",
    "gir1.2-gst-rtsp-server-1.0",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-ugly",
    "gstreamer1.0-x",
    "python3-gi",
    "xvfb",
)
BUILD_LIBRARIES = ("binutils",)
NEEDS = {
    "setup": APP_LIBRARIES + TEST_LIBRARIES,
    "demo": APP_LIBRARIES,
    "gui": APP_LIBRARIES,
    "test": APP_LIBRARIES + TEST_LIBRARIES,
    "check": (),
    "bench": APP_LIBRARIES + TEST_LIBRARIES,
    "build": APP_LIBRARIES + BUILD_LIBRARIES,
}


class SetupFailed(Exception):
    """Something outside this project is in the way; the text says what to do."""


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def execute(command: list[str], why: str, env: dict[str, str] | None = None) -> None:
    """Run one step of the set-up with its output on stderr; raises SetupFailed when it fails."""
    say(f"── {why}")
    try:
        code = subprocess.run(command, cwd=ROOT, stdout=sys.stderr, env=env, check=False).returncode
    except OSError as missing:
        raise SetupFailed(f"{command[0]} could not be started: {missing}") from missing
    if code:
        raise SetupFailed(f"{why}: {' '.join(command)} ended with {code}. Run it again when the reason is gone.")


# What Debian has


def present(dpkg_listing: str) -> set[str]:
    """The names that are installed or provided, from lines of `status<TAB>package<TAB>provides`."""
    names = set()
    for line in dpkg_listing.splitlines():
        status, package, provides = (line + "\t\t").split("\t")[:3]
        if status == "installed":
            names.add(package)
            names.update(item.split("(")[0].strip() for item in provides.split(",") if item.strip())
    return names


def missing_libraries(wanted: tuple[str, ...]) -> list[str]:
    """Which of the packages are absent. Empty where dpkg isn't what installs them."""
    if not wanted or not shutil.which("dpkg-query"):
        return []
    listing = subprocess.run(
        ["dpkg-query", "-W", "-f", "${db:Status-Status}\\t${Package}\\t${Provides}\\n"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return sorted(set(wanted) - present(listing))


def install_libraries(wanted: tuple[str, ...]) -> None:
    """Install what is missing when we may; say the exact command when we may not, and go on."""
    missing = missing_libraries(wanted)
    if not missing:
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        say("These system libraries are missing, and parts will not work without them. Install them with")
        say(f"  sudo apt-get update && sudo apt-get install -y --no-install-recommends {' '.join(missing)}")
        return
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=600"]
    execute([*apt, "update"], "reading the package lists", env)
    execute([*apt, "install", "-y", "--no-install-recommends", *missing], f"installing {' '.join(missing)}", env)


# What Python has


def digest() -> str:
    """Changes when a lock, pyproject.toml, the interpreter of .venv or the place of the clone does."""
    seen = hashlib.sha256(str(ROOT).encode())
    for path in (*LOCKS, ROOT / "pyproject.toml", VENV / "pyvenv.cfg"):
        seen.update(path.read_bytes() if path.exists() else b"absent")
        seen.update(b"\0")
    return seen.hexdigest()


def is_current() -> bool:
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == digest()


def starts(command: list[str]) -> bool:
    try:
        quiet = subprocess.DEVNULL
        return subprocess.run(command, stdout=quiet, stderr=quiet, check=False).returncode == 0
    except OSError:
        return False


def find_python() -> str:
    """An interpreter of a version that we support: this one, else one on the PATH that really starts."""
    if sys.version_info[:2] in PYTHONS:
        return sys.executable
    for major, minor in PYTHONS:
        name = shutil.which(f"python{major}.{minor}")
        if name and starts([name, "-c", "import venv"]):
            return name
    raise SetupFailed("Python 3.11, 3.12 or 3.13 is needed, and none is on the PATH. Install one, then run this again.")


def make_venv() -> None:
    """Leave a .venv that has the pinned uv. One without a stamp was cut short: nobody knows what is whole in it."""
    if STAMP.exists() and starts([str(PYTHON), "-m", "uv", "--version"]):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    python = find_python()
    if not starts([python, "-c", "import ensurepip"]):
        version = subprocess.check_output(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], text=True
        )
        install_libraries((f"python{version.strip()}-venv",))
    execute([python, "-m", "venv", str(VENV)], "making .venv")
    execute(
        [str(PYTHON), "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", str(UV_LOCK)],
        "installing uv",
    )


def uv(*arguments: str, why: str) -> None:
    env = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CONDA_PREFIX")}
    execute([str(PYTHON), "-m", "uv", *arguments], why, env)


def lock() -> None:
    """Resolve anew into requirements/: every platform, hashes, no registry named. Later locks hold to earlier ones."""
    common = ["--universal", "--python-version", "3.11", "--generate-hashes"]
    common += ["--no-emit-index-url", "--no-header", "--no-annotate", "-q"]
    app, cloud, dev, _ = (path.relative_to(ROOT).as_posix() for path in LOCKS)
    uv("pip", "compile", *common, "pyproject.toml", "-o", app, why=f"locking {app}")
    uv("pip", "compile", *common, "pyproject.toml", "--extra", "cloud", "-c", app, "-o", cloud, why=f"locking {cloud}")
    uv("pip", "compile", *common, "--group", "pyproject.toml:dev", "-c", cloud, "-o", dev, why=f"locking {dev}")


def setup(libraries: tuple[str, ...], relock: bool = False) -> None:
    """Bring libraries and .venv to what the locks say. The stamp goes first and comes last."""
    install_libraries(libraries)
    if is_current() and not relock:
        return
    make_venv()
    STAMP.unlink(missing_ok=True)
    if relock:
        lock()
    # Compiled once and not in each process: a command starts in a third of the time.
    sync = ["pip", "sync", "-q", "--require-hashes", "--compile-bytecode"]
    uv(*sync, *map(str, LOCKS), why="installing what the locks name")
    install = ["pip", "install", "-q", "--offline", "--no-deps", "--no-build-isolation", "--reinstall", "-e", "."]
    uv(*install, why="installing the command trackshift")
    STAMP.write_text(digest())
    say(f"── ready: {BIN / 'trackshift'}")


# What the verbs do


def made_up_gemini() -> subprocess.Popen[bytes] | None:
    """For the demo: a server that stands in for Google's, told to the station by the environment; None if one is set.

    It ends with the process that holds its standard input: this one, or what this one becomes.
    """
    if any(name.startswith("GEMINI__") for name in os.environ) or "GOOGLE_APPLICATION_CREDENTIALS" in os.environ:
        return None
    command = [str(PYTHON), "-m", "tests.fakes.fake_vertex", "--latency", "0.8"]
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None and server.stdout is not None
    os.set_inheritable(server.stdin.fileno(), True)
    told = json.loads(server.stdout.readline())
    os.environ["GEMINI__BASE_URL"] = os.environ["STORAGE_EMULATOR_HOST"] = f"http://127.0.0.1:{told['port']}"
    os.environ["GEMINI__ACCESS_TOKEN"] = told["token"]
    os.environ["GEMINI__PROJECT"] = os.environ["GEMINI__BATCH_BUCKET"] = "made-up"
    return server


def hand_over(*command: str) -> int:
    """Become the command where the system can, so that signals reach it and nothing stands between."""
    if os.name == "posix":
        os.chdir(ROOT)
        os.execv(command[0], command)
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def test(arguments: list[str]) -> int:
    """pytest: first, with nothing beside them, the tests that measure time; then all the others, three at a time."""
    pytest = [str(PYTHON), "-m", "pytest"]
    if any(argument.startswith("-m") for argument in arguments):
        return hand_over(*pytest, *arguments)
    named = any(not argument.startswith("-") for argument in arguments)
    modules = [] if named else alone_modules()
    alone = subprocess.run([*pytest, "-m", "alone", *modules, *arguments], cwd=ROOT, check=False).returncode
    if alone == 2:  # interrupted
        return alone
    # Many of them wait for a camera, a server or a deadline, so there is work for a third beside two cores.
    parallel = ["-n", "3", "--dist", "worksteal", "-m", "not alone"]
    others = subprocess.run([*pytest, *parallel, *arguments], cwd=ROOT, check=False).returncode
    return verdict(alone, others)


def alone_modules() -> list[str]:
    """Those that have tests marked `alone`: reading all the others takes pytest as long as running these."""
    return sorted(str(path) for path in (ROOT / "tests").rglob("test_*.py") if "mark.alone" in path.read_text("utf-8"))


def verdict(alone: int, others: int) -> int:
    """One exit code for both runs. 5, nothing collected, is a failure only when it is so of both."""
    if alone == others:
        return alone
    return next(code for code in (alone, others) if code not in (0, 5)) if {alone, others} - {0, 5} else 0


def check() -> int:
    """All checks, also after one failed, and a line for each at the end."""
    checks = {
        "ruff check": [str(BIN / "ruff"), "check", "."],
        "ruff format": [str(BIN / "ruff"), "format", "--check", "."],
        "mypy": [str(PYTHON), "-m", "mypy"],
        "lint-imports": [str(BIN / "lint-imports")],
    }
    codes = {}
    for name, command in checks.items():
        print(f"── {name}", flush=True)
        codes[name] = subprocess.run(command, cwd=ROOT, check=False).returncode
    for name, code in codes.items():
        print(f"{'ok    ' if code == 0 else 'FAILED'} {name}")
    return 1 if any(codes.values()) else 0


def main(arguments: list[str]) -> int:
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if verb not in NEEDS or (verb == "setup" and rest not in ([], ["--lock"])):
        print(__doc__, file=sys.stdout if verb in ("-h", "--help") else sys.stderr)
        return 0 if verb in ("-h", "--help") else 2
    # Where it is set, each of the station's processes would compile its modules anew: more work than the work itself.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    setup(NEEDS[verb], relock=verb == "setup" and bool(rest))
    if verb == "test":
        return test(rest)
    if verb == "check":
        return check()
    commands = {
        "demo": [str(BIN / "trackshift"), "demo"],
        "gui": [str(BIN / "trackshift")],
        "bench": [str(PYTHON), "-m", "benchmarks"],
        "build": [str(PYTHON), "-m", "PyInstaller", "--noconfirm", "build.spec"],
    }
    server = made_up_gemini() if verb == "demo" else None
    code = hand_over(*commands[verb], *rest) if verb in commands else 0
    if server is not None:
        server.communicate()
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except SetupFailed as told:
        say(str(told))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
