"""Faulty clients: http2.response."""

from __future__ import annotations

import ssl
import threading
from typing import Any, cast

import h2.connection
import h2.events

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer
from tests.sample_clients.bases.http2 import Heard, OverHttp2, split_frames
from tests.sample_clients.registry import faulty

_HEADERS, _END_STREAM, _END_HEADERS, _PADDED = 1, 0x1, 0x4, 0x8


@faulty("http2.response")
class ExpectsNoDataAfterNoContent(OverHttp2):
    """204 has no content, so that DATA after it is an error, even if it is empty."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.DataReceived) and heard.answer and heard.answer.status == 204:
            raise BadAnswer("content after 204")
        super().hear(link, event, stream, heard)


@faulty("http2.response")
class CrashesOnTrailers(OverHttp2):
    """A second header on one stream was not thought of."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.TrailersReceived):
            raise AssertionError("two headers")
        super().hear(link, event, stream, heard)


@faulty("http2.response")
class TakesTheInterimForFinal(OverHttp2):
    """The first header is the response."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.InformationalResponseReceived):
            heard.answer, heard.ended = Answer(103, {}, b""), True
        elif heard.answer is None or heard.answer.status != 103:
            super().hear(link, event, stream, heard)


@faulty("http2.response")
class EndsOnlyWithData(OverHttp2):
    """END_STREAM in HEADERS is taken for a response that was cut off."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.ResponseReceived) and event.stream_ended:
            raise BadAnswer("unexpected end of the stream")
        super().hear(link, event, stream, heard)


@faulty("http2.response")
class RejectsALengthWithoutContent(OverHttp2):
    """A service must not send content-length with 204 (RFC 9110, 8.6); the client enforces it, as nghttp2
    does for other lengths.
    """

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        super().hear(link, event, stream, heard)
        if heard.answer and heard.answer.status == 204 and "content-length" in heard.answer.fields:
            raise BadAnswer("content-length in a response without content")


@faulty("http2.response")
class KnowsOneInterimResponse(OverHttp2):
    """100 is expected after Expect only, and any other interim response never."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        if isinstance(event, h2.events.InformationalResponseReceived):
            raise BadAnswer("an unexpected interim response")
        super().hear(link, event, stream, heard)


@faulty("http2.response")
class TakesTrailersForTheHeader(OverHttp2):
    """Each header of a stream is handled by the same function, and the last one stays."""

    def hear(
        self, link: h2.connection.H2Connection, event: h2.events.Event, stream: int, heard: Heard
    ) -> None:
        super().hear(link, event, stream, heard)
        if isinstance(event, h2.events.TrailersReceived):
            heard.answer = Answer(0, {}, b"")


@faulty("http2.response")
class WaitsForContentForever(OverHttp2):
    """After trailers, content is waited for that has ended before them, without a timeout."""

    def complete(self, heard: Heard) -> Answer:
        if any(isinstance(each, h2.events.TrailersReceived) for each in heard.events):
            threading.Event().wait(60)
        return super().complete(heard)


class _Continuing:
    """A socket whose HEADERS frames that go on in CONTINUATION have no END_STREAM."""

    def __init__(self, connection: ssl.SSLSocket) -> None:
        self._connection = connection
        self._rest = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def recv(self, size: int) -> bytes:
        frames: list[bytes] = []
        while not frames and (data := self._connection.recv(size)):
            frames, self._rest = split_frames(self._rest + data)
        return b"".join(self._change(frame) for frame in frames)

    def _change(self, frame: bytes) -> bytes:
        goes_on = frame[3] == _HEADERS and not frame[4] & _END_HEADERS
        return frame[:4] + bytes((frame[4] & ~_END_STREAM,)) + frame[5:] if goes_on else frame


@faulty("http2.response", shown_by=["test_successful_response"])
class LooksForTheEndInTheLastFrame(OverHttp2):
    """END_STREAM is looked for in the frame that ends a header: CONTINUATION does not have that flag."""

    def listen(
        self, link: h2.connection.H2Connection, connection: ssl.SSLSocket, stream: int, call: Call
    ) -> Answer:
        return super().listen(link, cast(ssl.SSLSocket, _Continuing(connection)), stream, call)


class _Unpadded(_Continuing):
    """A socket whose HEADERS frames have no flag for their padding."""

    def _change(self, frame: bytes) -> bytes:
        return frame[:4] + bytes((frame[4] & ~_PADDED,)) + frame[5:] if frame[3] == _HEADERS else frame


@faulty("http2.response", shown_by=["test_successful_response"])
class RejectsPaddedFrames(OverHttp2):
    """Padding is taken for a header that cannot be decoded: the flag is not looked at."""

    def listen(
        self, link: h2.connection.H2Connection, connection: ssl.SSLSocket, stream: int, call: Call
    ) -> Answer:
        return super().listen(link, cast(ssl.SSLSocket, _Unpadded(connection)), stream, call)
