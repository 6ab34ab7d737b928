"""Clauses on frames beside a response of HTTP/2, and on responses that end early or are malformed."""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.http2_queries import (
    CONNECTION_FIELDS,
    FAILURES,
    NEEDS,
    find_event,
    find_failure,
    find_success,
    got,
    has_success,
    lacks_declared_content,
)
from graphcontract.clauses.queries import last_response, own_requests
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.wire import WireResponse

_COMPLETE_WITH_HEAD = 204
_STATUS_DIGITS = 3


@clause("http2.reset-after-response", "repeated", *FAILURES, when=got("reset-after-response"), needs=NEEDS)
def reset_after_response(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A client must not discard a complete response because RST_STREAM with NO_ERROR follows it (RFC 9113,
    8.1). A server sends that to stop the content of a request, which it does not need.
    """
    exchange, what = trial.exchange, "RST_STREAM with NO_ERROR after the complete response"
    requests = own_requests(contract, exchange)
    if len(requests) > 1:
        yield Finding("repeated", f"one request: {what}", f"{len(requests)} requests", at=requests[1])
    if has_success(contract, exchange):
        yield from find_failure(exchange, f"success: {what}", "")


def _was_reset_early(contract: Contract, trial: Trial) -> bool:
    event = find_event(contract, trial.exchange, "reset-after-head")
    early = event is not None and 200 <= event.status < 300
    return early and not has_success(contract, trial.exchange)


@clause("http2.reset-before-end", "success", "crash", "hang", when=_was_reset_early, needs=NEEDS)
def reset_before_end(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A response is complete with END_STREAM (RFC 9113, 8.1). A stream that is reset before it, with whatever
    code, should not be success, even if its HEADERS had the status code of one. A SHOULD, since a client that
    only needs the status code has it. 204 may be success: it ends with its header section, and nothing can
    follow (RFC 9110, 15.3.5).
    """
    event = find_event(contract, trial.exchange, "reset-after-head")
    assert event is not None
    error = next((each.split(", ")[-1] for each in event.frames if each.startswith("RST_STREAM")), "")
    for finding in find_success(trial.exchange, f"RST_STREAM with {error} before END_STREAM", error):
        if finding.kind != "success" or event.status != _COMPLETE_WITH_HEAD:
            yield finding


def _name_malformation(response: WireResponse) -> str:
    """What is malformed in a header."""
    names = [name for name, _ in response.fields]
    regular = [name for name in names if not name.startswith(":")]
    if any(name.lower() != name for name in names):
        return "upper case"
    if ":status" not in names:
        return "no :status"
    if names.count(":status") > 1:
        return "two :status"
    if any(name.startswith(":") and name != ":status" for name in names):
        return "unknown pseudo-header field"
    if regular and names.index(regular[0]) < names.index(":status"):
        return ":status after a field"
    if any(name in CONNECTION_FIELDS for name in names):
        return "connection-specific field"
    if any(len(value) != _STATUS_DIGITS for name, value in response.fields if name == ":status"):
        return ":status that is not three digits"
    if any(" " in name for name in names):
        return "space in a field name"
    if any("\0" in value for _, value in response.fields):
        return "NUL in a value"
    return "line end in a value"


@clause("http2.malformed-response", "crash", "hang", when=got("malformed-head"), needs=NEEDS)
def malformed_response(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A malformed response is an error of its stream (RFC 9113, 8.1.1): the call must end with an outcome."""
    yield from _find_malformed(contract, trial, "crash", "hang")


@clause("http2.malformed-accepted", "success", when=got("malformed-head"), needs=NEEDS)
def malformed_accepted(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A client must not accept a malformed response (RFC 9113, 8.1.1): one with a field name in upper case or
    with a line end in a value (8.2.1), with a field that only concerns a connection (8.2.2), or without one
    valid :status at the beginning (8.3).
    """
    if not has_success(contract, trial.exchange):
        yield from _find_malformed(contract, trial, "success")


def _find_malformed(contract: Contract, trial: Trial, *kinds: str) -> Iterator[Finding]:
    event = find_event(contract, trial.exchange, "malformed-head")
    assert event is not None
    name = _name_malformation(event)
    for finding in find_success(trial.exchange, f"a malformed response ({name})", name):
        if finding.kind in kinds:
            yield finding


def _was_pinged(contract: Contract, trial: Trial) -> bool:
    own = own_requests(contract, trial.exchange)
    return trial.exchange.fault == "ping-first" and any(each.version == "2" for each in own)


@clause("http2.ping", *FAILURES, when=_was_pinged, needs=NEEDS)
def ping(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A PING frame must be acknowledged with the same payload (RFC 9113, 6.7): services test with it whether
    a connection is alive. Here the response is only sent once it is.
    """
    expected = "an acknowledgement of PING, and success for the response that follows"
    yield from find_failure(trial.exchange, expected, "")


def _got_settings_first(contract: Contract, trial: Trial) -> bool:
    own = own_requests(contract, trial.exchange)
    return trial.exchange.fault == "settings-first" and any(each.version == "2" for each in own)


@clause("http2.settings", *FAILURES, when=_got_settings_first, needs=NEEDS)
def settings(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The SETTINGS with which a connection begins must be acknowledged as soon as they are read, and not only
    after a response (RFC 9113, 6.5.3). Here the response is only sent once they are.
    """
    expected = "an acknowledgement of SETTINGS, and success for the response that follows"
    yield from find_failure(trial.exchange, expected, "")


def _name_extension(contract: Contract, exchange: Exchange) -> str | None:
    """The unknown frame or setting beside a successful response, None without one."""
    last = last_response(contract, exchange)
    if last is None or last.fault is not None or not has_success(contract, exchange):
        return None
    for frame in last.frames:
        if frame.startswith("frame of type"):
            return "frame of a stream" if " stream " in frame else "frame of the connection"
        if frame.startswith("SETTINGS setting"):
            return "setting"
    return None


@clause(
    "http2.extensions",
    *FAILURES,
    when=lambda contract, trial: _name_extension(contract, trial.exchange) is not None,
    needs=NEEDS,
)
def extensions(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Frames of unknown types and unknown settings must be ignored (RFC 9113, 4.1, 5.5 and 6.5.2): that is
    how HTTP/2 is extended.
    """
    name = str(_name_extension(contract, trial.exchange))
    yield from find_failure(trial.exchange, f"success: an unknown {name} is to be ignored", name)


def _has_length_only(contract: Contract, trial: Trial) -> bool:
    last = last_response(contract, trial.exchange)
    if last is None or last.status != 204 or last.fault or not has_success(contract, trial.exchange):
        return False
    over_http2 = trial.exchange.requests[last.request].version == "2"
    return over_http2 and lacks_declared_content(last)


def _explain_content(contract: Contract) -> str | None:
    return None if contract.success.status == 204 else "the success of this operation has another status"


@clause(
    "http2.content-length",
    *FAILURES,
    when=_has_length_only,
    needs=NEEDS,
    not_applicable=_explain_content,
)
def content_length(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A response that has no content by its definition, such as 204, may have a Content-Length above 0 and no
    DATA (RFC 9113, 8.1.1). A SHOULD, since a server must not send one with 204 (RFC 9110, 8.6).
    """
    yield from find_failure(trial.exchange, "success for status 204 with Content-Length and no DATA", "")
