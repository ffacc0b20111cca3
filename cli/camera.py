"""`trackshift camera`: add, list, test and remove the configured cameras, and draw their pit boxes."""

import argparse
import math
import sys
from pathlib import Path

from cli.answer import Answer
from cli.documents import camera_document, found_document
from cli.station import Station, open_station
from core.camera import Camera, CameraFound, CameraState, CameraStatus, Transport
from core.credentials import Login, camera_login, set_camera_login, split_url
from core.errors import UsageError
from core.paths import DataFolder
from core.pit_box import PitBox
from core.store import cameras


def run(arguments: argparse.Namespace, folder: DataFolder) -> Answer:
    """Dispatch to add, list, test, box or remove."""
    actions = {"add": _add, "list": _list, "test": _test, "box": _box, "remove": _remove}
    with open_station(folder) as station:
        return actions[arguments.action](arguments, station)


def _add(arguments: argparse.Namespace, station: Station) -> Answer:
    camera, login = _asked_camera(arguments, arguments.id)
    with station.database.write() as tx:
        added = cameras.add(tx, camera)
        if login is not None:
            # Inside the transaction: no camera without its password, should the keyring refuse.
            set_camera_login(station.credentials, camera.id, login)
    return Answer(camera_document(added, None), f"Added {camera.id}: {camera.url}")


def _asked_camera(arguments: argparse.Namespace, camera_id: str) -> tuple[Camera, Login | None]:
    url, login = split_url(arguments.url)
    if arguments.password_stdin:
        user = arguments.user or (login.user if login else "")
        if not user:
            raise UsageError("--password-stdin needs --user")
        login = Login(user, sys.stdin.readline().rstrip("\r\n"))
    elif arguments.user:
        raise UsageError(
            "--user needs --password-stdin", hint="A password on the command line would be seen by others."
        )
    camera = Camera(
        id=camera_id,
        url=url,
        name=getattr(arguments, "name", ""),
        location=getattr(arguments, "location", ""),
        transport=Transport(arguments.transport),
        ca_file=str(Path(arguments.ca_file).expanduser().absolute()) if arguments.ca_file else None,
        fps=getattr(arguments, "fps", None),
    )
    return camera, login


def _list(_arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.read() as tx:
        configured = cameras.every(tx)
        statuses = {status.camera_id: status for status in cameras.statuses(tx)}
    lines = [f"{camera.id:24} {_state(statuses.get(camera.id)):12} {camera.url}" for camera in configured]
    return Answer(
        {"cameras": [camera_document(camera, statuses.get(camera.id)) for camera in configured]},
        "\n".join(lines) or "No cameras yet. Add one: trackshift camera add ID --url rtsp://…",
    )


def _state(status: CameraStatus | None) -> str:
    return str(status.state) if status else "worker off"


def _test(arguments: argparse.Namespace, station: Station) -> Answer:
    if arguments.id is None and arguments.url is None:
        raise UsageError("Name a configured camera, or give --url")
    if arguments.url is None:
        with station.database.read() as tx:
            camera, login = cameras.get(tx, arguments.id), None
    else:
        camera, login = _asked_camera(arguments, arguments.id or "camera")
    if login is None and arguments.id is not None:
        if (found := _live(station, camera)) is not None:
            return _found(camera.id, found)
        login = camera_login(station.credentials, camera.id)
    from workers.cameras.feeds import test_camera

    return _found(camera.id, test_camera(camera, login, station.settings))


def _live(station: Station, asked: Camera) -> CameraFound | None:
    """What the feed of this camera at this address gets: it is the one connection that a camera has."""
    with station.database.read() as tx:
        camera = next((one for one in cameras.every(tx) if one.id.lower() == asked.id.lower()), None)
        status = next((one for one in cameras.statuses(tx) if camera and one.camera_id == camera.id), None)
    if camera is None or status is None or status.state is not CameraState.LIVE:
        return None
    same = (camera.url, camera.transport, camera.ca_file) == (asked.url, asked.transport, asked.ca_file)
    return status.found if same else None


def _found(camera_id: str, found: CameraFound) -> Answer:
    document = {"camera_id": camera_id} | found_document(found)
    keyframes = (
        f"keyframe every {found.keyframe_interval_s:.1f} s" if found.keyframe_interval_s else "keyframes unknown"
    )
    return Answer(
        document,
        f"{camera_id}: {found.codec} {found.width}×{found.height}, {found.fps:.2f} frames/s, {keyframes}, "
        f"clock: {found.clock_source}",
    )


def _box(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.write() as tx:
        camera = cameras.get(tx, arguments.id)
        status = next((said for said in cameras.statuses(tx) if said.camera_id == camera.id), None)
        if arguments.clear or arguments.points or arguments.rect:
            box = None if arguments.clear else _asked_box(arguments, status)
            camera = cameras.set_pit_box(tx, camera.id, box)
    corners = " ".join(f"{x:.4g},{y:.4g}" for x, y in camera.pit_box or ())
    said = f"The pit box of {camera.id}: {corners}" if corners else f"{camera.id} has no pit box"
    return Answer(camera_document(camera, status), said)


def _asked_box(arguments: argparse.Namespace, status: CameraStatus | None) -> PitBox:
    if arguments.points:
        corners = [numbers(corner, 2, "A corner", "x,y as fractions 0-1 of the picture") for corner in arguments.points]
        return PitBox.from_points(corners)
    x, y, w, h = numbers(arguments.rect, 4, "A rectangle", "x,y,width,height in px")
    if arguments.size:
        width, height = numbers(arguments.size.replace("x", ","), 2, "A size", "WIDTHxHEIGHT in px")
    elif status is not None and status.found is not None:
        width, height = status.found.width, status.found.height
    else:
        raise UsageError(
            f"The size of the pictures of {arguments.id} is not known yet",
            hint="Give it: --size 1280x720, or give the box by --points.",
        )
    return PitBox.from_rect(x, y, w, h, round(width), round(height))


def numbers(text: str, count: int, what: str, how: str) -> list[float]:
    """Numbers with commas between them. Raises UsageError."""
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) != count or not all(math.isfinite(number) for number in found):
        raise UsageError(f"{what} is not {text[:50]!r}", hint=f"Write it as {how}.")
    return found


def _remove(arguments: argparse.Namespace, station: Station) -> Answer:
    with station.database.write() as tx:
        cameras.remove(tx, arguments.id)
    station.credentials.delete(f"camera:{arguments.id}")
    return Answer({"removed": arguments.id}, f"Removed {arguments.id}. Its frames and clips stay in the library.")
