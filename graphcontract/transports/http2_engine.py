"""The `h2` package as the engine of an HTTP/2 origin: it reads frames, acknowledges SETTINGS and PING, and
counts flow-control windows. It validates no header, so that a faulty client is recorded and not refused.

What h2 would not send, such as GOAWAY with responses after it, is sent beside it as frames of our own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import hpack

from graphcontract.transports import http2_frames
from graphcontract.transports.http2_faults import (
    AwaitPing,
    AwaitSettings,
    Content,
    Head,
    Pause,
    Plan,
    Raw,
    Step,
)
from graphcontract.wire import Fields

MOST_HEADER = 64 << 10  # bytes of a header, compressed or not: a few compressed bytes may expand to any size
_EMPTY_TABLE = b"\x20"  # a dynamic table size update to 0 (RFC 7541 6.3)
_LARGE_HEADER = f"a header of more than {MOST_HEADER} bytes (RFC 9113 10.5.1)"
_ERRORS = {  # by a part of h2's texts, for those that speak of its own states and limits
    "continuation frames": "more CONTINUATION frames for one header than servers accept, 64 (RFC 9113 10.5)",
    "Invalid stream ID": "a request on a stream with an even number, which is for servers (RFC 9113 5.1.1)",
    "table index": "a header with an entry that its table does not have within SETTINGS (RFC 7541 4.2)",
    "exceeded max": "a header that makes its table larger than the origin's SETTINGS allow (RFC 7541 6.3)",
    "Invalid input": "a frame that its stream or connection does not allow at this point (RFC 9113 5.1)",
    "during header block": "another frame between HEADERS and its CONTINUATION (RFC 9113 6.10)",
}
_CONFIG = h2.config.H2Configuration(
    client_side=False,
    header_encoding=None,
    validate_outbound_headers=False,
    normalize_outbound_headers=False,
    validate_inbound_headers=False,
    normalize_inbound_headers=False,
)


class Violation(Exception):
    """What a client sent cannot be read: the connection has to end. The text says why."""


class _Decoder(hpack.Decoder):
    """Remembers the header that it decoded last: h2 gives none for a request that it rejects."""

    last: Fields | None = None

    def decode(self, data: bytes, raw: bool = False) -> Iterable[hpack.HeaderTuple]:  # noqa: ARG002
        """Decode a header block, always as bytes."""
        self.last = None
        decoded = list(super().decode(data, raw=True))
        self.last = tuple((_decode(name), _decode(value)) for name, value in decoded)
        return decoded


class _Encoder(hpack.Encoder):
    """Keeps its table empty: what is encoded may be sent later than planned, or cut. hpack's own encoder
    leaves out that a table was made smaller if its size is then set once more.
    """

    def __init__(self) -> None:
        super().__init__()
        self.header_table_size = 0

    @property
    def header_table_size(self) -> int:
        """The size of the table in bytes. h2 sets it when the client's SETTINGS come, and it stays 0."""
        return 0

    @header_table_size.setter
    def header_table_size(self, value: int) -> None:  # noqa: ARG002 - of the base
        self.header_table.maxsize, self.header_table.resized = 0, False
        self._changed = True

    def encode(self, headers: Iterable[Any], huffman: bool = True) -> bytes:
        """Encode a header block. The first one, and the first after SETTINGS, says that the table is empty
        (RFC 7541 4.2).
        """
        announced, self._changed = _EMPTY_TABLE if self._changed else b"", False
        return announced + super().encode(headers, huffman)


@dataclass(eq=False, slots=True)
class Reply:
    """A response that is being sent: the steps that are left, and its content that waits for a window."""

    stream: int
    plan: Plan
    steps: deque[Step]
    content: bytes = b""
    ends: bool = False
    padding: int = 0
    heads: list[Fields] = field(default_factory=list)


class Engine:
    """The origin's side of one connection. `highest_stream` is the highest stream that the client has opened,
    `waiting` has the replies whose content waits for a window, by stream, `pinged` those that wait for the
    acknowledgement of a PING, by its payload, and `unsettled` those that wait for that of SETTINGS.
    `expected_settings` counts the SETTINGS that the client has not acknowledged.
    """

    def __init__(self) -> None:
        self._h2 = h2.connection.H2Connection(_CONFIG)
        self._h2.encoder = _Encoder()
        self._h2.decoder = self._decoder = _Decoder()
        self._decoder.max_header_list_size = MOST_HEADER
        self.waiting: dict[int, Reply] = {}
        self.pinged: dict[bytes, Reply] = {}
        self.unsettled: dict[int, Reply] = {}
        self.expected_settings = 1
        self._header_size = 0
        self._h2.initiate_connection()

    @property
    def highest_stream(self) -> int:
        """The highest stream that the client has opened, 0 without one."""
        return self._h2.highest_inbound_stream_id

    def begin(self) -> None:
        """Read the connection preface."""
        self._h2.receive_data(http2_frames.PREFACE)

    def receive(self, data: bytes) -> Sequence[h2.events.Event]:
        """Read one frame. Raises Violation."""
        self._decoder.last = None
        self._check_size(data)
        try:
            return self._h2.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            raise Violation(_describe_error(error)) from error

    def _check_size(self, data: bytes) -> None:
        """Raise Violation for what h2 would collect: the rest of a large frame, or of a header in many."""
        if int.from_bytes(data[:3]) > http2_frames.MOST_FRAME:
            raise Violation(f"a frame of more than {http2_frames.MOST_FRAME} bytes (RFC 9113 4.2)")
        frame = http2_frames.read(data)
        if frame.kind in (http2_frames.HEADERS, http2_frames.CONTINUATION):
            self._header_size += len(frame.payload)
            if self._header_size > MOST_HEADER:
                raise Violation(_LARGE_HEADER)
            if frame.flags & http2_frames.END_HEADERS:
                self._header_size = 0

    def take_header(self) -> Fields | None:
        """Return the header of the frame that was read last, also if h2 rejected it; None without one."""
        header, self._decoder.last = self._decoder.last, None
        return header

    def acknowledge(self, event: h2.events.DataReceived) -> None:
        """Let the client send as much again as it has sent."""
        self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)

    def send_continue(self, stream: int) -> None:
        """Send 100 (Continue)."""
        self._h2.send_headers(stream, [(b":status", b"100")])

    def take_acknowledged(self, event: h2.events.Event) -> list[Reply]:
        """Return the replies that go on after this event."""
        if isinstance(event, h2.events.PingAckReceived):
            pinged = self.pinged.pop(event.ping_data, None)
            return [] if pinged is None else [pinged]
        if not isinstance(event, h2.events.SettingsAcknowledged):
            return []
        self.expected_settings -= 1
        taken = list(self.unsettled.values()) if self.expected_settings <= 0 else []
        if taken:
            self.unsettled.clear()
        return taken

    def forbid_table(self) -> None:
        """From now on, reject headers that use an entry of a table: SETTINGS allow none (RFC 7541 4.2).

        A header that uses none needs no table size update here, though RFC 9113, 4.3.1 requires one: it warns
        itself that smaller tables are not widely interoperable, and .NET's HttpClient never sends one.
        """
        self._decoder.max_allowed_table_size = self._decoder.header_table_size = 0

    def take(self) -> bytes:
        """Return the bytes that h2 sends by itself."""
        return self._h2.data_to_send()

    def advance(self, reply: Reply) -> list[bytes | float]:
        """Take the next steps of a response, and return the bytes to send and the pauses between them."""
        parts: list[bytes | float] = []
        try:
            while not self._wait_for_window(reply, parts) and reply.steps:
                step = reply.steps.popleft()
                if isinstance(step, Head):
                    parts.append(self._make_header(reply, step))
                elif isinstance(step, Content) and step.half:
                    data = http2_frames.make_frame(http2_frames.DATA, 0, reply.stream, step.data)
                    parts.append(data[: http2_frames.HEAD + len(step.data) // 2])
                elif isinstance(step, Content):
                    reply.content, reply.ends, reply.padding = step.data, step.end, step.padding
                    if not step.data and step.end:
                        self._h2.send_data(reply.stream, b"", end_stream=True)
                        parts.append(self._h2.data_to_send())
                elif isinstance(step, Raw):
                    parts.append(step.data)
                elif isinstance(step, Pause):
                    parts.append(step.seconds)
                elif self._waits(reply, step):
                    break
        except h2.exceptions.ProtocolError:
            pass  # the client has reset the stream, or closed the connection: nothing more is sent on it
        return parts

    def _waits(self, reply: Reply, step: AwaitPing | AwaitSettings) -> bool:
        """Return whether the next steps wait for an acknowledgement."""
        if isinstance(step, AwaitPing):
            self.pinged[step.payload] = reply
        elif self.expected_settings > 0:
            self.unsettled[reply.stream] = reply
        else:
            return False
        return True

    def _make_header(self, reply: Reply, step: Head) -> bytes:
        reply.heads.append(step.fields)
        self._h2.send_headers(reply.stream, _encode_fields(step.fields), end_stream=step.end)
        data = self._h2.data_to_send()
        data = http2_frames.continue_header(data) if step.continued else data
        data = http2_frames.pad(data, step.padding) if step.padding else data
        return data[: len(data) // 2] if step.half else data

    def _wait_for_window(self, reply: Reply, parts: list[bytes | float]) -> bool:
        """Send content as the windows allow; return whether some of it has to wait for the client."""
        while reply.content:
            room = min(
                self._h2.local_flow_control_window(reply.stream), self._h2.max_outbound_frame_size, 1 << 16
            )
            room -= reply.padding + 1 if reply.padding else 0
            if room <= 0:
                self.waiting[reply.stream] = reply
                return True
            part, reply.content = reply.content[:room], reply.content[room:]
            ends = reply.ends and not reply.content
            self._h2.send_data(reply.stream, part, end_stream=ends, pad_length=reply.padding or None)
            parts.append(self._h2.data_to_send())
        return False


def _decode(data: bytes | str) -> str:
    return data if isinstance(data, str) else bytes(data).decode("latin-1")


def _encode_fields(fields: Fields) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]


def _describe_error(error: h2.exceptions.ProtocolError) -> str:
    """Say what h2 rejects, without the bytes that it quotes."""
    if isinstance(error, h2.exceptions.TooManyStreamsError):
        return "more requests at the same time than the origin's SETTINGS allow (RFC 9113 5.1.2)"
    if isinstance(error, h2.exceptions.DenialOfServiceError):
        return _LARGE_HEADER
    if isinstance(error, h2.exceptions.InvalidBodyLengthError):
        return "a content-length that differs from the content (RFC 9113 8.1.1)"
    if isinstance(error, h2.exceptions.StreamClosedError):
        return f"a frame on stream {error.stream_id}, which had ended before (RFC 9113 5.1)"
    if isinstance(error, h2.exceptions.StreamIDTooLowError):
        number = f"{error.stream_id}, after stream {error.max_stream_id}"
        return f"a request on stream {number}: numbers must increase (RFC 9113 5.1.1)"
    if isinstance(error, h2.exceptions.FlowControlError):
        return "more content than the origin's flow-control window allows (RFC 9113 6.9.1)"
    if isinstance(error, h2.exceptions.NoSuchStreamError):
        return f"a frame on stream {error.stream_id}, which was not opened before (RFC 9113 5.1)"
    named = next((text for part, text in _ERRORS.items() if part in str(error)), None)
    return named or f"not valid HTTP/2: {str(error)[:120]}"
