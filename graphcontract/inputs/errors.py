"""Errors as Graph states them: legal error objects in every shape, with what each of them says.

Knows Graph's error object (`code`, `message`, `details`, `innerError`); no transport and no clause.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from graphcontract.contract.model import Contract
from graphcontract.inputs.ids import guids
from graphcontract.inputs.malformed import MalformedError, malformed
from graphcontract.inputs.partitions import Partitions
from graphcontract.inputs.statuses import ORDINARY, WAITING, any_status, statuses
from graphcontract.inputs.strings import LETTERS, between, mixture, most_of, repeated, word

__all__ = ["ORDINARY", "WAITING", "ErrorCase", "MalformedError", "graph_errors", "malformed", "statuses"]

T = TypeVar("T")
_Members = dict[str, Any]
_Cases = dict[str, SearchStrategy["ErrorCase"]]

_ORDINARY_CODES = st.sampled_from(
    ("conflict", "itemNotFound", "accessDenied", "invalidRequest", "generalException", "Request_BadRequest")
)
_LONG_CODES = st.tuples(*[word(least=8)] * 3, st.integers(1, 999)).map(
    lambda drawn: "Service.{}-{}_{}.{}".format(*drawn)
)
_CODES_OF_DIGITS = st.sampled_from(("204", "200", "404", "007"))
_GUIDS = guids()
_OPAQUE_IDS = st.tuples(word(), st.integers(0, 9999)).map(lambda drawn: "|{}.{:04};a=b/".format(*drawn))
_CLIENT_REQUEST_ID = "c0ffee00-3a1d-4f0e-9d3c-2b7a54c1e8f6"
_DEEPEST, _LONGEST = 30, 16384
_DATES = (
    "2025-11-12T09:30:00Z",
    "2025-11-12T09:30:00.1234567",
    "2025-11-12T09:30:00+01:00",
)
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
_ODDITIES: tuple[tuple[str, Any], ...] = (
    ("innerError", None),
    ("message", None),
    ("details", None),
    ("target", None),
    ("attempts", [1, [2.5, []]]),
    ("retryable", True),
    ("limit", 10**18),
    ("context", {"a": {"b": [{"c": None}]}}),
)
# Names that a reader may take for its own: of what it reports, or of its language.
_NAMED: tuple[_Members, ...] = (
    {"status": 200, "statusCode": 204, "ok": True, "success": True},
    {"self": "x", "args": [1], "cls": 1, "__class__": "x", "kwargs": {}},
    {"__proto__": {"code": "x"}, "constructor": "x", "toString": "x", "hasOwnProperty": 1},
)


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """An error answer and what it says; `body` is the whole JSON document. None is what it does not say."""

    status: int
    body: object
    code: str | None
    message: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class _Said:
    """What an ordinary error says, as drawn."""

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
    """Legal error answers, a class a shape, of statuses that no client waits on. The contract's own codes
    come with the statuses it gives them.
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
            "unknown-code": _unknown(frozenset(code for _, code in documented)),
            "long-code": _as_usual(_said(codes=_LONG_CODES)),
            "digits-code": _as_usual(_said(codes=_CODES_OF_DIGITS)),
        }
    )
    if documented:
        codes = Partitions({"documented": _documented(documented)}) | codes
    return codes | shapes


def _said(
    codes: SearchStrategy[str] = _ORDINARY_CODES,
    messages: SearchStrategy[str] = _SENTENCES,
    request_ids: SearchStrategy[str] = _GUIDS,
) -> SearchStrategy[_Said]:
    parts = st.tuples(any_status(), codes, messages, request_ids)
    return parts.map(lambda drawn: _Said(*drawn))


def _case(status: int, error: _Members, **beside: object) -> ErrorCase:
    inner = error.get("innerError", error.get("innererror"))
    request_id = inner.get("request-id") if inner else None
    return ErrorCase(status, {"error": error, **beside}, error.get("code"), error.get("message"), request_id)


def _shaped(shape: Callable[[_Said, T], _Members], parts: SearchStrategy[T]) -> SearchStrategy[ErrorCase]:
    return st.tuples(_said(), parts).map(lambda drawn: _case(drawn[0].status, shape(*drawn)))


def _as_usual(said: SearchStrategy[_Said]) -> SearchStrategy[ErrorCase]:
    return said.map(lambda drawn: _case(drawn.status, drawn.error))


def _documented(pairs: list[tuple[int, str]]) -> SearchStrategy[ErrorCase]:
    said = st.tuples(st.sampled_from(pairs), _SENTENCES, _GUIDS)
    return _as_usual(said.map(lambda drawn: _Said(*drawn[0], *drawn[1:])))


def _unknown(known: frozenset[str]) -> SearchStrategy[ErrorCase]:
    codes = word(least=0).map("unheardOf".__add__)
    return _as_usual(_said(codes=codes.filter(lambda code: code not in known)))


def _inner_errors() -> _Cases:
    """How `innerError` is spelled, what it holds, how deep it goes, and that it may be empty or missing."""
    parts = most_of(("request-id", "client-request-id", "date"))
    names = st.sampled_from(("innerError", "innererror"))

    def spelled(name: str) -> SearchStrategy[ErrorCase]:
        def shape(said: _Said, kept: tuple[str, ...]) -> _Members:
            return {**_bare(said), name: {part: said.inner[part] for part in kept}}

        return _shaped(shape, parts)

    return {
        "inner-upper": spelled("innerError"),
        "inner-lower": spelled("innererror"),
        "nested": _shaped(_nested, st.tuples(names, st.integers(1, 6), st.booleans())),
        "nested-deep": _shaped(_nested, st.tuples(names, st.just(_DEEPEST), st.just(True))),
        "opaque-request-id": _as_usual(_said(request_ids=_OPAQUE_IDS)),
        "inner-dates": _shaped(
            lambda said, date: {**_bare(said), "innerError": {**said.inner, "date": date}},
            st.sampled_from(_DATES),
        ),
        "empty-inner": _shaped(lambda said, name: {**_bare(said), name: {}}, names),
        "no-inner": _said().map(lambda said: _without("innerError", said)),
    }


def _bare(said: _Said) -> _Members:
    return {"code": said.code, "message": said.message}


def _nested(said: _Said, how: tuple[str, int, bool]) -> _Members:
    """Inner errors within the first, each with a more specific code, or with a message alone; only the first
    holds the request's id.
    """
    name, depth, coded = how
    below: _Members = {}
    for level in range(depth, 0, -1):
        below = {name: {**({"code": f"{said.code}{level}"} if coded else {"message": said.message}), **below}}
    return {**_bare(said), name: {"code": said.code, **said.inner, **below}}


def _members_left_out() -> _Cases:
    return {
        "no-message": _said().map(lambda said: _without("message", said)),
        "no-code": _said().map(lambda said: _without("code", said)),
    }


def _without(member: str, said: _Said) -> ErrorCase:
    return _case(said.status, {name: value for name, value in said.error.items() if name != member})


def _further_members() -> _Cases:
    """Details, members that nobody has heard of, and values that are null or of other types."""
    detail = st.tuples(_ORDINARY_CODES, word(), word())
    details = st.lists(detail.map(_detail), min_size=1, max_size=3).map(lambda listed: [*listed, _NO_TARGET])
    unknown = st.tuples(word().map("new-".__add__), *[st.sampled_from(_VALUES)] * 3)
    return {
        "details": _shaped(lambda said, listed: {**said.error, "details": listed}, details),
        "further-members": st.tuples(_said(), unknown).map(lambda drawn: _with_unknown(drawn[0], *drawn[1])),
        "named-members": _shaped(_named, st.sampled_from(_NAMED)),
        "odd-types": _shaped(lambda said, odd: {**said.error, **dict(odd)}, most_of(_ODDITIES)),
    }


def _named(said: _Said, members: _Members) -> _Members:
    return {**said.error, **members, "innerError": {**said.inner, **members}}


def _detail(drawn: tuple[str, str, str]) -> _Members:
    code, message, target = drawn
    return {"code": code, "message": message, "target": target}


def _with_unknown(said: _Said, name: str, above: object, among: object, below: object) -> ErrorCase:
    """Members that Graph may add without notice, at each level."""
    error = {
        "@odata.type": "#microsoft.graph.publicError",
        **said.error,
        "localizedMessage": {"locale": "nb-NO", "value": "Oppgaven pågår allerede."},
        name: among,
        "innerError": {**said.inner, "message": "The lease is held.", name: below},
    }
    return _case(said.status, error, **{name: above})


def _unusual_texts() -> _Cases:
    """Codes and messages that are long, empty, in other scripts, or like the syntax of something else."""
    foreign = mixture(("é", "中文", "😀", "שגיאה", "خطأ", "a\u0301", "\u202e", "ﬁ", "\u2028"))
    letters = between(0x3B1, 0x3C9) + between(0x4E00, 0x4E10) + between(0x5D0, 0x5EA)
    foreign_codes = st.text(letters, min_size=1, max_size=8)
    markup = mixture(('"', "'", "{", "}", "%s", "{0}", "<b>", "\\", "\n", "\t", "&amp;", "\\u0041", "]]>"))
    units = st.text(LETTERS + " .", min_size=1, max_size=16)
    long = st.tuples(units, st.sampled_from((4096, 1024))).map(lambda drawn: repeated(*drawn))
    longest = units.map(lambda unit: repeated(unit, _LONGEST))
    empty = most_of(("message", "code")).map(lambda members: dict.fromkeys(members, ""))
    return {
        "non-ascii": _as_usual(_said(codes=foreign_codes, messages=foreign)),
        "markup": _as_usual(_said(messages=markup)),
        "empty-texts": _shaped(lambda said, texts: {**said.error, **texts}, empty),
        "long-text": _as_usual(_said(messages=long)),
        "longest-text": _as_usual(_said(messages=longest)),
    }
