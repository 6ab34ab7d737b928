"""A process without a network: while a block is up, Python's sockets look nothing up and connect nowhere.

An audit hook sees Python's own socket module, whoever uses it; libraries that call the system
themselves (libcurl, gRPC's core) and other processes are out of its sight.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

_EVENTS = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})
_NETWORK = (socket.AF_INET, socket.AF_INET6)
_KEPT, _SHOWN = 10, 200


class NetworkBlocked(OSError):
    """Raised where a blocked process looks up a name, connects, or sends to an address."""


@dataclass(eq=False, slots=True)
class Block:
    """What was refused while it was up: the first ten attempts in order, a line each."""

    attempts: list[str] = field(default_factory=list)


# An audit hook can never be taken out, so there is one, and it looks here.
_up: list[Block] = []


@contextmanager
def blocked() -> Iterator[Block]:
    """Refuse name look-ups, connections and datagrams of this process; Unix sockets are left alone."""
    _install()
    block = Block()
    _up.append(block)
    try:
        yield block
    finally:
        _up.remove(block)


@cache
def _install() -> None:
    sys.addaudithook(_refuse)


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if event not in _EVENTS or not _up:
        return
    by_socket = isinstance(args[0], socket.SocketType)
    if by_socket and args[0].family not in _NETWORK:
        return
    where = args[1] if by_socket else args[:2]
    for block in _up:
        if len(block.attempts) < _KEPT:
            block.attempts.append(f"{event} {where!r}"[:_SHOWN])
    raise NetworkBlocked(
        "the mock transport serves httpx alone, and this client opened a socket: use --transport loopback"
    )
