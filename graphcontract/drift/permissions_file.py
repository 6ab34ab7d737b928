"""Reads permissions.json of Microsoft Graph: the permissions of a path, by permission type."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from graphcontract.drift.contract_facts import SCHEMES
from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.model import FactOrigin, Reading, Source, SourceError, Unknown, Wanted
from graphcontract.drift.openapi.yaml_values import ValuesError, parse_json
from graphcontract.drift.operation_paths import fold_path
from graphcontract.drift.page.request_lines import parse_target
from graphcontract.drift.source_file import decode_text, read_bytes

NAMES = ("method", "path", *SCHEMES.values())

_MOST_BYTES = 64 * 1024 * 1024  # many times permissions.json, which has a few MB; it is parsed whole


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission for one spelling of the path."""

    permission: str
    path: str
    methods: tuple[str, ...]
    schemes: tuple[str, ...]
    least: tuple[str, ...]


def read(source: Source, wanted: Wanted) -> Reading:
    """Read which permissions the wanted operation needs; raises `Unknown` if the file lacks its path."""
    text, document = parse_permissions(source)
    notes = FactCollector(FactOrigin("permissions", source.name, source.version))
    found = list(_find_grants(notes, document, wanted))
    if not found:
        path = "/".join("{id}" if isinstance(each, tuple) else str(each) for each in wanted.path)
        raise Unknown(f"the file has no permission for the path /{path}", notes.origin)
    granted = [each for each in found if wanted.method in each.methods]
    first = (granted or found)[0]
    line = text.count("\n", 0, max(text.find(json.dumps(first.path)), 0)) + 1
    place = notes.locate(line)
    notes.add_fact("method", wanted.method if granted else first.methods[0], place)
    notes.add_fact("path", parse_target(first.path)[1], place)
    for scheme, rated in rate_permissions(granted or found).items():
        notes.add_fact(SCHEMES[scheme], rated, place)
    return notes.make_reading(sha256(repr(found).encode()).hexdigest())


def parse_permissions(source: Source) -> tuple[str, Any]:
    """Read the file as text and as JSON; raises `SourceError` if it is not JSON, or has a name twice in one
    object: readers of JSON differ in which of the two values they keep.
    """
    text = decode_text(read_bytes(source.path, source.name, _MOST_BYTES), source.name)
    try:
        return text, json.loads(text, object_pairs_hook=_make_object)
    except RecursionError:
        raise SourceError(f"{source.name}: it is nested too deeply", "Fetch it again.") from None
    except _RepeatedName:
        raise _locate_repeated_name(source, text) from None
    except ValueError as error:
        line = getattr(error, "lineno", None)
        place = f"{source.name}:{line}" if line else source.name
        raise SourceError(
            f"{place}: it is not valid JSON: {error}", "Fetch the complete file again."
        ) from None


class _RepeatedName(Exception):
    """An object has a name twice."""


def _make_object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(members)
    if len(made) != len(members):
        raise _RepeatedName
    return made


def _locate_repeated_name(source: Source, text: str) -> SourceError:
    """Make the error for a name that occurs twice; it is found by a slower parser, which has lines."""
    problem, line = "a name occurs twice in one object", 1
    try:
        parse_json(text.encode())
    except ValuesError as error:
        problem, line = str(error), error.line
    return SourceError(f"{source.name}:{line}: {problem}", "Remove one of the two, or fetch the file again.")


def rate_permissions(grants: Sequence[Grant]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Rate permissions: the least and the higher ones of each scheme, sorted."""
    rated: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for scheme in SCHEMES:
        has = [each for each in grants if scheme in each.schemes]
        least = sorted({each.permission for each in has if scheme in each.least})
        higher = sorted({each.permission for each in has} - set(least))
        rated[scheme] = (tuple(least), tuple(higher))
    return rated


def iterate_grants(notes: FactCollector, document: Any, fits: Callable[[str], bool]) -> Iterator[Grant]:
    """Yield the permissions for the paths that fit; what cannot be read becomes a problem in the notes."""
    permissions = _as_object(_as_object(document).get("permissions"))
    for permission, details in permissions.items():
        for path_set in _as_list(_as_object(details).get("pathSets")):
            members = _as_object(path_set)
            for path, words in _as_object(members.get("paths")).items():
                if fits(path):
                    yield _read_grant(notes, permission, path, words, members)


def _find_grants(notes: FactCollector, document: Any, wanted: Wanted) -> Iterator[Grant]:
    expected = fold_path(wanted.path)
    length = len(expected)  # most paths differ in it, and folding takes longer
    return iterate_grants(
        notes,
        document,
        lambda path: path.rstrip("/").count("/") == length and fold_path(parse_target(path)[1]) == expected,
    )


def _read_grant(
    notes: FactCollector, permission: str, path: str, words: Any, members: Mapping[str, Any]
) -> Grant:
    methods = tuple(str(each).upper() for each in _as_list(members.get("methods")))
    schemes = tuple(str(each) for each in _as_list(members.get("schemeKeys")))
    least: list[str] = []
    also = str(members.get("alsoRequires") or "")
    for word in str(words or "").split(";"):
        name, _, value = word.strip().partition("=")
        name = name.rstrip()
        if name.casefold() == "least":
            least += [each.strip() for each in value.split(",") if each.strip()]
        elif name.casefold() == "alsorequires":
            also = value.strip()
        elif name and name.casefold() != "implicit":
            notes.add_unreadable(
                "permissions", f"{permission} on {path} has an unknown member {word.strip()[:80]!r}", None
            )
    if not methods or not schemes or not set(least) <= set(schemes) or set(schemes) - SCHEMES.keys():
        problem = f"{permission} on {path} has missing or unknown methods or schemes"
        notes.add_unreadable("permissions", problem, None)
    return Grant(
        f"{permission} + {also}" if also else permission, path, methods or ("?",), schemes, tuple(least)
    )


def _as_object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _as_list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else []
