"""Quirky clients: the frames of HTTP/2, which say the same in many ways."""

from __future__ import annotations

import ssl

import h2.connection
import h2.events
import h2.settings
import hpack
from hpack import NeverIndexedHeaderTuple

from graphcontract.exchange import Call
from graphcontract.transports import http2_frames as frames
from tests.sample_clients.bases.conforming import Answer, Fields
from tests.sample_clients.bases.http2 import NotProcessed, OverHttp2, split_frames
from tests.sample_clients.bases.kept_http2 import Kept, KeptHttp2
from tests.sample_clients.quirky.http2 import TESTS
from tests.sample_clients.registry import quirky

_CALLS = (*TESTS, "test_request", "test_successive_calls", "test_concurrent_calls")
_HAS_PRIORITY = 0x20
_LAST_STREAM = 2**31 - 3


class ChangesFrames(OverHttp2):
    """Base class: each frame that h2 makes is sent in another form."""

    def change(self, frame: frames.Frame) -> bytes:
        raise NotImplementedError

    def shape(self, data: bytes, link: h2.connection.H2Connection) -> bytes:
        changed = [
            self.change(frames.read(each)) for each in split_frames(data.removeprefix(frames.PREFACE))[0]
        ]
        return (frames.PREFACE if data.startswith(frames.PREFACE) else b"") + b"".join(changed)


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class PadsItsFrames(ChangesFrames):
    """Each header has 200 bytes of padding, which hide its size."""

    def change(self, frame: frames.Frame) -> bytes:
        flags, payload = frame.flags, frame.payload
        if frame.kind == frames.HEADERS:
            flags, payload = flags | frames.PADDED, bytes([200]) + payload + bytes(200)
        return frames.make_frame(frame.kind, flags, frame.stream, payload)


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class SplitsItsHeaders(ChangesFrames):
    """A header in HEADERS and two or three CONTINUATION frames."""

    def change(self, frame: frames.Frame) -> bytes:
        if frame.kind != frames.HEADERS:
            return frames.make_frame(*frame)
        size = len(frame.payload) // 3
        parts = [frame.payload[at : at + size] for at in range(0, len(frame.payload), size)]
        first = frames.make_frame(frames.HEADERS, frame.flags & frames.END_STREAM, frame.stream, parts[0])
        others = [frames.make_frame(frames.CONTINUATION, 0, frame.stream, each) for each in parts[1:-1]]
        last = frames.make_frame(frames.CONTINUATION, frames.END_HEADERS, frame.stream, parts[-1])
        return first + b"".join(others) + last


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class HasPriorities(ChangesFrames):
    """A tree of priorities as Firefox made it, with PRIORITY for streams that are never opened, and a weight
    in HEADERS (RFC 9113, 5.3: deprecated and allowed).
    """

    def change(self, frame: frames.Frame) -> bytes:
        if frame.kind != frames.HEADERS:
            return frames.make_frame(*frame)
        tree = [frames.make_frame(2, 0, each, bytes(4) + b"\xc8") for each in (3, 5, 7)]
        payload = bytes(4) + b"\x0f" + frame.payload
        header = frames.make_frame(frames.HEADERS, frame.flags | _HAS_PRIORITY, frame.stream, payload)
        return b"".join([*tree, header])


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class NeverIndexesItsFields(OverHttp2):
    """No field goes into the table of either side, for all of them could be secret."""

    def send(self, link: h2.connection.H2Connection, stream: int, call: Call) -> None:
        pairs = [*self.pseudo(call), *self.fields(call)]
        link.send_headers(stream, [NeverIndexedHeaderTuple(*each) for each in pairs], end_stream=True)


class _Literal(hpack.Encoder):
    """Encodes without Huffman codes."""

    def encode(self, headers: object, huffman: bool = True) -> bytes:
        return super().encode(headers, huffman=False)  # type: ignore[arg-type]


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class UsesNoHuffmanCodes(OverHttp2):
    """Strings are literal, which is less work."""

    def begin(self) -> h2.connection.H2Connection:
        link = super().begin()
        link.encoder = _Literal()
        return link


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class SendsSettingsTwice(OverHttp2):
    """Tables of size 0, no push, settings that no specification has (RFC 8701), and the same again."""

    def begin(self) -> h2.connection.H2Connection:
        link = super().begin()
        link.update_settings({h2.settings.SettingCodes.HEADER_TABLE_SIZE: 0})
        link.update_settings({h2.settings.SettingCodes.ENABLE_PUSH: 0})
        return link

    def shape(self, data: bytes, link: h2.connection.H2Connection) -> bytes:
        rest = data.removeprefix(frames.PREFACE)
        first = frames.read(split_frames(rest)[0][0])
        unknown = (0x1A1A).to_bytes(2) + (7).to_bytes(4)
        settings = frames.make_frame(frames.SETTINGS, 0, 0, first.payload + unknown)
        return frames.PREFACE + settings + rest[frames.HEAD + len(first.payload) :]


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class PingsBeforeItsRequest(OverHttp2):
    """PING, a larger window for the connection and a frame of an unknown type (RFC 9113, 5.5) come first."""

    def begin(self) -> h2.connection.H2Connection:
        link = super().begin()
        link.ping(b"12345678")
        link.increment_flow_control_window(15 << 20)
        return link

    def after_request(self) -> bytes:
        return frames.make_frame(0xFA, 0xFF, 0, b"unknown")


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class HasASmallWindow(OverHttp2):
    """Content may come 1,000 bytes at a time, each with a WINDOW_UPDATE of its own."""

    def begin(self) -> h2.connection.H2Connection:
        link = super().begin()
        link.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1000})
        return link


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class CountsNoContent(OverHttp2):
    """content-length: 0, and END_STREAM in HEADERS."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("content-length", "0")]


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class NamesTheHostTwice(OverHttp2):
    """Host, beside :authority and with the same value."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("host", self.pseudo(call)[2][1])]


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class OrdersPseudoFieldsOtherwise(OverHttp2):
    """:path first and :method last: any order is allowed among them."""

    def pseudo(self, call: Call) -> Fields:
        return super().pseudo(call)[::-1]


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class SendsCookieCrumbs(OverHttp2):
    """Two cookies in two fields, as RFC 9113, 8.2.3 allows."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("cookie", "lang=en"), ("cookie", "theme=dark")]


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class BeginsWithTheLastStream(OverHttp2):
    """The first stream of a connection is almost the highest one."""

    first_stream = _LAST_STREAM


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class ResetsItsFinishedStreams(KeptHttp2):
    """RST_STREAM with CANCEL after the response, as Go sends it where content was left unread."""

    def over(self, kept: Kept, call: Call) -> Answer:
        answer = super().over(kept, call)
        kept.socket.sendall(frames.make_reset(kept.link.highest_outbound_stream_id, 8))
        return answer


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class KeepsItsConnections(KeptHttp2):
    """One connection a host, with a stream for each request."""


@quirky(shown_by=TESTS)
class RepeatsOnTheSameConnection(KeptHttp2):
    """A refused request is repeated once, on the next stream of its connection: the others there go on."""

    def over(self, kept: Kept, call: Call) -> Answer:
        try:
            return super().over(kept, call)
        except NotProcessed as error:
            if str(error) != "REFUSED_STREAM":
                raise
        return super().over(kept, call)


_SETTINGS = (*_CALLS, "test_settings", "test_empty_header_table")


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class EndsItsHeadersWithNothing(ChangesFrames):
    """END_HEADERS in an empty CONTINUATION frame."""

    def change(self, frame: frames.Frame) -> bytes:
        if frame.kind != frames.HEADERS:
            return frames.make_frame(*frame)
        flags = frame.flags & ~frames.END_HEADERS
        first = frames.make_frame(frames.HEADERS, flags, frame.stream, frame.payload)
        return first + frames.make_frame(frames.CONTINUATION, frames.END_HEADERS, frame.stream)


@quirky(transport="http2", shown_by=_SETTINGS, varies_in=TESTS)
class ResizesItsTableEachTime(KeptHttp2):
    """Each header begins with two changes of the size of its table, the second within what is allowed."""

    def send(self, link: h2.connection.H2Connection, stream: int, call: Call) -> None:
        if link.remote_settings.header_table_size:  # hpack forgets a change that is followed by the same size
            link.encoder.header_table_size = 0
            link.encoder.header_table_size = min(1024, link.remote_settings.header_table_size)
        super().send(link, stream, call)


class _Silent(hpack.Encoder):
    """Makes its table smaller, and does not say so."""

    @property
    def header_table_size(self) -> int:
        return self.header_table.maxsize

    @header_table_size.setter
    def header_table_size(self, value: int) -> None:
        self.header_table.maxsize = value


@quirky(transport="http2", shown_by=_SETTINGS, varies_in=TESTS)
class MakesItsTableSmallerSilently(KeptHttp2):
    """No update of the table's size precedes a header, like those of .NET, which have no table at all."""

    def begin(self) -> h2.connection.H2Connection:
        link = super().begin()
        link.encoder = _Silent()
        return link


@quirky(transport="http2", shown_by=_CALLS, varies_in=TESTS)
class UpdatesItsPriority(OverHttp2):
    """PRIORITY_UPDATE (RFC 9218), beside a window as large as it may be."""

    def after_request(self) -> bytes:
        window = (2**31 - 1 - 65535).to_bytes(4)
        update = frames.make_frame(0x10, 0, 0, self.first_stream.to_bytes(4) + b"u=1, i")
        return update + frames.make_frame(frames.WINDOW_UPDATE, 0, 0, window)


@quirky(transport="http2", shown_by=_SETTINGS, varies_in=TESTS)
class WaitsForSettings(OverHttp2):
    """A request is only sent once the SETTINGS of the service have come, and are acknowledged."""

    def prepare(self, link: h2.connection.H2Connection, connection: ssl.SSLSocket) -> None:
        connection.sendall(link.data_to_send())
        while not any(
            isinstance(event, h2.events.RemoteSettingsChanged)
            for event in link.receive_data(connection.recv(1 << 16))
        ):
            pass
        connection.sendall(link.data_to_send())
