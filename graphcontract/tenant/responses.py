"""Builds the service's responses: JSON documents and rejections."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

JSON = "application/json"
STRAY = "x-graphcontract-stray"
"""Field of a response with base64 of bytes to send behind it. `tenant.stray_bytes` replaces it by them."""


class Rejection(Exception):
    """Ends a request with an error response: its status code, message and header fields.

    Without `code` it is the first error code that the contract has for the status.
    """

    def __init__(
        self, status: int, message: str, *, code: str | None = None, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.fields: Mapping[str, str] = fields or {}


def make_json_response(value: Any, status: int = 200) -> Response:
    """A response with a JSON document."""
    return Response(json.dumps(value, ensure_ascii=False).encode(), status, media_type=JSON)


def make_response_with_stray(status: int, stray: bytes, fields: Mapping[str, str]) -> Response:
    """A response without content, and bytes behind its head that its framing does not account for."""
    return Response(status_code=status, headers={**fields, STRAY: base64.b64encode(stray).decode()})
