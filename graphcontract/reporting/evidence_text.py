"""Renders evidence as text: expected, actual, the exchange, and how to reproduce it.

Everything that a client or tenant sent is escaped, so that a report cannot control a terminal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from graphcontract.reporting.evidence import (
    CallInput,
    Evidence,
    EvidenceExchange,
    RecordedExchange,
    ShortToken,
    TokenRecipe,
)
from graphcontract.reporting.wire_log import WireLine, describe_outcome, list_lines, shorten

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
    yield f"  input     {escape_unprintable(describe_input(evidence['input']))}"
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
        if _LOOPBACK.search(evidence["curl"]) and can_be_served(evidence["repeat"]):
            yield "            This port is closed now. To get one that responds in the same way:"
            yield f"            graphcontract serve --evidence {evidence['id']} --report FILE"


def can_be_served(repeat: str) -> bool:
    """Whether `serve` reads the report of the run: it is a check against one contract."""
    return not repeat.startswith("graphcontract live ") and " --operations " not in repeat


def _mark(exchange: EvidenceExchange) -> str:
    return ", the call that violates the clause" if exchange.get("violates") else ""


def describe_input(call: CallInput) -> str:
    """Return the arguments and the token of a call in one line, not escaped."""
    parts = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in call["arguments"].items()]
    ids, token = ", ".join(parts), f"token = {_token(call['token'])}"
    return shorten(f"{ids}; {token}" if ids else token)


def _token(recipe: TokenRecipe | ShortToken) -> str:
    """Describe a token; an ellipsis stands for the beginning that most have."""
    if not recipe["canary"]:
        return json.dumps(recipe["text"])
    unit, length = recipe["unit"], recipe["length"]
    if len(unit) == length:
        return json.dumps(f"…{unit}", ensure_ascii=False)
    return f'"…" and {json.dumps(unit, ensure_ascii=False)} repeated to {length} characters'


def _render_with_outcome(exchange: RecordedExchange) -> Iterator[str]:
    yield from render_exchange(exchange)
    yield _format_line(describe_outcome(exchange))


def render_exchange(exchange: RecordedExchange) -> Iterator[str]:
    """Yield what went over the wire in an exchange, line by line."""
    return map(_format_line, list_lines(exchange))


def _format_line(line: WireLine) -> str:
    return f"  {line.mark} {escape_unprintable(line.text)}" if line.mark else f"  {line.text}"
