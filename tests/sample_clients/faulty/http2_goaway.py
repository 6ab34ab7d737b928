"""Faulty clients: http2.goaway."""

from __future__ import annotations

import ssl

import h2.connection

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.http2 import Heard, NotProcessed, OverHttp2
from tests.sample_clients.registry import faulty


@faulty("http2.goaway")
class TakesAnEndWithoutErrorForSuccess(OverHttp2):
    """GOAWAY with NO_ERROR and the end of the connection: nothing has failed."""

    def hear_goaway(self, last_stream: int, stream: int) -> None:
        pass

    def cut_off(self, heard: Heard) -> Answer:
        return heard.answer or Answer(204, {}, b"")


@faulty("http2.goaway")
class StaysOnTheConnection(OverHttp2):
    """A request that was not processed is repeated on the next stream."""

    def listen(
        self, link: h2.connection.H2Connection, connection: ssl.SSLSocket, stream: int, call: Call
    ) -> Answer:
        try:
            return super().listen(link, connection, stream, call)
        except NotProcessed:
            if stream > 1:
                raise
        self.send(link, stream + 2, call)
        connection.sendall(link.data_to_send())
        return self.listen(link, connection, stream + 2, call)


@faulty("http2.goaway")
class CrashesAfterGoaway(OverHttp2):
    """The number of the last stream is looked up among those that were kept, and 0 was not."""

    def hear_goaway(self, last_stream: int, stream: int) -> None:
        {1: "a request", 3: "another"}[last_stream]
