"""What events have of a violation, as types: its evidence, with the exchanges that show it, redacted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict

from graphcontract.exchange import OutcomeKind


class WireBytes(TypedDict):
    """Redacted bytes, as `text` or `base64`, cut; `size` and `sha256` are of all of them."""

    text: NotRequired[str]
    base64: NotRequired[str]
    size: int
    sha256: str


class RecordedRequest(TypedDict):
    """A request that arrived, `at` seconds after the start of the call at `origin`, a host and port.
    `server_name` is the name in the TLS handshake of its connection, empty without one.
    """

    at: float
    raw: WireBytes
    origin: str
    malformed: NotRequired[str]
    server_name: NotRequired[str]


class RecordedResponse(TypedDict):
    """A response that was sent; `request` is the index of the request that it responds to."""

    at: float
    status: int
    request: int
    raw: WireBytes


class RecordedError(TypedDict):
    """What the client's error exposes; None for what it does not. Optional parts are left out then."""

    kind: str | None
    type: str | None
    status: int | None
    code: str | None
    message: str | None
    request_id: str | None
    retry_after: NotRequired[float]
    inner_codes: NotRequired[list[str]]
    details: NotRequired[list[str]]
    fields: NotRequired[Mapping[str, str]]


class RecordedOutcome(TypedDict):
    """The outcome that the client reported; members without a value are left out."""

    kind: OutcomeKind
    status: NotRequired[int]
    request_id: NotRequired[str]
    error: NotRequired[RecordedError]
    reason: NotRequired[str]
    died: NotRequired[Literal[True]]
    output: NotRequired[str]


class RecordedExchange(TypedDict):
    """One call; `duration` is in seconds, `elsewhere` has requests to other origins than the call's, and
    `connects` the CONNECT requests to a proxy. `cancelled` is when it was cancelled, in seconds from its
    start.
    """

    requests: list[RecordedRequest]
    responses: list[RecordedResponse]
    outcome: RecordedOutcome
    duration: float
    elsewhere: NotRequired[list[RecordedRequest]]
    connects: NotRequired[list[RecordedRequest]]
    fault: NotRequired[str]
    certificate: NotRequired[str]
    cancelled: NotRequired[float]


class EvidenceExchange(RecordedExchange):
    """One call of evidence; among several, `violates` marks the one that violates the clause."""

    violates: NotRequired[Literal[True]]


class TokenRecipe(TypedDict):
    """How to make a token again: a fixed start, and `unit` repeated to `length` characters."""

    canary: Literal[True]
    unit: str
    length: int


class ShortToken(TypedDict):
    """A token that is too short to be secret."""

    canary: Literal[False]
    text: str


class CallInput(TypedDict):
    """The input of a call; `base_url` is None for the client's own service root."""

    arguments: dict[str, str]
    token: TokenRecipe | ShortToken
    base_url: str | None


# `class` is a keyword, so that this member cannot be declared in a class body.
_InputClass = TypedDict("_InputClass", {"class": NotRequired[str]})


class Evidence(_InputClass):
    """One violation: what was expected, what happened, the exchange that shows it, and how to reproduce and
    fix it.
    """

    id: str
    kind: str
    text: str
    statement: str
    source: str
    fix: NotRequired[str]
    expected: str
    actual: str
    note: NotRequired[str]
    input: CallInput
    exchange: EvidenceExchange
    before: list[EvidenceExchange]
    repeat: str
    curl: str | None
