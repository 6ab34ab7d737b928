"""Serializes and parses the lines of the driver protocol, in both directions.

docs/reference/driver-protocol.md describes the members. `pipes` transfers the lines.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NoReturn, TypeVar

from graphcontract.clients import PROTOCOL, Implementation, Limits, Start
from graphcontract.exchange import Call, Outcome, ReportedError

MAX_CONCURRENCY = 64

_MAX_VALUE_LENGTH = 80  # characters of a value in an error message
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CHOICES = {
    "root": ("settable", "fixed"),
    "proxy": ("env", "option", "none"),
    "timeout": ("call", "attempt", "none"),
    "token": ("call", "client"),
    "surface": ("typed", "generic"),
}
_TYPE_NAMES: Mapping[type, str] = {
    str: "a string",
    int: "an integer",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}
_T = TypeVar("_T")


class MessageError(ValueError):
    """A line that violates the protocol; `str()` names the member that is wrong."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A driver's reply to `start`: the client, how many calls it accepts at once, and what it cannot do."""

    implementation: Implementation
    concurrency: int = 1
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class NumberedCall:
    """A `call` command: the reply to it carries its `seq`."""

    seq: int
    call: Call


def write_start(start: Start) -> bytes:
    """Serialize the `start` command."""
    document = {
        "cmd": "start",
        "protocol": PROTOCOL,
        "contract": start.contract,
        "hosts": start.hosts,
        "ca_file": start.ca_file,
        "proxy": start.proxy,
    }
    return _encode_line(document)


def write_call(seq: int, call: Call) -> bytes:
    """Serialize a `call` command; the reply to it carries its `seq`."""
    document = {
        "cmd": "call",
        "seq": seq,
        "operation": call.operation,
        "base_url": call.base_url,
        "token": call.token,
        "arguments": dict(call.arguments),
        "timeout": call.timeout,
        "ca_file": call.ca_file,
        "client": call.client,
    }
    return _encode_line(document)


def write_stop() -> bytes:
    """Serialize the `stop` command."""
    return _encode_line({"cmd": "stop"})


def read_command(line: bytes) -> Start | NumberedCall | None:
    """Parse a command, as a driver does: None for `stop`; raises MessageError."""
    command = _read_object(line)
    match command.get("cmd"):
        case "start":
            if command.get("protocol") != PROTOCOL:
                raise MessageError(f"`protocol` is {_format_value(command.get('protocol'))}, not {PROTOCOL}")
            return Start(
                contract=_read_required(command, "contract", str),
                hosts=_read_strings(command, "hosts"),
                ca_file=_read_member(command, "ca_file", str),
                proxy=_read_member(command, "proxy", str),
            )
        case "call":
            return NumberedCall(_read_required(command, "seq", int), _read_call(command))
        case "stop":
            return None
        case other:
            raise MessageError(f"`cmd` is {_format_value(other)}, not start, call or stop")


def write_declaration(declaration: Declaration) -> bytes:
    """Serialize a driver's reply to `start`, without limits that equal the defaults."""
    implementation = asdict(declaration.implementation)
    limits, usual = declaration.limits, Limits()
    names = [each.name for each in fields(Limits) if each.name != "declared"]
    document = {
        "protocol": PROTOCOL,
        "implementation": {name: value for name, value in implementation.items() if value is not None},
        "concurrency": declaration.concurrency,
        "limits": {
            name: getattr(limits, name) for name in names if getattr(limits, name) != getattr(usual, name)
        },
    }
    return _encode_line(document)


def begins_object(line: bytes) -> bool:
    """Whether a line starts a JSON object and so is not a banner; a byte order mark may precede it."""
    return line.removeprefix(codecs.BOM_UTF8).startswith(b"{")


def read_declaration(line: bytes) -> Declaration:
    """Parse a driver's reply to `start`, with concurrency clamped to 1 … 64; raises MessageError."""
    reply = _read_reply_object(line)
    protocol = _read_member(reply, "protocol", int)
    if protocol not in (None, PROTOCOL):
        raise MessageError(
            f"it uses protocol version {protocol}, not {PROTOCOL}: update the older of the two"
        )
    who = _read_required(reply, "implementation", dict)
    implementation = Implementation(
        name=_read_required(who, "implementation.name", str),
        version=_read_member(who, "implementation.version", str),
        language=_read_member(who, "implementation.language", str),
        homepage=_read_member(who, "implementation.homepage", str),
        notes=_read_member(who, "implementation.notes", str),
    )
    concurrency = _read_member(reply, "concurrency", int) or 1
    limits = _read_limits(_read_member(reply, "limits", dict) or {})
    return Declaration(implementation, min(max(concurrency, 1), MAX_CONCURRENCY), limits)


def write_reply(seq: int, outcome: Outcome) -> bytes:
    """Serialize a driver's reply to the call with that number."""
    document: dict[str, object] = {"seq": seq, "outcome": outcome.kind}
    match outcome.kind:
        case "success":
            document |= {"status": outcome.status, "requestId": outcome.request_id}
        case "failure":
            error = asdict(outcome.error or ReportedError())
            document["error"] = {**error, "requestId": error.pop("request_id")}
        case _:
            document["reason"] = outcome.reason
    return _encode_line(document)


def read_reply(line: bytes, seq: int) -> Outcome:
    """Parse the outcome that a line reports for the call with that number; never raises.

    A line that is not a reply to this call is a crash with `died`.
    """
    try:
        return read_reply_to_any(line, (seq,))[1]
    except MessageError as error:
        return Outcome.crash(f"the driver replied with {error}", died=True)


def read_reply_to_any(line: bytes, awaited: Collection[int]) -> tuple[int, Outcome]:
    """Parse which of the awaited calls a line replies to, and the outcome that it reports.

    MessageError for a line that is not a reply to any of them: such a driver is out of sync and must be
    replaced. A reply with a member of the wrong type is a crash, but the driver can be used further.
    """
    reply = _read_reply_object(line)
    seq = reply.get("seq")
    if type(seq) is not int or seq not in awaited:
        raise MessageError(f"`seq` {_format_value(seq)}, not {' or '.join(map(str, sorted(awaited)))}")
    try:
        return seq, _read_outcome(reply)
    except MessageError as error:
        return seq, Outcome.crash(f"invalid reply of the driver: {error}")


def _read_outcome(reply: Mapping[str, Any]) -> Outcome:
    match reply.get("outcome"):
        case "success":
            return Outcome.success(
                status=_read_member(reply, "status", int), request_id=_read_member(reply, "requestId", str)
            )
        case "failure":
            error = _read_member(reply, "error", dict) or {}
            return Outcome.failure(
                kind=_read_member(error, "error.kind", str),
                type=_read_member(error, "error.type", str),
                status=_read_member(error, "error.status", int),
                code=_read_member(error, "error.code", str),
                message=_read_member(error, "error.message", str),
                request_id=_read_member(error, "error.requestId", str),
            )
        case "rejected" | "unsupported" | "crash" as kind:
            return Outcome(kind, reason=_read_member(reply, "reason", str) or "no reason given")
        case other:
            raise MessageError(f"`outcome` is {_format_value(other)}, not one of the five outcomes")


def _read_call(command: Mapping[str, Any]) -> Call:
    arguments = _read_required(command, "arguments", dict)
    if not all(isinstance(value, str) for value in arguments.values()):
        raise MessageError("`arguments` is not an object of strings")
    timeout = command.get("timeout")
    if not isinstance(timeout, (int, float)):
        raise MessageError(f"`timeout` is {_format_value(timeout)}, not a number")
    return Call(
        operation=_read_required(command, "operation", str),
        arguments=arguments,
        token=_read_required(command, "token", str),
        base_url=_read_member(command, "base_url", str),
        timeout=float(timeout),
        client=_read_required(command, "client", int),
        ca_file=_read_member(command, "ca_file", str),
    )


def _read_limits(limits: Mapping[str, Any]) -> Limits:
    found: dict[str, Any] = {name: _read_member(limits, f"limits.{name}", str) for name in _CHOICES}
    for name, choices in _CHOICES.items():
        if found[name] is not None and found[name] not in choices:
            raise MessageError(f"`limits.{name}` is {_format_value(found[name])}, not {' or '.join(choices)}")
    found |= {name: _read_member(limits, f"limits.{name}", bool) for name in ("https", "status")}
    stated = {name: value for name, value in found.items() if value is not None}
    return Limits(**stated, hosts=_read_strings(limits, "limits.hosts"), declared=limits)


def _read_member(document: Mapping[str, Any], path: str, kind: type[_T]) -> _T | None:
    """Read the member that a path ends with; None if it is absent or null. A boolean is not an integer."""
    value = document.get(path.rpartition(".")[2])
    if value is None or type(value) is kind:
        return value
    raise MessageError(f"`{path}` is {_format_value(value)}, not {_TYPE_NAMES[kind]}")


def _read_required(document: Mapping[str, Any], path: str, kind: type[_T]) -> _T:
    value = _read_member(document, path, kind)
    if value is None:
        raise MessageError(f"`{path}` is missing")
    return value


def _read_strings(document: Mapping[str, Any], path: str) -> tuple[str, ...]:
    texts = _read_member(document, path, list) or []
    if not all(isinstance(text, str) for text in texts):
        raise MessageError(f"`{path}` is not a list of strings")
    return tuple(texts)


def _encode_line(document: Mapping[str, object]) -> bytes:
    # ASCII only: some line readers, such as Node's readline, also end a line at U+2028 or U+0085.
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


def _read_reply_object(line: bytes) -> dict[str, Any]:
    """Parse an object from a driver, with strings that can be encoded as UTF-8 later."""
    reply = _read_object(line)
    try:
        return {
            _replace_surrogates_in_text(name): _replace_surrogates(value) for name, value in reply.items()
        }
    except RecursionError:
        raise MessageError("a line of JSON that is nested too deeply") from None


def _read_object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8-sig"), parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        start = line[:_MAX_VALUE_LENGTH].decode(errors="replace")
        raise MessageError(f"a line that is not valid JSON: {_format_value(start)}") from error
    if type(value) is not dict:
        raise MessageError(f"a line that is not a JSON object: {_format_value(value)}")
    return value


def _reject_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not valid JSON")


def _replace_surrogates(value: object) -> object:
    match value:
        case str():
            return _replace_surrogates_in_text(value)
        case dict():
            return {
                _replace_surrogates_in_text(name): _replace_surrogates(each) for name, each in value.items()
            }
        case list():
            return [_replace_surrogates(each) for each in value]
    return value


def _replace_surrogates_in_text(text: str) -> str:
    """Replace lone surrogates, which JSON can escape and UTF-8 cannot encode, by U+FFFD."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def _format_value(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, (dict, list)):
        return _TYPE_NAMES[type(value)]
    text = repr(value[: _MAX_VALUE_LENGTH + 1]) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _MAX_VALUE_LENGTH else f"{text[:_MAX_VALUE_LENGTH]}…"
