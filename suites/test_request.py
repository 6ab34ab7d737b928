"""What the client sends, whatever id and token it is given."""

from graphcontract.exchange import Call
from graphcontract.http import stub_response
from graphcontract.inputs.calls import calls, control_calls, opaque_calls, repeated_calls, unusable_calls
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import given, proves, side_by_side


@proves(
    "request.method",
    "request.path",
    "request.path-spelling",
    "request.task-id",
    "request.query",
    "request.body",
    "request.content-length",
    "request.content-type",
    "request.authorization",
    "request.once",
    "secrets.token",
)
@given(call=calls)
def test_request(gate: Harness, call: Call) -> None:
    gate.judge(call, [stub_response.success()], control=gate.control([stub_response.success()], "opaque"))


@proves("request.client-request-id")
@given(calls=20, repeated=repeated_calls)
def test_client_request_id(gate: Harness, repeated: list[Call]) -> None:
    made = [gate.perform(call, [stub_response.success()], own_root=True) for call in repeated]
    gate.hear(made[-1], before=made[:-1])


@proves("request.client-request-id")
@side_by_side(seconds=1, status={"503": 503})
def test_client_request_id_of_a_retry(gate: Harness, status: int) -> None:
    throttled = stub_response.retry_after(1, stub_response.plain_error(status))
    gate.judge(gate.plain_call(), [throttled, stub_response.success()], own_root=True)


@proves("input.opaque-id")
@given(call=opaque_calls)
def test_opaque_id(gate: Harness, call: Call) -> None:
    gate.judge(call, [stub_response.success()], control=gate.control([stub_response.success()]))


@proves("input.unusable-id", "request.once", "secrets.token")
@given(call=unusable_calls)
def test_unusable_id(gate: Harness, call: Call) -> None:
    gate.judge(call, [stub_response.success()])


@proves("input.injection", "request.once", "secrets.token")
@given(call=control_calls)
def test_control_characters(gate: Harness, call: Call) -> None:
    gate.judge(call, [stub_response.success()])
