"""Clients that report the texts of an error in ways that faulty clients vary."""

from __future__ import annotations

from tests.sample_clients.bases.conforming import Answer, Conforming


def text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def inner(error: dict[str, object]) -> dict[str, object]:
    """The inner error of an error, in either spelling; empty without one."""
    found = error.get("innerError") or error.get("innererror")
    return found if isinstance(found, dict) else {}


def innermost(error: dict[str, object]) -> dict[str, object]:
    while below := inner(error):
        error = below
    return error


def detail(error: dict[str, object]) -> dict[str, object]:
    """The first of the details; empty without one."""
    match error.get("details"):
        case [dict() as first, *_]:
            return first
    return {}


class ChangesTexts(Conforming):
    """Base class: reports a text of the error in another way; "" is reported as nothing."""

    def retold_code(self, code: str) -> str:
        return code

    def retold_message(self, message: str) -> str:
        return message

    def retold_request_id(self, request_id: str) -> str:
        return request_id

    def code(self, answer: Answer) -> str | None:
        return self.retold_code(super().code(answer) or "") or None

    def message(self, answer: Answer) -> str | None:
        return self.retold_message(super().message(answer) or "") or None

    def request_id(self, answer: Answer) -> str | None:
        return self.retold_request_id(super().request_id(answer) or "") or None
