"""Evidence as text for people: what was owed, what was seen, how to see it again. Bytes come out harmless."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_LINES = 24
_WIDTH = 200


def harmless(text: str) -> str:
    """A text with what cannot be seen, or changes what is, written as escapes, for a terminal."""
    return "".join(each if each.isprintable() or each == "\t" else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def violation(evidence: Mapping[str, Any], level: str) -> str:
    """A violation as a block of lines."""
    return "\n".join(_lines(evidence, level))


def _lines(evidence: Mapping[str, Any], level: str) -> Iterator[str]:
    yield f"{evidence['id']} ({level})"
    yield f"  {evidence['text']}"
    yield f"  owed     {harmless(evidence['expected'])}"
    yield f"  seen     {harmless(evidence['observed'])}"
    yield f"  input    {_input(evidence['input'])}"
    if "note" in evidence:
        yield f"  note     {evidence['note']}"
    yield f"  clause   {evidence['statement']}"
    yield f"  source   {evidence['source']}"
    yield ""
    for exchange in evidence["before"]:
        yield "  before that:"
        yield from _exchange(exchange)
    if evidence["before"]:
        yield "  then:"
    yield from _exchange(evidence["exchange"])
    yield ""
    yield f"  repeat   {evidence['repeat']}"
    if evidence["curl"]:
        yield f"  curl     {harmless(evidence['curl'])}"


def _input(asked: Mapping[str, Any]) -> str:
    parts = [
        f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in asked["arguments"].items()
    ]
    return harmless(_shortened(f"{', '.join(parts)}; token = {_token(asked['token'])}"))


def _token(recipe: Mapping[str, Any]) -> str:
    if not recipe["canary"]:
        return json.dumps(recipe["text"])
    unit, length = json.dumps(recipe["unit"]), recipe["length"]
    repeated = "" if len(recipe["unit"]) == length else f" repeated to {length} characters"
    return f"20 fixed characters and {unit}{repeated}"


def _exchange(exchange: Mapping[str, Any]) -> Iterator[str]:
    yield from passed(exchange)
    yield f"  = {harmless(_shortened(json.dumps(exchange['outcome'], ensure_ascii=False)))}"


def passed(exchange: Mapping[str, Any]) -> Iterator[str]:
    """What passed over the wire in an exchange, as lines."""
    answers: dict[int, Mapping[str, Any]] = {each["request"]: each for each in exchange["responses"]}
    for label in ("certificate", "fault"):
        if label in exchange:
            yield f"  ! {label}: {exchange[label]}"
    timed = len(exchange["requests"]) > 1
    for index, request in enumerate(exchange["requests"]):
        if timed:
            yield f"  {request['at']:.2f} s"
        yield from _wire(">", request["raw"])
        if "malformed" in request:
            yield f"  ! not HTTP: {harmless(request['malformed'])}"
        if index in answers:
            yield from _wire("<", answers[index]["raw"])
    for request in exchange.get("elsewhere", ()):
        yield f"  at {request['origin']}, {request['at']:.2f} s"
        yield from _wire(">", request["raw"])
    if not exchange["requests"]:
        yield "  > (nothing was sent)"


def _wire(mark: str, raw: Mapping[str, Any]) -> Iterator[str]:
    text = raw["text"] if "text" in raw else base64.b64decode(raw["base64"]).decode("latin-1")
    lines: Sequence[str] = text.split("\r\n")
    while lines and not lines[-1]:
        lines = lines[:-1]
    for line in lines[:_LINES]:
        yield f"  {mark} {harmless(_shortened(line))}"
    if len(lines) > _LINES:
        yield f"  {mark} … {len(lines) - _LINES} more lines, {raw['size']} bytes in all"


def _shortened(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}… ({len(text)} characters)"
