"""A request target read against a path template: what a client asked for, and how it spelled it.

Knows RFC 3986 and OData's key syntax; it judges nothing.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from graphcontract.contract.model import Contract
from graphcontract.contract.odata import unqualified, without_alias

UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_SEGMENT = frozenset(UNRESERVED | set("!$&'()*+,;=:@%"))
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<authority>[^/?#]*)")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEY = re.compile(r"(?P<name>(?:(?!%28)[^(])*)(?:\(|%28)(?:'|%27)(?P<key>.*)(?:'|%27)(?:\)|%29)", re.DOTALL)

_QUOTE = {True: "%27%27", False: "%27"}


@dataclass(frozen=True, slots=True)
class Template:
    """Decoded segments of the path that is owed, from the root down; one of them is the id's place.

    `calls_operation` says that the last segment calls an action or function, which takes any namespace.
    """

    segments: tuple[str, ...]
    place: int
    calls_operation: bool = False

    @staticmethod
    def of(contract: Contract) -> Template:
        """The contract's path below its version segment."""
        request = contract.request
        return _template(request.version, request.path, contract.bound_operation is not None)

    def accepts(self, index: int, segment: str) -> bool:
        """Whether a raw segment means what stands at an index that is not the id's, in any letter case.

        The name of an action or function is the same with any namespace and without one. A type cast needs
        its qualified name, for which `graph` is an alias of `microsoft.graph`.
        """
        expected, actual = self.segments[index], _text(segment)
        reduce = unqualified if self._is_operation(index) else without_alias
        return _is_alike(actual, expected) or _is_alike(reduce(actual), reduce(expected))

    def misspellings(self, index: int, segment: str) -> tuple[str, ...]:
        """How the spelling of a raw segment that is accepted differs: in `letter-case`, in `namespace`."""
        expected, actual = self.segments[index], _text(segment)
        if _is_alike(actual, expected):
            return () if actual == expected else ("letter-case",)
        same_case = actual.rpartition(".")[2] == expected.rpartition(".")[2]
        return ("namespace",) if same_case else ("namespace", "letter-case")

    def _is_operation(self, index: int) -> bool:
        return self.calls_operation and index == len(self.segments) - 1


@lru_cache(maxsize=8)
def _template(version: str, path: str, calls_operation: bool) -> Template:
    segments = (version, *path.strip("/").split("/"))
    (place,) = (index for index, segment in enumerate(segments) if segment.startswith("{"))
    return Template(segments, place, calls_operation)


@dataclass(frozen=True, slots=True)
class Target:
    """A request target taken apart: raw texts as sent, in Latin-1.

    `authority` is that of an absolute form, None in any other; `segments` leaves empty ones out and a key
    in parentheses counts as a segment of its own; `query` is None without a question mark.
    """

    raw: str
    authority: str | None
    path: str
    query: str | None
    segments: tuple[str, ...]
    key_in_parentheses: bool

    @property
    def rooted(self) -> bool:
        """Whether it is in origin or absolute form: the path begins with a slash."""
        return self.path.startswith("/")

    @property
    def trailing_slash(self) -> bool:
        """Whether the path ends with a slash."""
        return self.path.endswith("/")

    @property
    def empty_segments(self) -> int:
        """Empty segments before the end of the path."""
        return self.path.strip("/").count("//") + (len(self.path) - len(self.path.lstrip("/")) > 1)

    def decoded(self) -> tuple[bytes, ...]:
        """Each segment percent-decoded."""
        return tuple(decode(segment) for segment in self.segments)

    def place_of(self, template: Template, task_id: str) -> int | None:
        """The index of the id's segment: the owed place, else wherever the id is found."""
        if len(self.segments) == len(template.segments):
            return template.place
        wanted = task_id.encode()
        return next((index for index, segment in enumerate(self.decoded()) if segment == wanted), None)


@lru_cache(maxsize=64)  # each clause reads it anew
def read(target: str, template: Template) -> Target:
    """Take a target apart, in origin or absolute form."""
    absolute = _ABSOLUTE.match(target)
    authority, rest = (absolute["authority"], target[absolute.end() :]) if absolute else (None, target)
    path, mark, query = rest.partition("?")
    segments = [segment for segment in path.split("/") if segment]
    keyed = _split_key(segments, template)
    return Target(
        raw=target,
        authority=authority,
        path=path,
        query=query if mark else None,
        segments=tuple(keyed or segments),
        key_in_parentheses=keyed is not None,
    )


def _split_key(segments: Sequence[str], template: Template) -> list[str] | None:
    """`Tasks('a''b')` as the two segments `Tasks`, `a'b`."""
    if len(segments) != len(template.segments) - 1:
        return None
    match = _KEY.fullmatch(segments[template.place - 1])
    if match is None or not template.accepts(template.place - 1, match["name"]):
        return None
    # A quote inside a key is doubled; one that stands alone is read as two, and so as another id.
    key = re.sub("(?:'|%27)(?:'|%27)?", lambda quote: _QUOTE[quote[0] in ("'", "%27")], match["key"])
    return [*segments[: template.place - 1], match["name"], key, *segments[template.place :]]


def decode(segment: str) -> bytes:
    """A raw segment percent-decoded."""
    return unquote_to_bytes(segment.encode("latin-1"))


def _text(segment: str) -> str:
    return decode(segment).decode("utf-8", "surrogateescape")


def _is_alike(one: str, other: str) -> bool:
    """Whether two names differ in the case of ASCII letters at most."""
    return _lowered(one) == _lowered(other)


def _lowered(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape").lower()


def illegal_characters(segment: str) -> list[str]:
    """What a raw segment holds that RFC 3986 3.3 does not let stand there."""
    found = [character for character in segment if character not in _SEGMENT]
    return found + (["%"] if _BAD_ESCAPE.search(segment) else [])


def is_plain(task_id: str) -> bool:
    """Whether an id can stand in a path as it is."""
    return bool(task_id) and set(task_id) <= UNRESERVED and task_id not in (".", "..")
