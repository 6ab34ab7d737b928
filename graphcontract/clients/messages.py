"""The lines of the driver protocol: JSON to and from the values that they stand for, in both directions.

Knows the protocol's members and their types. It reads and writes no pipe and starts no process.
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

_SHOWN = 80
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CHOICES = {
    "root": ("settable", "fixed"),
    "proxy": ("env", "option", "none"),
    "timeout": ("call", "attempt", "none"),
    "token": ("call", "client"),
    "surface": ("typed", "generic"),
}
_WORDS: Mapping[type, str] = {
    str: "a string",
    int: "an integer",
    bool: "true or false",
    dict: "an object",
    list: "a list",
}
_T = TypeVar("_T")


class MessageError(ValueError):
    """A line that the protocol has no place for; `str()` names the member that is wrong."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a driver answers to `start`: who it drives, how many calls it holds at once, what it cannot do."""

    implementation: Implementation
    concurrency: int = 1
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class NumberedCall:
    """A `call` command: the reply to it carries its `seq`."""

    seq: int
    call: Call


def write_start(start: Start) -> bytes:
    """Write the command that tells a driver what it is started for."""
    document = {
        "cmd": "start",
        "protocol": PROTOCOL,
        "contract": start.contract,
        "hosts": start.hosts,
        "ca_file": start.ca_file,
        "proxy": start.proxy,
    }
    return _line(document)


def write_call(seq: int, call: Call) -> bytes:
    """Write the command for one call; the reply to it carries its `seq`."""
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
    return _line(document)


def write_stop() -> bytes:
    """Write the command that asks a driver to end."""
    return _line({"cmd": "stop"})


def read_command(line: bytes) -> Start | NumberedCall | None:
    """Read a command, as a driver does: None for `stop`; raises MessageError."""
    command = _read_object(line)
    match command.get("cmd"):
        case "start":
            if command.get("protocol") != PROTOCOL:
                raise MessageError(f"`protocol` is {_shown(command.get('protocol'))}, not {PROTOCOL}")
            return Start(
                contract=_required(command, "contract", str),
                hosts=_texts(command, "hosts"),
                ca_file=_member(command, "ca_file", str),
                proxy=_member(command, "proxy", str),
            )
        case "call":
            return NumberedCall(_required(command, "seq", int), _read_call(command))
        case "stop":
            return None
        case other:
            raise MessageError(f"`cmd` is {_shown(other)}, not start, call or stop")


def write_declaration(declaration: Declaration) -> bytes:
    """Write a driver's answer to `start`; limits that do not differ from the defaults are left out."""
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
    return _line(document)


def begins_object(line: bytes) -> bool:
    """Whether a line opens a JSON object, and so is no banner; a byte order mark may stand before it."""
    return line.removeprefix(codecs.BOM_UTF8).startswith(b"{")


def read_declaration(line: bytes) -> Declaration:
    """Read what a driver says of itself, its concurrency brought into 1 … 64; raises MessageError."""
    answer = _read_answer(line)
    protocol = _member(answer, "protocol", int)
    if protocol not in (None, PROTOCOL):
        raise MessageError(f"it speaks protocol {protocol} and not {PROTOCOL}: update the older of the two")
    who = _required(answer, "implementation", dict)
    implementation = Implementation(
        name=_required(who, "implementation.name", str),
        version=_member(who, "implementation.version", str),
        language=_member(who, "implementation.language", str),
        homepage=_member(who, "implementation.homepage", str),
        notes=_member(who, "implementation.notes", str),
    )
    concurrency = _member(answer, "concurrency", int) or 1
    limits = _read_limits(_member(answer, "limits", dict) or {})
    return Declaration(implementation, min(max(concurrency, 1), MAX_CONCURRENCY), limits)


def write_reply(seq: int, outcome: Outcome) -> bytes:
    """Write a driver's reply to the call of that number."""
    document: dict[str, object] = {"seq": seq, "outcome": outcome.kind}
    match outcome.kind:
        case "success":
            document |= {"status": outcome.status, "requestId": outcome.request_id}
        case "failure":
            error = asdict(outcome.error or ReportedError())
            document["error"] = {**error, "requestId": error.pop("request_id")}
        case _:
            document["reason"] = outcome.reason
    return _line(document)


def read_reply(line: bytes, seq: int) -> Outcome:
    """Read the outcome that a line reports for the call of that number; never raises.

    A line that is no reply to this call is a crash with `died`, as `read_reply_to_any` refuses it.
    """
    try:
        return read_reply_to_any(line, (seq,))[1]
    except MessageError as error:
        return Outcome.crash(f"the driver answered with {error}", died=True)


def read_reply_to_any(line: bytes, awaited: Collection[int]) -> tuple[int, Outcome]:
    """Read which of the awaited calls a line replies to, and the outcome that it reports.

    Raises MessageError for a line that is no reply to any of them: such a driver is out of step and has to
    be replaced. A reply with a member of the wrong type is a crash of a driver that can go on.
    """
    reply = _read_answer(line)
    seq = reply.get("seq")
    if type(seq) is not int or seq not in awaited:
        raise MessageError(f"`seq` {_shown(seq)}, not {' or '.join(map(str, sorted(awaited)))}")
    try:
        return seq, _read_outcome(reply)
    except MessageError as error:
        return seq, Outcome.crash(f"in the driver's answer {error}")


def _read_outcome(reply: Mapping[str, Any]) -> Outcome:
    match reply.get("outcome"):
        case "success":
            return Outcome.success(
                status=_member(reply, "status", int), request_id=_member(reply, "requestId", str)
            )
        case "failure":
            error = _member(reply, "error", dict) or {}
            return Outcome.failure(
                kind=_member(error, "error.kind", str),
                type=_member(error, "error.type", str),
                status=_member(error, "error.status", int),
                code=_member(error, "error.code", str),
                message=_member(error, "error.message", str),
                request_id=_member(error, "error.requestId", str),
            )
        case "rejected" | "unsupported" | "crash" as kind:
            return Outcome(kind, reason=_member(reply, "reason", str) or "no reason given")
        case other:
            raise MessageError(f"`outcome` is {_shown(other)}, which is none of the protocol's")


def _read_call(command: Mapping[str, Any]) -> Call:
    arguments = _required(command, "arguments", dict)
    if not all(isinstance(value, str) for value in arguments.values()):
        raise MessageError("`arguments` is not an object of strings")
    timeout = command.get("timeout")
    if not isinstance(timeout, (int, float)):
        raise MessageError(f"`timeout` is {_shown(timeout)}, not a number")
    return Call(
        operation=_required(command, "operation", str),
        arguments=arguments,
        token=_required(command, "token", str),
        base_url=_member(command, "base_url", str),
        timeout=float(timeout),
        client=_required(command, "client", int),
        ca_file=_member(command, "ca_file", str),
    )


def _read_limits(limits: Mapping[str, Any]) -> Limits:
    found: dict[str, Any] = {name: _member(limits, f"limits.{name}", str) for name in _CHOICES}
    for name, choices in _CHOICES.items():
        if found[name] is not None and found[name] not in choices:
            raise MessageError(f"`limits.{name}` is {_shown(found[name])}, not {' or '.join(choices)}")
    found |= {name: _member(limits, f"limits.{name}", bool) for name in ("https", "status")}
    stated = {name: value for name, value in found.items() if value is not None}
    return Limits(**stated, hosts=_texts(limits, "limits.hosts"), declared=limits)


def _member(document: Mapping[str, Any], path: str, kind: type[_T]) -> _T | None:
    """Give the member that a path ends with, None where it is absent or null; true is no integer."""
    value = document.get(path.rpartition(".")[2])
    if value is None or type(value) is kind:
        return value
    raise MessageError(f"`{path}` is {_shown(value)}, not {_WORDS[kind]}")


def _required(document: Mapping[str, Any], path: str, kind: type[_T]) -> _T:
    value = _member(document, path, kind)
    if value is None:
        raise MessageError(f"`{path}` is missing")
    return value


def _texts(document: Mapping[str, Any], path: str) -> tuple[str, ...]:
    texts = _member(document, path, list) or []
    if not all(isinstance(text, str) for text in texts):
        raise MessageError(f"`{path}` is not a list of strings")
    return tuple(texts)


def _line(document: Mapping[str, object]) -> bytes:
    # ASCII alone: some line readers, Node's readline among them, end a line at U+2028 or U+0085 as well.
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


def _read_answer(line: bytes) -> dict[str, Any]:
    """Read an object from a driver, such that what it says can be written as UTF-8 later."""
    answer = _read_object(line)
    try:
        return {_mended_text(name): _mended(value) for name, value in answer.items()}
    except RecursionError:
        raise MessageError("a line of JSON that is nested too deep") from None


def _read_object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        start = line[:_SHOWN].decode(errors="replace")
        raise MessageError(f"a line that is no JSON: {_shown(start)}") from error
    if type(value) is not dict:
        raise MessageError(f"a line that is JSON but no object: {_shown(value)}")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _mended(value: object) -> object:
    match value:
        case str():
            return _mended_text(value)
        case dict():
            return {_mended_text(name): _mended(each) for name, each in value.items()}
        case list():
            return [_mended(each) for each in value]
    return value


def _mended_text(text: str) -> str:
    """Put U+FFFD in place of lone surrogates, which JSON can escape and UTF-8 cannot hold."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def _shown(value: object) -> str:
    if value is None:
        return "missing"
    if isinstance(value, (dict, list)):
        return _WORDS[type(value)]
    text = repr(value[: _SHOWN + 1]) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
