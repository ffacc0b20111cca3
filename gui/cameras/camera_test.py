"""Testing a camera: its live feed's own words, or else one short connection by the installed command."""

import json
import os
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QProcessEnvironment, QTimer, Signal

from core.camera import CameraFound, ClockSource, Transport
from core.credentials import Login
from core.paths import DataFolder
from core.worker_process import worker_command

_GIVE_UP_MS = 20_000
"""The command has deadlines of its own, 5 s in all; this is for a machine that hardly gets to start it."""
_CLOCK = {
    ClockSource.RTCP: "camera clock (RTCP)",
    ClockSource.ARRIVAL: "no camera clock: times are those of arrival",
    ClockSource.FILE: "times of a file",
}


def found_text(codec: str, width: int, height: int, fps: float, keyframe_s: float | None, clock: ClockSource) -> str:
    """What was found, in words."""
    keyframes = f"keyframe every {keyframe_s:.1f} s" if keyframe_s else "keyframe interval not known yet"
    names = {"h264": "H.264", "hevc": "H.265", "h265": "H.265"}
    return f"{names.get(codec.lower(), codec)} {width}×{height} {fps:g} fps, {keyframes}, {_CLOCK[clock]}"


def text_of(found: CameraFound) -> str:
    return found_text(
        found.codec, found.width, found.height, round(found.fps, 2), found.keyframe_interval_s, found.clock_source
    )


class CameraTest(QObject):
    """One run of `trackshift camera test` beside the window; the password goes by standard input."""

    ended = Signal(bool, str)
    """Whether the camera sends video that we understand, and what to say."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._deadline = QTimer(self, singleShot=True, interval=_GIVE_UP_MS)
        self._deadline.timeout.connect(self._give_up)

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(
        self, folder: DataFolder, camera_id: str, url: str, login: Login | None, transport: Transport, ca_file: str
    ) -> None:
        """camera_id: how errors call it. url: without user and password. Ends an earlier run."""
        self.stop()
        program, *arguments = worker_command()
        arguments += ["--json", "camera", "test", camera_id, "--url", url, "--transport", transport.value]
        if ca_file:
            arguments += ["--ca-file", ca_file]
        if login is not None:
            arguments += ["--user", login.user, "--password-stdin"]
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("TRACKSHIFT_DATA", str(folder.root))
        process.setProcessEnvironment(environment)
        process.finished.connect(lambda: self._finished(process))
        process.errorOccurred.connect(lambda error: self._broke(process, error))
        self._process = process
        self._deadline.start()
        process.start(program, arguments)
        if login is not None:
            process.write(f"{login.password}{os.linesep}".encode())
        process.closeWriteChannel()

    def stop(self) -> None:
        """End the run, if there is one; nothing is told of it."""
        self._deadline.stop()
        process, self._process = self._process, None
        if process is None:
            return
        # It ends by itself in a moment, perhaps after this dialog: nobody waits for it.
        process.setParent(QCoreApplication.instance())
        process.finished.connect(process.deleteLater)
        if process.state() == QProcess.ProcessState.NotRunning:
            process.deleteLater()
        process.kill()

    def _finished(self, process: QProcess) -> None:
        if process is not self._process:
            return
        well = process.exitStatus() is QProcess.ExitStatus.NormalExit and process.exitCode() == 0
        answer = _answer(bytes(process.readAllStandardOutput().data()))
        self.stop()
        if well and "codec" in answer:
            self.ended.emit(True, _words(answer))
        elif "message" in answer:
            self.ended.emit(False, f"{answer['message']}. {answer.get('hint', '')}".replace("..", "."))
        else:
            self.ended.emit(False, "The test ended without an answer. The log of the command says why.")

    def _broke(self, process: QProcess, error: QProcess.ProcessError) -> None:
        if process is self._process and error is QProcess.ProcessError.FailedToStart:
            self.stop()
            self.ended.emit(False, "The test could not be started: the trackshift command is not where it should be.")

    def _give_up(self) -> None:
        self.stop()
        self.ended.emit(False, "The camera gave no answer in time. Check its address, its power and its cable.")


def _answer(printed: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(printed)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _words(answer: Mapping[str, Any]) -> str:
    return found_text(
        str(answer["codec"]),
        int(answer["width"]),
        int(answer["height"]),
        float(answer["fps"]),
        answer.get("keyframe_interval_s"),
        ClockSource(answer.get("clock_source", ClockSource.ARRIVAL)),
    )
