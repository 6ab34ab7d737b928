"""Faulty clients: http2.reset-after-response."""

from __future__ import annotations

import ssl

import h2.connection

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer
from tests.sample_clients.bases.http2 import NotProcessed, OverHttp2, split_frames
from tests.sample_clients.registry import faulty

TESTS = ("test_reset_after_response",)
_RST_STREAM = 3


class LooksForAReset(OverHttp2):
    """Base class: reads what follows a response until it sees RST_STREAM, or nothing comes."""

    def receive(self, link: h2.connection.H2Connection, connection: ssl.SSLSocket, call: Call) -> bool:
        """Send the request, and return whether RST_STREAM came."""
        self.send(link, 1, call)
        connection.sendall(link.data_to_send())
        connection.settimeout(0.5)
        data = b""
        try:
            while all(frame[3] != _RST_STREAM for frame in split_frames(data)[0]):
                more = connection.recv(1 << 16)
                if not more:
                    return False
                data += more
        except TimeoutError:
            return False
        return True

    def try_once(self, call: Call) -> Answer:
        with self.connect(call) as connection:
            assert isinstance(connection, ssl.SSLSocket)
            if self.receive(self.begin(), connection, call):
                return self.see_reset()
        return Answer(204, {}, b"")

    def see_reset(self) -> Answer:
        raise NotImplementedError


@faulty("http2.reset-after-response", shown_by=TESTS)
class DiscardsTheResponse(LooksForAReset):
    """A reset stream has no response, whatever came before."""

    def see_reset(self) -> Answer:
        raise BadAnswer("the stream was reset")


@faulty("http2.reset-after-response", shown_by=TESTS)
class RepeatsAfterAnyReset(LooksForAReset):
    """The error code of a reset is not looked at."""

    def see_reset(self) -> Answer:
        raise NotProcessed("the stream was reset")


@faulty("http2.reset-after-response", shown_by=TESTS)
class KnowsNoReasonForAReset(LooksForAReset):
    """NO_ERROR has no text in the table of errors."""

    def see_reset(self) -> Answer:
        return Answer(0, {}, {1: b"PROTOCOL_ERROR", 2: b"INTERNAL_ERROR"}[0])
