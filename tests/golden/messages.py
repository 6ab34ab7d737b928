"""Which values each member of a driver protocol message may have, by trying them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from graphcontract.clients.messages import MessageError, read_command, read_declaration, read_reply_to_any

ABSENT = "absent"
COMMANDS = ("start", "call", "cancel", "stop")

IMPLEMENTATION = {"name": "sdk", "version": "1", "language": "go", "homepage": "h", "notes": "n"}
LIMITS = {
    "root": "fixed",
    "https": True,
    "hosts": ["a"],
    "proxy": "none",
    "timeout": "call",
    "token": "client",
    "status": False,
    "surface": "typed",
}
ERROR = {"kind": "http", "type": "T", "status": 409, "code": "c", "message": "m", "requestId": "r"}
ERROR |= {"retryAfter": 1.5, "innerCodes": ["c"], "details": ["c"], "fields": {"n": "v"}}
MESSAGES: Mapping[str, Mapping[str, Any]] = {
    "start": {
        "cmd": "start",
        "protocol": 1,
        "contract": "c",
        "hosts": ["a"],
        "ca_file": "f",
        "proxy": "p",
        "debug": True,
    },
    "call": {
        "cmd": "call",
        "seq": 7,
        "operation": "o",
        "base_url": "u",
        "token": "t",
        "tokens": ["t"],
        "arguments": {"id": "1"},
        "timeout": 3.0,
        "ca_file": "f",
        "client": 1,
    },
    "cancel": {"cmd": "cancel", "seq": 7},
    "stop": {"cmd": "stop"},
    "declaration": {
        "protocol": 1,
        "implementation": IMPLEMENTATION,
        "concurrency": 8,
        "limits": LIMITS,
        "features": ["cancel"],
    },
    "success": {"seq": 7, "outcome": "success", "status": 204, "requestId": "r"},
    "failure": {"seq": 7, "outcome": "failure", "error": ERROR},
    "rejected": {"seq": 7, "outcome": "rejected", "reason": "r"},
    "unsupported": {"seq": 7, "outcome": "unsupported", "reason": "r"},
    "crash": {"seq": 7, "outcome": "crash", "reason": "r"},
}
"""A message of each kind with all of its members."""

VALUES = [
    *("null", "true", "false", "0", "1", "-1", "7", "1.0", "7.0", "1.5", "1e400", "1" + "0" * 30),
    *('""', '"text"', '"1"', '"\\ud800"', "[]", '["a"]', "[1]", '["a", null]', "[[]]"),
    *("{}", '{"a": "b"}', '{"a": 1}', '{"name": "sdk"}', '{"name": null}'),
    *('"settable"', '"fixed"', '"env"', '"option"', '"none"', '"call"', '"attempt"', '"client"'),
    *('"typed"', '"generic"', '"Fixed"', '"start"', '"stop"'),
    *('"success"', '"failure"', '"rejected"', '"unsupported"', '"crash"', '"hang"'),
]


def list_accepted() -> dict[str, dict[str, str]]:
    """For each message, by the path of a member: the JSON values that it may have there, `absent` among
    them.

    A member that does not belong to a kind of message is `later`, and so is one inside each object.
    """
    return {
        kind: {path: ", ".join(_accepted(kind, path)) for path in paths(message)}
        for kind, message in MESSAGES.items()
    }


def accepts(kind: str, line: bytes) -> bool:
    """Whether a line is read as a message of this kind, or as another that `cmd` or `outcome` names."""
    try:
        if kind in COMMANDS:
            read_command(line)
            return True
        if kind == "declaration":
            read_declaration(line)
            return True
        outcome = read_reply_to_any(line, (7,))[1]
    except MessageError:
        return False
    return not (outcome.reason or "").startswith("invalid reply of the driver")


def _accepted(kind: str, path: str) -> Iterator[str]:
    for value in [ABSENT, *VALUES]:
        if accepts(kind, change(MESSAGES[kind], path, value)):
            yield value


def change(message: Mapping[str, Any], path: str, value: str) -> bytes:
    """Write a message with another JSON value, or with ABSENT, at the path of a member."""
    changed = copy.deepcopy(dict(message))
    *parents, name = path.split(".")
    inner = changed
    for parent in parents:
        inner = inner[parent]
    inner.pop(name, None)
    if value != ABSENT:
        inner[name] = "VALUE"
    return json.dumps(changed).replace('"VALUE"', value).encode()


def definition(kind: str) -> str:
    """The definition in the schema that a message of this kind conforms to."""
    if kind in COMMANDS:
        return "command"
    return kind if kind == "declaration" else "reply"


def paths(message: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The path of each member, and of one that is unknown in each object."""
    for name, value in message.items():
        yield f"{prefix}{name}"
        if isinstance(value, dict):
            yield from paths(value, f"{prefix}{name}.")
    yield f"{prefix}later"
