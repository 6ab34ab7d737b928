"""Makes a contract file from one source of an action."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from graphcontract.contract.jsonfile import lay_out, parse
from graphcontract.contract.odata import unqualified
from graphcontract.contract.validation import Known, check
from graphcontract.drift import readers, routes
from graphcontract.drift.contract_facts import CLOUDS, SCHEMES
from graphcontract.drift.csdl import csdl_reader
from graphcontract.drift.model import Reading, Source, SourceError, Unknown, Value, Wanted
from graphcontract.drift.openapi import openapi_reader
from graphcontract.drift.operation_paths import folded, segments, shown
from graphcontract.drift.page.prose import requires_empty_object
from graphcontract.drift.source_kind import kind_of
from graphcontract.errors import UserError

ROOT = "https://graph.microsoft.com"

Given = Mapping[str, str | None]
"""What was given with options, by the fact that it is about."""

_OPTIONS = {"path": "--path", "version": "--api-version"}
_CITED = {
    "page": "Microsoft Graph documentation, {title} ({version})",
    "csdl": "Microsoft Graph metadata in CSDL ({version}), action {action} of {binding}",
    "openapi": "OpenAPI description of Microsoft Graph ({version}), action {action} of {binding}",
}


class IncompleteSource(UserError):
    """A source that does not say what a contract has to; `str()` says what is missing and what to do."""

    code = "incomplete-source"


def contract_file(
    source: Source, binding: str, action: str, path: str | None, version: str | None, known: Known
) -> str:
    """Write the contract file of an action that is named without namespace.

    `path` and `version` are for sources that do not tell, or tell of several. Raises `SourceError` where the
    source cannot be read, and another `UserError` where it does not say what a contract needs, or says
    something else than what is given.
    """
    given = {"binding": binding, "action": action, "path": path, "version": version}
    try:
        wanted = _wanted(source, binding, action, path, version)
        read = readers.read(source, wanted)
    except Unknown as unknown:
        raise IncompleteSource(f"{source.name}: {unknown}{_other_paths(source, given)}") from None
    made = _ContractBuilder(source, read, given).document()
    text = lay_out(made)
    check(parse(text.encode(), f"the contract made of {source.name}", None), known)
    return text


def other_paths(source: Source, binding: str, action: str, made: str) -> str:
    """List the paths to an action that a contract file was not made of, a line each; empty where it was made
    of the only one.
    """
    chosen = segments(json.loads(made)["request"]["path"])
    found = routes.routes(source, kind_of(source), binding, action)
    return routes.listed([path for path in found if folded(path) != folded(chosen)], chosen)


def _other_paths(source: Source, given: Given) -> str:
    """The paths that the source has in place of the given one, as the end of an error; empty without one."""
    if not given["path"]:
        return ""
    found = routes.routes(source, kind_of(source), str(given["binding"]), str(given["action"]))
    lines = routes.listed(found, segments(given["path"]))
    return f" Paths in this source:{lines}" if lines else ""


def _wanted(source: Source, binding: str, action: str, path: str | None, version: str | None) -> Wanted:
    kind = kind_of(source)
    if kind not in _CITED:
        problem = f"a source of kind {kind} does not have enough facts for a contract"
        raise SourceError(f"{source.name}: {problem}. Give a page, CSDL or an OpenAPI description.")
    found: tuple[Value, ...] = segments(path) if path else ()
    if path and unqualified(str(found[-1])).casefold() != action.casefold():
        problem = f"the path ends with {found[-1] if isinstance(found[-1], str) else 'a key'}"
        given = {"binding": binding, "action": action, "path": path}
        others = _other_paths(source, given)
        raise IncompleteSource(f"--action {binding}/{action} does not fit --path {path}: {problem}.{others}")
    if not found and kind != "page":
        route = csdl_reader.route_to if kind == "csdl" else openapi_reader.path_of
        found = route(source, binding, action) or ()
        if not found:
            problem = f"it has no path to {action} of {binding}. Give one with --path."
            raise IncompleteSource(f"{source.name}: {problem}")
    return Wanted("POST", version or "beta", found, binding, action)


class _ContractBuilder:
    """Takes the members of a contract from the facts of a reading."""

    def __init__(self, source: Source, read: Reading, given: Given) -> None:
        self._source, self._read, self._given = source, read, given
        self._notes: list[str] = []
        self._compare_with_options()
        if read.problems:
            problem = read.problems[0]
            raise IncompleteSource(
                f"{problem.origin.source}:{problem.origin.line or 1}: {problem.fact}: {problem.text}"
            )

    def _compare_with_options(self) -> None:
        """Refuse options that the source contradicts: it would be imported without regard to them."""
        source, given = self._source.name, self._given
        path, stated = self._stated("path"), given["path"]
        elsewhere = isinstance(path, tuple) and stated and folded(path) != folded(segments(stated))
        if stated and (elsewhere or self._stated("route") == "absent"):
            problem = (
                f"--path {stated}: {source} has no such path to {given['action']} of {given['binding']}."
            )
            raise IncompleteSource(problem + _other_paths(self._source, given))
        binding, action = given["binding"], given["action"]
        for fact in ("binding", "action"):
            actual = self._stated(fact)
            if actual is not None and str(actual).casefold() != str(given[fact]).casefold():
                right = f"{self._stated('binding') or binding}/{self._stated('action') or action}"
                problem = f"--action {binding}/{action}: {source} describes {right}"
                raise IncompleteSource(f"{problem}. Give --action {right}, or another source or path.")
        version = self._stated("version")
        if given["version"] and version not in (None, given["version"]):
            raise IncompleteSource(f"--api-version {given['version']}: {source} is for version {version}.")

    def document(self) -> dict[str, Any]:
        """Make the whole file."""
        binding, action = str(self._require("binding")), str(self._require("action"))
        title = self._title(binding, action)
        request = self._request()
        made: dict[str, Any] = {
            "format": 2,
            "id": re.sub(r"[^a-z0-9-]+", "-", f"{binding}-{action}-{request['version']}".lower()),
            "title": title,
            "extends": ["graph-conventions", "graph-service"],
            "request": request,
            "success": self._success(),
        }
        permissions = list(self._permissions())
        if permissions or self._stated("permissions.application") is not None:
            made["permissions"] = permissions
        made["clouds"] = self._clouds()
        names = {"title": title, "version": request["version"], "binding": binding, "action": action}
        cited = _CITED[self._read.origin.kind].format(**names)
        made["provenance"] = self._provenance(cited)
        return made

    def _stated(self, fact: str) -> Value:
        found = self._read.facts.get(fact)
        return found.value if found is not None and found.stance == "asserts" else None

    def _require(self, fact: str) -> Value:
        value = self._stated(fact)
        if value is None and self._given.get(fact):
            value = segments(str(self._given[fact])) if fact == "path" else self._given[fact]
            self._notes.append(f"The {fact} was given as an option: the source does not state it.")
        if value is None:
            remedy = f"Give it with {_OPTIONS[fact]}." if fact in _OPTIONS else "Import from another source."
            raise IncompleteSource(f"{self._source.name}: it does not state the {fact}. {remedy}")
        return value

    def _title(self, binding: str, action: str) -> str:
        titles = [text for name, text in self._rows("wording") if name == "title"]
        return titles[0] if titles else f"{binding}: {action}"

    def _rows(self, fact: str) -> list[tuple[str, str]]:
        stated: Any = self._stated(fact)
        return list(stated or ())

    def _request(self) -> dict[str, Any]:
        path = self._require("path")
        assert isinstance(path, tuple)
        keys = [segment[1] for segment in path if isinstance(segment, tuple)]
        if len(keys) != 1:
            problem = (
                f"the path /{shown(path)} has {len(keys) or 'no'} keys; a contract needs one. Give --path."
            )
            given = {**self._given, "path": f"/{shown(path)}"}
            raise IncompleteSource(f"{self._source.name}: {problem}{_other_paths(self._source, given)}")
        name = _identifier(str(keys[0]))
        content, queries = self._require("content"), {own for _, own in self._rows("query")}
        if self._stated("query") is None:
            self._notes.append("The source does not mention query parameters: the contract allows none.")
        request: dict[str, Any] = {
            "method": self._require("method"),
            "root": ROOT,
            "version": self._require("version"),
            "path": "".join(f"/{each if isinstance(each, str) else f'{{{name}}}'}" for each in path),
            "parameters": {name: self._key()},
            "query": "required" if "required" in queries else "unconstrained" if queries else "absent",
            "fields": {
                "Authorization": "require",
                "Content-Length": "require",
                "Content-Type": self._content_type(str(content)),
                "client-request-id": "require",
            },
            "content": {"none": "absent", "required": "required"}.get(str(content), "unconstrained"),
        }
        return request | ({"media_type": "application/json"} if content == "required" else {})

    def _content_type(self, content: str) -> str:
        """The rule for Content-Type; refuses other fields that are required, for a contract has none."""
        fields = {name.casefold(): (name, presence) for name, presence in self._rows("fields")}
        _, listed = fields.pop("content-type", ("", None))
        required = [name for name, presence in fields.values() if presence == "required"]
        if required:
            origin = self._read.facts["fields"].origin
            problem = f"it requires the header field {required[0]}, which a contract cannot require"
            raise IncompleteSource(f"{origin.source}:{origin.line or 1}: {problem}.")
        if content == "required":
            if requires_empty_object(dict(self._rows("wording")).get("request-body", "")):
                self._notes.append(
                    "The source requires {} as request body. No clause checks the body against it."
                )
            return "require"
        if content == "optional" or listed == "optional":
            return "unconstrained"
        if listed == "required":
            self._notes.append("The source requires Content-Type without a request body.")
        return "require" if listed == "required" else "forbid"

    def _key(self) -> dict[str, Any]:
        stated = self._stated("key-type")
        if stated is None:
            self._notes.append("The source does not state the type of the key: a string is assumed.")
        type = str(stated or "string").lower()
        if type in ("guid", "uuid"):
            return {"type": "string", "format": "uuid", "minLength": 1}
        return {"type": "integer"} if type.startswith("int") else {"type": "string", "minLength": 1}

    def _success(self) -> dict[str, Any]:
        stated = self._require("success")
        assert isinstance(stated, tuple)
        status, content = stated
        if status is None:
            raise IncompleteSource(f"{self._source.name}: it does not state the success status.")
        presence = {"none": "absent", "content": "required"}.get(str(content), "unconstrained")
        return {"status": status, "content": presence}

    def _permissions(self) -> Iterator[dict[str, Any]]:
        for scheme, fact in SCHEMES.items():
            stated: Any = self._stated(fact)
            if stated and any(stated):
                least, higher = stated
                yield {"scheme": scheme, "least": list(least), "higher": list(higher)}

    def _clouds(self) -> list[str]:
        """A schema or description is of one cloud, and says nothing of others."""
        stated = self._stated("clouds") if self._read.origin.kind == "page" else None
        if isinstance(stated, tuple):
            return [cloud for cloud, name in CLOUDS.items() if name in stated]
        self._notes.append(
            "The source does not mention national clouds: the root is that of the global service."
        )
        return ["global"]

    def _provenance(self, cited: str) -> dict[str, Any]:
        digest = sha256(self._source.path.read_bytes()).hexdigest()
        return {"source": cited, "sha256": digest, "notes": self._notes}


def _identifier(placeholder: str) -> str:
    """A placeholder as a contract may have it: `message-id` becomes `messageId`."""
    first, *rest = re.findall(r"[A-Za-z0-9_]+", placeholder) or ["id"]
    joined = first + "".join(part[:1].upper() + part[1:] for part in rest)
    return joined if joined[:1].isalpha() else f"id{joined}"
