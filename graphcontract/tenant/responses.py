"""Builds the service's responses: JSON documents and rejections."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

JSON = "application/json"


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
