"""HTTP/2 frames (RFC 9113 4 and 6) as bytes and as lines of text: split, made, and described for evidence.

Pure functions. Bytes that are not valid frames have a description too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from graphcontract.wire import Fields

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MOST_FRAME = 16 << 10  # bytes of a frame's payload (RFC 9113 6.5.2): this origin never announces more
HEAD = 9  # bytes of a frame's header
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS, PADDED = 0x1, 0x1, 0x4, 0x8
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, REFUSED_STREAM = 0x0, 0x1, 0x2, 0x7
HEADER_TABLE_SIZE, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 0x1, 0x3, 0x4

_KINDS = (
    "DATA",
    "HEADERS",
    "PRIORITY",
    "RST_STREAM",
    "SETTINGS",
    "PUSH_PROMISE",
    "PING",
    "GOAWAY",
    "WINDOW_UPDATE",
    "CONTINUATION",
)
_ERRORS = (
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
)
_SETTINGS = {
    1: "HEADER_TABLE_SIZE",
    2: "ENABLE_PUSH",
    3: "MAX_CONCURRENT_STREAMS",
    4: "INITIAL_WINDOW_SIZE",
    5: "MAX_FRAME_SIZE",
    6: "MAX_HEADER_LIST_SIZE",
}


_CONTROL = re.compile("[\x00-\x1f\x7f]")  # would end a line, or be no character of XML


class Frame(NamedTuple):
    """A frame: its type, its flags, the number of its stream (0 for the connection), and its payload."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def ends_stream(self) -> bool:
        """Whether it is the last frame of its stream in this direction."""
        return self.kind in (DATA, HEADERS) and bool(self.flags & END_STREAM)


def make_frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Make the bytes of a frame."""
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def make_reset(stream: int, error: int) -> bytes:
    """Make a RST_STREAM frame."""
    return make_frame(RST_STREAM, 0, stream, error.to_bytes(4))


def make_goaway(last_stream: int, error: int = NO_ERROR, debug_data: bytes = b"") -> bytes:
    """Make a GOAWAY frame: streams above `last_stream` were not processed."""
    return make_frame(GOAWAY, 0, 0, last_stream.to_bytes(4) + error.to_bytes(4) + debug_data)


def make_settings(identifier: int, value: int) -> bytes:
    """Make a SETTINGS frame with one setting."""
    return make_frame(SETTINGS, 0, 0, identifier.to_bytes(2) + value.to_bytes(4))


def pad(data: bytes, size: int) -> bytes:
    """Pad complete HEADERS and DATA frames with so many bytes, at most 255 (RFC 9113 6.1)."""
    frames = []
    for each in split(data)[0]:
        frame = read(each)
        if size and frame.kind in (DATA, HEADERS):
            payload = bytes((size,)) + frame.payload + bytes(size)
            frames.append(make_frame(frame.kind, frame.flags | PADDED, frame.stream, payload))
        else:
            frames.append(each)
    return b"".join(frames)


def continue_header(data: bytes) -> bytes:
    """Cut a complete HEADERS frame in two: its second half goes into CONTINUATION (RFC 9113 6.10)."""
    frame = read(data)
    half = len(frame.payload) // 2
    first = make_frame(HEADERS, frame.flags & ~END_HEADERS, frame.stream, frame.payload[:half])
    return first + make_frame(CONTINUATION, END_HEADERS, frame.stream, frame.payload[half:])


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """Split off the complete frames; the rest is the beginning of another.

    Of a frame with more than MOST_FRAME bytes, what there is counts as complete: nobody waits for its end.
    """
    frames = []
    while len(data) >= HEAD:
        size = int.from_bytes(data[:3])
        end = HEAD + size if size <= MOST_FRAME else len(data)
        if end > len(data):
            break
        frames.append(data[:end])
        data = data[end:]
    return frames, data


def read(data: bytes) -> Frame:
    """Read the bytes of one frame, which begin with its complete header."""
    return Frame(data[3], data[4], int.from_bytes(data[5:HEAD]) & 0x7FFFFFFF, data[HEAD:])


def describe(frame: Frame, fields: Fields | None = None) -> str:
    """Describe a frame in one line, and its decoded header `fields` or its content in lines below."""
    kind = _KINDS[frame.kind] if frame.kind < len(_KINDS) else f"frame of type 0x{frame.kind:02x}"
    parts = [f"stream {frame.stream}"] if frame.stream else []
    parts += _describe_payload(frame)
    parts += ["END_STREAM"] if frame.ends_stream else []
    line = " ".join([kind, ", ".join(parts)]).rstrip()
    below = [f"{name}: {_CONTROL.sub(_escape, value)}" for name, value in fields or ()]
    if frame.kind == DATA and frame.payload:
        below = [frame.payload.decode("latin-1")]
    return "\n".join([line, *below])


def _escape(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"


def _describe_payload(frame: Frame) -> list[str]:
    payload, size = frame.payload, f"{len(frame.payload)} bytes"
    match frame.kind:
        case 1:
            return []
        case 3 if len(payload) == 4:
            return [_name_error(payload)]
        case 4 if not len(payload) % 6:
            entries = [payload[at : at + 6] for at in range(0, len(payload), 6)]
            values = [f"{_name_setting(each[:2])}={int.from_bytes(each[2:])}" for each in entries]
            return ["ACK"] if frame.flags & ACK else values
        case 6:
            return ["ACK"] if frame.flags & ACK else []
        case 7 if len(payload) >= 8:
            return [f"last stream {int.from_bytes(payload[:4]) & 0x7FFFFFFF}", _name_error(payload[4:8])]
        case 8 if len(payload) == 4:
            return [f"+{int.from_bytes(payload)}"]
        case _:
            return [size]


def _name_error(payload: bytes) -> str:
    number = int.from_bytes(payload)
    return _ERRORS[number] if number < len(_ERRORS) else f"error 0x{number:x}"


def _name_setting(payload: bytes) -> str:
    number = int.from_bytes(payload)
    return _SETTINGS.get(number, f"setting 0x{number:x}")


def describe_all(data: bytes, heads: Iterable[Fields] = ()) -> tuple[str, ...]:
    """Describe sent bytes frame by frame; `heads` are the decoded fields of their HEADERS frames, in order.
    Bytes that are not a whole frame are described at the end.
    """
    frames, rest = split(data)
    decoded, lines = iter(heads), []
    for each in map(read, frames):
        lines.append(describe(each, next(decoded, None) if each.kind == HEADERS else None))
    return (*lines, *([f"{len(rest)} bytes that are not a complete frame"] if rest else []))


def render_message(pseudo: Fields, fields: Sequence[tuple[str, str]], content: bytes) -> bytes:
    """Render a request as HTTP/1.1 writes it, so that its parts can be read and searched in one form.

    The pseudo fields :scheme and :authority are lines like any other; the version is HTTP/2.
    """
    named = dict(reversed(pseudo))
    lines = [f"{named.get(':method', '')} {named.get(':path', '')} HTTP/2"]
    lines += [f"{name}: {value}" for name, value in pseudo if name not in (":method", ":path")]
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content
