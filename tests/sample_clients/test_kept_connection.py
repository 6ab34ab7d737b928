"""The conforming client with a kept connection keeps one, and meets every clause with it."""

from dataclasses import replace

import pytest

from graphcontract.exchange import Call
from graphcontract.http import stub_response
from graphcontract.http.stub_response import ResponseScript, StubResponse
from graphcontract.transports.loopback import Loopback
from tests.sample_clients.bases.kept_connection import KeptConnection
from tests.sample_clients.verdicts import CONTRACT, prepared, verdicts

CALL = Call(CONTRACT.id, {"sharePointMigrationTaskId": "0b9ff7a6-8a0c-4a1d-b1a1-5c0a1d6a2f3e"}, "token")
DONE = stub_response.stub(204)


def connections(first: StubResponse) -> tuple[int, int]:
    """The connections on which two calls went out, the first with this answer."""
    client = KeptConnection()
    used = []
    with Loopback() as loopback:
        for answer in (first, DONE):
            stage = loopback.open_endpoint(ResponseScript((answer,)))
            outcome = client.cancel(replace(CALL, base_url=f"{stage.root}/beta"))
            (request,) = stage.finish().requests
            assert outcome.kind == ("success" if answer.status == 204 else "failure")
            used.append(request.connection)
    return used[0], used[1]


@pytest.mark.parametrize("first", [DONE, stub_response.plain_error(409)], ids=["success", "error"])
def test_a_connection_in_order_is_kept(first: StubResponse) -> None:
    before, after = connections(first)
    assert before == after


@pytest.mark.parametrize(
    "changes",
    [
        {"close": True},
        {"content": b"{}"},
        {"framing": "chunked"},
        {"stray": b"\r\n"},
        {"content": b"{}", "framing": "none"},
    ],
    ids=["closed", "content", "chunked", "stray", "unannounced"],
)
def test_a_connection_out_of_order_is_not(changes: dict[str, object]) -> None:
    before, after = connections(stub_response.stub(204, **changes))  # type: ignore[arg-type]
    assert before != after


@pytest.mark.parametrize("diagonal", [0, pytest.param(None, marks=pytest.mark.nightly)])
def test_the_kept_connection_is_green(diagonal: int | None) -> None:
    """On each class of input; nightly on all combinations of them."""
    whole = {test.name for test in prepared()}
    found = verdicts(KeptConnection().cancel, profile="quick", diagonal=diagonal, whole=whole)
    unsupported = {"request.client-request-id", "proxy.credentials", "calls.surroundings"}
    unsupported |= {id for id in found if id.startswith("http2.")}
    wrong = {
        id: (part.verdict, part.reason, part.evidence)
        for id, part in found.items()
        if part.verdict != ("not-supported" if id in unsupported else "pass")
        and "features" not in str(part.reason)
    }
    assert not wrong, str(wrong)
