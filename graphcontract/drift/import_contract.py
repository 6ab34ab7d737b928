"""Makes a contract file from one source of an operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from graphcontract.catalogue.contract_document import (
    choose_content_length,
    explain_unknown_success,
    make_identifiers,
    make_schema,
    make_unknown_success,
)
from graphcontract.catalogue.operation_ids import make_ids
from graphcontract.contract.jsonfile import lay_out, parse
from graphcontract.contract.validation import Known, check
from graphcontract.drift import readers, routes
from graphcontract.drift.contract_facts import CLOUDS, SCHEMES, TOGETHER
from graphcontract.drift.model import Reading, Source, SourceError, Unknown, Value, Wanted
from graphcontract.drift.operation_paths import fold_path, format_path, name_action, split_path
from graphcontract.drift.page.prose import requires_empty_object
from graphcontract.drift.source_kind import detect_kind
from graphcontract.errors import UserError

ROOT = "https://graph.microsoft.com"

Given = Mapping[str, str | None]
"""Values of options by the fact that they state."""

_ARGUMENT = re.compile(r"('?)\{([^{}]*)\}'?")
_OMISSIBLE = ("clouds", "deprecation", "errors", "includes", "permissions", "wording")
"""What a contract may leave out: an import succeeds where a source is unclear about it."""

_OPTIONS = {"path": "--path", "version": "--api-version"}
_CITED = {
    "page": "Microsoft Graph documentation, {title} ({version})",
    "csdl": "Microsoft Graph metadata in CSDL ({version}), {named}",
    "openapi": "OpenAPI description of Microsoft Graph ({version}), {named}",
}


class IncompleteSource(UserError):
    """A source that does not state what a contract needs; `message` says what is missing."""

    code = "incomplete-source"


def make_contract(
    source: Source, binding: str, action: str, path: str | None, version: str | None, known: Known
) -> str:
    """Make the contract file of an action, which is named without namespace, or of DELETE, named `delete`.

    `path` and `version` are for sources that state none, or more than one. Raises `SourceError` if the source
    cannot be read, and `IncompleteSource` if it lacks what a contract needs, or contradicts what is given.
    """
    given = {"binding": binding, "action": action, "path": path, "version": version}
    try:
        wanted = _identify_operation(source, binding, action, path, version)
        read = readers.read(source, wanted)
    except Unknown as unknown:
        raise IncompleteSource(f"{source.name}: {unknown}", _suggest_paths(source, given)) from None
    made = _ContractBuilder(source, read, given).make_document()
    text = lay_out(made)
    check(parse(text.encode(), f"the contract made of {source.name}", None), known)
    return text


def _suggest_paths(source: Source, given: Given) -> str:
    """List the paths in the source, the nearest to --path first, as the hint of an error."""
    kind, binding, action = detect_kind(source), str(given["binding"]), str(given["action"])
    if kind not in _CITED:
        return ""
    method = routes.choose_method(source, kind, binding, action, split_path(given["path"] or ""))
    found = routes.find_paths(source, kind, method, binding, action)
    lines = routes.format_paths(found, split_path(given["path"] or ""))
    return f"Paths in this source:{lines}" if lines else ""


def _identify_operation(
    source: Source, binding: str, action: str, path: str | None, version: str | None
) -> Wanted:
    kind = detect_kind(source)
    if kind not in _CITED:
        problem = f"a source of kind {kind} does not have enough facts for a contract"
        raise SourceError(f"{source.name}: {problem}", "Give a page, CSDL or an OpenAPI description.")
    found: tuple[Value, ...] = split_path(path) if path else ()
    method = routes.choose_method(source, kind, binding, action, found)
    if method == "DELETE" and kind == "csdl":
        problem = f"CSDL does not declare which requests delete a {binding}"
        raise IncompleteSource(f"{source.name}: {problem}", "Import from its page, or from OpenAPI.")
    if path and name_action(method, found).casefold() != action.casefold():
        problem = f"the path ends with {found[-1] if isinstance(found[-1], str) else 'a key'}"
        given = {"binding": binding, "action": action, "path": path}
        others = _suggest_paths(source, given)
        raise IncompleteSource(f"--action {binding}/{action} does not fit --path {path}: {problem}", others)
    if not found:
        paths = routes.find_routes(source, kind, method, binding, action)
        if len(paths) > 1:
            lines = routes.format_paths(paths, ())
            problem = f"{len(paths)} paths lead to {action} of {binding}"
            raise IncompleteSource(f"{source.name}: {problem}", f"Choose one with --path:{lines}")
        if not paths and kind != "page":
            problem = f"it has no path to {action} of {binding}"
            others = _suggest_paths(source, {"binding": binding, "action": action, "path": path})
            raise IncompleteSource(f"{source.name}: {problem}", f"Give one with --path. {others}".rstrip())
        found = paths[0] if paths and (kind != "page" or method == "DELETE") else ()
    return Wanted(method, version or "beta", found, binding, action)


class _ContractBuilder:
    """Builds the members of a contract file from the facts of a reading."""

    def __init__(self, source: Source, read: Reading, given: Given) -> None:
        self._source, self._read, self._given = source, read, given
        self._notes: list[str] = []
        self._compare_with_options()
        for problem in read.problems:
            if problem.fact.partition(".")[0] in _OMISSIBLE:
                self._notes.append(
                    f"The contract leaves out what the source says of {problem.fact}: {problem.text}."
                )
                continue
            raise IncompleteSource(
                f"{problem.origin.source}:{problem.origin.line or 1}: {problem.fact}: {problem.text}"
            )

    def _compare_with_options(self) -> None:
        """Reject options that the source contradicts: the import would ignore them."""
        source, given = self._source.name, self._given
        path, stated = self._find_stated("path"), given["path"]
        elsewhere = isinstance(path, tuple) and stated and fold_path(path) != fold_path(split_path(stated))
        if stated and (elsewhere or self._find_stated("route") == "absent"):
            problem = f"--path {stated}: {source} has no such path to {given['action']} of {given['binding']}"
            raise IncompleteSource(problem, _suggest_paths(self._source, given))
        binding, action = given["binding"], given["action"]
        for fact in ("binding", "action"):
            actual = self._find_stated(fact)
            if actual is not None and str(actual).casefold() != str(given[fact]).casefold():
                right = f"{self._find_stated('binding') or binding}/{self._find_stated('action') or action}"
                problem = f"--action {binding}/{action}: {source} describes {right}"
                raise IncompleteSource(problem, f"Give --action {right}, or another source or path.")
        version = self._find_stated("version")
        if given["version"] and version not in (None, given["version"]):
            raise IncompleteSource(f"--api-version {given['version']}: {source} is for version {version}")

    def make_document(self) -> dict[str, Any]:
        """Make the whole file."""
        deletes = self._require("method") == "DELETE"
        # No source states of which type a DELETE is: its path says what is deleted.
        binding = str(self._given["binding"] if deletes else self._require("binding"))
        action = "delete" if deletes else str(self._require("action"))
        title = self._make_title(f"Delete {binding}" if deletes else f"{binding}: {action}")
        request = self._make_request()
        names = f"{request['version']} DELETE {request['path']}"
        id = make_ids([names])[0] if deletes else f"{binding}-{action}-{request['version']}".lower()
        made: dict[str, Any] = {
            "format": 2,
            "id": re.sub(r"[^a-z0-9-]+", "-", id),
            "title": title,
            "extends": ["graph-conventions", "graph-service"],
            "request": request,
            "success": self._make_success(),
        }
        permissions = list(self._iterate_permissions())
        unclear = any(each.fact.startswith("permissions") for each in self._read.problems)
        if any(TOGETHER in name for each in permissions for name in (*each["least"], *each["higher"])):
            self._notes.append(
                "The source requires permissions together, which a contract cannot state: it leaves them out."
            )
            unclear = True
        if not unclear and (permissions or self._find_stated("permissions.application") is not None):
            made["permissions"] = permissions
        made["clouds"] = self._list_clouds()
        named = f"DELETE {request['path']}" if deletes else f"action {action} of {binding}"
        cited = _CITED[self._read.origin.kind].format(title=title, version=request["version"], named=named)
        made["provenance"] = self._make_provenance(cited)
        return made

    def _find_stated(self, fact: str) -> Value:
        found = self._read.facts.get(fact)
        return found.value if found is not None and found.stance == "asserts" else None

    def _require(self, fact: str) -> Value:
        value = self._find_stated(fact)
        if value is None and self._given.get(fact):
            value = split_path(str(self._given[fact])) if fact == "path" else self._given[fact]
            self._notes.append(f"The {fact} was given as an option: the source does not state it.")
        if value is None:
            remedy = f"Give it with {_OPTIONS[fact]}." if fact in _OPTIONS else "Import from another source."
            raise IncompleteSource(f"{self._source.name}: it does not state the {fact}", remedy)
        return value

    def _make_title(self, other: str) -> str:
        titles = [text for name, text in self._list_rows("wording") if name == "title"]
        return titles[0] if titles else other

    def _list_rows(self, fact: str) -> list[tuple[str, str]]:
        stated: Any = self._find_stated(fact)
        return list(stated or ())

    def _make_request(self) -> dict[str, Any]:
        path, parameters = self._make_path()
        content, rows = self._require("content"), self._list_rows("query")
        queries = {own for _, own in rows}
        if self._find_stated("query") is None:
            self._notes.append("The source does not mention query parameters: the contract allows none.")
        request: dict[str, Any] = {
            "method": self._require("method"),
            "root": ROOT,
            "version": self._require("version"),
            "path": path,
            "parameters": parameters,
            "query": "required" if "required" in queries else "unconstrained" if queries else "absent",
            "fields": {
                "Authorization": "require",
                "Content-Length": choose_content_length(str(self._require("method"))),
                "Content-Type": self._choose_content_type(str(content)),
                "client-request-id": "require",
            },
            "content": {"none": "absent", "required": "required"}.get(str(content), "unconstrained"),
        }
        return request | ({"media_type": "application/json"} if content == "required" else {})

    def _choose_content_type(self, content: str) -> str:
        """Choose the rule for Content-Type; rejects other required fields: a contract cannot express them."""
        fields = {name.casefold(): (name, presence) for name, presence in self._list_rows("fields")}
        _, listed = fields.pop("content-type", ("", None))
        required = [name for name, presence in fields.values() if presence == "required"]
        if required:
            origin = self._read.facts["fields"].origin
            problem = f"it requires the header field {required[0]}, which a contract cannot require"
            raise IncompleteSource(f"{origin.source}:{origin.line or 1}: {problem}")
        if content == "required":
            if requires_empty_object(dict(self._list_rows("wording")).get("request-body", "")):
                self._notes.append(
                    "The source requires {} as request body. No clause checks the body against it."
                )
            return "require"
        if content == "optional" or listed == "optional":
            return "unconstrained"
        if listed == "required":
            self._notes.append("The source requires Content-Type without a request body.")
        return "require" if listed == "required" else "forbid"

    def _make_path(self) -> tuple[str, dict[str, Any]]:
        """Make the path, and the schemas of its parameters; a source states the type of the last key."""
        path = self._require("path")
        assert isinstance(path, tuple)
        text = f"/{format_path(path)}"
        found = list(_ARGUMENT.finditer(text))
        names = make_identifiers(each[2].partition("|")[0] for each in found)
        keys = [name for each, name in zip(found, names, strict=True) if f"/{each[0]}/" in f"{text}/"]
        stated = self._find_stated("key-type")
        typed = {keys[-1]: str(stated)} if keys and stated is not None else {}
        assumed = [name for name in names if name not in typed]
        if assumed:
            listed = ", ".join(assumed)
            self._notes.append(f"The source does not state the type of {listed}: a string is assumed.")
        parameters = {
            name: make_schema(typed.get(name, "string"), bool(each[1]) or name in keys)
            for each, name in zip(found, names, strict=True)
        }
        left = iter(names)
        return _ARGUMENT.sub(lambda each: f"{each[1]}{{{next(left)}}}{each[1]}", text), parameters

    def _make_success(self) -> dict[str, Any]:
        stated = self._require("success")
        assert isinstance(stated, tuple)
        status, content = stated
        if status is None and content == "none":
            success = make_unknown_success(str(self._require("method")))
            self._notes.append(explain_unknown_success(success))
            return success
        if status is None:
            raise IncompleteSource(f"{self._source.name}: it does not state the success status")
        if self._read.facts["success"].inferred:
            self._notes.append(f"The source does not state the status of success: {status} is assumed.")
        presence = {"none": "absent", "content": "required"}.get(str(content), "unconstrained")
        return {"status": status, "content": presence}

    def _iterate_permissions(self) -> Iterator[dict[str, Any]]:
        for scheme, fact in SCHEMES.items():
            stated: Any = self._find_stated(fact)
            if stated and any(stated):
                least, higher = stated
                yield {"scheme": scheme, "least": list(least), "higher": list(higher)}

    def _list_clouds(self) -> list[str]:
        """List the clouds of a page; a schema or description is of one cloud, and does not state others."""
        stated = self._find_stated("clouds") if self._read.origin.kind == "page" else None
        if isinstance(stated, tuple):
            return [cloud for cloud, name in CLOUDS.items() if name in stated]
        self._notes.append(
            "The source does not mention national clouds: the root is that of the global service."
        )
        return ["global"]

    def _make_provenance(self, cited: str) -> dict[str, Any]:
        digest = sha256(self._source.path.read_bytes()).hexdigest()
        return {"source": cited, "sha256": digest, "notes": self._notes}
