"""Faulty clients over HTTP/2: frames, streams and the negotiation of the protocol."""

from __future__ import annotations

import ssl
from functools import cache

import h2.connection
import hpack

from graphcontract.exchange import Call
from graphcontract.transports import http2_frames as frames
from tests.sample_clients.bases.conforming import Answer, Conforming, Fields
from tests.sample_clients.bases.http2 import NotProcessed, OverHttp2, split_frames
from tests.sample_clients.bases.kept_http2 import Kept, KeptHttp2
from tests.sample_clients.faulty.tls_server_name import WrapsItself
from tests.sample_clients.registry import faulty


def renumber(data: bytes, stream: int) -> bytes:
    """The same frames; those of streams are of this stream."""
    found = [frames.read(each) for each in split_frames(data.removeprefix(frames.PREFACE))[0]]
    made = [frames.make_frame(each.kind, each.flags, each.stream and stream, each.payload) for each in found]
    return (frames.PREFACE if data.startswith(frames.PREFACE) else b"") + b"".join(made)


@cache
def unverified() -> ssl.SSLContext:
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_alpn_protocols(["h2"])
    return made


@cache
def unnamed(ca_file: str | None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=ca_file)
    made.check_hostname = False
    made.set_alpn_protocols(["h2"])
    return made


@cache
def offering_http11(ca_file: str | None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=ca_file)
    made.set_alpn_protocols(["http/1.1"])
    return made


@faulty("request.body", transport="http2")
class SendsNullInData(OverHttp2):
    """No content is serialised as JSON's null."""

    def body(self, call: Call) -> bytes:
        return b"null"


@faulty("request.once", transport="http2")
class NumbersItsStreamsEvenly(OverHttp2):
    """Streams are numbered from 2, as a server would."""

    def shape(self, data: bytes, link: h2.connection.H2Connection) -> bytes:
        return renumber(data, 2)


@faulty("request.once", transport="http2")
class CountsStreamsFromOneEachTime(KeptHttp2):
    """The number of a stream is that of the request in its call, on a connection that is kept."""

    def shape(self, data: bytes, link: h2.connection.H2Connection) -> bytes:
        return renumber(data, 1)


@faulty("request.once", transport="http2")
class LeavesOutThePreface(OverHttp2):
    """SETTINGS come first, since TLS has negotiated the protocol already."""

    def shape(self, data: bytes, link: h2.connection.H2Connection) -> bytes:
        return data.removeprefix(frames.PREFACE)


@faulty("request.once", transport="http2")
class SpeaksHttp11WhereItNegotiatedHttp2(OverHttp2):
    """ALPN is a setting of the TLS library, which the client does not look at."""

    def try_once(self, call: Call) -> Answer:
        with self.connect(call) as connection:
            connection.sendall(Conforming.head(self, call))
            return self.read(connection)

    def fields(self, call: Call) -> Fields:
        return Conforming.fields(self, call)


@faulty("request.once", transport="http2")
class SpeaksHttp2WhereItNegotiatedHttp11(OverHttp2):
    """Graph is known to have HTTP/2, so that the client does not wait for ALPN's result."""

    def trusted(self, call: Call) -> ssl.SSLContext:
        return offering_http11(call.ca_file)

    def try_once(self, call: Call) -> Answer:
        with self.connect(call) as connection:
            assert isinstance(connection, ssl.SSLSocket)
            link = self.begin()
            self.send(link, 1, call)
            connection.sendall(link.data_to_send())
            return self.listen(link, connection, 1, call)


@faulty("request.once", transport="http2", shown_by=["test_request"])
class SendsLargeFrames(OverHttp2):
    """A header of 24,000 bytes goes into one frame, without a look at SETTINGS_MAX_FRAME_SIZE."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("x-client-details", "~" * 15_000)]

    def shape(self, data: bytes, link: h2.connection.H2Connection) -> bytes:
        found = [frames.read(each) for each in split_frames(data.removeprefix(frames.PREFACE))[0]]
        parts = [each.payload for each in found if each.kind in (frames.HEADERS, frames.CONTINUATION)]
        flags = frames.END_HEADERS | frames.END_STREAM
        whole = frames.make_frame(frames.HEADERS, flags, self.first_stream, b"".join(parts))
        return frames.PREFACE + frames.make_frame(frames.SETTINGS, 0, 0) + whole


@faulty("request.once", transport="http2", shown_by=["test_request"])
class OpensStreamsBeyondTheLimit(OverHttp2):
    """Streams are reserved ahead, without a look at SETTINGS_MAX_CONCURRENT_STREAMS."""

    def send(self, link: h2.connection.H2Connection, stream: int, call: Call) -> None:
        header = [*self.pseudo(call), *self.fields(call)]
        for number in range(110):
            link.send_headers(stream + 2 * number, header)


@faulty("request.once", transport="http2")
class OpensTwoStreamsAtOnce(OverHttp2):
    """The same request on two streams at once, and the first response counts."""

    def send(self, link: h2.connection.H2Connection, stream: int, call: Call) -> None:
        super().send(link, stream, call)
        super().send(link, stream + 2, call)


@faulty("retry.equivalent", "request.authorization", transport="http2")
class RepeatsRefusedRequestsWithoutToken(OverHttp2):
    """The handler that adds the token is above the layer that repeats."""

    def try_once(self, call: Call) -> Answer:
        try:
            return super().try_once(call)
        except NotProcessed:
            return _WithoutToken().try_once(call)


class _WithoutToken(OverHttp2):
    def authorization(self, call: Call) -> Fields:
        return []


@faulty("retry.equivalent", "request.body", transport="http2")
class RepeatsRefusedRequestsWithContent(OverHttp2):
    """The body is rewound for the repeated request, and there was none: an empty object is sent."""

    def try_once(self, call: Call) -> Answer:
        try:
            return super().try_once(call)
        except NotProcessed:
            return _WithContent().try_once(call)


class _WithContent(OverHttp2):
    def body(self, call: Call) -> bytes:
        return b"{}"


@faulty("tls.server-name", transport="http2")
class NamesTheServerAsItsAuthority(WrapsItself, OverHttp2):
    """The TLS handshake gets what :authority gets, with the port."""

    def server_name(self, host: str, port: int) -> str | None:
        return f"{host}:{port}"

    def trusted(self, call: Call) -> ssl.SSLContext:
        return unnamed(call.ca_file)


@faulty("transport.certificate", transport="http2")
class VerifiesNothingForHttp2(OverHttp2):
    """The option that turns verification off is on in the context for HTTP/2, which is another."""

    def trusted(self, call: Call) -> ssl.SSLContext:
        return unverified()


@faulty("retry.connection-lost", transport="http2")
class RepeatsOnAFreshConnection(KeptHttp2):
    """A kept connection that ended is taken for one that was idle, and the request is sent again."""

    def over(self, kept: Kept, call: Call) -> Answer:
        used = kept.link.highest_outbound_stream_id > 0
        try:
            return super().over(kept, call)
        except Exception:
            if not used:
                raise
        raise NotProcessed("an idle connection")


@faulty("request.once", shown_by=["test_successful_response"])
class OpensItsWindowByNothing(OverHttp2):
    """WINDOW_UPDATE is sent after each read, also if nothing was read."""

    def after_request(self) -> bytes:
        return frames.make_frame(frames.WINDOW_UPDATE, 0, 0, bytes(4))


@faulty("request.once", shown_by=["test_successful_response"])
class OpensItsWindowTooFar(OverHttp2):
    """The largest window is added to the one that there is, instead of what is left up to it."""

    def after_request(self) -> bytes:
        return frames.make_frame(frames.WINDOW_UPDATE, 0, 0, (2**31 - 1).to_bytes(4))


class _Forgetful(hpack.Encoder):
    """Has a table of 4096 bytes, whatever is set."""

    @property
    def header_table_size(self) -> int:
        return 4096

    @header_table_size.setter
    def header_table_size(self, value: int) -> None:
        pass


@faulty("request.once", shown_by=["test_empty_header_table"])
class KeepsItsHeaderTable(KeptHttp2):
    """SETTINGS_HEADER_TABLE_SIZE is acknowledged, and not passed on to the encoder."""

    def begin(self) -> h2.connection.H2Connection:
        link = super().begin()
        link.encoder = _Forgetful()
        return link
