"""The request that the client sends, with any id and token."""

from dataclasses import replace

from graphcontract.exchange import Call
from graphcontract.http.stub_response import plain_error, retry_after, success
from graphcontract.inputs import constants
from graphcontract.inputs.calls import calls, control_calls, opaque_calls, repeated_calls, unusable_calls
from graphcontract.judging.harness import Harness
from graphcontract.judging.suite_api import Needing, concurrently, given, proves


@proves(
    "request.method",
    "request.path",
    "request.path-spelling",
    "request.path-parameters",
    "request.query",
    "request.body",
    "request.content-length",
    "request.content-type",
    "request.content-fields",
    "request.authorization",
    "request.once",
    "secrets.token",
)
@given(call=calls)
def test_request(harness: Harness, call: Call) -> None:
    """A call must send exactly one request, with the documented method, path, headers and content."""
    harness.check(call, [success()], control=harness.control([success()], "opaque"))


@proves("request.client-request-id")
@given(calls=20, repeated=repeated_calls)
def test_client_request_id(harness: Harness, repeated: list[Call]) -> None:
    """Each call should send a client-request-id of its own, a GUID."""
    made = [harness.perform(call, [success()], own_root=True) for call in repeated]
    harness.observe(made[-1], before=made[:-1])


@proves("request.client-request-id")
@concurrently(status={"503": 503})
def test_client_request_id_of_a_retry(harness: Harness, status: int) -> None:
    """A retry should send the client-request-id of the call's first request."""
    throttled = harness.hasten(retry_after(1, plain_error(status)))
    harness.check(harness.plain_call(), [throttled, success()], own_root=True)


@proves("input.opaque-id")
@given(call=opaque_calls)
def test_opaque_id(harness: Harness, call: Call) -> None:
    """An id that is not a GUID should be accepted."""
    harness.check(call, [success()], control=harness.control([success()]))


@proves("input.unusable-id", "request.once", "secrets.token")
@given(call=unusable_calls)
def test_unusable_id(harness: Harness, call: Call) -> None:
    """An empty id or a dot segment must be rejected, or must not change the path."""
    harness.check(call, [success()])


@proves("input.injection", "request.once", "secrets.token")
@given(call=control_calls)
def test_control_characters(harness: Harness, call: Call) -> None:
    """A control character in an id or a token must be rejected or encoded, never sent unescaped."""
    harness.check(call, [success()])


@proves("input.no-token", "request.once")
@given(token=constants({"no-token": ""}), calls=2)
def test_no_token(harness: Harness, token: str) -> None:
    """A call without a token must be rejected, or must end in an error, and must not send an Authorization
    header.
    """
    before = harness.perform(harness.plain_call("another-guid"), [success()])
    harness.check(replace(harness.plain_call(), token=token), [plain_error(401)], before=[before])


ROOT_PATHS: dict[str, str | Needing] = {
    "below a path": "/gw/graph/{version}",
    "below a path, with a slash at the end": Needing("root-slash", "/gw/graph/{version}/"),
    "with a slash at the end": Needing("root-slash", "/{version}/"),
    "below a path with percent-encodings": "/gw%2Fone/the%20graph/{version}",
    "below a path in capitals": "/API_Gateway/MS-Graph.NET/{version}",
    "below a path with another version": "/v1.0/gw/{version}",
}


@proves("request.root-path", needs="settable-root")
@given(root_path=constants(ROOT_PATHS))
def test_root_path(harness: Harness, root_path: str) -> None:
    """A request should keep the path of the service root, as of a gateway, and add no empty segment."""
    harness.check(harness.plain_call(), [success()], root_path=root_path)
