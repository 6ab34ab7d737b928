"""Renders evidence as text: expected, actual, the exchange, and how to reproduce it.

Everything that a client or tenant sent is escaped, so that a report cannot control a terminal.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence

from graphcontract.reporting.events import (
    CallInput,
    Evidence,
    EvidenceExchange,
    RecordedExchange,
    RecordedOutcome,
    RecordedResponse,
    ShortToken,
    TokenRecipe,
    WireBytes,
)

# A message longer than this is cut in text; the jsonl report has it whole, up to 64 KiB.
_LINES = 24
_WIDTH = 200
_LOOPBACK = re.compile(r"https?://(127\.0\.0\.1|localhost):")


def escape_unprintable(text: str) -> str:
    """Replace every character that is invisible, or changes how others appear, by its escape sequence."""
    return "".join(each if each.isprintable() or each == "\t" else _escape_character(each) for each in text)


def _escape_character(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def render_violation(evidence: Evidence, level: str) -> str:
    """Render a violation as a block of lines; the first is its evidence id and level."""
    return "\n".join(_lines(evidence, level))


def _lines(evidence: Evidence, level: str) -> Iterator[str]:
    yield f"{evidence['id']} ({level})"
    yield f"  {evidence['text']}"
    yield f"  expected  {escape_unprintable(evidence['expected'])}"
    yield f"  actual    {escape_unprintable(evidence['actual'])}"
    yield f"  input     {_input(evidence['input'])}"
    if "note" in evidence:
        yield f"  note      {evidence['note']}"
    yield f"  clause    {evidence['statement']}"
    yield f"  source    {evidence['source']}"
    yield ""
    for exchange in evidence["before"]:
        yield f"  before that{_mark(exchange)}:"
        yield from _render_with_outcome(exchange)
    if evidence["before"]:
        yield f"  then{_mark(evidence['exchange'])}:"
    yield from _render_with_outcome(evidence["exchange"])
    yield ""
    yield f"  reproduce {evidence['repeat']}"
    if evidence["curl"]:
        yield f"  curl      {escape_unprintable(evidence['curl'])}"
        if _LOOPBACK.search(evidence["curl"]) and _can_be_served(evidence["repeat"]):
            yield "            This port is closed now. To get one that responds in the same way:"
            yield f"            graphcontract serve --evidence {evidence['id']} --report FILE"


def _can_be_served(repeat: str) -> bool:
    """Whether `serve` reads the report of the run: it is a check against one contract."""
    return not repeat.startswith("graphcontract live ") and " --operations " not in repeat


def _mark(exchange: EvidenceExchange) -> str:
    return ", the call that violates the clause" if exchange.get("violates") else ""


def _input(call: CallInput) -> str:
    parts = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in call["arguments"].items()]
    return escape_unprintable(_shorten(f"{', '.join(parts)}; token = {_token(call['token'])}"))


def _token(recipe: TokenRecipe | ShortToken) -> str:
    if not recipe["canary"]:
        return json.dumps(recipe["text"])
    unit, length = json.dumps(recipe["unit"]), recipe["length"]
    repeated = "" if len(recipe["unit"]) == length else f" repeated to {length} characters"
    return f"20 fixed characters and {unit}{repeated}"


def _render_with_outcome(exchange: RecordedExchange) -> Iterator[str]:
    yield from render_exchange(exchange)
    outcome = json.dumps(_name_as_protocol(exchange["outcome"]), ensure_ascii=False)
    yield f"  = {escape_unprintable(_shorten(outcome))}"


def _name_as_protocol(outcome: RecordedOutcome) -> dict[str, object]:
    """Name the members of an outcome as a driver's reply does, without those that are null."""
    names = {"kind": "outcome", "request_id": "requestId"}
    shown = {names.get(name, name): value for name, value in outcome.items()}
    if "error" in outcome:
        members = {name: value for name, value in outcome["error"].items() if value is not None}
        shown["error"] = {names[name] if name == "request_id" else name: members[name] for name in members}
    return shown


def render_exchange(exchange: RecordedExchange) -> Iterator[str]:
    """Yield what went over the wire in an exchange, line by line."""
    if "certificate" in exchange:
        yield f"  ! certificate: {exchange['certificate']}"
    if "fault" in exchange:
        yield f"  ! fault: {exchange['fault']}"
    for request in exchange.get("connects", ()):
        yield f"  to the proxy, {request['at']:.2f} s"
        yield from _wire(">", request["raw"])
    yield from _render_requests(exchange)
    for request in exchange.get("elsewhere", ()):
        yield f"  at {request['origin']}, {request['at']:.2f} s"
        yield from _wire(">", request["raw"])
    if not exchange["requests"]:
        yield "  > (nothing was sent)"
    if "cancelled" in exchange:
        yield f"  ! cancelled after {exchange['cancelled']:.2f} s, ended after {exchange['duration']:.2f} s"


def _render_requests(exchange: RecordedExchange) -> Iterator[str]:
    """Yield each request to the call's root with its response, and the server name where it changes."""
    responses: dict[int, RecordedResponse] = {each["request"]: each for each in exchange["responses"]}
    timed = len(exchange["requests"]) > 1 or "cancelled" in exchange
    server_name: str | None = None
    for index, request in enumerate(exchange["requests"]):
        if timed:
            yield f"  {request['at']:.2f} s"
        if request.get("server_name", server_name) != server_name:
            server_name = request["server_name"]
            yield f"  ! TLS server name: {escape_unprintable(_shorten(server_name)) or '(none)'}"
        yield from _wire(">", request["raw"])
        if "malformed" in request:
            yield f"  ! not HTTP: {escape_unprintable(request['malformed'])}"
        if index in responses:
            yield from _wire("<", responses[index]["raw"])


def _wire(mark: str, raw: WireBytes) -> Iterator[str]:
    text = raw["text"] if "text" in raw else base64.b64decode(raw["base64"]).decode("latin-1")
    lines: Sequence[str] = text.split("\r\n")
    while lines and not lines[-1]:
        lines = lines[:-1]
    for line in lines[:_LINES]:
        yield f"  {mark} {escape_unprintable(_shorten(line))}"
    if len(lines) > _LINES:
        yield f"  {mark} … {len(lines) - _LINES} more lines, {raw['size']} bytes in all"


def _shorten(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}… ({len(text)} characters)"
