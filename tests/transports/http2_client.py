"""A client on h2 for tests of the loopback transport: it validates nothing that it sends."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import h2.config
import h2.connection
import h2.events

from graphcontract.http.stub_response import ResponseScript, StubResponse
from graphcontract.transports import Endpoint, Record, http2_frames
from graphcontract.transports.loopback import Loopback
from graphcontract.wire import WireRequest

from .wire import DONE, secured

PATH = "/beta/tasks/x1/cancel"
HEADER = [(":method", "POST"), (":scheme", "https"), (":authority", "here"), (":path", PATH)]
_LENIENT = h2.config.H2Configuration(
    header_encoding="latin-1", validate_outbound_headers=False, normalize_outbound_headers=False
)


def open_stub(server: Loopback, *stubs: StubResponse) -> Endpoint:
    return server.open_endpoint(ResponseScript(stubs or (DONE,)))


def only_request(record: Record) -> WireRequest:
    (request,) = record.requests
    return request


def read_frames(data: bytes) -> list[http2_frames.Frame]:
    return [http2_frames.read(each) for each in http2_frames.split(data)[0]]


class Client:
    """One connection of a client on h2, which validates nothing that it sends."""

    def __init__(self, context: ssl.SSLContext, endpoint: Endpoint) -> None:
        self.socket = secured(context, endpoint)
        assert self.socket.selected_alpn_protocol() == "h2"
        self.h2 = h2.connection.H2Connection(_LENIENT)
        self.h2.initiate_connection()
        self.events: list[h2.events.Event] = []

    def request(self, stream: int = 1, *fields: tuple[str, str], content: bytes = b"") -> None:
        self.h2.send_headers(stream, [*HEADER, *fields], end_stream=not content)
        if content:
            self.h2.send_data(stream, content, end_stream=True)
        self.flush()

    def flush(self, raw: bytes = b"") -> None:
        self.socket.sendall(self.h2.data_to_send() + raw)

    def wait_for(self, kind: type[h2.events.Event], count: int = 1) -> list[h2.events.Event]:
        """Read until so many events of a kind have come."""
        while len(found := [each for each in self.events if isinstance(each, kind)]) < count:
            data = self.socket.recv(1 << 16)
            assert data, f"the connection ended; {self.events}"
            self.events += self.h2.receive_data(data)
            for event in self.events:
                if isinstance(event, h2.events.DataReceived) and event.flow_controlled_length:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    event.flow_controlled_length = 0
            self.flush()
        return found

    def statuses(self) -> list[tuple[int, str]]:
        return [
            (event.stream_id, {str(name): str(value) for name, value in event.headers}[":status"])
            for event in self.events
            if isinstance(event, h2.events.ResponseReceived)
        ]


Connect = Callable[[Endpoint], Client]
