"""Parses a request target against the contract's path template: which resource it names, and how it is
spelled.

Nothing is normalized on the way (RFC 3986, OData key syntax): clauses need the bytes that the client sent.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from graphcontract.contract.model import Contract
from graphcontract.contract.odata import (
    format_call,
    is_composite_key,
    split_call,
    strip_alias,
    strip_namespace,
)

UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_SEGMENT = frozenset(UNRESERVED | set("!$&'()*+,;=:@%"))
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?P<authority>[^/?#]*)")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEY = re.compile(r"(?P<name>(?:(?!%28)[^(])*)(?:\(|%28)(?:'|%27)(?P<key>.*)(?:'|%27)(?:\)|%29)", re.DOTALL)
_COMPOSITE = re.compile(r"(?P<name>(?:(?!%28)[^(])*)(?:\(|%28)(?P<key>.*)(?:\)|%29)", re.DOTALL)

_PARAMETER = re.compile(r"('?)\{(\w+)\}'?")

_QUOTE = {True: "%27%27", False: "%27"}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a path has the value of a parameter: in the segment with this index, as a whole or as the
    `argument` of a function or composite key, `quoted` there if it is a string literal.
    """

    parameter: str
    index: int
    argument: str | None = None
    quoted: bool = False

    def format_value(self, value: str) -> str:
        """Write a value as the path has it before percent-encoding."""
        return "'" + value.replace("'", "''") + "'" if self.quoted else value


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """Decoded segments of the expected path, from the version down, and the positions of its parameters.

    `calls_operation` is true if the last segment calls an action or function, which any namespace may
    precede. There is one template for a path, compared by identity: parsed targets are cached by it.
    """

    segments: tuple[str, ...]
    positions: tuple[Position, ...]
    calls_operation: bool = False

    @staticmethod
    def of(contract: Contract) -> Template:
        """Make the template of a contract's version segment and path."""
        request = contract.request
        return _make_template(request.version, request.path, contract.bound_operation is not None)

    def accepts(self, index: int, segment: str) -> bool:
        """Whether a raw segment is equivalent to the one at an index that is not a key, in any letter case.

        The name of an action or function is the same with any namespace and without one. A type cast needs
        its qualified name, for which `graph` is an alias of `microsoft.graph`. A function whose arguments
        can be read must have those of the path, in any order; their values do not matter.
        """
        expected, actual = self._pair_names(index, segment)
        reduce = strip_namespace if self._is_operation(index) else strip_alias
        return _equals_ignoring_case(actual, expected) or _equals_ignoring_case(
            reduce(actual), reduce(expected)
        )

    def misspellings(self, index: int, segment: str) -> tuple[str, ...]:
        """List how an accepted raw segment differs in spelling: in `letter-case`, in `namespace`."""
        expected, actual = self._pair_names(index, segment)
        if _equals_ignoring_case(actual, expected):
            return () if actual == expected else ("letter-case",)
        same_case = actual.rpartition(".")[2] == expected.rpartition(".")[2]
        return ("namespace",) if same_case else ("namespace", "letter-case")

    def is_key(self, index: int) -> bool:
        """Whether the segment at an index is the value of a parameter."""
        return self.segments[index].startswith("{")

    def is_composite_key(self, index: int) -> bool:
        """Whether the segment at an index is a key of several parts, with the name of each."""
        return is_composite_key(self.segments[index])

    def list_keys(self) -> list[int]:
        """List the indices of all segments that are a key, of one part or several."""
        indices = range(len(self.segments))
        return [each for each in indices if self.is_key(each) or self.is_composite_key(each)]

    def find_last_key(self) -> int | None:
        """Return the index of the last segment that is the value of a parameter, or None."""
        return next((index for index in reversed(range(len(self.segments))) if self.is_key(index)), None)

    def names_function(self, index: int, segment: str) -> bool:
        """Whether a raw segment calls the function of the segment at an index, whatever its arguments."""
        text = _decode_text(segment)
        if self.is_composite_key(index):
            parts = (each.argument for each in self.positions if each.index == index)
            return text.lower().startswith(tuple(f"{name}=".lower() for name in parts))
        names = (split_call(self.segments[index])[0], split_call(text)[0])
        return _equals_ignoring_case(*map(strip_namespace, names))

    def _is_operation(self, index: int) -> bool:
        called = self.calls_operation and index == len(self.segments) - 1
        return called or self._has_arguments(index)

    def _pair_names(self, index: int, segment: str) -> tuple[str, str]:
        """Return the expected segment and the decoded actual one, of a function without its values."""
        expected, actual = self.segments[index], _decode_text(segment)
        if not self._has_arguments(index):
            return expected, actual
        texts = (format_call(expected, each) for each in (expected, actual))
        (name, arguments), (actual_name, actual_arguments) = map(split_call, texts)
        if actual_arguments is None:
            return name, actual_name
        return name + _join(arguments or ()), actual_name + _join(actual_arguments)

    def _has_arguments(self, index: int) -> bool:
        return any(each.argument is not None and each.index == index for each in self.positions)


def _join(arguments: Iterable[str]) -> str:
    """Write the names of a function's arguments in an order that does not depend on theirs."""
    return f"({','.join(sorted(arguments, key=str.lower))})"


@lru_cache(maxsize=64)
def _make_template(version: str, path: str, calls_operation: bool) -> Template:
    segments = (version, *path.strip("/").split("/"))
    positions = (each for index, segment in enumerate(segments) for each in _find_positions(index, segment))
    return Template(segments, tuple(positions), calls_operation)


def _find_positions(index: int, segment: str) -> Iterator[Position]:
    if segment.startswith("{"):
        yield Position(segment[1:-1], index)
        return
    for argument, value in (split_call(format_call(segment, segment))[1] or {}).items():
        if parameter := _PARAMETER.fullmatch(value):
            yield Position(parameter[2], index, argument, quoted=bool(parameter[1]))


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed request target: raw texts as sent, decoded as Latin-1.

    `authority` is None unless the target is in absolute form; `segments` omits empty ones, and a key in
    parentheses is a separate segment; `query` is None without a question mark.
    """

    text: str
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

    def find_value(self, template: Template, position: Position, expected: str) -> SentValue | None:
        """Find the value of a parameter: at its position in the template, else in a segment that is equal to
        the expected value, or that calls its function. None if it is not in the path.
        """
        index: int | None = position.index
        if len(self.segments) != len(template.segments):
            index = self._find_segment(template, position, expected.encode())
        if index is None:
            return None
        raw = self.segments[index]
        if position.argument is None:
            return SentValue(raw, decode(raw))
        literal = self._find_argument(template, position, raw)
        return None if literal is None else SentValue(raw, literal.encode("utf-8", "surrogateescape"))

    def _find_segment(self, template: Template, position: Position, expected: bytes) -> int | None:
        for index, segment in enumerate(self.segments):
            if position.argument is None:
                if decode(segment) == expected:
                    return index
            elif template.names_function(position.index, segment):
                return index
        return None

    def _find_argument(self, template: Template, position: Position, raw: str) -> str | None:
        """Find the literal of a function's argument, if need be between the names of arguments."""
        segment = template.segments[position.index]
        text = format_call(segment, _decode_text(raw))
        arguments, wanted = split_call(text)[1], (position.argument or "").lower()
        if arguments is not None:
            return next((value for name, value in arguments.items() if name.lower() == wanted), None)
        start = re.search(rf"(?i)[(,]{re.escape(wanted)}=", text)
        if start is None:
            return None
        rest = text[start.end() :]
        names = "|".join(map(re.escape, split_call(format_call(segment, segment))[1] or ()))
        end = re.search(rf"(?i),(?:{names})=", rest)
        return rest[: end.start()] if end else rest.removesuffix(")")


@dataclass(frozen=True, slots=True)
class SentValue:
    """A parameter's value in a request: the `raw` segment, and the decoded value with a literal's quotes."""

    raw: str
    decoded: bytes


@lru_cache(maxsize=64)  # every clause parses the same few targets of a trial
def read(target: str, template: Template) -> Target:
    """Parse a request target, in origin or absolute form."""
    absolute = _ABSOLUTE.match(target)
    authority, rest = (absolute["authority"], target[absolute.end() :]) if absolute else (None, target)
    path, mark, query = rest.partition("?")
    segments = [segment for segment in path.split("/") if segment]
    keyed = _split_key(segments, template)
    return Target(
        text=target,
        authority=authority,
        path=path,
        query=query if mark else None,
        segments=tuple(keyed or segments),
        key_in_parentheses=keyed is not None,
    )


def _split_key(segments: Sequence[str], template: Template) -> list[str] | None:
    """Split keys in parentheses: `Tasks('a''b')` becomes the two segments `Tasks`, `a'b`.

    None unless this gives as many segments as the template has.
    """
    missing = len(template.segments) - len(segments)
    found: list[str] = []
    for segment in segments if missing > 0 else ():
        split = _split_segment(segment, template, len(found)) if missing else None
        found += split or [segment]
        missing -= split is not None
    return found if segments and len(found) == len(template.segments) > len(segments) else None


def _split_segment(segment: str, template: Template, index: int) -> list[str] | None:
    """Split a segment at an index into a name and the key behind it, if the template has a key there."""
    if index + 1 >= len(template.segments):
        return None
    is_composite = template.is_composite_key(index + 1)
    match = (_COMPOSITE if is_composite else _KEY).fullmatch(segment)
    if match is None or not (is_composite or template.is_key(index + 1)):
        return None
    if not template.accepts(index, match["name"]):
        return None
    if is_composite:
        return [match["name"], match["key"]]
    # OData doubles a quote inside a key. A single quote is kept as two, so that it makes a different id.
    key = re.sub("(?:'|%27)(?:'|%27)?", lambda quote: _QUOTE[quote[0] in ("'", "%27")], match["key"])
    return [match["name"], key]


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
