"""What the service answers with: Graph's error objects and JSON. Knows their shape, not when they are due."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

JSON = "application/json"


class Refusal(Exception):
    """A request that is answered with an error: its status, what to say, and fields to send along.

    Without `code` it is the first that the contract has for the status.
    """

    def __init__(
        self, status: int, message: str, *, code: str | None = None, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code
        self.fields: Mapping[str, str] = fields or {}


def document(value: Any, status: int = 200) -> Response:
    """A JSON document."""
    return Response(json.dumps(value, ensure_ascii=False).encode(), status, media_type=JSON)
