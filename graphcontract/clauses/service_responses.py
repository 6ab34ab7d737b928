"""Service clauses on every response: error objects, secrets, the challenge, request ids, media types.

A finding quotes no text of the tenant, because reports do not redact it.
"""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.graph_errors import parse_graph_error
from graphcontract.clauses.secrets import contains_any_token
from graphcontract.clauses.service_queries import list_request_ids, purpose_kind
from graphcontract.contract.model import Contract
from graphcontract.exchange import Trial
from graphcontract.wire import WireResponse


def _list_responses(trial: Trial) -> list[WireResponse]:
    return [response for response in trial.exchange.responses if response.whole]


def _list_graph_errors(trial: Trial) -> list[WireResponse]:
    """Error responses with a request-id. Without one, the error may be a gateway's page; a response to HEAD
    has no content.
    """
    return [
        each
        for each in _list_responses(trial)
        if each.status >= 400
        and each.values("request-id")
        and trial.exchange.requests[each.request].method != "HEAD"
    ]


@clause(
    "service.error-shape",
    "no-object",
    "no-code",
    "no-message",
    when=lambda _contract, trial: bool(_list_graph_errors(trial)),
)
def error_shape(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """An error must have the Graph error object, with a code and a message (Graph's error responses).
    Errors without a request-id, which may come from a gateway, and responses to HEAD are left out.
    """
    for response in _list_graph_errors(trial):
        expected, status = "an error object with a code and a message", f"status {response.status}"
        error, input = parse_graph_error(response), purpose_kind(trial.exchange)
        if error is None:
            size = len(response.content)
            yield Finding("no-object", expected, f"{status}, {size} bytes without an error object", input)
        elif not (error.code or "").strip():
            yield Finding("no-code", expected, f"{status}, an error object without a code", input)
        elif not (error.message or "").strip():
            yield Finding("no-message", expected, f"{status}, an error object without a message", input)


@clause(
    "service.secrets", "in-field", "in-content", when=lambda _contract, trial: bool(_list_responses(trial))
)
def secrets(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """No response may contain 20 consecutive characters of the token (RFC 6750, 5.3). Shorter parts are
    left out, which could be part of other text.
    """
    tokens, expected = frozenset({trial.exchange.call.token}), "no part of the token"
    for response in _list_responses(trial):
        where = f"of a response with status {response.status}"
        for name, value in response.fields:
            if contains_any_token(tokens, name) or contains_any_token(tokens, value):
                yield Finding("in-field", expected, f"the token in a header {where}")
                break
        if contains_any_token(tokens, (response.content + response.stray).decode("latin-1")):
            yield Finding("in-content", expected, f"the token in the content {where}")


def _list_unauthorized(trial: Trial) -> list[WireResponse]:
    return [each for each in _list_responses(trial) if each.status == 401]


@clause("service.challenge", "missing", when=lambda _contract, trial: bool(_list_unauthorized(trial)))
def challenge(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A 401 should have WWW-Authenticate (RFC 9110, 15.5.2), which states the scheme and where to get a
    token. Any scheme and any parameters are accepted.
    """
    for response in _list_unauthorized(trial):
        if not any(value.strip() for value in response.values("www-authenticate")):
            yield Finding("missing", "WWW-Authenticate", "status 401 without WWW-Authenticate")


@clause(
    "service.request-id",
    "missing",
    "not-returned",
    "changed",
    "repeated",
    when=lambda _contract, trial: bool(_list_responses(trial)),
    uses_earlier_steps=True,
)
def request_id(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Every response should have a request-id of its own, and return the client-request-id of its request
    (Graph's best practices). The letter case of the returned GUID makes no difference, and a cache may repeat
    a response with its request-id.
    """
    earlier = {id for each in trial.before for id in list_request_ids(each)}
    if not earlier.isdisjoint(list_request_ids(trial.exchange)):
        actual = "the request-id of the response to an earlier request"
        yield Finding("repeated", "a request-id of its own", actual)
    for response in _list_responses(trial):
        status = f"status {response.status}"
        if not any(value.strip() for value in response.values("request-id")):
            yield Finding("missing", "a request-id", f"{status} without a request-id")
        sent = trial.exchange.requests[response.request].values("client-request-id")
        returned = response.values("client-request-id")
        expected = "the client-request-id of the request"
        if sent and not returned:
            yield Finding("not-returned", expected, f"{status} without a client-request-id")
        elif sent and [each.lower() for each in returned] != [each.lower() for each in sent]:
            yield Finding("changed", expected, f"{status} with another client-request-id")


def _list_no_content(_contract: Contract, trial: Trial) -> list[WireResponse]:
    return [each for each in _list_responses(trial) if each.status == 204]


@clause("service.media-type", "present", when=lambda contract, trial: bool(_list_no_content(contract, trial)))
def media_type(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A 204 response should not have Content-Type (RFC 9110, 8.3): it has no content to describe. Other
    statuses are left out, even if their content is empty.
    """
    for response in _list_no_content(contract, trial):
        if response.values("content-type"):
            yield Finding("present", "no Content-Type", "status 204 with a Content-Type")
