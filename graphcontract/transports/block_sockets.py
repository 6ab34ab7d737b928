"""Blocks the network for Python code of this process: no name look-ups, connections or datagrams.

An audit hook sees every use of Python's socket module. It does not see libraries that make system calls
themselves (libcurl, gRPC's core), nor other processes.
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
# What is kept of attempts, in characters each: the user is shown the first, and a client may try for ever.
_MAX_ATTEMPTS, _MAX_LENGTH = 10, 200


class NetworkBlocked(OSError):
    """Raised in a process whose network is blocked, by a look-up, a connection or a datagram."""


@dataclass(eq=False, slots=True)
class Block:
    """The attempts to use the network while it was blocked: the first ten in order, one line each."""

    attempts: list[str] = field(default_factory=list)


# Python cannot remove an audit hook: one hook stays for the life of the process, and reads this list in
# whichever thread opens a socket.
_active: list[Block] = []


@contextmanager
def block_network() -> Iterator[Block]:
    """Block name look-ups, connections and datagrams of this process, except over Unix sockets."""
    _install()
    block = Block()
    _active.append(block)
    try:
        yield block
    finally:
        _active.remove(block)


@cache
def _install() -> None:
    sys.addaudithook(_raise_if_blocked)


def _raise_if_blocked(event: str, args: tuple[Any, ...]) -> None:
    if event not in _EVENTS or not _active:
        return
    by_socket = isinstance(args[0], socket.SocketType)
    if by_socket and args[0].family not in _NETWORK:
        return
    where = args[1] if by_socket else args[:2]
    for block in _active:
        if len(block.attempts) < _MAX_ATTEMPTS:
            block.attempts.append(f"{event} {where!r}"[:_MAX_LENGTH])
    raise NetworkBlocked(
        "the mock transport only serves httpx, and this client opened a socket: use --transport loopback"
    )
