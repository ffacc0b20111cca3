"""One window a data folder: the second launch raises the first window and leaves."""

import getpass
import hashlib

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from core.paths import DataFolder

_ANSWER_MS = 3000


class SingleInstance(QObject):
    """Holds the folder's window lock, and listens for later launches."""

    raise_wanted = Signal()
    """Another launch wants the window to come to the front."""

    def __init__(self, folder: DataFolder, parent: QObject | None = None) -> None:
        super().__init__(parent)
        name = hashlib.sha256(f"{folder.root}\n{getpass.getuser()}".encode()).hexdigest()[:24]
        self._name = f"trackshift-{name}"
        self._lock = QLockFile(str(folder.root / "window.lock"))
        self._lock.setStaleLockTime(0)  # only a dead process loses its lock, however long it lived
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._asked)

    def take(self) -> bool:
        """True if this is the first window of the folder; else the first one has been asked to come to the front."""
        if self._lock.tryLock(0):
            QLocalServer.removeServer(self._name)  # what a killed window left
            self._server.listen(self._name)
            return True
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if socket.waitForConnected(_ANSWER_MS):
            socket.disconnectFromServer()
        return False

    def release(self) -> None:
        self._server.close()
        self._lock.unlock()

    def _asked(self) -> None:
        socket = self._server.nextPendingConnection()
        if socket is not None:
            socket.deleteLater()
            self.raise_wanted.emit()
