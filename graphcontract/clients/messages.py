"""Serializes and parses the lines of the driver protocol, in both directions.

`message_schema` validates the members, and docs/reference/driver-protocol.md describes them. `pipes`
transfers the lines.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NoReturn

from graphcontract.clients import PROTOCOL, Implementation, Limits, Start
from graphcontract.clients.message_schema import find_fault
from graphcontract.exchange import Call, Outcome, ReportedError, RequestRule

MAX_CONCURRENCY = 64

_EXPOSED = {
    "retryAfter": "retry_after",
    "innerCodes": "inner_codes",
    "details": "details",
    "fields": "fields",
}
_MAX_VALUE_LENGTH = 80  # characters of a value in an error message
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TYPE_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
}


class MessageError(ValueError):
    """A line that violates the protocol; `str()` names the member that is wrong."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """A driver's reply to `start`: the client, how many calls it accepts at once, what it cannot do, and
    which optional features of the protocol it has.
    """

    implementation: Implementation
    concurrency: int = 1
    limits: Limits = field(default_factory=Limits)
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberedCall:
    """A `call` command: the reply to it carries its `seq`."""

    seq: int
    call: Call


@dataclass(frozen=True, slots=True)
class Cancel:
    """A `cancel` command: the call with this number, if it is in flight, should end."""

    seq: int


def write_start(start: Start) -> bytes:
    """Serialize the `start` command."""
    document: dict[str, object] = {
        "cmd": "start",
        "protocol": PROTOCOL,
        "contract": start.contract,
        "hosts": start.hosts,
        "ca_file": start.ca_file,
        "proxy": start.proxy,
    }
    if start.debug:
        document["debug"] = True
    return _encode_line(document)


def write_call(seq: int, call: Call) -> bytes:
    """Serialize a `call` command; the reply to it carries its `seq`."""
    document: dict[str, object] = {
        "cmd": "call",
        "seq": seq,
        "operation": call.operation,
        "request": None if call.request is None else asdict(call.request),
        "base_url": call.base_url,
        "token": call.token,
        "arguments": dict(call.arguments),
        "timeout": call.timeout,
        "ca_file": call.ca_file,
        "client": call.client,
    }
    if call.tokens is not None:
        document["tokens"] = call.tokens
    return _encode_line(document)


def write_cancel(seq: int) -> bytes:
    """Serialize the `cancel` command for the call with that number."""
    return _encode_line({"cmd": "cancel", "seq": seq})


def write_stop() -> bytes:
    """Serialize the `stop` command."""
    return _encode_line({"cmd": "stop"})


def read_command(line: bytes) -> Start | NumberedCall | Cancel | None:
    """Parse a command, as a driver does: None for `stop`; raises MessageError."""
    command = _read_object(line)
    _validate("command", command)
    match command["cmd"]:
        case "start":
            return Start(
                contract=command["contract"],
                hosts=tuple(command.get("hosts") or ()),
                ca_file=command.get("ca_file"),
                proxy=command.get("proxy"),
                debug=bool(command.get("debug")),
            )
        case "call":
            return NumberedCall(command["seq"], _read_call(command))
        case "cancel":
            return Cancel(command["seq"])
        case _:
            return None


def write_declaration(declaration: Declaration) -> bytes:
    """Serialize a driver's reply to `start`, without limits that equal the defaults."""
    implementation = asdict(declaration.implementation)
    limits, usual = declaration.limits, Limits()
    names = [each.name for each in fields(Limits) if each.name != "declared"]
    document: dict[str, object] = {
        "protocol": PROTOCOL,
        "implementation": {name: value for name, value in implementation.items() if value is not None},
        "concurrency": declaration.concurrency,
        "limits": {
            name: getattr(limits, name) for name in names if getattr(limits, name) != getattr(usual, name)
        },
    }
    if declaration.features:
        document["features"] = declaration.features
    return _encode_line(document)


def begins_object(line: bytes) -> bool:
    """Whether a line starts a JSON object and so is not a banner; a byte order mark may precede it."""
    return line.removeprefix(codecs.BOM_UTF8).startswith(b"{")


def read_declaration(line: bytes) -> Declaration:
    """Parse a driver's reply to `start`, with concurrency clamped to 1 … 64; raises MessageError."""
    reply = _read_reply_object(line)
    protocol = reply.get("protocol")
    if type(protocol) is int and protocol != PROTOCOL:
        raise MessageError(
            f"it uses protocol version {protocol}, not {PROTOCOL}: update the older of the two"
        )
    _validate("declaration", reply)
    who, names = reply["implementation"], [each.name for each in fields(Implementation)]
    return Declaration(
        implementation=Implementation(**{name: who.get(name) for name in names}),
        concurrency=min(max(reply.get("concurrency") or 1, 1), MAX_CONCURRENCY),
        limits=_read_limits(reply.get("limits") or {}),
        features=tuple(reply.get("features") or ()),
    )


def write_reply(seq: int, outcome: Outcome) -> bytes:
    """Serialize a driver's reply to the call with that number."""
    document: dict[str, object] = {"seq": seq, "outcome": outcome.kind}
    match outcome.kind:
        case "success":
            document |= {"status": outcome.status, "requestId": outcome.request_id}
        case "failure":
            error = asdict(outcome.error or ReportedError())
            exposed = {name: error.pop(member) for name, member in _EXPOSED.items()}
            document["error"] = {
                **error,
                "requestId": error["request_id"],
                **{name: value for name, value in exposed.items() if value is not None},
            }
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
    _validate("reply", reply)
    match reply["outcome"]:
        case "success":
            return Outcome.success(status=reply.get("status"), request_id=reply.get("requestId"))
        case "failure":
            error = reply.get("error") or {}
            return Outcome.failure(
                kind=error.get("kind"),
                type=error.get("type"),
                status=error.get("status"),
                code=error.get("code"),
                message=error.get("message"),
                request_id=error.get("requestId"),
                retry_after=error.get("retryAfter"),
                inner_codes=_as_tuple(error.get("innerCodes")),
                details=_as_tuple(error.get("details")),
                fields=error.get("fields"),
            )
        case kind:
            return Outcome(kind, reason=reply.get("reason") or "no reason given")


def _read_call(command: Mapping[str, Any]) -> Call:
    request, names = command.get("request"), [each.name for each in fields(RequestRule)]
    return Call(
        operation=command["operation"],
        arguments=command["arguments"],
        token=command["token"],
        base_url=command.get("base_url"),
        timeout=float(command["timeout"]),
        client=command["client"],
        ca_file=command.get("ca_file"),
        request=RequestRule(**{name: request.get(name) for name in names}) if request else None,
        tokens=_as_tuple(command.get("tokens")),
    )


def _as_tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _read_limits(limits: Mapping[str, Any]) -> Limits:
    names = [each.name for each in fields(Limits) if each.name not in ("hosts", "declared")]
    stated = {name: limits[name] for name in names if limits.get(name) is not None}
    if "pool" in stated:
        stated["pool"] = max(1, stated["pool"])
    return Limits(**stated, hosts=tuple(limits.get("hosts") or ()), declared=limits)


def _validate(definition: str, message: Mapping[str, object]) -> None:
    """Raise MessageError at the first member that the schema of the protocol does not allow."""
    fault = find_fault(definition, message)
    if fault is None:
        return
    path = _cut(fault.path)
    if fault.value is None:
        raise MessageError(f"`{path}` is missing")
    raise MessageError(f"`{path}` is {_format_value(fault.value)}, not {_describe_expected(fault.schema)}")


def _describe_expected(schema: Mapping[str, Any]) -> str:
    if "const" in schema:
        return str(schema["const"])
    if "enum" in schema:
        *others, last = [str(choice) for choice in schema["enum"] if choice is not None]
        return f"{', '.join(others)} or {last}"
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return _TYPE_NAMES[types[0]]


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
        return _TYPE_NAMES["object" if isinstance(value, dict) else "array"]
    return _cut(repr(value[: _MAX_VALUE_LENGTH + 1]) if isinstance(value, str) else json.dumps(value))


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_VALUE_LENGTH else f"{text[:_MAX_VALUE_LENGTH]}…"
