"""A contract file from what one source says of an action.

Knows what a contract file needs and where its facts come from; it reads no source by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from graphcontract.checking import Known, check
from graphcontract.contractfile import lay_out, parse
from graphcontract.drift import csdl, openapi, reading
from graphcontract.drift.detecting import kind_of
from graphcontract.drift.model import Reading, Source, SourceError, Unknown, Value, Wanted
from graphcontract.drift.owed import CLOUDS, SCHEMES
from graphcontract.drift.paths import segments, shown
from graphcontract.errors import UserError

ROOT = "https://graph.microsoft.com"

_OPTIONS = {"path": "--path", "version": "--api-version"}
_CITED = {
    "page": "Microsoft Graph documentation, {title} ({version})",
    "csdl": "Microsoft Graph metadata in CSDL ({version}), action {action} of {binding}",
    "openapi": "OpenAPI description of Microsoft Graph ({version}), action {action} of {binding}",
}


class IncompleteSource(UserError):
    """A source that does not say what a contract has to; `str()` says what is missing and what to do."""


def contract_file(
    source: Source, binding: str, action: str, path: str | None, version: str | None, known: Known
) -> str:
    """Write the contract file of an action that is named without namespace.

    `path` and `version` are for sources that do not tell, or tell of several. Raises `SourceError` where the
    source cannot be read, and another `UserError` where it does not say what a contract needs.
    """
    try:
        wanted = _wanted(source, binding, action, path, version)
        read = reading.read(source, wanted)
    except Unknown as unknown:
        raise IncompleteSource(f"{source.name}: {unknown}") from None
    made = _Making(source, read, path, version).document()
    text = lay_out(made)
    check(parse(text.encode(), f"the contract made of {source.name}", None), known)
    return text


def _wanted(source: Source, binding: str, action: str, path: str | None, version: str | None) -> Wanted:
    kind = kind_of(source)
    if kind not in _CITED:
        problem = f"a source of kind {kind} does not say enough for a contract"
        raise SourceError(f"{source.name}: {problem}. Give a page, CSDL or an OpenAPI description.")
    found: tuple[Value, ...] = segments(path) if path else ()
    if not found and kind != "page":
        route = csdl.route_to if kind == "csdl" else openapi.path_of
        found = route(source, binding, action) or ()
        if not found:
            problem = f"it has no path that leads to {action} of {binding}. Give one with --path."
            raise IncompleteSource(f"{source.name}: {problem}")
    return Wanted("POST", version or "beta", found, binding, action)


class _Making:
    """Takes the members of a contract from the facts of a reading."""

    def __init__(self, source: Source, read: Reading, path: str | None, version: str | None) -> None:
        self._source, self._read, self._given = source, read, {"path": path, "version": version}
        self._notes: list[str] = []
        if read.problems:
            problem = read.problems[0]
            raise IncompleteSource(
                f"{problem.origin.source}:{problem.origin.line or 1}: {problem.fact}: {problem.text}"
            )

    def document(self) -> dict[str, Any]:
        """Make the whole file."""
        binding, action = str(self._owed("binding")), str(self._owed("action"))
        title = self._title(binding, action)
        request = self._request()
        made: dict[str, Any] = {
            "format": 2,
            "id": re.sub(r"[^a-z0-9-]+", "-", f"{binding}-{action}".lower()),
            "title": title,
            "extends": ["graph-conventions", "graph-service"],
            "request": request,
            "success": self._success(),
        }
        permissions = list(self._permissions())
        if permissions or self._told("permissions.application") is not None:
            made["permissions"] = permissions
        made["clouds"] = self._clouds()
        names = {"title": title, "version": request["version"], "binding": binding, "action": action}
        cited = _CITED[self._read.origin.kind].format(**names)
        made["provenance"] = self._provenance(cited)
        return made

    def _told(self, fact: str) -> Value:
        found = self._read.facts.get(fact)
        return found.value if found is not None and found.stance == "asserts" else None

    def _owed(self, fact: str) -> Value:
        value = self._told(fact)
        if value is None and self._given.get(fact):
            value = segments(str(self._given[fact])) if fact == "path" else self._given[fact]
            self._notes.append(f"The {fact} is as it was given: the source does not tell.")
        if value is None:
            remedy = f"Give it with {_OPTIONS[fact]}." if fact in _OPTIONS else "Import from another source."
            raise IncompleteSource(f"{self._source.name}: it does not tell the {fact}. {remedy}")
        return value

    def _title(self, binding: str, action: str) -> str:
        titles = [text for name, text in self._rows("wording") if name == "title"]
        return titles[0] if titles else f"{binding}: {action}"

    def _rows(self, fact: str) -> list[tuple[str, str]]:
        told: Any = self._told(fact)
        return list(told or ())

    def _request(self) -> dict[str, Any]:
        path = self._owed("path")
        assert isinstance(path, tuple)
        keys = [segment[1] for segment in path if isinstance(segment, tuple)]
        if len(keys) != 1:
            problem = (
                f"the path /{shown(path)} has {len(keys) or 'no'} keys, and a contract has one. Give --path."
            )
            raise IncompleteSource(f"{self._source.name}: {problem}")
        name = _identifier(str(keys[0]))
        content, queries = self._owed("content"), {own for _, own in self._rows("query")}
        if self._told("query") is None:
            self._notes.append("The source is silent on a query: none is allowed here.")
        request: dict[str, Any] = {
            "method": self._owed("method"),
            "root": ROOT,
            "version": self._owed("version"),
            "path": "".join(f"/{each if isinstance(each, str) else f'{{{name}}}'}" for each in path),
            "parameters": {name: self._key()},
            "query": "required" if "required" in queries else "unconstrained" if queries else "absent",
            "fields": {
                "Authorization": "require",
                "Content-Length": "require",
                "Content-Type": {"none": "forbid", "required": "require"}.get(str(content), "unconstrained"),
                "client-request-id": "require",
            },
            "content": {"none": "absent", "required": "required"}.get(str(content), "unconstrained"),
        }
        return request | ({"media_type": "application/json"} if content == "required" else {})

    def _key(self) -> dict[str, Any]:
        told = self._told("key-type")
        if told is None:
            self._notes.append("The source is silent on the type of the key: a string is assumed.")
        type = str(told or "string").lower()
        if type in ("guid", "uuid"):
            return {"type": "string", "format": "uuid", "minLength": 1}
        return {"type": "integer"} if type.startswith("int") else {"type": "string", "minLength": 1}

    def _success(self) -> dict[str, Any]:
        told = self._owed("success")
        assert isinstance(told, tuple)
        status, content = told
        if status is None:
            raise IncompleteSource(f"{self._source.name}: it does not tell the status of success.")
        presence = {"none": "absent", "content": "required"}.get(str(content), "unconstrained")
        return {"status": status, "content": presence}

    def _permissions(self) -> Iterator[dict[str, Any]]:
        for scheme, fact in SCHEMES.items():
            told: Any = self._told(fact)
            if told and any(told):
                least, higher = told
                yield {"scheme": scheme, "least": list(least), "higher": list(higher)}

    def _clouds(self) -> list[str]:
        """A schema or description is of one cloud, and says nothing of others."""
        told = self._told("clouds") if self._read.origin.kind == "page" else None
        if isinstance(told, tuple):
            return [cloud for cloud, name in CLOUDS.items() if name in told]
        self._notes.append("The source is silent on national clouds: the root is that of the global service.")
        return ["global"]

    def _provenance(self, cited: str) -> dict[str, Any]:
        digest = sha256(self._source.path.read_bytes()).hexdigest()
        return {"source": cited, "sha256": digest, "notes": self._notes}


def _identifier(placeholder: str) -> str:
    """A placeholder as a contract may have it: `message-id` becomes `messageId`."""
    first, *rest = re.findall(r"[A-Za-z0-9_]+", placeholder) or ["id"]
    joined = first + "".join(part[:1].upper() + part[1:] for part in rest)
    return joined if joined[:1].isalpha() else f"id{joined}"
