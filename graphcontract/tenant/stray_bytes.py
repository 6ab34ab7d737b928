"""Sends bytes behind a response that HTTP does not allow there, which no server library does by itself."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from graphcontract.tenant.responses import STRAY

_FIELD = re.compile(rf"{STRAY}: ([A-Za-z0-9+/=]*)\r\n".encode(), re.IGNORECASE)


class StrayProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn serves it, and the stray bytes of a response in the same segment as its head."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Serve a connection over a transport that adds the bytes."""
        super().connection_made(_Transport(transport))  # type: ignore[arg-type]


class _Transport:
    """Replaces the field of a head by the bytes behind it; h11 writes a head by itself."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        found = _FIELD.search(data, 0, data.find(b"\r\n\r\n") + 2)  # in the head alone
        if found is not None:
            data = data[: found.start()] + data[found.end() :] + base64.b64decode(found[1])
        self._transport.write(data)
