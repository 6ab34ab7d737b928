"""Faulty clients: http2.goaway."""

from __future__ import annotations

import ssl
import threading

import h2.connection
import h2.events

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer
from tests.sample_clients.bases.http2 import Heard, NotProcessed, OverHttp2
from tests.sample_clients.bases.kept_http2 import Kept, KeptHttp2
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


@faulty("http2.goaway")
class LosesTheCallOfAConnectionThatEnds(OverHttp2):
    """The reader ends with the connection, and no stream is informed."""

    def hear_goaway(self, last_stream: int, stream: int) -> None:
        if stream > last_stream:
            threading.Event().wait(60)


@faulty("http2.goaway")
class TakesAnIncludedStreamForDone(OverHttp2):
    """The service has processed the request, as its last stream says, so that it must have succeeded."""

    def cut_off(self, heard: Heard) -> Answer:
        return heard.answer or Answer(204, {}, b"")


@faulty("http2.goaway")
class ReportsGoawayOfARepeatedRequest(OverHttp2):
    """The request is repeated on another connection, but the error of the first one is what is raised."""

    def exchange(self, call: Call) -> Answer:
        try:
            return self.try_once(call)
        except NotProcessed as error:
            super().exchange(call)
            raise BadAnswer("GOAWAY") from error


@faulty("http2.goaway")
class KeepsAGoneConnectionInItsPool(KeptHttp2):
    """GOAWAY without an error ends the request and not the connection, which takes the next stream."""

    def fail(self, host: str, kept: Kept) -> None:
        self.pools.setdefault(host, []).append(kept)

    def is_in_order(self, kept: Kept) -> bool:
        return True


@faulty("http2.goaway")
class RepeatsAfterEachGoaway(OverHttp2):
    """A request that was not processed does not count as an attempt."""

    unprocessed_retries = 15

    def hear_reset(self, event: h2.events.StreamReset, heard: Heard) -> None:
        raise BadAnswer("the stream was reset")
