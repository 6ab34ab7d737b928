"""Parses a request target against the contract's path template: which resource it names, and how it is
spelled.

Nothing is normalized on the way (RFC 3986, OData key syntax): clauses need the bytes that the client sent.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from graphcontract.contract.model import Contract
from graphcontract.contract.odata import strip_alias, strip_namespace

UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_SEGMENT = frozenset(UNRESERVED | set("!$&'()*+,;=:@%"))
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<authority>[^/?#]*)")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEY = re.compile(r"(?P<name>(?:(?!%28)[^(])*)(?:\(|%28)(?:'|%27)(?P<key>.*)(?:'|%27)(?:\)|%29)", re.DOTALL)

_QUOTE = {True: "%27%27", False: "%27"}


@dataclass(frozen=True, slots=True)
class Template:
    """Decoded segments of the expected path, from the version down; `place` is the index of the id's segment.

    `calls_operation` is true if the last segment calls an action or function, which any namespace may
    precede.
    """

    segments: tuple[str, ...]
    place: int
    calls_operation: bool = False

    @staticmethod
    def of(contract: Contract) -> Template:
        """Make the template of a contract's version segment and path."""
        request = contract.request
        return _make_template(request.version, request.path, contract.bound_operation is not None)

    def accepts(self, index: int, segment: str) -> bool:
        """Whether a raw segment is equivalent to the one at an index other than the id's, in any letter case.

        The name of an action or function is the same with any namespace and without one. A type cast needs
        its qualified name, for which `graph` is an alias of `microsoft.graph`.
        """
        expected, actual = self.segments[index], _decode_text(segment)
        reduce = strip_namespace if self._is_operation(index) else strip_alias
        return _equals_ignoring_case(actual, expected) or _equals_ignoring_case(
            reduce(actual), reduce(expected)
        )

    def misspellings(self, index: int, segment: str) -> tuple[str, ...]:
        """List how an accepted raw segment differs in spelling: in `letter-case`, in `namespace`."""
        expected, actual = self.segments[index], _decode_text(segment)
        if _equals_ignoring_case(actual, expected):
            return () if actual == expected else ("letter-case",)
        same_case = actual.rpartition(".")[2] == expected.rpartition(".")[2]
        return ("namespace",) if same_case else ("namespace", "letter-case")

    def _is_operation(self, index: int) -> bool:
        return self.calls_operation and index == len(self.segments) - 1


@lru_cache(maxsize=8)
def _make_template(version: str, path: str, calls_operation: bool) -> Template:
    segments = (version, *path.strip("/").split("/"))
    (place,) = (index for index, segment in enumerate(segments) if segment.startswith("{"))
    return Template(segments, place, calls_operation)


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed request target: raw texts as sent, decoded as Latin-1.

    `authority` is None unless the target is in absolute form; `segments` omits empty ones, and a key in
    parentheses is a separate segment; `query` is None without a question mark.
    """

    authority: str | None
    path: str
    query: str | None
    segments: tuple[str, ...]
    key_in_parentheses: bool

    @property
    def rooted(self) -> bool:
        """Whether the target is in origin or absolute form: its path begins with a slash."""
        return self.path.startswith("/")

    @property
    def trailing_slash(self) -> bool:
        """Whether the path ends with a slash."""
        return self.path.endswith("/")

    @property
    def empty_segments(self) -> int:
        """The number of empty segments before the end of the path."""
        return self.path.strip("/").count("//") + (len(self.path) - len(self.path.lstrip("/")) > 1)

    def decode_segments(self) -> tuple[bytes, ...]:
        """Percent-decode each segment."""
        return tuple(decode(segment) for segment in self.segments)

    def place_of(self, template: Template, task_id: str) -> int | None:
        """Find the index of the id's segment: as in the template, else that of a segment equal to the id."""
        if len(self.segments) == len(template.segments):
            return template.place
        wanted = task_id.encode()
        return next(
            (index for index, segment in enumerate(self.decode_segments()) if segment == wanted), None
        )


@lru_cache(maxsize=64)  # every clause parses the same few targets of a trial
def read(target: str, template: Template) -> Target:
    """Parse a request target, in origin or absolute form."""
    absolute = _ABSOLUTE.match(target)
    authority, rest = (absolute["authority"], target[absolute.end() :]) if absolute else (None, target)
    path, mark, query = rest.partition("?")
    segments = [segment for segment in path.split("/") if segment]
    keyed = _split_key(segments, template)
    return Target(
        authority=authority,
        path=path,
        query=query if mark else None,
        segments=tuple(keyed or segments),
        key_in_parentheses=keyed is not None,
    )


def _split_key(segments: Sequence[str], template: Template) -> list[str] | None:
    """Split a key in parentheses: `Tasks('a''b')` becomes the two segments `Tasks`, `a'b`."""
    if len(segments) != len(template.segments) - 1:
        return None
    match = _KEY.fullmatch(segments[template.place - 1])
    if match is None or not template.accepts(template.place - 1, match["name"]):
        return None
    # OData doubles a quote inside a key. A single quote is kept as two, so that it makes a different id.
    key = re.sub("(?:'|%27)(?:'|%27)?", lambda quote: _QUOTE[quote[0] in ("'", "%27")], match["key"])
    return [*segments[: template.place - 1], match["name"], key, *segments[template.place :]]


def decode(segment: str) -> bytes:
    """Percent-decode a raw segment."""
    return unquote_to_bytes(segment.encode("latin-1"))


def _decode_text(segment: str) -> str:
    return decode(segment).decode("utf-8", "surrogateescape")


def _equals_ignoring_case(one: str, other: str) -> bool:
    """Whether two names differ at most in the case of ASCII letters."""
    return _lower_ascii(one) == _lower_ascii(other)


def _lower_ascii(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape").lower()


def illegal_characters(segment: str) -> list[str]:
    """List the characters of a raw segment that RFC 3986 3.3 does not allow; `%` for a bad escape."""
    found = [character for character in segment if character not in _SEGMENT]
    return found + (["%"] if _BAD_ESCAPE.search(segment) else [])


def is_plain(task_id: str) -> bool:
    """Whether an id needs no percent-encoding in a path: unreserved characters only, not a dot segment."""
    return bool(task_id) and set(task_id) <= UNRESERVED and task_id not in (".", "..")
