"""The lines of an exchange, as every report shows them: what went over the wire, when, and the outcome.

What a client or tenant sent is not escaped here: each report marks or escapes what cannot be printed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Literal, NamedTuple

from graphcontract.reporting.evidence import RecordedExchange, RecordedOutcome, RecordedResponse, WireBytes

Mark = Literal["", ">", "<", "!", "="]

# A message longer than this is cut where people read it; the jsonl report has it whole, up to 64 KiB.
_LINES = 24
_WIDTH = 200


class WireLine(NamedTuple):
    """One line: `>` from the client, `<` to it, `!` a note on the exchange, `=` the outcome that the client
    reported; a line without a mark says when and where the next ones arrived.
    """

    mark: Mark
    text: str


def list_lines(exchange: RecordedExchange) -> Iterator[WireLine]:
    """Yield what went over the wire in an exchange."""
    if "certificate" in exchange:
        yield WireLine("!", f"certificate: {exchange['certificate']}")
    if "fault" in exchange:
        yield WireLine("!", f"fault: {exchange['fault']}")
    for request in exchange.get("connects", ()):
        yield WireLine("", f"to the proxy, {request['at']:.2f} s")
        yield from _split(">", request["raw"])
    yield from _list_requests(exchange)
    for request in exchange.get("elsewhere", ()):
        yield WireLine("", f"at {request['origin']}, {request['at']:.2f} s")
        yield from _split(">", request["raw"])
    if not exchange["requests"]:
        yield WireLine(">", "(nothing was sent)")
    if "cancelled" in exchange:
        ended = f"ended after {exchange['duration']:.2f} s"
        yield WireLine("!", f"cancelled after {exchange['cancelled']:.2f} s, {ended}")


def describe_outcome(exchange: RecordedExchange) -> WireLine:
    """The outcome that the client reported, as JSON with the names of the driver protocol."""
    return WireLine("=", shorten(json.dumps(_name_as_protocol(exchange["outcome"]), ensure_ascii=False)))


def shorten(text: str) -> str:
    """Cut a text that is too long for a line, and say how long it is."""
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}… ({len(text)} characters)"


def _list_requests(exchange: RecordedExchange) -> Iterator[WireLine]:
    """Yield each request to the call's root with its response, and the server name where it changes."""
    responses: dict[int, RecordedResponse] = {each["request"]: each for each in exchange["responses"]}
    timed = len(exchange["requests"]) > 1 or "cancelled" in exchange
    server_name: str | None = None
    for index, request in enumerate(exchange["requests"]):
        if timed:
            yield WireLine("", f"{request['at']:.2f} s")
        if request.get("server_name", server_name) != server_name:
            server_name = request["server_name"]
            yield WireLine("!", f"TLS server name: {shorten(server_name) or '(none)'}")
        yield from _split(">", request["raw"])
        if "malformed" in request:
            yield WireLine("!", f"not HTTP: {request['malformed']}")
        if index in responses:
            yield from _split("<", responses[index]["raw"])


def _split(mark: Mark, raw: WireBytes) -> Iterator[WireLine]:
    text = raw["text"] if "text" in raw else base64.b64decode(raw["base64"]).decode("latin-1")
    lines = text.split("\r\n")
    while lines and not lines[-1]:
        lines = lines[:-1]
    for line in lines[:_LINES]:
        yield WireLine(mark, shorten(line))
    if len(lines) > _LINES:
        yield WireLine(mark, f"… {len(lines) - _LINES} more lines, {raw['size']} bytes in all")


def _name_as_protocol(outcome: RecordedOutcome) -> dict[str, object]:
    """Name the members of an outcome as a driver's reply does, without those that are null."""
    names = {"kind": "outcome", "request_id": "requestId"}
    shown = {names.get(name, name): value for name, value in outcome.items()}
    if "error" in outcome:
        members = {name: value for name, value in outcome["error"].items() if value is not None}
        shown["error"] = {names[name] if name == "request_id" else name: members[name] for name in members}
    return shown
