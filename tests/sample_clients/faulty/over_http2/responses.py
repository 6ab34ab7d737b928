"""Faulty clients over HTTP/2: what is made of frames that come, or do not come, and of responses."""

from __future__ import annotations

import ssl
import threading
import time
from contextlib import suppress
from dataclasses import replace
from queue import Empty, SimpleQueue
from urllib.parse import SplitResult

import h2.connection
import h2.events

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Fields
from tests.sample_clients.bases.following import Following
from tests.sample_clients.bases.http2 import Heard, NotProcessed, OverHttp2
from tests.sample_clients.bases.kept_http2 import KeptHttp2
from tests.sample_clients.registry import faulty

_CALM = 11


@faulty("retry.after", transport="http2")
class FindsNoRetryAfterInLowerCase(OverHttp2):
    """`fields["Retry-After"]`: over HTTP/2, each name is in lower case."""

    def try_once(self, call: Call) -> Answer:
        answer = super().try_once(call)
        answer.fields.pop("retry-after", None)
        return answer


@faulty("error.encoded", transport="http2")
class FindsNoContentEncodingInLowerCase(OverHttp2):
    """`fields["Content-Encoding"]`: over HTTP/2, each name is in lower case."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return content


@faulty("error.message", "error.code", transport="http2")
class KeepsTheLastFrameOnly(OverHttp2):
    """Each DATA frame overwrites the one before it."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.DataReceived) and event.data:
            heard.content = b""
        super().hear(link, event, stream, heard)


@faulty("transport.failure", transport="http2")
class TakesTheEndOfTheConnectionForSuccess(OverHttp2):
    """The reader ends without an error, and the response that was prepared for it has 204."""

    def cut_off(self, heard: Heard) -> Answer:
        return heard.answer or Answer(204, {}, b"")


@faulty("transport.failure", transport="http2")
class LetsErrorsOfTheProtocolOut(OverHttp2):
    """What the HTTP/2 library raises is not an error of this client."""

    def broken(self, error: Exception) -> Answer:
        raise error


@faulty("transport.timeout", transport="http2", shown_by=["stalled", "dripped", "102 without end"])
class RestartsItsTimeoutWithEachFrame(OverHttp2):
    """The timeout is that of a read: each frame, of whatever stream, starts it anew."""

    def listen(
        self, link: h2.connection.H2Connection, connection: ssl.SSLSocket, stream: int, call: Call
    ) -> Answer:
        return super().listen(link, _Unhurried(connection, call.timeout), stream, call)  # type: ignore[arg-type]


class _Unhurried:
    """A socket that has the whole timeout at each read, and goes on after one."""

    def __init__(self, connection: ssl.SSLSocket, timeout: float) -> None:
        self.connection, self.timeout = connection, timeout

    def settimeout(self, seconds: float) -> None:
        self.connection.settimeout(self.timeout)

    def recv(self, size: int) -> bytes:
        return self.connection.recv(size)

    def sendall(self, data: bytes) -> None:
        self.connection.sendall(data)


@faulty("transport.timeout", transport="http2", shown_by=["stalled"])
class WaitsForItsStreamWithoutLimit(OverHttp2):
    """The timeout is that of the connection, which PING keeps alive: a stream has none."""

    def listen(
        self, link: h2.connection.H2Connection, connection: ssl.SSLSocket, stream: int, call: Call
    ) -> Answer:
        return super().listen(link, connection, stream, replace(call, timeout=60.0))


@faulty("calls.concurrent", transport="http2")
class FindsResponsesByStreamNumber(OverHttp2):
    """One table of streams for all connections: two calls on stream 1 get each other's response."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        self.waiting: tuple[Answer, SimpleQueue[Answer]] | None = None

    def complete(self, heard: Heard) -> Answer:
        mine, box = super().complete(heard), SimpleQueue[Answer]()
        with self.lock:
            if self.waiting is not None:
                (other, others_box), self.waiting = self.waiting, None
                others_box.put(mine)
                return other
            self.waiting = mine, box
        with suppress(Empty):
            return box.get(timeout=0.2)
        with self.lock:
            if self.waiting is not None and self.waiting[1] is box:
                self.waiting = None
        return mine if box.empty() else box.get()


@faulty("response.interim", transport="http2")
class CountsInterimResponses(OverHttp2):
    """After the third interim response, the client takes the service for one that never ends."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        super().hear(link, event, stream, heard)
        if isinstance(event, h2.events.InformationalResponseReceived):
            raise RuntimeError("an interim response")


class _Hop(OverHttp2):
    """The request of one redirect."""

    def __init__(self, there: SplitResult, method: str, authorization: Fields) -> None:
        super().__init__()
        self.there, self.verb, self.credentials = there, method, authorization

    def method(self, call: Call) -> str:
        return self.verb

    def target(self, call: Call) -> str:
        return self.there.path + (f"?{self.there.query}" if self.there.query else "")

    def authorization(self, call: Call) -> Fields:
        return self.credentials


class FollowsOverHttp2(Following, OverHttp2):
    """Base class: follows redirects over HTTP/2 as `Following` does over HTTP/1.1."""

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        carried = [("authorization", f"Bearer {call.token}")] if self.trusts(here, there) else []
        root = f"{there.scheme}://{there.netloc}"
        return _Hop(there, method, carried).exchange(replace(call, base_url=root))


@faulty("redirect.credentials", "redirect.credentials-port", transport="http2")
class TakesAllHostsOfACertificateForOne(FollowsOverHttp2):
    """What may share a connection (RFC 9113, 9.1.1) is taken for one origin, and gets the token."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return here.scheme == there.scheme


@faulty("redirect.method", transport="http2")
class FollowsWithGetOverHttp2(FollowsOverHttp2):
    """A POST becomes GET after any redirect."""

    def method_after(self, answer: Answer, method: str) -> str:
        return "GET"


@faulty("retry.throttled", transport="http2")
class NeverRetriesOverHttp2(OverHttp2):
    """The retry handler knows the responses of the other connection class only."""

    retries = 0


@faulty("retry.no-response", transport="http2")
class RepeatsWhatTimedOut(OverHttp2):
    """A stream that got no response in time is cancelled and opened again. Its clock starts with the request:
    a slow handshake does not count as silence.
    """

    def listen(
        self, link: h2.connection.H2Connection, connection: ssl.SSLSocket, stream: int, call: Call
    ) -> Answer:
        try:
            return super().listen(link, connection, stream, replace(call, timeout=call.timeout / 2))
        except TimeoutError as error:
            raise NotProcessed("no response in time") from error

    def before_repeat(self, call: Call) -> None:
        time.sleep(0.01)


@faulty("error.failure", transport="http2", shown_by=["test_error_over_http2"])
class AnyHeaderOverHttp2AsSuccess(OverHttp2):
    """A header that is complete is a response, and a response is success."""

    def succeeded(self, answer: Answer) -> bool:
        return True


@faulty("error.shape", transport="http2", shown_by=["test_long_error_over_http2"])
class NeverOpensTheWindow(OverHttp2):
    """Content of more than 64 KiB never arrives: nobody says that what came was read."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.DataReceived):
            heard.content += event.data
        else:
            super().hear(link, event, stream, heard)


_OTHER_FRAMES = ("test_error_in_other_frames",)


@faulty("error.message", "error.code", shown_by=_OTHER_FRAMES)
class TakesEmptyDataForTheEnd(OverHttp2):
    """A read of nothing is the end of the content."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if not heard.ended:
            super().hear(link, event, stream, heard)
        if isinstance(event, h2.events.DataReceived) and event.stream_id == stream:
            heard.ended |= not event.data


@faulty("error.message", "error.code", shown_by=_OTHER_FRAMES)
class TakesPaddingForContent(OverHttp2):
    """The payload of a DATA frame is content, up to its last byte."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        super().hear(link, event, stream, heard)
        if isinstance(event, h2.events.DataReceived) and event.stream_id == stream:
            heard.content += bytes(event.flow_controlled_length - len(event.data))


@faulty("error.shape", shown_by=["test_long_errors_over_http2"])
class LeaksTheWindowOfTheLastFrame(KeptHttp2):
    """What ends a stream needs no window any more, and that of the connection is forgotten."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        ends = isinstance(event, h2.events.DataReceived) and event.stream_ended is not None
        if isinstance(event, h2.events.DataReceived) and ends and event.stream_id == stream:
            heard.content += event.data
            return
        super().hear(link, event, stream, heard)


_RESETS = ("test_reset_without_response",)


@faulty("retry.connection-lost", shown_by=_RESETS)
class RepeatsAfterAnyErrorOfAStream(OverHttp2):
    """RST_STREAM says that the request failed, whatever its code."""

    def hear_reset(self, event: h2.events.StreamReset, heard: Heard) -> None:
        raise NotProcessed("RST_STREAM")


@faulty("retry.connection-lost", shown_by=_RESETS)
class TakesCalmForThrottling(OverHttp2):
    """ENHANCE_YOUR_CALM is what 429 is in HTTP, and throttled requests are repeated."""

    def hear_reset(self, event: h2.events.StreamReset, heard: Heard) -> None:
        if event.error_code == _CALM:
            raise NotProcessed("ENHANCE_YOUR_CALM")
        super().hear_reset(event, heard)
