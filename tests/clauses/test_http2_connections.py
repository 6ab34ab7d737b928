"""Several calls at once at a connection whose SETTINGS allow one stream at a time."""

from __future__ import annotations

from dataclasses import replace

from graphcontract.exchange import Exchange
from tests.clauses import SUCCESS, exchange, kinds, request, response

CLAUSE = "http2.concurrent-streams"
ACKNOWLEDGED = ("SETTINGS ACK", "SETTINGS ACK")


def over_http2(at: float, *, connection: int, frames: tuple[str, ...] = ()) -> Exchange:
    """A call whose request came at this time; its response ends 0.1 s later."""
    sent = replace(request(), version="2", at=at, connection=connection, frames=frames)
    got = response(204, fault="one-stream", at=at, pause=0.1, split="at-start")
    return replace(exchange(sent, outcome=SUCCESS), responses=(got,))


def test_a_stream_beside_another_after_the_limit_was_applied() -> None:
    first = over_http2(1.0, connection=1)
    second = over_http2(2.0, connection=1, frames=ACKNOWLEDGED)
    assert kinds(CLAUSE, first, second, over_http2(2.2, connection=1)) == []
    assert kinds(CLAUSE, first, second, over_http2(2.05, connection=1)) == ["exceeded"]
    assert kinds(CLAUSE, first, second, over_http2(2.05, connection=2)) == []


def test_a_limit_that_was_acknowledged_is_applied_with_the_first_response_at_the_latest() -> None:
    first = over_http2(1.0, connection=1, frames=ACKNOWLEDGED)
    beside = over_http2(1.05, connection=1)
    assert kinds(CLAUSE, first, beside) == []
    assert kinds(CLAUSE, first, beside, over_http2(1.12, connection=1)) == ["exceeded"]


def test_streams_before_the_limit_was_acknowledged() -> None:
    first, second = over_http2(1.0, connection=1), over_http2(2.0, connection=1)
    assert kinds(CLAUSE, first, second, over_http2(2.05, connection=1)) == []
