"""Faulty clients: error.encoded."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming, Fields
from tests.sample_clients.registry import faulty


@faulty("error.encoded")
class NeverDecodesGzip(Conforming):
    """The request's defaults ask for gzip, and no layer below undoes it: code and message are lost."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return content


@faulty("error.encoded")
class DecodesSuccessOnly(Conforming):
    """The error stream of a platform's HTTP class is not wrapped as its input stream is."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return super().decode(answer, content) if answer.status < 400 else content


@faulty("error.encoded", rare=True)
class LeavesServerErrorsEncoded(Conforming):
    """Content of a 5xx is kept as it came, for the log."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return super().decode(answer, content) if answer.status < 500 else content


@faulty("error.encoded")
class ReadsGzipAsText(Conforming):
    """The content goes into a text before it goes anywhere: UnicodeDecodeError."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return content.decode().encode() if "content-encoding" in answer.fields else content


@faulty("error.encoded")
class DecodesTwice(Conforming):
    """The library has decoded it, and the client does so again: the field still says gzip."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        decoded = super().decode(answer, content)
        return super().decode(answer, decoded) if answer.status >= 400 else decoded


@faulty("error.encoded")
class DecodesGzipAsDeflate(Conforming):
    """`zlib.decompress` with its default window expects another head."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return zlib.decompress(content) if "content-encoding" in answer.fields else content


@faulty("error.encoded")
class CutsDecodedContentAtContentLength(Conforming):
    """Content-Length counts the encoded bytes; decoded content that is cut to it is not JSON any more."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return super().decode(answer, content)[: int(answer.fields.get("content-length", -1))]


@faulty("error.encoded")
class StatusLostWhenContentIsUnreadable(Conforming):
    """What cannot be read is a transport fault, and a transport fault has no status."""

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        content = super().read_content(answer, read, line)
        if "content-encoding" in answer.fields:
            raise BadAnswer("the content is in no coding that can be read")
        return content


@faulty("error.encoded")
class UnreadableErrorAsSuccess(Conforming):
    """An unreadable error is not an error."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return content

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or "content-encoding" in answer.fields


@faulty("error.encoded")
class IgnoresChunkedGzip(Conforming):
    """A reader for chunks and one for gzip, and no way to have the one read from the other."""

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        if "transfer-encoding" in answer.fields and "content-encoding" in answer.fields:
            raise NotImplementedError("chunks of gzip")
        return super().read_content(answer, read, line)


@faulty("error.encoded", rare=True)
class Leaves403And502Encoded(Conforming):
    """403 and 502 come from a gateway, whose content goes to the log as it is."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return content if answer.status in (403, 502) else super().decode(answer, content)


@faulty("error.encoded")
class RequestIdLostWhenDecoding(Conforming):
    """A decoded answer is a new object, for which the fields were not copied; nor is its content asked."""

    def request_id(self, answer: Answer) -> str | None:
        return None if "content-encoding" in answer.fields else super().request_id(answer)


@faulty("error.encoded", shown_by=["test_error_in_other_codings"])
class KnowsGzipInLowerCaseOnly(Conforming):
    """`== "gzip"`, although the names of codings are case-insensitive (RFC 9110, 8.4.1)."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return super().decode(answer, content) if answer.fields.get("content-encoding") == "gzip" else content


class AsksForMoreCodings(Conforming):
    """Base class: requests `codings`, and decodes gzip only."""

    codings = ""

    def fields(self, call: Call) -> Fields:
        others = [each for each in super().fields(call) if each[0] != "Accept-Encoding"]
        return [*others, ("Accept-Encoding", self.codings)]


@faulty("error.encoded", shown_by=["test_error_in_other_codings"])
class AsksForBrotliOnPaper(AsksForMoreCodings):
    """The field is copied from a browser, and the library for brotli is not installed."""

    codings = "gzip, deflate;q=0, br"


@faulty("error.encoded", shown_by=["test_error_in_other_codings"])
class DeflateWithoutItsWrapper(AsksForMoreCodings):
    """Takes deflate for the bare compressed data, without zlib's wrapper (RFC 9110, 8.4.1.2)."""

    codings = "gzip, deflate"

    def decode(self, answer: Answer, content: bytes) -> bytes:
        if answer.fields.get("content-encoding") != "deflate":
            return super().decode(answer, content)
        try:
            return zlib.decompress(content, -15)
        except zlib.error as error:
            raise BadAnswer(str(error)) from error


@faulty("error.encoded", shown_by=["test_broken_gzip"])
class CrashesOnBrokenGzip(Conforming):
    """The layer that decodes has errors of its own, which nobody above it knows."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        return zlib.decompress(content, 31) if answer.fields.get("content-encoding") == "gzip" else content


@faulty("error.encoded", shown_by=["test_broken_gzip"])
class CrashesOnGzipOfNothing(Conforming):
    """A gzip stream begins with two bytes, of which nothing has none."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        if answer.fields.get("content-encoding") == "gzip" and not content:
            raise EOFError("the stream ended before its header")
        return super().decode(answer, content)


@faulty("error.encoded", shown_by=["test_broken_gzip"])
class UnreadableGzipAsSuccess(Conforming):
    """An error that cannot be decoded cannot be read, and what cannot be read is left alone."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.fields.get("content-encoding") == "broken"

    def decode(self, answer: Answer, content: bytes) -> bytes:
        try:
            return super().decode(answer, content)
        except (OSError, BadAnswer):
            answer.fields["content-encoding"] = "broken"
            return b""


@faulty("error.encoded", shown_by=["test_gzip_with_optional_fields"])
class SkipsTenBytesOfGzip(Conforming):
    """The header of gzip has ten bytes, if it has no optional fields (RFC 1952, 2.3)."""

    def decode(self, answer: Answer, content: bytes) -> bytes:
        if answer.fields.get("content-encoding") != "gzip":
            return super().decode(answer, content)
        try:
            return zlib.decompressobj(-15).decompress(content[10:])
        except zlib.error as error:
            raise BadAnswer("no gzip") from error
