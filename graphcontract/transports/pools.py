"""Ports that are lent and taken back.

Knows which port suits: one that speaks the same already is taken before one that has to change.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable

from graphcontract.transports.origins import Port


class Pool:
    """Ports of one purpose, bound with `bind`; `ports` are all of them, retired ones included."""

    def __init__(self, bind: Callable[[], Port]) -> None:
        self.ports: list[Port] = []
        self._bind = bind
        self._free: list[Port] = []

    def grow(self) -> None:
        """Bind one more."""
        self._free.append(self._add())

    def take(self, context: ssl.SSLContext | None) -> Port:
        """Lend the port of this context that was given back last, else the one that was unused longest."""
        for place in range(len(self._free) - 1, -1, -1):
            if self._free[place].context is context:
                return self._free.pop(place)
        port = self._free.pop(0) if self._free else self._add()
        port.change(context)
        return port

    def give_back(self, port: Port, *, retired: bool) -> None:
        """Take a port's scene off, then take the port back, or close it for good."""
        port.end()
        if retired:
            port.close()
        else:
            self._free.append(port)

    def _add(self) -> Port:
        self.ports.append(self._bind())
        return self.ports[-1]
