"""What clauses ask of an exchange: which requests were the call's, whether its input was usable."""

from __future__ import annotations

import re
import unicodedata

from graphcontract.contract import Contract
from graphcontract.exchange import Call, Exchange, WireRequest, WireResponse
from graphcontract.service import Concerns
from graphcontract.target import Target, Template, read

GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_TELLING = 20


def concerns(contract: Contract, call: Call) -> Concerns:
    """Tell a request of this call from a client's other traffic: it carries the token or the id, or asks for the action."""
    template = Template.of(contract)
    token = call.token.encode() if len(call.token) >= _TELLING else None
    wanted, mark = call.task_id.encode(), template.segments[template.place - 1].lower()

    def concerning(request: WireRequest) -> bool:
        if not request.method:
            return False
        if (token and token in request.raw) or mark in request.target.lower():
            return True
        return bool(wanted) and wanted in read(request.target, template).decoded()

    return concerning


def own_requests(contract: Contract, exchange: Exchange) -> list[WireRequest]:
    """The requests of the exchange's call, other traffic left out."""
    return [request for request in exchange.requests if concerns(contract, exchange.call)(request)]


def target_of(contract: Contract, request: WireRequest) -> Target:
    """The request's target against the contract's path."""
    return read(request.target, Template.of(contract))


def is_guid(task_id: str) -> bool:
    """Whether an id is a GUID in its usual spelling, in either letter case."""
    return GUID.fullmatch(task_id) is not None


def has_controls(text: str) -> bool:
    """Whether a text holds control characters (Unicode category Cc)."""
    return any(unicodedata.category(character) == "Cc" for character in text)


def is_usable(call: Call) -> bool:
    """Whether id and token are such that the contract's request can be made of them."""
    usable_id = call.task_id not in ("", ".", "..") and not has_controls(call.task_id)
    return usable_id and B64TOKEN.fullmatch(call.token) is not None


def answered(exchange: Exchange) -> WireResponse | None:
    """The last answer to a well-formed request of the exchange; None where the call got none."""
    for response in reversed(exchange.responses):
        if exchange.requests[response.request].malformed is None:
            return response
    return None


def abbreviated(text: str, limit: int = 120) -> str:
    """A text for a line of a report, cut in the middle, with its length where it was cut."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}…{text[-half:]} ({len(text)} characters)"
