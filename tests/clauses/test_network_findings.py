"""What the clauses on connections, timeouts and certificates report, and which faults they are about."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from graphcontract.clauses import registry
from graphcontract.exchange import Exchange, Outcome
from graphcontract.wire import SILENT_FAULTS, WHOLE_FAULTS, Fault
from tests.clauses import (
    CONTROL,
    CRASH,
    HANG,
    SUCCESS,
    exchange,
    failure,
    findings,
    judges,
    kinds,
    request,
    response,
)

FAULTS = get_args(Fault)
TRUSTED = replace(CONTROL, certificate="trusted")


def broken(fault: Fault, outcome: Outcome = SUCCESS) -> Exchange:
    return replace(exchange(request(), outcome=outcome), fault=fault)


class TestFailure:
    @pytest.mark.parametrize("fault", FAULTS)
    def test_which_faults_are_judged(self, fault: Fault) -> None:
        assert judges("transport.failure", broken(fault), CONTROL) == (fault not in SILENT_FAULTS)

    @pytest.mark.parametrize("fault", [each for each in FAULTS if each not in SILENT_FAULTS])
    @pytest.mark.parametrize("outcome", [SUCCESS, CRASH, HANG])
    def test_outcome_after_a_whole_response_is_for_other_clauses(
        self, fault: Fault, outcome: Outcome
    ) -> None:
        found = [] if fault in WHOLE_FAULTS else [outcome.kind]
        assert kinds("transport.failure", broken(fault, outcome), CONTROL) == found

    @pytest.mark.parametrize(
        ("outcome", "actual"),
        [
            (SUCCESS, "success with status 204"),
            (CRASH, "crash: KeyError: 'x'"),
            (HANG, "hang: no outcome within 4.5 s"),
        ],
    )
    def test_report_of_the_call_that_broke(self, outcome: Outcome, actual: str) -> None:
        (found,) = findings("transport.failure", broken("reset", outcome), CONTROL)
        assert (found.kind, found.input, found.actual) == (outcome.kind, "reset", actual)
        assert found.expected == "failure after the connection fault reset"

    @pytest.mark.parametrize("outcome", [failure(None), CRASH, HANG, Outcome.rejected("no")])
    def test_report_of_the_call_after_it(self, outcome: Outcome) -> None:
        following = replace(CONTROL, outcome=outcome)
        (found,) = findings("transport.failure", broken("closed", failure(None)), following)
        assert (found.kind, found.input, found.exchange) == ("unusable", "closed", None)
        assert found.expected == "success in the call after the connection fault closed"
        assert found.actual.startswith(outcome.kind)

    def test_request_that_cannot_be_read_in_an_earlier_call(self) -> None:
        malformed = replace(request(), malformed="two lengths")
        step = replace(broken("reset"), requests=(malformed,))
        assert not judges("transport.failure", step, CONTROL)


class TestTimeout:
    @pytest.mark.parametrize("fault", FAULTS)
    def test_which_faults_are_judged(self, fault: Fault) -> None:
        step = replace(broken(fault, HANG), responses=())
        assert judges("transport.timeout", step) == (fault in SILENT_FAULTS)
        assert not judges("transport.timeout", replace(step, fault=None))

    @pytest.mark.parametrize(
        ("outcome", "actual"),
        [
            (SUCCESS, "success with status 204"),
            (CRASH, "crash: KeyError: 'x'"),
            (HANG, "hang: no outcome within 4.5 s"),
        ],
    )
    def test_report(self, outcome: Outcome, actual: str) -> None:
        step = replace(broken("dripped", outcome), responses=())
        (found,) = findings("transport.timeout", step)
        assert (found.kind, found.input, found.actual) == (outcome.kind, "dripped", actual)
        assert found.expected == "failure within 3 s and the grace period (dripped response)"

    def test_response_that_is_not_complete_does_not_count(self) -> None:
        cut = response(204, fault="dripped")
        assert judges("transport.timeout", replace(broken("dripped", HANG), responses=(cut,)))
        two = replace(broken("dripped", HANG), requests=(request(), request()))
        second = replace(cut, request=1)
        assert judges("transport.timeout", replace(two, responses=(response(503), second)))
        assert not judges(
            "transport.timeout", replace(two, responses=(response(503), response(503, request=1)))
        )


class TestIdle:
    @pytest.mark.parametrize(
        ("fault", "what"), [("closed-between", "was closed"), ("reset-between", "was reset")]
    )
    def test_report_of_a_connection_that_broke_while_idle(self, fault: Fault, what: str) -> None:
        following = replace(CONTROL, outcome=CRASH, started=2.5)
        (found,) = findings("transport.idle", replace(CONTROL, fault=fault, ended=0.25), following)
        assert (found.kind, found.input) == ("crash", fault)
        assert found.expected == f"success 2.2 s after the connection {what} while idle"
        assert found.actual == "crash: KeyError: 'x'"

    def test_request_that_cannot_be_read_in_an_earlier_call(self) -> None:
        malformed = replace(request(), malformed="two lengths")
        before = replace(CONTROL, fault="closed-between")
        assert judges("transport.idle", before, CONTROL)
        assert not judges("transport.idle", replace(before, requests=(malformed,)), CONTROL)

    @pytest.mark.parametrize("fault", FAULTS)
    def test_faults_that_make_a_short_pause_matter(self, fault: Fault) -> None:
        judged = judges("transport.idle", replace(CONTROL, fault=fault), replace(CONTROL, started=1.0))
        assert judged == (fault in ("closed-between", "reset-between"))


class TestCertificate:
    @pytest.mark.parametrize(
        ("outcome", "count", "actual"),
        [
            (SUCCESS, 0, "0 requests; outcome success with status 204"),
            (failure(None, message=None), 2, "2 requests; outcome failure"),
        ],
    )
    def test_report(self, outcome: Outcome, count: int, actual: str) -> None:
        step = replace(exchange(*[request()] * count, outcome=outcome), certificate="self-signed")
        (found,) = findings("transport.certificate", step, control=TRUSTED)
        assert (found.kind, found.actual) == ("self-signed", actual)
        assert found.expected == "no request to a server with a certificate that is self-signed"

    def test_request_that_cannot_be_read_was_sent_too(self) -> None:
        malformed = replace(request(), malformed="two lengths", server_name="other.test")
        step = replace(exchange(malformed, outcome=failure(None)), certificate="expired")
        assert kinds("transport.certificate", step, control=TRUSTED) == ["expired"]
        named = replace(step, call=replace(step.call, base_url="https://graph.test:1/beta"))
        assert kinds("tls.server-name", named) == ["other-name"]

    @pytest.mark.parametrize("id", ["transport.certificate", "tls.server-name"])
    def test_client_without_tls(self, id: str) -> None:
        reason = "the client does not use TLS with the certificate authority that it is given"
        assert registry()[id].otherwise == reason


class TestServerName:
    @pytest.mark.parametrize(
        ("host", "name", "kind", "actual"),
        [
            ("127.0.0.1", "a.test", "address", 'the server name "a.test"'),
            ("a.test", "b.test", "other-name", 'the server name "b.test"'),
            ("b.test", "a.test", "other-name", 'the server name "a.test"'),
            ("a.test", "", "missing", "no server name"),
        ],
    )
    def test_report(self, host: str, name: str, kind: str, actual: str) -> None:
        made = exchange(request(), replace(request(), server_name=name))
        step = replace(made, call=replace(made.call, base_url=f"https://{host}:1/beta"))
        (found,) = findings("tls.server-name", step)
        assert (found.kind, found.actual, found.at) == (kind, actual, step.requests[1])
        expected = "no server name in the TLS handshake with an address"
        named = f"the server name {host} in the TLS handshake"
        assert found.expected == (expected if kind == "address" else named)
