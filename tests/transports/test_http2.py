"""HTTP/2 on the loopback transport: streams, faults in their HTTP/2 form, and shared connections."""

from __future__ import annotations

import ssl
from dataclasses import replace
from functools import partial

import h2.events
import h2.settings
import pytest

from graphcontract.http.stub_response import (
    ExtraFrame,
    Http2Form,
    Meeting,
    ResponseScript,
    StubResponse,
    plain_error,
    stub,
)
from graphcontract.transports import Scope, http2_frames
from graphcontract.transports.loopback import Loopback
from graphcontract.wire import Fault, WireRequest

from .http2_client import HEADER, PATH, Client, Connect, only_request, open_stub, read_frames
from .wire import DONE, NO_CONTENT, PLAIN, receive, secured, to_the_end, trusting


def is_for(status: int, request: WireRequest) -> bool:
    return str(status) in request.target


def received_frames(client: Client) -> list[http2_frames.Frame]:
    """What comes until the end of the connection."""
    return read_frames(to_the_end(client.socket))


def test_a_request_and_its_response_are_recorded_with_their_frames(
    secure: Loopback, connect: Connect
) -> None:
    endpoint = open_stub(secure, stub(200, b"done"))
    client = connect(endpoint)
    client.request(1, ("authorization", "Bearer abc"), content=b"x")
    client.wait_for(h2.events.StreamEnded)
    record = endpoint.finish()
    request = only_request(record)
    assert (request.version, request.method, request.target, request.scheme) == ("2", "POST", PATH, "https")
    assert (request.stream, request.pseudo, request.values("host")) == (1, tuple(HEADER), ["here"])
    assert request.fields == (("authorization", "Bearer abc"),)
    assert (request.content, request.malformed) == (b"x", None)
    assert request.text.startswith(f"POST {PATH} HTTP/2\r\n:scheme: https\r\n".encode())
    assert "abc" not in request.raw.decode("latin-1")
    kinds = [each.split()[0] for each in request.frames]
    assert kinds == ["SETTINGS", "HEADERS", "DATA"]
    (response,) = record.responses
    assert response.frames[0].startswith("HEADERS stream 1\n:status: 200")
    assert response.frames[1:] == ("DATA stream 1, 4 bytes, END_STREAM\ndone",)
    assert (response.status, response.content, response.request) == (200, b"done", 0)


def test_other_endpoints_offer_http11_only() -> None:
    with Loopback(ports=1, tls=True) as server:
        endpoint = open_stub(server)
        with secured(trusting(server), endpoint) as connection:
            assert connection.selected_alpn_protocol() == "http/1.1"
        endpoint.finish()
        offering = server.open_endpoint(ResponseScript((DONE,)), http2=True)
        with secured(trusting(server), offering) as connection:
            assert connection.selected_alpn_protocol() == "h2"
        offering.finish()
        assert offering.root != endpoint.root


def test_http11_is_served_where_the_client_offers_no_other(secure: Loopback) -> None:
    endpoint = open_stub(secure)
    usual = ssl.create_default_context(cafile=secure.ca_file)
    with secured(usual, endpoint) as connection:
        connection.sendall(PLAIN)
        assert receive(connection, len(NO_CONTENT)) == NO_CONTENT
    assert only_request(endpoint.finish()).version == "1.1"


def test_streams_get_their_own_responses_at_once(secure: Loopback, connect: Connect) -> None:
    meeting = Meeting(3, 5.0)
    stubs = [StubResponse(status, meeting=meeting) for status in (201, 202, 203)]
    endpoint = open_stub(secure, *stubs)
    client = connect(endpoint)
    for stream in (1, 3, 5):
        client.request(stream)
    client.wait_for(h2.events.StreamEnded, 3)
    record = endpoint.finish()
    assert sorted(client.statuses()) == [(1, "201"), (3, "202"), (5, "203")]
    assert [(each.status, each.request) for each in record.responses] == [(201, 0), (202, 1), (203, 2)]
    assert len({each.connection for each in record.requests}) == 1


def test_shared_endpoints_of_a_scope_serve_their_own_calls_on_one_connection(
    secure: Loopback, connect: Connect
) -> None:
    scope = Scope()
    endpoints = [
        secure.open_endpoint(
            ResponseScript((StubResponse(status),), partial(is_for, status)),
            scope=scope,
            shared=True,
        )
        for status in (201, 202)
    ]
    assert len({each.root for each in endpoints}) == 1
    client = connect(endpoints[0])
    for stream, status in ((1, 202), (3, 201)):
        client.h2.send_headers(stream, [*HEADER[:3], (":path", f"/{status}")], end_stream=True)
    client.flush()
    client.wait_for(h2.events.StreamEnded, 2)
    records = [each.finish() for each in endpoints]
    assert [only_request(each).target for each in records] == ["/201", "/202"]
    assert [each.responses[0].status for each in records] == [201, 202]
    assert sorted(client.statuses()) == [(1, "202"), (3, "201")]
    again = secure.open_endpoint(ResponseScript((DONE,)), scope=scope)
    assert again.root == endpoints[0].root
    again.finish()


def test_content_waits_for_the_clients_window(secure: Loopback, connect: Connect) -> None:
    content = bytes(200_000)
    endpoint = open_stub(secure, stub(200, content))
    client = connect(endpoint)
    client.request()
    client.wait_for(h2.events.StreamEnded)
    data = [each.data for each in client.events if isinstance(each, h2.events.DataReceived)]
    assert b"".join(data) == content
    endpoint.finish()


def test_forms_of_a_response(secure: Loopback, connect: Connect) -> None:
    ping = ExtraFrame(http2_frames.PING, b"12345678")
    unknown = ExtraFrame(0xFA, b"?", of_connection=False)
    form = Http2Form(empty_data=True, trailers=(("x-checksum", "1"),), before=(ping, unknown))
    endpoint = open_stub(secure, replace(DONE, interim=(103,), http2=form))
    client = connect(endpoint)
    client.request()
    client.wait_for(h2.events.StreamEnded)
    kinds = [type(each) for each in client.events]
    assert kinds.index(h2.events.PingReceived) < kinds.index(h2.events.ResponseReceived)
    assert h2.events.InformationalResponseReceived in kinds
    assert h2.events.UnknownFrameReceived in kinds
    assert h2.events.TrailersReceived in kinds
    endpoint.finish()


@pytest.mark.parametrize("size", [0, 100, 65536])
def test_header_tables_of_any_size(secure: Loopback, connect: Connect, size: int) -> None:
    """A client that makes its table smaller requires that the next header says so (RFC 7541 4.2)."""
    endpoint = open_stub(secure, DONE, plain_error(409))
    client = connect(endpoint)
    client.h2.update_settings({h2.settings.SettingCodes.HEADER_TABLE_SIZE: size})
    for stream in (1, 3):
        client.request(stream)
        client.wait_for(h2.events.StreamEnded, (stream + 1) // 2)
    assert client.statuses() == [(1, "204"), (3, "409")]
    endpoint.finish()


FAULTS: dict[Fault, list[tuple[int, int]]] = {
    "refused-stream": [(http2_frames.RST_STREAM, 1)],
    "reset-stream": [(http2_frames.RST_STREAM, 1)],
    "reset-after-head": [(http2_frames.HEADERS, 1), (http2_frames.RST_STREAM, 1)],
    "goaway-below": [(http2_frames.GOAWAY, 0)],
    "goaway-lost": [(http2_frames.GOAWAY, 0)],
    "goaway-before": [(http2_frames.GOAWAY, 0), (http2_frames.HEADERS, 1)],
    "closed": [],
    "half-head": [],
    "idle-closed": [(http2_frames.HEADERS, 1)],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_in_their_http2_form(secure: Loopback, connect: Connect, fault: Fault) -> None:
    endpoint = open_stub(secure, StubResponse(204, fault=fault))
    client = connect(endpoint)
    client.request()
    if fault.startswith("re"):  # the connection stays
        client.wait_for(h2.events.StreamReset)
        record = endpoint.finish()
        seen = [(each[0], 1) for each in map(read_kind, record.responses[0].frames)]
    else:
        usual = (http2_frames.SETTINGS, http2_frames.WINDOW_UPDATE)
        seen = [(each.kind, each.stream) for each in received_frames(client) if each.kind not in usual]
        record = endpoint.finish()
    assert seen == FAULTS[fault]
    assert record.responses[0].fault == fault


def read_kind(description: str) -> tuple[int]:
    names = {"HEADERS": http2_frames.HEADERS, "RST_STREAM": http2_frames.RST_STREAM}
    return (names[description.split()[0]],)


@pytest.mark.parametrize(("fault", "last"), [("goaway-below", 1), ("goaway-lost", 3)])
def test_goaway_names_the_last_stream(secure: Loopback, connect: Connect, fault: Fault, last: int) -> None:
    endpoint = open_stub(secure, DONE, StubResponse(204, fault=fault))
    client = connect(endpoint)
    client.request(1)
    client.wait_for(h2.events.StreamEnded)
    client.request(3)
    (event,) = client.wait_for(h2.events.ConnectionTerminated)
    assert isinstance(event, h2.events.ConnectionTerminated)
    assert event.last_stream_id == last
    endpoint.finish()


def test_a_stalled_stream_does_not_hold_up_the_others(secure: Loopback, connect: Connect) -> None:
    endpoint = open_stub(secure, StubResponse(204, fault="stalled"), plain_error(409))
    client = connect(endpoint)
    client.request(1)
    client.request(3)
    client.wait_for(h2.events.StreamEnded)
    assert client.statuses() == [(3, "409")]
    assert endpoint.count_connections() == (1, 1)
    endpoint.finish()


def test_a_late_response_is_sent_with_the_next_request(secure: Loopback, connect: Connect) -> None:
    scope = Scope()
    first = secure.open_endpoint(ResponseScript((StubResponse(201, fault="late"),)), scope=scope)
    client = connect(first)
    client.request(1)
    assert len(first.finish(expecting=True).requests) == 1
    second = secure.open_endpoint(ResponseScript((StubResponse(202),)), scope=scope)
    client.request(3)
    client.wait_for(h2.events.StreamEnded, 2)
    assert client.statuses() == [(1, "201"), (3, "202")]
    assert len(second.finish().requests) == 1


def test_goaway_of_the_client_does_not_end_its_streams(secure: Loopback, connect: Connect) -> None:
    endpoint = open_stub(secure)
    client = connect(endpoint)
    client.h2.send_headers(1, HEADER, end_stream=True)
    client.flush(http2_frames.make_goaway(0))
    client.wait_for(h2.events.StreamEnded)
    assert client.statuses() == [(1, "204")]
    endpoint.finish()


def test_expect_gets_100_before_the_content(secure: Loopback, connect: Connect) -> None:
    endpoint = open_stub(secure)
    client = connect(endpoint)
    client.h2.send_headers(1, [*HEADER, ("expect", "100-continue")])
    client.flush()
    client.wait_for(h2.events.InformationalResponseReceived)
    client.h2.send_data(1, b"x", end_stream=True)
    client.flush()
    client.wait_for(h2.events.StreamEnded)
    assert only_request(endpoint.finish()).content == b"x"
