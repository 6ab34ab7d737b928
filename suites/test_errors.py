"""What the client makes of an error."""

from dataclasses import replace

from hypothesis import strategies as st

from graphcontract.exchange import Call
from graphcontract.inputs import ErrorCase, MalformedError, Strata
from graphcontract.inputs.calls import guid_calls
from graphcontract.inputs.errors import WAITING, graph_errors, malformed, statuses
from graphcontract.judging.gate import Gate
from graphcontract.service import answer, at_once, error, plain_error, retry_after
from graphcontract.suite import given, proves


@proves("error.failure", "error.status")
@given(call=guid_calls, status=statuses())
def test_every_error_is_failure(gate: Gate, call: Call, status: int) -> None:
    gate.judge(call, [plain_error(status)])


@proves("error.failure", "error.status")
@given(status=Strata({str(status): st.just(status) for status in WAITING}))
def test_error_that_invites_another_try(gate: Gate, status: int) -> None:
    gate.judge(gate.plain_call(), [retry_after(1, plain_error(status)), plain_error(409)])


@proves("error.shape", "error.code", "error.message", "error.request-id")
@given(call=guid_calls, case=graph_errors)
def test_legal_errors(gate: Gate, call: Call, case: ErrorCase) -> None:
    gate.judge(call, [error(case.status, case.body)], after=[gate.control([plain_error(case.status)])])


@proves("error.malformed")
@given(call=guid_calls, case=malformed)
def test_malformed_errors(gate: Gate, call: Call, case: MalformedError) -> None:
    control = gate.control([plain_error(case.status)])
    gate.judge(call, [at_once(answer(case.status, case.content, case.media_type))], after=[control])


@proves("error.encoded")
@given(call=guid_calls, status=Strata({"client": st.sampled_from([404, 409]), "server": st.just(500)}))
def test_encoded_error(gate: Gate, call: Call, status: int) -> None:
    plain = plain_error(status)
    gate.judge(call, [replace(plain, coded=True)], after=[gate.control([plain])])
