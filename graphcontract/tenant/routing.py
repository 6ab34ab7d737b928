"""Maps a request path to the contract's action or one of its sibling operations, in OData's spellings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal
from urllib.parse import parse_qsl, unquote

from graphcontract.contract.model import Contract
from graphcontract.contract.odata import strip_namespace
from graphcontract.http.request_target import Target, Template, decode, read
from graphcontract.tenant.tasks import Source

Operation = Literal["tasks", "task", "cancel", "lookup"]

_LOOKUPS = {
    ("getbysourceuserprincipalname", "sourceprincipalname"): "user",
    ("getbysourcegroupmailnickname", "sourcegroupmailnickname"): "group",
    ("getbysourcesiteurl", "sourcesiteurl"): "site",
}
_FUNCTION = re.compile(r"(?P<name>[A-Za-z]+)\((?P<parameter>[A-Za-z]+)='(?P<value>.*)'\)", re.DOTALL)
_MOST_QUERY_FIELDS = 20  # which bounds the parsing; the service has three options


@dataclass(frozen=True, slots=True)
class Route:
    """The operation that a path addresses; `operation` is None for a path outside the service."""

    operation: Operation | None = None
    task_id: str = ""
    source: Source | None = None


class Router:
    """Finds routes by the contract's path."""

    def __init__(self, contract: Contract) -> None:
        self._cancel = Template.of(contract)
        self._key = self._cancel.positions[0].index
        self._task = Template(self._cancel.segments[: self._key + 1], self._cancel.positions)

    def find_route(self, path: str) -> Route:
        """The route of a raw path, decoded as Latin-1."""
        if source := self._find_source(path):
            return Route("lookup", source=source)
        templates: tuple[tuple[Operation, Template], ...] = (("cancel", self._cancel), ("task", self._task))
        for operation, template in templates:
            target = read(path, template)
            if _matches(target, template):
                return Route(operation, decode(target.segments[self._key]).decode("utf-8", "replace"))
        return Route("tasks") if _ends_at_key(self._cancel, path.split("/")[1:]) else Route()

    def _find_source(self, path: str) -> Source | None:
        """The source in a lookup; its value may contain slashes, raw or percent-encoded."""
        _, *segments = path.split("/", self._key + 1)
        if not _ends_at_key(self._cancel, segments[:-1]):
            return None
        match = _FUNCTION.fullmatch(strip_namespace(unquote(segments[-1])))
        kind = _LOOKUPS.get((match["name"].lower(), match["parameter"].lower())) if match else None
        return Source(kind, match["value"].replace("''", "'")) if match and kind else None


def parse_query(query: str) -> Mapping[str, str]:
    """The query's options, names in lower case; ValueError where there are too many."""
    fields = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_QUERY_FIELDS)
    return {name.lower(): value for name, value in fields}


def _matches(target: Target, template: Template) -> bool:
    if len(target.segments) != len(template.segments) or target.trailing_slash or target.empty_segments:
        return False
    literals = ((index, each) for index, each in enumerate(target.segments) if not template.is_key(index))
    return all(template.accepts(index, segment) for index, segment in literals)


def _ends_at_key(template: Template, segments: Sequence[str]) -> bool:
    """Whether these raw segments are the whole path before its key."""
    return len(segments) == template.find_last_key() and all(map(template.accepts, count(), segments))
