"""A server of the tests as a child process: started, killed, restarted on its port, frozen, and never left behind."""

import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

START_S = 20.0


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _dying_with_us() -> Sequence[str]:
    """Where the system can, the server goes even when the tests are killed."""
    return ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []


class ChildServer:
    """One server process. Subclasses say which command, and when it is ready."""

    process: subprocess.Popen[bytes] | None = None

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        return os.environ

    def wait_until_ready(self, deadline: float) -> None:
        """Return when it serves. deadline: time.monotonic() seconds."""
        raise NotImplementedError

    def start(self) -> None:
        assert self.process is None, "already started"
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in kill()
        self.process = subprocess.Popen(
            [*_dying_with_us(), *self.command()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=dict(self.environment()),
        )
        try:
            self.wait_until_ready(time.monotonic() + START_S)
        except BaseException:
            self.kill()
            raise

    def failed(self, why: str) -> RuntimeError:
        self._errors.seek(0)
        return RuntimeError(f"{why}: {self._errors.read()[-2000:].decode(errors='replace')}")

    def read_line(self, deadline: float) -> bytes:
        """The first line the server prints; raises RuntimeError with its stderr when it doesn't."""
        assert self.process is not None and self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        line = self.process.stdout.readline() if ready else b""
        if not line:
            raise self.failed("the server said nothing")
        return line

    def wait_for_port(self, port: int, deadline: float) -> None:
        assert self.process is not None
        while True:
            with socket.socket() as probe:
                probe.settimeout(1.0)
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise self.failed(f"nothing listens on port {port}")
            select.select([], [], [], 0.02)

    def kill(self) -> None:
        """SIGKILL, as a power cut: nobody is told."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self._errors.close()
        self.process = None

    def restart(self) -> None:
        """Up again on the same port with the same content; killed first if it still runs."""
        self.kill()
        self.start()

    def freeze(self) -> None:
        """It keeps its connections and says no more, like a camera that hung."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
