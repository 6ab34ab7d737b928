"""The doorway: a Unix socket at which listening sockets of other network namespaces are handed in.

Knows sockets and how they are passed; what listens there, and who sits in the namespace, others know.
"""

from __future__ import annotations

import os
import selectors
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from graphcontract.transports.event_loop import Loop

_BACKLOG = 8
_WAIT = 1.0


class Doorway:
    """Takes what comes to `path`: one listening socket a connection, bound to the port whose number is in the
    path; it is passed to `listen`, and the giver is told by a byte.
    """

    def __init__(self, loop: Loop, number: int, listen: Callable[[socket.socket], None]) -> None:
        self._loop = loop
        self._listen = listen
        self._folder = Path(tempfile.mkdtemp(prefix="graphcontract-"))
        self.path = str(self._folder / str(number))
        self._socket = socket.socket(socket.AF_UNIX)

    def open(self) -> None:
        """In a turn: begin to take sockets."""
        self._socket.bind(self.path)
        self._socket.listen(_BACKLOG)
        self._socket.setblocking(False)
        self._loop.selector.register(self._socket, selectors.EVENT_READ, self)

    def ready(self) -> None:
        """Take one in."""
        try:
            giver, _ = self._socket.accept()
        except OSError:
            return
        with giver:
            giver.settimeout(_WAIT)
            try:
                _, descriptors, _, _ = socket.recv_fds(giver, 1, 1)
            except OSError:
                return
            for descriptor in descriptors:
                self._take(descriptor, giver)

    def close(self) -> None:
        """Take no more."""
        self._loop.selector.unregister(self._socket)
        self._socket.close()

    def remove(self) -> None:
        """Remove what stands in the file system."""
        Path(self.path).unlink(missing_ok=True)
        self._folder.rmdir()

    def _take(self, descriptor: int, giver: socket.socket) -> None:
        try:
            given = socket.socket(fileno=descriptor)
        except OSError:
            os.close(descriptor)
            return
        try:
            self._listen(given)
            giver.send(b"!")
        except OSError:
            given.close()
