"""Reads every POST and DELETE of a Kiota SDK's API export, which names request builders and no paths.

A builder is found by the segments of a path that another source spells: `microsoftGraphSecurityClose` is
`microsoft.graph.security.close`, and `itemAtWithIndex` is `itemAt(index={index})`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from graphcontract.contract.odata import strip_namespace
from graphcontract.drift.model import Source, SourceError
from graphcontract.drift.operations.signed_in_user import FAMILY
from graphcontract.drift.operations.statement import Key, Statement
from graphcontract.drift.sdk_export import SDK_VERSIONS, is_qualified_builder, iterate_lines, name_builder

_VERB = re.compile(
    r"(\w+)\.generated\.([\w.]+)\.\w+RequestBuilder::\|public\|(post|delete)\((.*)\):(.*)", re.ASCII
)
_MARKS = (b"::|public|post(", b"::|public|delete(")
_BODY = re.compile(r"\bbody(\??):")
_PARAMETER = re.compile(r"\{[^{}]*\}")
_ITEM, _KEY = "item", "{}"
# A builder whose name is reserved in Python has one of these behind it; `$ref` and `$value` have no dollar.
_RESERVED = re.compile(r"_(?:escaped)?\Z", re.IGNORECASE)
_SYSTEM = {"ref": "$ref", "value": "$value"}


class SdkExportOperations:
    """The operations that an SDK offers. A listed one has the path that its builders' names suggest, with
    `{item}` for a key: an export has neither the names of parameters nor where a function begins.
    """

    kind = "routes"
    family = FAMILY

    def __init__(self, source: Source) -> None:
        self._by_parent: defaultdict[tuple[str, tuple[str, ...]], dict[str, Statement]] = defaultdict(dict)
        package = ""
        for number, line in iterate_lines(source, _MARKS):
            verb = _VERB.fullmatch(line)
            if verb is None:
                continue
            package = package or verb[1]
            statement = _read_statement(verb, SDK_VERSIONS.get(package, ""), number)
            *above, last = map(_fold_builder, verb[2].split("."))
            self._by_parent[statement.method, tuple(above)].setdefault(last, statement)
        if package not in SDK_VERSIONS:
            problem = (
                "it has no request builders of msgraph or msgraph_beta"
                if not package
                else (f"its package is {package}, not {' or '.join(SDK_VERSIONS)}")
            )
            raise SourceError(f"{source.name}: {problem}", "Give kiota-dom-export.txt of Microsoft's SDK.")
        self.version = SDK_VERSIONS[package]
        self.title = f"API export of {package} ({source.path.name})"

    def list_statements(self) -> Iterator[Statement]:
        """List the operations, those with content included."""
        for builders in self._by_parent.values():
            yield from builders.values()

    def describe(self, key: Key, path: str) -> Statement | None:
        """Describe the operation whose request builder has the names of a path's segments."""
        if key.version != self.version:
            return None
        *above, last = path.strip("/").split("/")
        builders = self._by_parent.get((key.method, tuple(map(_name_builder, above))))
        if builders is None:
            return None
        return builders.get(_name_builder(last)) or _find_qualified(builders, last)


def _find_qualified(builders: dict[str, Statement], last: str) -> Statement | None:
    """Find an action that one of the two spells with its namespace, and the other without."""
    action = strip_namespace(last)
    plain = _name_builder(action)
    if plain in builders or plain == _KEY:
        return builders.get(plain)
    found = [each for each in builders.values() if is_qualified_builder(each.path.rpartition("/")[2], action)]
    return found[0] if len(found) == 1 else None


def _read_statement(verb: re.Match[str], version: str, line: int) -> Statement:
    _, builder, method, parameters, returned = verb.groups()
    body = _BODY.search(parameters)
    content = ("optional" if body[1] else "required") if body else "none"
    success = "2XX" if returned.strip() == "None" else "2XX content"
    path = "".join(f"/{_spell_segment(each)}" for each in builder.split("."))
    return Statement(
        version, method.upper(), path, content, success, deprecated=None, line=line, is_spelled=False
    )


def _spell_segment(builder: str) -> str:
    if builder == _ITEM:
        return "{item}"
    name = _RESERVED.sub("", builder)
    return _SYSTEM.get(name, name)


def _fold_builder(builder: str) -> str:
    """Fold the name of a builder for comparison with a segment."""
    if builder == _ITEM:
        return _KEY
    name = _RESERVED.sub("", builder).casefold()
    return name.removeprefix("microsoft") if name.startswith("microsoftgraph") else name


def _name_builder(segment: str) -> str:
    """Name the builder of a segment, as `_fold_builder` does."""
    return _KEY if _PARAMETER.fullmatch(segment) else name_builder(segment).casefold()
