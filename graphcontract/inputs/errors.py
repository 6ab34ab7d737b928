"""Draws valid Graph error responses by input class: error objects (`code`, `message`, `details`,
`innerError`) of every shape, with the values that a client must find in them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.contract.model import Contract
from graphcontract.inputs.ids import guids
from graphcontract.inputs.malformed import MalformedError, malformed_errors
from graphcontract.inputs.partitions import Partitions
from graphcontract.inputs.statuses import ORDINARY, WAITING, any_status, statuses
from graphcontract.inputs.strings import LETTERS, between, mixture, most_of, repeat_to_length, word

__all__ = [
    "ORDINARY",
    "WAITING",
    "ErrorCase",
    "MalformedError",
    "graph_errors",
    "malformed_errors",
    "statuses",
]

T = TypeVar("T")
_Members = dict[str, Any]
_Cases = dict[str, SearchStrategy["ErrorCase"]]

_ORDINARY_CODES = st.sampled_from(
    ("conflict", "itemNotFound", "accessDenied", "invalidRequest", "generalException", "Request_BadRequest")
)
_LONG_CODES = st.tuples(*[word(least=8)] * 3, st.integers(1, 999)).map(
    lambda drawn: "Service.{}-{}_{}.{}".format(*drawn)
)
_LONGEST_CODES = word(least=8).map(lambda unit: repeat_to_length(f"{unit}.", 200) + "x")
# As SharePoint writes them: a number, a comma, a space and the name of a type.
_CODES_OF_EXCEPTIONS = st.sampled_from(
    (
        "-1, Microsoft.SharePoint.Client.InvalidClientQueryException",
        "-2130575338, Microsoft.SharePoint.SPException",
        "Mailbox/NotFound: 404#1",
    )
)
_NUMBERS_IN_TEXT = ("Item 404 of 503 is locked.", "Error 500: the task has 429 items.")
_GENERIC_CODES = ("generalException", "UnknownError", "BadRequest")  # an inner code says more
_CODES_OF_DIGITS = st.sampled_from(("204", "200", "404", "007"))
_GUIDS = guids()
_OPAQUE_IDS = st.tuples(word(), st.integers(0, 9999)).map(lambda drawn: "|{}.{:04};a=b/".format(*drawn))
_CLIENT_REQUEST_ID = "c0ffee00-3a1d-4f0e-9d3c-2b7a54c1e8f6"
_DEEPEST, _LONGEST = 30, 16384  # nested inner errors; characters of a message
_DATES = (
    "2025-11-12T09:30:00Z",
    "2025-11-12T09:30:00+01:00",
)
_FRACTION = "2025-11-12T09:30:00.1234567"  # a class of its own: fewer parsers read it than an offset
_SENTENCES = word(most=20).map("The task is {}.".format)
_NO_TARGET = {"code": "leaseHeld", "message": "The lease is held."}
_VALUES: tuple[Any, ...] = (
    "text",
    0,
    -1.5,
    True,
    None,
    [],
    {},
    [[1], {"a": []}],
    {"a": {"b": [None]}},
    10**17,
)
_UNUSUAL_MEMBERS: tuple[tuple[str, Any], ...] = (
    ("innerError", None),
    ("message", None),
    ("details", None),
    ("target", None),
    ("attempts", [1, [2.5, []]]),
    ("retryable", True),
    ("limit", 10**18),
    ("context", {"a": {"b": [{"c": None}]}}),
)
# Names that collide with attributes of a client's error type or of its language.
_NAMED: tuple[_Members, ...] = (
    {"status": 200, "statusCode": 204, "ok": True, "success": True},
    {"self": "x", "args": [1], "cls": 1, "__class__": "x", "kwargs": {}},
    {"__proto__": {"code": "x"}, "constructor": "x", "toString": "x", "hasOwnProperty": 1},
)


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """An error response and its values; `body` is the whole JSON document. None for a value that it lacks."""

    status: int
    body: object
    code: str | None
    message: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class _Values:
    """The drawn values of an ordinary error."""

    status: int
    code: str
    message: str
    request_id: str

    @property
    def inner(self) -> _Members:
        ids = {"request-id": self.request_id, "client-request-id": _CLIENT_REQUEST_ID}
        return {"date": "2025-11-12T09:30:00", **ids}

    @property
    def error(self) -> _Members:
        return {"code": self.code, "message": self.message, "innerError": self.inner}


def graph_errors(contract: Contract) -> Partitions[ErrorCase]:
    """Draw valid error responses, a class for each shape, with status codes on which clients do not wait. The
    contract's error codes come with their own status codes.
    """
    documented = [
        (status, code)
        for status, codes in contract.error_codes.items()
        for code in codes
        if status not in WAITING
    ]
    shapes = Partitions({**_inner_errors(), **_members_left_out(), **_further_members(), **_unusual_texts()})
    codes = Partitions(
        {
            "unknown-code": _draw_unknown(frozenset(code for _, code in documented)),
            "long-code": _without_changes(_draw_values(codes=_LONG_CODES)),
            "longest-code": _without_changes(_draw_values(codes=_LONGEST_CODES)),
            "exception-code": _without_changes(_draw_values(codes=_CODES_OF_EXCEPTIONS)),
            "digits-code": _without_changes(_draw_values(codes=_CODES_OF_DIGITS)),
        }
    )
    if documented:
        codes = Partitions({"documented": _draw_documented(documented)}) | codes
    return codes | shapes


def _draw_values(
    codes: SearchStrategy[str] = _ORDINARY_CODES,
    messages: SearchStrategy[str] = _SENTENCES,
    request_ids: SearchStrategy[str] = _GUIDS,
) -> SearchStrategy[_Values]:
    parts = st.tuples(any_status(), codes, messages, request_ids)
    return parts.map(lambda drawn: _Values(*drawn))


def _make_case(status: int, error: _Members, **beside: object) -> ErrorCase:
    inner = error.get("innerError", error.get("innererror"))
    request_id = inner.get("request-id") if inner else None
    return ErrorCase(status, {"error": error, **beside}, error.get("code"), error.get("message"), request_id)


def _with_shape(
    shape: Callable[[_Values, T], _Members], parts: SearchStrategy[T]
) -> SearchStrategy[ErrorCase]:
    return st.tuples(_draw_values(), parts).map(lambda drawn: _make_case(drawn[0].status, shape(*drawn)))


def _without_changes(values: SearchStrategy[_Values]) -> SearchStrategy[ErrorCase]:
    return values.map(lambda drawn: _make_case(drawn.status, drawn.error))


def _draw_documented(pairs: list[tuple[int, str]]) -> SearchStrategy[ErrorCase]:
    values = st.tuples(st.sampled_from(pairs), _SENTENCES, _GUIDS)
    return _without_changes(values.map(lambda drawn: _Values(*drawn[0], *drawn[1:])))


def _draw_unknown(known: frozenset[str]) -> SearchStrategy[ErrorCase]:
    codes = word(least=0).map("unheardOf".__add__)
    return _without_changes(_draw_values(codes=codes.filter(lambda code: code not in known)))


def _inner_errors() -> _Cases:
    """Shapes of `innerError`: its spelling, its members, its depth, empty and missing."""
    parts = most_of(("request-id", "client-request-id", "date"))
    names = st.sampled_from(("innerError", "innererror"))

    def draw_spelled(name: str) -> SearchStrategy[ErrorCase]:
        def shape(values: _Values, kept: tuple[str, ...]) -> _Members:
            return {**_code_and_message(values), name: {part: values.inner[part] for part in kept}}

        return _with_shape(shape, parts)

    return {
        "inner-upper": draw_spelled("innerError"),
        "inner-lower": draw_spelled("innererror"),
        "nested": _with_shape(_nest, st.tuples(names, st.integers(1, 6), st.booleans())),
        "nested-deep": _with_shape(_nest, st.tuples(names, st.just(_DEEPEST), st.just(True))),
        "opaque-request-id": _without_changes(_draw_values(request_ids=_OPAQUE_IDS)),
        "inner-dates": _with_shape(_date, st.sampled_from(_DATES)),
        "inner-fraction": _with_shape(_date, st.just(_FRACTION)),
        "empty-inner": _with_shape(lambda values, name: {**_code_and_message(values), name: {}}, names),
        "no-inner": _draw_values().map(lambda values: _without("innerError", values)),
    }


def _code_and_message(values: _Values) -> _Members:
    return {"code": values.code, "message": values.message}


def _date(values: _Values, date: str) -> _Members:
    return {**_code_and_message(values), "innerError": {**values.inner, "date": date}}


def _nest(values: _Values, how: tuple[str, int, bool]) -> _Members:
    """Nest inner errors, each with a more specific code, or with only a message; only the first has the
    request id.
    """
    name, depth, coded = how
    below: _Members = {}
    for level in range(depth, 0, -1):
        below = {
            name: {**({"code": f"{values.code}{level}"} if coded else {"message": values.message}), **below}
        }
    return {**_code_and_message(values), name: {"code": values.code, **values.inner, **below}}


def _members_left_out() -> _Cases:
    return {
        "no-message": _draw_values().map(lambda values: _without("message", values)),
        "no-code": _draw_values().map(lambda values: _without("code", values)),
    }


def _mislead(values: _Values, texts: tuple[str, str]) -> _Members:
    code, message = texts
    return {"code": code, "message": message, "innerError": {**values.inner, "code": "leaseHeld"}}


def _without(member: str, values: _Values) -> ErrorCase:
    return _make_case(values.status, {name: value for name, value in values.error.items() if name != member})


def _further_members() -> _Cases:
    """Shapes with details, unknown members, and values that are null or of other types."""
    detail = st.tuples(_ORDINARY_CODES, word(), word())
    details = st.lists(detail.map(_detail), min_size=1, max_size=3).map(lambda listed: [*listed, _NO_TARGET])
    unknown = st.tuples(word().map("new-".__add__), *[st.sampled_from(_VALUES)] * 3)
    return {
        "details": _with_shape(lambda values, listed: {**values.error, "details": listed}, details),
        "further-members": st.tuples(_draw_values(), unknown).map(
            lambda drawn: _with_unknown(drawn[0], *drawn[1])
        ),
        "named-members": _with_shape(_with_named_members, st.sampled_from(_NAMED)),
        "odd-types": _with_shape(
            lambda values, unusual: {**values.error, **dict(unusual)}, most_of(_UNUSUAL_MEMBERS)
        ),
    }


def _with_named_members(values: _Values, members: _Members) -> _Members:
    return {**values.error, **members, "innerError": {**values.inner, **members}}


def _detail(drawn: tuple[str, str, str]) -> _Members:
    code, message, target = drawn
    return {"code": code, "message": message, "target": target}


def _with_unknown(values: _Values, name: str, above: object, among: object, below: object) -> ErrorCase:
    """Add members that Graph may introduce without notice, at each level."""
    error = {
        "@odata.type": "#microsoft.graph.publicError",
        **values.error,
        "localizedMessage": {"locale": "nb-NO", "value": "Oppgaven pågår allerede."},
        name: among,
        "innerError": {**values.inner, "message": "The lease is held.", name: below},
    }
    return _make_case(values.status, error, **{name: above})


def _unusual_texts() -> _Cases:
    """Shapes with codes and messages that are long, empty, in other scripts, or look like markup."""
    foreign = mixture(("é", "中文", "😀", "שגיאה", "خطأ", "a\u0301", "\u202e", "ﬁ", "\u2028"))
    letters = between(0x3B1, 0x3C9) + between(0x4E00, 0x4E10) + between(0x5D0, 0x5EA)
    foreign_codes = st.text(letters, min_size=1, max_size=8)
    markup = mixture(('"', "'", "{", "}", "%s", "{0}", "<b>", "\\", "\n", "\t", "&amp;", "\\u0041", "]]>"))
    substitutions = mixture(
        ("$$", "$&", "$1", "\\1", "\\n", "${x}", "%d", "%(x)s", "%%", "{x}", "{{", "#{x}", "100%")
    )
    units = st.text(LETTERS + " .", min_size=1, max_size=16)
    long = st.tuples(units, st.sampled_from((4096, 1024))).map(lambda drawn: repeat_to_length(*drawn))
    longest = units.map(lambda unit: repeat_to_length(unit, _LONGEST))
    line_ends = st.tuples(word(), word()).map(lambda words: "{}.\r\n{}\nNext.".format(*words))
    empty = most_of(("message", "code")).map(lambda members: dict.fromkeys(members, ""))
    return {
        "non-ascii": _without_changes(_draw_values(codes=foreign_codes, messages=foreign)),
        "markup": _without_changes(_draw_values(messages=markup)),
        "empty-texts": _with_shape(lambda values, texts: {**values.error, **texts}, empty),
        "long-text": _without_changes(_draw_values(messages=long)),
        "longest-text": _without_changes(_draw_values(messages=longest)),
        "exact-texts": _without_changes(_draw_values(messages=line_ends, request_ids=_GUIDS.map(str.upper))),
        "misleading-texts": _with_shape(
            _mislead, st.tuples(st.sampled_from(_GENERIC_CODES), st.sampled_from(_NUMBERS_IN_TEXT))
        ),
        "substitutions": _without_changes(_draw_values(messages=substitutions)),
    }
