"""Reads the API export of a Kiota SDK for Python: routes, verbs, return types and enums.

An export has one declaration per line, and is about 70 MB: it is streamed, and irrelevant lines are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256

from graphcontract.contract.odata import strip_alias
from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.model import FactOrigin, Reading, Source, SourceError, Unknown, Value, Wanted

SDK_VERSIONS = {"msgraph_beta": "beta", "msgraph": "v1.0"}
"""The version of the API by the package of its SDK."""

NAMES = ("method", "version", "path", "action", "content", "success", "route", "status-enum")

_LONGEST_LINE = 1024 * 1024  # bounds the memory if the file has no line ends
_VERB = re.compile(
    r"(\w+)\.generated\.([\w.]+)\.\w+::\|public\|(get|post|put|patch|delete)\((.*)\):(.*)", re.IGNORECASE
)
_ARGUMENT = re.compile(r"(\w+)='?\{", re.ASCII)
_STATUS = re.compile(r"[\w.]+\.models\.(?:[\w.]+\.)?(\w+)::\|public\|status\(\):(\w+)")
_MEMBER = re.compile(r"[\w.]+\.models\.(?:[\w.]+\.)?(\w*[Ss]tatus)::(\d{4})-(\w+)")


def read(source: Source, wanted: Wanted) -> Reading:
    """Read what an SDK offers for the wanted operation; raises `Unknown` without a builder for its path."""
    notes = FactCollector(FactOrigin("sdk", source.name, source.version))
    above = ".".join(map(name_builder, wanted.path[:-1])).casefold()
    deleting = wanted.method == "DELETE"  # the other methods of an entity are other operations
    marks = (f".{above}.".encode() if above else b"delete(", b"status")
    verbs: list[tuple[int, re.Match[str]]] = []
    enums: dict[str, list[tuple[int, str, str]]] = {}
    typed: dict[str, str] = {}
    for number, line in iterate_lines(source, marks):
        verb, status, member = _VERB.fullmatch(line), _STATUS.fullmatch(line), _MEMBER.fullmatch(line)
        if verb and is_builder(verb[2], above, wanted) and (not deleting or verb[3].casefold() == "delete"):
            verbs.append((number, verb))
        elif status:
            typed[status[1].casefold()] = status[2]
        elif member:
            enums.setdefault(member[1], []).append((number, member[2], member[3]))
    if not verbs:
        named = f"delete() of {name_builder(wanted.path[-1])}" if deleting else wanted.action
        raise Unknown(f"it has no request builder {named} below {above or 'the client'}", notes.origin)
    _read_route(notes, verbs, wanted)
    members = enums.get(typed.get(wanted.binding.casefold(), ""), [])
    if members:
        names = tuple(
            (name[:1].lower() + name[1:], None) for _, _, name in sorted(members, key=lambda m: m[1])
        )
        notes.add_fact("status-enum", names, notes.locate(members[0][0]))
    notes.mark_silent(NAMES)
    said = [match[0] for _, match in verbs] + [repr(member[1:]) for member in members]
    return notes.make_reading(sha256("\n".join(said).encode()).hexdigest())


def name_builder(segment: Value) -> str:
    """Name the builder of a segment: `item` for a key, `ref` for `$ref`, `devicesWithDeviceId` for
    `devices(deviceId='{deviceId}')`; a cast is its qualified name without dots, and a key of several parts
    has no name before its arguments.
    """
    if not isinstance(segment, str):
        return "item"
    name, call, arguments = segment.partition("(")
    if not call and "=" in segment:
        name, arguments = "", segment
    plain = strip_alias(name).removeprefix("microsoft.").replace(".", "").removeprefix("$")
    return plain + "".join(f"With{each[:1].upper()}{each[1:]}" for each in _ARGUMENT.findall(arguments))


def _make_segment(builder: str, wanted: Value) -> Value:
    """Make the segment of a builder that matches the wanted one."""
    if builder == "item":
        return ("key", "item")
    is_spelled_otherwise = isinstance(wanted, str) and not wanted.isalnum()
    return wanted if is_spelled_otherwise else builder


def is_builder(path: str, above: str, wanted: Wanted) -> bool:
    """Whether a builder is that of the operation: an SDK names that of an action `close` or
    `microsoftGraphSecurityClose`.
    """
    owner, _, last = path.rpartition(".")
    if owner.casefold() != above:
        return False
    if wanted.method == "DELETE":
        return last.casefold() == name_builder(wanted.path[-1]).casefold()
    return last.casefold() == wanted.action.casefold() or is_qualified_builder(last, wanted.action)


def is_qualified_builder(builder: str, action: str) -> bool:
    """Whether a builder has the name of an action behind its namespace."""
    last = re.escape(action[:1].upper() + action[1:])
    return re.fullmatch(rf"(?:microsoft)?[gG]raph\w*{last}", builder) is not None


def _read_route(notes: FactCollector, verbs: list[tuple[int, re.Match[str]]], wanted: Wanted) -> None:
    number, verb = next((each for each in verbs if each[1][3].upper() == wanted.method), verbs[0])
    package, path, method, parameters, returned = verb.groups()
    place = notes.locate(number)
    *above, last = path.split(".")
    action = last if last.casefold() == wanted.action.casefold() else wanted.action
    end = _make_segment(last, wanted.path[-1]) if wanted.method == "DELETE" else action
    notes.add_fact("method", method.upper(), place)
    notes.add_fact("path", (*map(_make_segment, above, wanted.path), end), place)
    notes.add_fact("action", action, place)
    notes.add_fact("route", "reachable", place)
    if package in SDK_VERSIONS:
        notes.add_fact("version", SDK_VERSIONS[package], place)
    body = re.search(r"\bbody(\??):", parameters)
    notes.add_fact("content", ("optional" if body[1] else "required") if body else "none", place)
    notes.add_fact("success", (None, "none" if returned.strip() == "None" else "content"), place)


def iterate_lines(source: Source, marks: tuple[bytes, ...]) -> Iterator[tuple[int, str]]:
    """Yield the lines that may be relevant, with their numbers; most of an export of 70 MB is not."""
    try:
        with source.path.open("rb") as file:
            number = 0
            while line := file.readline(_LONGEST_LINE):
                number += 1
                small = line.lower()
                if any(mark in small for mark in marks):
                    yield number, line.decode("utf-8", "replace").strip()
    except OSError as error:
        raise SourceError(
            f"{source.name}: it cannot be read: {error.strerror}", "Give a readable file."
        ) from None
