"""What clauses ask of an exchange: which requests were the call's, what it was answered, what its input was.

Knows contract, exchange and target; it condemns nothing.
"""

from __future__ import annotations

import json
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from graphcontract.contract.model import Contract
from graphcontract.contract.odata import unqualified
from graphcontract.exchange import Call, Exchange, Outcome, ReportedError, Trial, WireRequest, WireResponse
from graphcontract.http.request_target import UNRESERVED, Target, Template, is_plain, read
from graphcontract.http.stub_response import Concerns, request_id_of

GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
TELLING = 20
LINE_END = re.compile(rb"\r?\n(?![ \t])")
_LONG = 128
_REPETITIVE = 4  # characters that differ: what has no more of them stands in many a text
_OPAQUE = re.compile(r"[A-Za-z0-9-]+")
_URL_SAFE = str.maketrans("+/", "-_")


def concerns(contract: Contract, call: Call) -> Concerns:
    """Tell a request of this call from other traffic: it has the token or the id, or asks for the action."""
    template = Template.of(contract)
    token = call.token[:TELLING].encode() if len(call.token) >= TELLING else None
    wanted = call.task_id.encode()
    collection = unqualified(template.segments[template.place - 1]).lower()
    action = (contract.bound_operation or template.segments[-1]).lower()

    def concerning(request: WireRequest) -> bool:
        if not request.method:
            return False
        target = request.target.lower()
        if (token and token in request.raw) or (collection in target and action in target):
            return True
        return bool(wanted) and wanted in read(request.target, template).decoded()

    return concerning


def own_requests(contract: Contract, exchange: Exchange) -> list[WireRequest]:
    """The requests of the exchange's call, other traffic left out."""
    concerning = concerns(contract, exchange.call)
    return [request for request in exchange.requests if concerning(request)]


def asking(contract: Contract, exchange: Exchange) -> list[WireRequest]:
    """Those of the call's requests whose path ends with the action; all of the call's where none does."""
    template, requests = Template.of(contract), own_requests(contract, exchange)

    def ends_with_action(request: WireRequest) -> bool:
        last = target_of(contract, request).segments[-1:]
        return any(template.accepts(len(template.segments) - 1, segment) for segment in last)

    return [request for request in requests if ends_with_action(request)] or requests


def answered(contract: Contract, exchange: Exchange) -> WireResponse | None:
    """The last whole answer to a well-formed request of the call; None where it got none."""
    concerning = concerns(contract, exchange.call)
    for response in reversed(exchange.responses):
        request = exchange.requests[response.request]
        if response.whole and request.malformed is None and concerning(request):
            return response
    return None


def target_of(contract: Contract, request: WireRequest) -> Target:
    """The request's target against the contract's path."""
    return read(request.target, Template.of(contract))


def is_guid(task_id: str) -> bool:
    """Whether an id is a GUID in its usual spelling, in either letter case."""
    return GUID.fullmatch(task_id) is not None


def is_opaque(task_id: str) -> bool:
    """Whether an id is of letters, digits and hyphens, as no client has a reason to refuse."""
    return _OPAQUE.fullmatch(task_id) is not None


def has_controls(text: str) -> bool:
    """Whether a text holds control characters (Unicode category Cc)."""
    return any(unicodedata.category(character) == "Cc" for character in text)


def has_usable_id(call: Call) -> bool:
    """Whether the id is such that the contract's request can be made of it."""
    return call.task_id not in ("", ".", "..") and not has_controls(call.task_id)


def is_usable(call: Call) -> bool:
    """Whether id and token are such that the contract's request can be made of them."""
    return has_usable_id(call) and B64TOKEN.fullmatch(call.token) is not None


def has_opaque_ids(contract: Contract) -> bool:
    """Whether the contract leaves open what an id looks like."""
    (schema,) = contract.request.parameters.values()
    return schema["type"] == "string" and schema.keys().isdisjoint(("format", "pattern", "enum"))


def is_ordinary(contract: Contract, call: Call) -> bool:
    """Whether no client may refuse the call: a usable token, a GUID, or a plain id where ids are no GUIDs."""
    (schema,) = contract.request.parameters.values()
    guids = has_opaque_ids(contract) or "format" in schema
    return is_usable(call) and (is_guid(call.task_id) if guids else is_plain(call.task_id))


def spellings(token: str) -> Iterator[str]:
    """A token, or a part of one, as it may be written down: as it is, percent-encoded, in hexadecimal, and
    as base64 has it, whatever stands before and behind it.
    """
    yield token
    yield quote(token, safe="")
    plain = token.encode("utf-8", "replace")
    yield plain.hex()
    yield plain.hex().upper()
    for lead in range(3):
        # Bytes before it shift it. Digits that hold bits of what stands around it are left out.
        digits = b64encode(b"\0" * lead + plain).decode()
        own = digits[-(-8 * lead // 6) : 8 * (lead + len(plain)) // 6]
        yield own
        yield own.translate(_URL_SAFE)


@lru_cache(maxsize=8)
def _in_bytes(token: str) -> frozenset[bytes]:
    parts = [token[at : at + TELLING] for at in range(0, len(token) - TELLING + 1, TELLING)]
    telling = {*parts[:1], *(part for part in parts if len(set(part)) > _REPETITIVE)}
    return frozenset(spelling.encode() for part in telling for spelling in spellings(part))


def carries(seen: bytes, token: str) -> bool:
    """Whether bytes hold the beginning of a token, or about twice as much of any part of it, in any spelling;
    never anything of one too short to tell.
    """
    return any(spelling in seen for spelling in _in_bytes(token))


@dataclass(frozen=True, slots=True)
class GraphError:
    """What an answer says as a Graph error object; None for what it does not say as text."""

    code: str | None
    message: str | None
    request_id: str | None


def graph_error(response: WireResponse) -> GraphError | None:
    """The error object of an answer's content, None where it holds none."""
    try:
        document = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, dict):
        return None
    code, message = error.get("code"), error.get("message")
    return GraphError(
        code if isinstance(code, str) else None,
        message if isinstance(message, str) else None,
        request_id_of(document),
    )


def abbreviated(text: str, limit: int = 120) -> str:
    """A text for a line of a report, cut in the middle, with its length where it was cut."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}…{text[-half:]} ({len(text)} characters)"


def said(outcome: Outcome) -> str:
    """An outcome in a line of a report: what the client reported, and the status and words it gave."""
    status = f" with status {outcome.reported_status}" if outcome.reported_status is not None else ""
    words = outcome.reason or (outcome.error.message if outcome.error else None) or ""
    return f"{outcome.kind}{status}{': ' if words else ''}{abbreviated(words)}"


def character_class(character: str) -> str:
    """The class that RFC 3986 puts a character in, in one word."""
    for name, members in (
        ("space", " "),
        ("percent", "%"),
        ("gen-delim", ":/?#[]@"),
        ("sub-delim", "!$&'()*+,;="),
    ):
        if character in members:
            return name
    if not character.isascii():
        return "non-ascii"
    return "unreserved" if character in UNRESERVED else "unsafe"


def difference(owed: str, seen: str) -> str:
    """The class of input that tells two texts apart: what kind of change made one of the other."""
    if seen == owed.strip():
        return "edges"
    if seen.casefold() == owed.casefold():
        return "letter-case"
    if any(unicodedata.normalize(form, owed) == seen for form in ("NFC", "NFD", "NFKC", "NFKD")):
        return "normalization"
    if len(owed) > _LONG and owed.startswith(seen):
        return "long"
    for left, right in zip(owed, seen, strict=False):
        if left != right:
            return character_class(left)
    rest = owed[len(seen) :] or seen[len(owed) :]
    return character_class(rest[0]) if rest else ""


TextOfError = Literal["code", "message", "request_id"]
TEXTS_OF_ERROR: tuple[TextOfError, ...] = ("code", "message", "request_id")


def exposes(error: GraphError, reported: ReportedError, text: TextOfError) -> bool:
    """Whether a client's error exposes this text of an error object; a message may stand in other words."""
    owed, given = getattr(error, text), getattr(reported, text)
    if not owed or given is None:
        return False
    return bool(given == owed or (text == "message" and owed.strip() in given))


def unexposed(error: GraphError, before: Outcome, after: Outcome) -> list[TextOfError]:
    """The texts of an error object that a client exposed before, and does not after."""
    if before.error is None:
        return []
    reported = after.error or ReportedError()
    told = [text for text in TEXTS_OF_ERROR if exposes(error, before.error, text)]
    return [text for text in told if not exposes(error, reported, text)]


def broke_off(exchange: Exchange) -> bool:
    """Whether the client neither sent nor refused."""
    return not exchange.requests and exchange.outcome.kind in ("crash", "hang")


def control_sent(contract: Contract, trial: Trial) -> bool:
    """Whether the client sent a request in the trial's control."""
    return trial.control is not None and bool(own_requests(contract, trial.control))
