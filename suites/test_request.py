"""What the client sends, whatever id and token it is given."""

from graphcontract.exchange import Call
from graphcontract.http import stub_response
from graphcontract.inputs.calls import calls, control_calls, opaque_calls, repeated_calls, unusable_calls
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import concurrently, given, proves


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
def test_request(harness: Harness, call: Call) -> None:
    harness.judge(
        call, [stub_response.success()], control=harness.control([stub_response.success()], "opaque")
    )


@proves("request.client-request-id")
@given(calls=20, repeated=repeated_calls)
def test_client_request_id(harness: Harness, repeated: list[Call]) -> None:
    made = [harness.perform(call, [stub_response.success()], own_root=True) for call in repeated]
    harness.hear(made[-1], before=made[:-1])


@proves("request.client-request-id")
@concurrently(seconds=1, status={"503": 503})
def test_client_request_id_of_a_retry(harness: Harness, status: int) -> None:
    throttled = stub_response.retry_after(1, stub_response.plain_error(status))
    harness.judge(harness.plain_call(), [throttled, stub_response.success()], own_root=True)


@proves("input.opaque-id")
@given(call=opaque_calls)
def test_opaque_id(harness: Harness, call: Call) -> None:
    harness.judge(call, [stub_response.success()], control=harness.control([stub_response.success()]))


@proves("input.unusable-id", "request.once", "secrets.token")
@given(call=unusable_calls)
def test_unusable_id(harness: Harness, call: Call) -> None:
    harness.judge(call, [stub_response.success()])


@proves("input.injection", "request.once", "secrets.token")
@given(call=control_calls)
def test_control_characters(harness: Harness, call: Call) -> None:
    harness.judge(call, [stub_response.success()])
