"""Clauses on how a client reports a response that is not an error: the documented success, another 2xx, a
3xx, interim responses, and bytes after the response.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphcontract.clauses import Finding, clause
from graphcontract.clauses.graph_errors import find_lost_texts, parse_graph_error
from graphcontract.clauses.locations import find_unusable_location
from graphcontract.clauses.queries import describe_outcome, last_response, own_requests
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Outcome, Trial
from graphcontract.wire import WireResponse

_ABORTED = ("crash", "hang")
# How a client can report a response otherwise than it reports the control with the same final response.
_UNLIKE_CONTROL = ("success", "failure", "rejected", "crash", "hang", "other-status", "other-error")
# More fields, or longer ones, than other tests send: what the clause on large heads is about.
_USUAL_FIELDS = 40
_USUAL_VALUE = 8000


def _last_status(contract: Contract, exchange: Exchange) -> int | None:
    last = last_response(contract, exchange)
    return None if last is None else last.status


def _if_status(accepts: Callable[[Contract, int], bool]) -> Callable[[Contract, Trial], bool]:
    def when(contract: Contract, trial: Trial) -> bool:
        status = _last_status(contract, trial.exchange)
        return status is not None and accepts(contract, status)

    return when


def _expected_kind(contract: Contract, last: WireResponse) -> str:
    return "success" if last.status in contract.success.statuses else "failure"


def _is_reported_correctly(contract: Contract, exchange: Exchange) -> bool:
    """Whether the outcome matches the last response."""
    last = last_response(contract, exchange)
    return last is not None and _matches(contract, last, exchange.outcome)


def _matches(contract: Contract, last: WireResponse, outcome: Outcome) -> bool:
    """Whether an outcome is that of a response; a status that is not exposed does not matter."""
    return outcome.kind == _expected_kind(contract, last) and outcome.reported_status in (None, last.status)


def _is_fit_as_control(contract: Contract, control: Exchange) -> bool:
    """Whether a call can be compared with others: it sent one request and was reported correctly."""
    return _is_reported_correctly(contract, control) and len(own_requests(contract, control)) == 1


def _name_lost_texts(contract: Contract, control: Exchange, exchange: Exchange) -> str:
    """Name the texts of the error that the client exposed in the control and not in the exchange."""
    last = last_response(contract, control)
    error = parse_graph_error(last) if last is not None else None
    return ", ".join(find_lost_texts(error, control.outcome, exchange.outcome)) if error is not None else ""


@clause(
    "response.no-content",
    "failure",
    "crash",
    "hang",
    "rejected",
    when=_if_status(lambda contract, status: status in contract.success.statuses),
)
def no_content(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The documented success status must be reported as success (the operation's page; RFC 9110, 15.3.5),
    whatever the framing of the empty body and whatever other header fields the response has. Where no source
    states the status, a client may accept one of the likely ones only: the run leaves the others out.
    """
    outcome = trial.exchange.outcome
    if outcome.kind != "success":
        expected = f"success for status {' or '.join(map(str, contract.success.statuses))}"
        yield Finding(outcome.kind, expected, describe_outcome(outcome))


@clause(
    "response.other-success",
    "rejected",
    "crash",
    "hang",
    when=_if_status(lambda contract, status: 200 <= status < 300 and status not in contract.success.statuses),
)
def other_success(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """An undocumented 2xx must be reported as success or failure (RFC 9110, 15). Both are accepted: the
    client cannot know what the status means for this operation.
    """
    outcome = trial.exchange.outcome
    if outcome.kind not in ("success", "failure"):
        status = _last_status(contract, trial.exchange)
        yield Finding(outcome.kind, f"success or failure for status {status}", describe_outcome(outcome))


def _is_redirect_not_followed(contract: Contract, trial: Trial) -> bool:
    last = last_response(contract, trial.exchange)
    if last is None or not 300 <= last.status < 400 or last.status == 304:
        return False
    followed = len(own_requests(contract, trial.exchange)) > 1 or trial.exchange.elsewhere
    return not (followed and last.values("location")) or find_unusable_location(last) is not None


@clause(
    "response.redirection",
    "success",
    when=_is_redirect_not_followed,
)
def redirection(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A redirect that the client did not follow must not be reported as success (RFC 9110, 15.4): the
    operation was not carried out. If its Location cannot be followed, this holds whatever the client sent
    after it. A redirect loop is for `redirect.bounded`.
    """
    outcome = trial.exchange.outcome
    if outcome.kind == "success":
        expected = f"no success for status {_last_status(contract, trial.exchange)}"
        yield Finding("success", expected, describe_outcome(outcome))


@clause("response.not-modified", "success", when=_if_status(lambda _, status: status == 304))
def not_modified(_contract: Contract, trial: Trial) -> Iterator[Finding]:
    """304 must not be reported as success: it is the response to a conditional GET (RFC 9110, 15.4.5), and
    the operation was not carried out. It has a clause of its own, as it is not a redirect.
    """
    outcome = trial.exchange.outcome
    if outcome.kind == "success":
        yield Finding("success", "no success for status 304", describe_outcome(outcome))


def _has_fit_control(contract: Contract, trial: Trial) -> bool:
    """Whether the control was reported correctly, and has the status of the exchange's last response."""
    control, status = trial.control, _last_status(contract, trial.exchange)
    if control is None or status is None or _last_status(contract, control) != status:
        return False
    return _is_fit_as_control(contract, control)


def _has_interim_response(contract: Contract, trial: Trial) -> bool:
    last = last_response(contract, trial.exchange)
    return last is not None and bool(last.interim) and _has_fit_control(contract, trial)


@clause(
    "response.interim",
    *_UNLIKE_CONTROL,
    when=_has_interim_response,
    needs=frozenset({"wire"}),
)
def interim(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """The final response must decide the outcome; 100, 102 and 103 only precede it (RFC 9110, 15.2). The
    control has the same final response without interim ones, so that a client that misreports both is not
    at fault here.
    """
    last = last_response(contract, trial.exchange)
    if last is not None:
        yield from _compare_with_control(contract, trial, f"after {' '.join(map(str, last.interim))}")


def _compare_with_control(
    contract: Contract, trial: Trial, circumstance: str, input: str = ""
) -> Iterator[Finding]:
    """Find what the client reported correctly for the control and not for the exchange, which has the same
    final response under some circumstance.
    """
    last = last_response(contract, trial.control) if trial.control is not None else None
    outcome = trial.exchange.outcome
    if last is None or trial.control is None:
        return
    kind = _expected_kind(contract, last)
    expected = f"{kind} for status {last.status} {circumstance}"
    if outcome.kind != kind:
        yield Finding(outcome.kind, expected, describe_outcome(outcome), input)
    elif not _matches(contract, last, outcome):
        yield Finding("other-status", f"status {last.status}", describe_outcome(outcome), input)
    elif lost := _name_lost_texts(contract, trial.control, trial.exchange):
        yield Finding("other-error", f"{expected}, with its {lost}", describe_outcome(outcome), input)


def _has_large_head(contract: Contract, trial: Trial) -> bool:
    last = last_response(contract, trial.exchange)
    if last is None or not _has_fit_control(contract, trial):
        return False
    return len(last.fields) > _USUAL_FIELDS or any(len(value) > _USUAL_VALUE for _, value in last.fields)


@clause(
    "response.large-head",
    *_UNLIKE_CONTROL,
    when=_has_large_head,
    needs=frozenset({"wire"}),
)
def large_head(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A response with a field of 9,000 bytes, or with 90 fields, should be reported like one without (RFC
    9110, 5.4). The RFC sets no limit, and common stacks have default caps from 16 KiB on, which are accepted.
    """
    last = last_response(contract, trial.exchange)
    if last is not None:
        longest = max((len(value) for _, value in last.fields), default=0)
        circumstance = f"with {len(last.fields)} fields, the longest of {longest} bytes"
        yield from _compare_with_control(contract, trial, circumstance)


_SLOW_TO_BEGIN = ("at-start", "after-interim")
_CUT_IN_CONTENT = ("after-head", "in-content")


def _find_slow_response(exchange: Exchange) -> WireResponse | None:
    """The first response with a pause before it or in it; None without one."""
    return next((each for each in exchange.responses if each.split is not None), None)


def _is_slow(contract: Contract, trial: Trial) -> bool:
    control = trial.control
    slow = _find_slow_response(trial.exchange) is not None
    return slow and control is not None and _is_reported_correctly(contract, control)


@clause("response.slow", *_UNLIKE_CONTROL, when=_is_slow, needs=frozenset({"network"}))
def slow(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A response that arrives within the call's timeout must be reported like the same response at once,
    after a pause or in any segments: it ends where its framing says (RFC 9112, 2.2 and 6.3), and TCP keeps no
    boundaries. The control has the same responses without pauses, of which the longest is a third of the
    timeout.
    """
    response = _find_slow_response(trial.exchange)
    if response is None:
        return
    pause = f"{response.pause:g} s"
    if response.split in _SLOW_TO_BEGIN:
        circumstance, input = f"that begins after {pause} of {trial.exchange.call.timeout:g} s", "pause"
    elif response.split in _CUT_IN_CONTENT:
        circumstance, input = f"with content that arrives {pause} late (status {response.status})", "content"
    elif response.split == "each-byte":
        circumstance, input = f"that begins byte by byte, every {pause}", "bytes"
    else:
        circumstance, input = f"whose head arrives in two parts, {pause} apart ({response.split})", "head"
    yield from _compare_with_control(contract, trial, circumstance, input)


def _get_late_call(contract: Contract, trial: Trial) -> Exchange | None:
    """The call before, if it ended in failure before its response came; None if it did not, or if the control
    was not reported correctly.
    """
    control = trial.control
    if control is None or not trial.before or not _is_reported_correctly(contract, control):
        return None
    late = trial.before[-1]
    return late if late.fault in ("late", "late-between") and late.outcome.kind == "failure" else None


@clause(
    "calls.late-response",
    "misread",
    "crash",
    "hang",
    "lost",
    when=lambda contract, trial: _get_late_call(contract, trial) is not None,
    needs=frozenset({"network", "timeout"}),
    uses_earlier_steps=True,
)
def late_response(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """A response that arrives after its call has timed out must not become that of the next call (RFC 9112,
    9.2). A client may close the connection, or keep it and discard the late response.
    """
    following, late = trial.exchange, _get_late_call(contract, trial)
    own = last_response(contract, trial.control) if trial.control is not None else None
    if late is None or own is None or trial.control is None:
        return
    outcome, input = following.outcome, str(late.fault)
    expected = f"{_expected_kind(contract, own)} for status {own.status}, the call's own response"
    lost = _name_lost_texts(contract, trial.control, following)
    if outcome.kind in _ABORTED:
        yield Finding(outcome.kind, expected, describe_outcome(outcome), input)
    elif not own_requests(contract, following):
        actual = f"no request; outcome {describe_outcome(outcome)}"
        yield Finding("lost", "a request in the next call", actual, input)
    elif not _matches(contract, own, outcome):
        yield Finding("misread", expected, describe_outcome(outcome), input)
    elif lost:
        yield Finding("misread", f"{expected}, with its {lost}", describe_outcome(outcome), input)


def _has_stray_content(contract: Contract, exchange: Exchange) -> bool:
    """Whether the response had more bytes than it may: bytes after it, or content or chunks with a 204."""
    sent = last_response(contract, exchange)
    if sent is None:
        return False
    framed = bool(sent.content or sent.values("transfer-encoding"))
    return bool(sent.stray) or (sent.status == 204 and framed)


def _find_stray_call(contract: Contract, trial: Trial) -> tuple[Exchange, Exchange] | None:
    """The call with the stray content, and the control of the exchange. None unless the control and all calls
    before the stray content were reported correctly.
    """
    control, status = trial.control, _last_status(contract, trial.exchange)
    if control is None or status not in (None, _last_status(contract, control)):
        return None
    for index, each in enumerate(trial.before):
        if _has_stray_content(contract, each):
            plain = (control, *trial.before[:index])
            return (each, control) if all(_is_fit_as_control(contract, call) for call in plain) else None
    return None


@clause(
    "response.stray-content",
    "crash",
    "hang",
    "next-lost",
    "next-misread",
    "next-repeated",
    when=lambda contract, trial: _find_stray_call(contract, trial) is not None,
    needs=frozenset({"wire"}),
    uses_earlier_steps=True,
)
def stray_content(contract: Contract, trial: Trial) -> Iterator[Finding]:
    """Bytes after a 204 on a persistent connection must not become the response of a later call (RFC 9112,
    6.3). The call with these bytes may end in success or failure, and the client may close the connection.
    """
    found = _find_stray_call(contract, trial)
    if found is None:
        return
    stray, control = found
    if stray.outcome.kind in _ABORTED:
        expected = "success or failure for the response with stray content"
        yield Finding(stray.outcome.kind, expected, describe_outcome(stray.outcome))
        return
    following, last = trial.exchange, last_response(contract, trial.exchange)
    if last is None:
        actual = f"no request; outcome {describe_outcome(following.outcome)}"
        yield Finding("next-lost", "a request in the next call", actual)
        return
    if (requests := len(own_requests(contract, following))) > 1:
        yield Finding("next-repeated", "one request in the next call", f"{requests} requests")
    expected = f"{_expected_kind(contract, last)} for status {last.status} in the next call"
    lost = _name_lost_texts(contract, control, following)
    if not _is_reported_correctly(contract, following):
        yield Finding("next-misread", expected, describe_outcome(following.outcome))
    elif lost:
        yield Finding("next-misread", f"{expected}, with its {lost}", describe_outcome(following.outcome))
