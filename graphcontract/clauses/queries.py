"""Queries on exchanges, shared by the clauses: a call's own requests, its last response, its inputs, and how
ids and outcomes are compared and described.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, wraps
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from graphcontract.clauses.secrets import DISTINCTIVE_LENGTH
from graphcontract.contract.model import Contract
from graphcontract.contract.odata import strip_namespace
from graphcontract.exchange import Call, Exchange, Outcome, Trial
from graphcontract.http.request_target import UNRESERVED, Position, Target, Template, is_plain, read
from graphcontract.http.stub_response import Concerns
from graphcontract.wire import WireRequest, WireResponse

T = TypeVar("T")

GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
B64TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
LINE_END = re.compile(rb"\r?\n(?![ \t])")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_REMEMBERED = 32  # exchanges, more than most trials have
_LONG = 128  # characters; a longer text that arrives cut off has its own class of input, `long`
_LONGEST = 120  # characters of a text in a report, without what says how long it is
_OPAQUE = re.compile(r"[A-Za-z0-9-]+")
_PRINTABLE = re.compile(r"[!-~]+")


def build_request_filter(contract: Contract, call: Call) -> Concerns:
    """Return a predicate that is true for requests of this call and false for other traffic: a request of the
    call contains its token or its id, or its target names the operation.
    """
    template = Template.of(contract)
    token = call.token[:DISTINCTIVE_LENGTH].encode() if len(call.token) >= DISTINCTIVE_LENGTH else None
    wanted = {each.encode() for _, each in path_values(contract, call) if each}
    collection, operation = _name_operation(template, contract.bound_operation)

    def belongs_to_call(request: WireRequest) -> bool:
        if not request.method:
            return False
        target = request.target.lower()
        if (token and token in request.text) or (collection in target and operation in target):
            return True
        return not wanted.isdisjoint(read(request.target, template).decode_segments())

    return belongs_to_call


def build_token_filter(call: Call) -> Concerns:
    """Return a predicate that is true for requests with this call's token, as a client sends it."""
    token = call.token.encode()
    return lambda request: token in request.text


@lru_cache(maxsize=64)
def _name_operation(template: Template, bound_operation: str | None) -> tuple[str, str]:
    """The names of the collection before the last key and of the operation, in lower case. The operation is
    empty if the path ends with its parameter: only the collection has a name then.
    """
    last, keys = len(template.segments) - 1, template.list_keys()
    end = keys[-1] if keys else last
    collection = next(template.segments[each] for each in reversed(range(end)) if each not in keys)
    operation = "" if last in keys else bound_operation or _name_segment(template.segments[-1])
    return _name_segment(collection), operation.lower()


def _name_segment(segment: str) -> str:
    return strip_namespace(segment).partition("(")[0].lower()


def path_values(contract: Contract, call: Call) -> list[tuple[Position, str]]:
    """The call's values for the parameters in the path, each with its position, in the path's order."""
    return [(each, call.arguments[each.parameter]) for each in Template.of(contract).positions]


class _Latest(threading.local, Generic[T]):
    """What a query found for the exchanges that a thread queried last."""

    contract: Contract | None = None

    def __init__(self) -> None:
        self.found: dict[Exchange, T] = {}


def remembers(query: Callable[[Contract, Exchange], T]) -> Callable[[Contract, Exchange], T]:
    """Remember what a query found for the latest exchanges: clauses query the same ones, one after the
    other. What it returns must not be changed.
    """
    latest = _Latest[T]()

    @wraps(query)
    def find(contract: Contract, exchange: Exchange) -> T:
        if latest.contract is not contract:
            latest.contract, latest.found = contract, {}
        found = latest.found
        if exchange not in found:
            if len(found) >= _REMEMBERED:
                del found[next(iter(found))]
            found[exchange] = query(contract, exchange)
        return found[exchange]

    return find


@remembers
def own_requests(contract: Contract, exchange: Exchange) -> Sequence[WireRequest]:
    """The requests of the exchange's call, without other traffic such as telemetry."""
    belongs_to_call = build_request_filter(contract, exchange.call)
    return [request for request in exchange.requests if belongs_to_call(request)]


def find_unreadable_requests(contract: Contract, exchange: Exchange) -> list[WireRequest]:
    """The call's requests that are not valid. If no request names the call, any invalid one counts:
    another protocol, such as HTTP/2, cannot be read at all. So does what has no header over HTTP/2: an
    invalid frame, or a header that cannot be decoded: the service ends the connection because of it.
    """
    malformed = [request for request in exchange.requests if request.malformed is not None]
    own = own_requests(contract, exchange) if malformed else []
    return [each for each in malformed if not own or each in own or _has_no_header(each)]


def _has_no_header(request: WireRequest) -> bool:
    return request.version == "2" and not request.pseudo and not request.fields


def has_readable_head(request: WireRequest) -> bool:
    """Whether a request has a request line of HTTP/1, valid or not otherwise: its header can be read."""
    return request.malformed is None or request.version.startswith("1.")


def list_attempts(contract: Contract, exchange: Exchange) -> list[tuple[WireRequest, WireResponse | None]]:
    """The call's own requests in order, each with its response."""
    responses = {each.request: each for each in exchange.responses}
    own, numbered = own_requests(contract, exchange), enumerate(exchange.requests)
    return [
        (request, responses.get(number))
        for number, request in numbered
        if any(request is each for each in own)
    ]


@remembers
def operation_requests(contract: Contract, exchange: Exchange) -> Sequence[WireRequest]:
    """The call's requests whose path ends with the operation; all of the call's requests if none does."""
    requests = own_requests(contract, exchange)
    if len(requests) < 2:
        return requests
    template = Template.of(contract)

    def ends_with_operation(request: WireRequest) -> bool:
        last = read_target(contract, request).segments[-1:]
        return any(template.accepts(len(template.segments) - 1, segment) for segment in last)

    return [request for request in requests if ends_with_operation(request)] or requests


@remembers
def last_response(contract: Contract, exchange: Exchange) -> WireResponse | None:
    """The last complete response to a well-formed request of the call, or None."""
    own = own_requests(contract, exchange) if exchange.responses else []
    for response in reversed(exchange.responses):
        request = exchange.requests[response.request]
        if response.whole and request.malformed is None and any(request is each for each in own):
            return response
    return None


def is_claims_challenge(response: WireResponse) -> bool:
    """Whether the service asks for a token with other claims (RFC 6750, 3)."""
    return response.status == 401 and any("claims=" in value for value in response.values("www-authenticate"))


def answers_operation(contract: Contract, exchange: Exchange, response: WireResponse) -> bool:
    """Whether a response is to a request with the operation's method. A redirect may have been followed as
    GET, which carries nothing out, whatever its response says.
    """
    return exchange.requests[response.request].method == contract.request.method


def admits_other_credentials(response: WireResponse) -> bool:
    """Whether a response is a claims challenge, or says that the credentials do not suffice."""
    return response.status == 403 or is_claims_challenge(response)


def read_target(contract: Contract, request: WireRequest) -> Target:
    """Parse the request target, as compared with the contract's path."""
    return read(request.target, Template.of(contract))


def is_guid(task_id: str) -> bool:
    """Whether an id is a GUID in its usual spelling, in either letter case."""
    return GUID.fullmatch(task_id) is not None


def is_opaque(task_id: str) -> bool:
    """Whether an id consists of letters, digits and hyphens, so that no client has a reason to reject it."""
    return _OPAQUE.fullmatch(task_id) is not None


def has_control_characters(text: str) -> bool:
    """Whether a text contains control characters (Unicode category Cc)."""
    return _CONTROL.search(text) is not None


def has_usable_values(contract: Contract, call: Call) -> bool:
    """Whether the contract's request can be built with the call's arguments."""
    values = path_values(contract, call)
    return not any(is_unusable(position, value) for position, value in values) and not any(
        map(has_control_characters, call.arguments.values())
    )


def is_unusable(position: Position, value: str) -> bool:
    """Whether a value cannot stand at its position: nothing or a dot segment as a segment of its own, nothing
    as a literal without quotes.
    """
    return value in ("", ".", "..") if position.argument is None else not (value or position.quoted)


def is_usable(contract: Contract, call: Call) -> bool:
    """Whether the contract's request can be built with the call's arguments and token."""
    return has_usable_values(contract, call) and B64TOKEN.fullmatch(call.token) is not None


def is_opaque_string(schema: Mapping[str, Any]) -> bool:
    """Whether a parameter's schema does not restrict what a value looks like."""
    return schema["type"] == "string" and schema.keys().isdisjoint(("format", "pattern", "enum"))


def has_opaque_ids(contract: Contract) -> bool:
    """Whether there is a parameter of which the contract does not restrict what a value looks like."""
    return any(map(is_opaque_string, contract.request.parameters.values()))


def describe_ids(call: Call, *names: str) -> str:
    """Format the ids of a call for a report, or those with these names; named if the call has several."""
    values = {name: quote(call.arguments[name]) for name in names or call.arguments}
    if not values:
        return "no id"
    if len(call.arguments) == 1:
        return f"the id {next(iter(values.values()))}"
    return f"the ids {', '.join(f'{name} {value}' for name, value in values.items())}"


def is_ordinary(contract: Contract, call: Call) -> bool:
    """Whether every client must accept the call: a usable token, and GUIDs as ids (or plain ids where the
    contract's are not GUIDs).
    """
    keys = {position.parameter for position, _ in path_values(contract, call) if position.argument is None}
    return is_usable(contract, call) and all(
        _is_ordinary_value(schema, call.arguments[name], name in keys)
        for name, schema in contract.request.parameters.items()
    )


def _is_ordinary_value(schema: Mapping[str, Any], value: str, is_key: bool) -> bool:
    if is_opaque_string(schema) or "format" in schema:
        return is_guid(value)
    # An address or a date in a literal or in a query has characters that an id has not.
    return is_plain(value) or (not is_key and _PRINTABLE.fullmatch(value) is not None)


def abbreviate(text: str, limit: int = _LONGEST) -> str:
    """Shorten a text of more than `limit` characters for a report, in the middle, and add its length."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}…{text[-half:]} ({len(text)} characters)"


def abbreviate_from_difference(text: str, other: str) -> str:
    """Shorten a text that is compared with another one, if one of them is long: what both begin with is left
    out.
    """
    same = next((i for i, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), 0)
    are_long = max(len(text), len(other)) > _LONGEST and same > _LONGEST // 2
    return abbreviate(f"…{text[same - _LONGEST // 4 :]}" if are_long else text)


def quote(text: str) -> str:
    """Quote a text for a report, as JSON does, and shorten it."""
    return abbreviate(json.dumps(text, ensure_ascii=False))


def is_same_authority(actual: str, root: str) -> bool:
    """Whether an authority is that of a root. Letter case and the scheme's default port make no difference;
    user information does.
    """
    parts = urlsplit(root)
    default_port = ":443" if parts.scheme == "https" else ":80"
    return actual.lower().removesuffix(default_port) == parts.netloc.lower().removesuffix(default_port)


def describe_outcome(outcome: Outcome) -> str:
    """Format an outcome for a report: its kind, and the status and the message that the client reported."""
    status = f" with status {outcome.reported_status}" if outcome.reported_status is not None else ""
    message = outcome.reason or (outcome.error.message if outcome.error else None) or ""
    return f"{outcome.kind}{status}{': ' if message else ''}{abbreviate(message)}"


def classify_character(character: str) -> str:
    """Name the class of a character in a path segment, after RFC 3986, section 2."""
    for name, members in (
        ("space", " "),
        ("percent", "%"),
        ("gen-delim", ":/?#[]@"),
        ("sub-delim", "!$&'()*+,;="),
    ):
        if character in members:
            return name
    if not character.isascii():
        return "non-ascii"
    return "unreserved" if character in UNRESERVED else "unsafe"


def classify_difference(expected: str, actual: str) -> str:
    """Name the class of input that explains how one text was changed into the other; empty if nothing
    differs.

    The tests go from the most specific change to the least: the first character that differs comes last.
    """
    if actual == expected:
        return ""
    if actual == expected.strip():
        return "edges"
    if actual.casefold() == expected.casefold():
        return "letter-case"
    if any(unicodedata.normalize(form, expected) == actual for form in ("NFC", "NFD", "NFKC", "NFKD")):
        return "normalization"
    if len(expected) > _LONG and expected.startswith(actual):
        return "long"
    for left, right in zip(expected, actual, strict=False):
        if left != right:
            return classify_character(left)
    rest = expected[len(actual) :] or actual[len(expected) :]
    return classify_character(rest[0])


def crashed_without_request(exchange: Exchange) -> bool:
    """Whether the client crashed or hung before it sent a request; rejecting the input is neither."""
    return not exchange.requests and exchange.outcome.kind in ("crash", "hang")


def control_has_request(contract: Contract, trial: Trial) -> bool:
    """Whether the client sent a request in the trial's control call."""
    return trial.control is not None and bool(own_requests(contract, trial.control))
