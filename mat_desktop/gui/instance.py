"""One window for a data folder: a second start hands its folders to the first and brings it to the front.

Two windows would listen to the same tracks, and each would show decisions that the other has overtaken. The
command line is free to run beside a window: it takes the lock of writes where it writes.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from enum import Enum, auto
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout
from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

LEAVING_SECONDS = 20.0
"""So long a window that was closed may take to end: a decoder or a training may hold it up."""

ANSWER_MS = 5_000
"""So long the window may take to say that it has understood."""

LONGEST = 1 << 20
"""Bytes of what is handed over."""

TOKEN = "XDG_ACTIVATION_TOKEN"
"""With it Wayland lets a window come to the front."""

OK = b"ok\n"


class Start(Enum):
    """What comes of one."""

    MINE = auto()
    HANDED_OVER = auto()
    NO_ANSWER = auto()


class Instance(QObject):
    """``asked`` hands over paths, and whether the demo is wanted, from a start of the program elsewhere."""

    asked = Signal(object, bool)

    def __init__(self, data_dir: Path) -> None:
        super().__init__()
        place = os.fsencode(data_dir.absolute().resolve())
        self._name = f"mat-desktop-{sha256(place).hexdigest()[:20]}"
        self._lock = FileLock(data_dir / "window.lock")
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._met)
        self._other = QLocalSocket(self)

    def start(self, paths: Sequence[Path], demo: bool) -> Start:
        """Whose the window is; one that is there is told what to open."""
        until = time.monotonic() + LEAVING_SECONDS
        while not self.claim():
            if self.hand_over(paths, demo):
                return Start.HANDED_OVER
            gone = self._other.state() is QLocalSocket.LocalSocketState.UnconnectedState
            self._other.abort()
            if not gone or time.monotonic() > until:
                return Start.NO_ANSWER
            # It was closed in this very moment.
        return Start.MINE

    def claim(self) -> bool:
        """Whether this process may show the window; waits for one that is just being closed."""
        until = time.monotonic() + LEAVING_SECONDS
        while time.monotonic() < until:
            try:
                Path(self._lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
                self._lock.acquire(timeout=0)
            except Timeout:
                self._other.connectToServer(self._name)
                if self._other.waitForConnected(500):
                    return False
                time.sleep(0.1)
            except OSError:
                return True  # a folder that nothing can be written to; what opens the databases says so
            else:
                QLocalServer.removeServer(self._name)  # of a process that crashed
                self._server.listen(self._name)
                return True
        return False

    def hand_over(self, paths: Sequence[Path], demo: bool) -> bool:
        """After :meth:`claim` said no: tell the window what to open. Whether it has understood."""
        message = {"paths": [str(path) for path in paths], "demo": demo, "token": os.environ.get(TOKEN, "")}
        self._other.write(json.dumps(message).encode() + b"\n")
        self._other.flush()
        return self._other.waitForReadyRead(ANSWER_MS) and bytes(self._other.readAll().data()) == OK

    def leave(self) -> None:
        """The window is being closed: nobody is answered any more, but nobody else has it yet."""
        self._server.close()
        for socket in self._server.findChildren(QLocalSocket):
            socket.abort()

    def close(self) -> None:
        """The window is gone."""
        self._server.close()
        self._lock.release()

    def _met(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda socket=socket: self._read(socket))
            socket.disconnected.connect(socket.deleteLater)

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() > LONGEST:
                socket.abort()
            return
        try:
            message = json.loads(bytes(socket.readLine(LONGEST).data()))
            paths, demo = [Path(path) for path in message["paths"]], bool(message["demo"])
            if message.get("token"):
                os.environ[TOKEN] = str(message["token"])
        except (ValueError, KeyError, TypeError):
            socket.abort()
            return
        socket.write(OK)
        socket.flush()
        self.asked.emit(paths, demo)
