"""A Unix socket over which an isolated client's network namespace passes its listening socket to the proxy.

The client's launcher (`clients.isolation`) binds the proxy's address inside the namespace and sends the
socket with SCM_RIGHTS; the proxy then serves it from this process, outside. Everything here runs in a turn of
the event loop.
"""

from __future__ import annotations

import os
import selectors
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

from graphcontract.transports.event_loop import Loop

_BACKLOG = 8  # each process of a client passes one socket when it starts, and few start at a time
# Seconds for the launcher to send its socket, during which the loop is blocked: the launcher sends it as soon
# as it has connected and made the namespace.
_WAIT = 1.0


class NetnsSocket:
    """Receives listening sockets at `path`, one a connection, bound to the port whose number ends the path.
    Each is passed to `listen`, and acknowledged to the sender by one byte.
    """

    def __init__(self, loop: Loop, number: int, listen: Callable[[socket.socket], None]) -> None:
        self._loop = loop
        self._listen = listen
        # Deletes itself at the end of this process, also if that is interrupted twice.
        self._folder = tempfile.TemporaryDirectory(prefix="graphcontract-")
        self.path = str(Path(self._folder.name, str(number)))
        self._socket = socket.socket(socket.AF_UNIX)

    def open(self) -> None:
        """Start to receive sockets. Call this in a turn."""
        self._socket.bind(self.path)
        self._socket.listen(_BACKLOG)
        self._socket.setblocking(False)
        self._loop.selector.register(self._socket, selectors.EVENT_READ, self)

    def ready(self) -> None:
        """Receive one."""
        try:
            sender, _ = self._socket.accept()
        except OSError:
            return
        with sender:
            sender.settimeout(_WAIT)
            try:
                _, descriptors, _, _ = socket.recv_fds(sender, 1, 1)
            except OSError:
                return
            for descriptor in descriptors:
                self._receive(descriptor, sender)

    def close(self) -> None:
        """Receive no more."""
        self._loop.selector.unregister(self._socket)
        self._socket.close()

    def remove(self) -> None:
        """Remove the socket's file and folder."""
        self._folder.cleanup()

    def _receive(self, descriptor: int, sender: socket.socket) -> None:
        try:
            received = socket.socket(fileno=descriptor)
        except OSError:
            os.close(descriptor)
            return
        try:
            self._listen(received)
            sender.send(b"!")
        except OSError:
            received.close()
