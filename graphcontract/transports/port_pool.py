"""A pool of ports: each is used by one scope of calls only, and is closed with it."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Callable

from graphcontract.transports import Scope
from graphcontract.transports.origins import Port


class Pool:
    """Ports of one purpose, made by `bind`; `ports` are all of them, retired ones included. Use it in
    a turn.
    """

    def __init__(self, bind: Callable[[], Port]) -> None:
        self.ports: list[Port] = []
        self._bind = bind
        self._unused: deque[Port] = deque()
        self._free: dict[Scope | None, list[Port]] = {}

    def grow(self) -> None:
        """Bind one more port in advance."""
        self._unused.append(self._add())

    def take(self, context: ssl.SSLContext | None, scope: Scope | None) -> Port:
        """Take the scope's port of this context that was given back last, else a new one.

        Never one of another context: a client may remember for a root whether it uses TLS.
        """
        free = self._free.get(scope, [])
        for index in range(len(free) - 1, -1, -1):
            if free[index].context is context:
                return free.pop(index)
        port = self._unused.popleft() if self._unused else self._add()
        port.change(context)
        return port

    def give_back(self, port: Port, scope: Scope | None, *, retired: bool) -> None:
        """Stop to serve the port's endpoint, then keep the port for the scope, or close it permanently."""
        port.end()
        if retired:
            port.close()
        else:
            self._free.setdefault(scope, []).append(port)

    def leave(self, scope: Scope, *, only_desynced: bool) -> None:
        """Close the free ports of a scope permanently; with `only_desynced`, only the desynced ones."""
        kept = []
        for port in self._free.pop(scope, ()):
            if only_desynced and not port.desynced:
                kept.append(port)
            else:
                port.close()
        if kept:
            self._free[scope] = kept

    def _add(self) -> Port:
        self.ports.append(self._bind())
        return self.ports[-1]
