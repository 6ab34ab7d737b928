"""Reads Graph error objects, and compares their texts with the errors that a client reports."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from graphcontract.exchange import Outcome, ReportedError
from graphcontract.http.stub_response import request_id_of
from graphcontract.wire import WireResponse


@dataclass(frozen=True, slots=True)
class GraphError:
    """The texts of a response's Graph error object; None for a member that is missing or not a string."""

    code: str | None
    message: str | None
    request_id: str | None


def _parse_error_document(response: WireResponse) -> dict[str, Any] | None:
    """Parse the JSON object in a response's content that has an error object as its member."""
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and isinstance(document.get("error"), dict) else None


def read_error_object(response: WireResponse) -> dict[str, Any]:
    """Return the Graph error object in a response's content; empty if the content does not contain one."""
    document = _parse_error_document(response)
    return document["error"] if document is not None else {}


def parse_graph_error(response: WireResponse) -> GraphError | None:
    """Parse the Graph error object in a response's content; None if the content does not contain one."""
    document = _parse_error_document(response)
    if document is None:
        return None
    error = document["error"]
    code, message = error.get("code"), error.get("message")
    return GraphError(
        code if isinstance(code, str) else None,
        message if isinstance(message, str) else None,
        request_id_of(document),
    )


ErrorText = Literal["code", "message", "request_id"]
ERROR_TEXTS: tuple[ErrorText, ...] = ("code", "message", "request_id")


def exposes_text(error: GraphError, reported: ReportedError, text: ErrorText) -> bool:
    """Whether a client's error exposes this text of an error object. A message may be part of a longer one,
    as clients put it into a sentence of their own.
    """
    expected, actual = getattr(error, text), getattr(reported, text)
    if not expected or actual is None:
        return False
    return bool(actual == expected or (text == "message" and expected.strip() in actual))


def find_lost_texts(error: GraphError, before: Outcome, after: Outcome) -> list[ErrorText]:
    """The texts of an error object that the client exposed in one outcome and not in another."""
    if before.error is None:
        return []
    reported = after.error or ReportedError()
    exposed = [text for text in ERROR_TEXTS if exposes_text(error, before.error, text)]
    return [text for text in exposed if not exposes_text(error, reported, text)]
