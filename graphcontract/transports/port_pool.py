"""Ports that are lent and taken back, each to one scope of calls alone."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Callable

from graphcontract.transports import Scope
from graphcontract.transports.origins import Port


class Pool:
    """Ports of one purpose, bound with `bind`; `ports` are all of them, retired ones included."""

    def __init__(self, bind: Callable[[], Port]) -> None:
        self.ports: list[Port] = []
        self._bind = bind
        self._unused: deque[Port] = deque()
        self._free: dict[Scope | None, list[Port]] = {}

    def grow(self) -> None:
        """Bind one more."""
        self._unused.append(self._add())

    def take(self, context: ssl.SSLContext | None, scope: Scope | None) -> Port:
        """Lend the scope's port of this context that was given back last, else one that nobody has used.

        Never one of another context: a client may remember of a root whether it speaks TLS.
        """
        free = self._free.get(scope, [])
        for place in range(len(free) - 1, -1, -1):
            if free[place].context is context:
                return free.pop(place)
        port = self._unused.popleft() if self._unused else self._add()
        port.change(context)
        return port

    def give_back(self, port: Port, scope: Scope | None, *, retired: bool) -> None:
        """Take a port's scene off, then take the port back, or close it for good."""
        port.end()
        if retired:
            port.close()
        else:
            self._free.setdefault(scope, []).append(port)

    def leave(self, scope: Scope, *, odd: bool) -> None:
        """Close the free ports of a scope for good; with `odd`, those alone that are."""
        kept = []
        for port in self._free.pop(scope, ()):
            if odd and not port.odd:
                kept.append(port)
            else:
                port.close()
        if kept:
            self._free[scope] = kept

    def _add(self) -> Port:
        self.ports.append(self._bind())
        return self.ports[-1]
