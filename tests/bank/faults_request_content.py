"""Faults of what is sent at all: content where none is owed, requests too many, too few, or broken."""

from __future__ import annotations

import gzip
import json
import re
from urllib.parse import urlsplit

from graphcontract.exchange import Call, Outcome
from tests.bank.client import ROOT, Answer, Conforming
from tests.bank.registry import fault

Fields = list[tuple[str, str]]
GUID = re.compile("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


# request.body


@fault("request.body")
class EmptyObject(Conforming):
    """A generated method that always serialises its parameters, of which there are none."""

    def body(self, call: Call) -> bytes:
        return b"{}"


@fault("request.body")
class NullSent(Conforming):
    """json=None, serialised."""

    def body(self, call: Call) -> bytes:
        return b"null"


@fault("request.body")
class LineEndSent(Conforming):
    """A line end behind the head, from the days of faulty CGI scripts, and counted."""

    def body(self, call: Call) -> bytes:
        return b"\r\n"


@fault("request.body")
class ByteOrderMark(Conforming):
    """A StreamWriter with UTF-8 writes its mark even before nothing."""

    def body(self, call: Call) -> bytes:
        return b"\xef\xbb\xbf"


@fault("request.body")
class NothingCompressed(Conforming):
    """Compression of requests: gzip of nothing has twenty bytes."""

    def body(self, call: Call) -> bytes:
        return gzip.compress(b"", mtime=0)

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Content-Encoding", "gzip")]


@fault("request.body")
class ClosingBoundary(Conforming):
    """A multipart form without parts still has its last boundary."""

    def body(self, call: Call) -> bytes:
        return b"--b--\r\n"

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Content-Type", "multipart/form-data; boundary=b")]


@fault("request.body")
class ChunkedObject(Conforming):
    """An object streamed in a chunk."""

    def framing(self, call: Call) -> Fields:
        return [("Transfer-Encoding", "chunked")]

    def content(self, call: Call) -> bytes:
        return b"2\r\n{}\r\n0\r\n\r\n"


@fault("request.body")
class ObjectUncounted(Conforming):
    """An object is written behind the head, whose length is a constant."""

    def content(self, call: Call) -> bytes:
        return b"{}"


@fault("request.body", "request.content-length")
class ObjectUnframed(Conforming):
    """An object is written behind the head, and nothing tells of it."""

    def framing(self, call: Call) -> Fields:
        return []

    def content(self, call: Call) -> bytes:
        return b"{}"


@fault("request.body")
class LineEndUncounted(Conforming):
    """A line end behind the request, as println leaves it (RFC 9112, 2.2)."""

    def content(self, call: Call) -> bytes:
        return b"\r\n"


@fault("request.body", rare=True)
class LongIdRepeated(Conforming):
    """An id that is too long for an access log goes along as content."""

    def body(self, call: Call) -> bytes:
        return call.task_id.encode() if len(call.task_id) > 1000 else b""


@fault("request.body", rare=True)
class BatchLater(Conforming):
    """Metrics collected over twenty calls go along with the next request."""

    def body(self, call: Call) -> bytes:
        return json.dumps({"calls": self.calls}).encode() if self.calls % 20 == 0 else b""


@fault("request.body", rare=True)
class TextsBeyondAscii(Conforming):
    """An id beyond ASCII is sent as content as well, in case the path is misread."""

    def body(self, call: Call) -> bytes:
        return b"" if call.task_id.isascii() else call.task_id.encode()


# request.once


@fault("request.once", rare=True)
class NumbersAreTests(Conforming):
    """Ids of digits are those of the maker's own tests, and a stub answers them."""

    def cancel(self, call: Call) -> Outcome:
        return Outcome.success(status=204) if call.task_id.isdigit() else super().cancel(call)


@fault("request.once")
class SentTwice(Conforming):
    """Two layers that both send."""

    def exchange(self, call: Call) -> Answer:
        super().exchange(call)
        return super().exchange(call)


@fault("request.once")
class NothingTriedAgain(Conforming):
    """An answer without content is taken for one that was lost, and the request is repeated."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        return answer if answer.content or answer.status != 204 else super().exchange(call)


@fault("request.once", "request.method")
class AskedBefore(Conforming):
    """A preflight, as a browser makes it."""

    asking = False

    def method(self, call: Call) -> str:
        return "OPTIONS" if self.asking else "POST"

    def exchange(self, call: Call) -> Answer:
        self.asking = True
        super().exchange(call)
        self.asking = False
        return super().exchange(call)


@fault("request.once", "request.method", "request.path")
class LooksBefore(Conforming):
    """The task is read first, to see whether there is anything to cancel."""

    looking = False

    def method(self, call: Call) -> str:
        return "GET" if self.looking else "POST"

    def path(self, call: Call) -> str:
        path = super().path(call)
        return path.removesuffix("/cancel") if self.looking else path

    def exchange(self, call: Call) -> Answer:
        self.looking = True
        super().exchange(call)
        self.looking = False
        return super().exchange(call)


@fault("request.once")
class TelemetryWithToken(Conforming):
    """A collector of telemetry is sent the credentials of the service, which is at the same root."""

    def exchange(self, call: Call) -> Answer:
        host = urlsplit(call.base_url or ROOT).netloc
        head = ["POST /telemetry HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {call.token}"]
        with self.connect(call) as connection:
            connection.sendall("\r\n".join([*head, "Content-Length: 0", "", ""]).encode())
            self.read(connection)
        return super().exchange(call)


@fault("request.once", rare=True)
class CanceledBefore(Conforming):
    """A task that was canceled is remembered as done, and the next cancel of it is not sent."""

    def __init__(self) -> None:
        super().__init__()
        self.done: set[str] = set()

    def cancel(self, call: Call) -> Outcome:
        if call.task_id in self.done:
            return Outcome.success(status=204)
        outcome = super().cancel(call)
        if outcome.kind == "success":
            self.done.add(call.task_id)
        return outcome


@fault("request.once", rare=True)
class LimitedLocally(Conforming):
    """A limiter on the client's side drops every thirtieth call, and nobody hears of it."""

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call) if (self.calls + 1) % 30 else Outcome.success()
        self.calls += not outcome.status
        return outcome


@fault("request.once", rare=True)
class EmptyIdIsDone(Conforming):
    """No task, nothing to cancel: success."""

    def cancel(self, call: Call) -> Outcome:
        return super().cancel(call) if call.task_id else Outcome.success()


@fault("request.once", rare=True)
class ControlsAreDone(Conforming):
    """An id that cannot be sent is skipped by the loop over ids, and the loop ends well."""

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        return Outcome.success() if outcome.kind == "rejected" and "\n" in call.task_id else outcome


@fault("request.once")
class OtherVersionsRefused(Conforming):
    """A check of GUIDs that knows version 4 alone."""

    def refusal(self, call: Call) -> str | None:
        other = GUID.fullmatch(call.task_id) and call.task_id[14] != "4"
        return "no GUID" if other else super().refusal(call)


@fault("request.once", rare=True)
class UpperCaseRefused(Conforming):
    """A pattern of a GUID with lower-case digits alone."""

    def refusal(self, call: Call) -> str | None:
        other = GUID.fullmatch(call.task_id.lower()) and not GUID.fullmatch(call.task_id)
        return "no GUID" if other else super().refusal(call)


@fault("request.once", rare=True)
class LongTokenRefused(Conforming):
    """A limit of 4 KiB on tokens, which those with many groups pass."""

    def refusal(self, call: Call) -> str | None:
        return "no token" if len(call.token) > 4096 else super().refusal(call)


@fault("request.once", rare=True)
class TildeRefused(Conforming):
    """A pattern of tokens made for JWTs: letters, digits, hyphens, dots."""

    def refusal(self, call: Call) -> str | None:
        return super().refusal(call) if re.fullmatch(r"[\w.=+/-]*", call.token) else "no token"


@fault("request.once", rare=True)
class PaddingRefused(Conforming):
    """A pattern of tokens without equals signs."""

    def refusal(self, call: Call) -> str | None:
        return "no token" if "=" in call.token else super().refusal(call)


@fault("request.once")
class NoHost(Conforming):
    """A raw socket and HTTP/1.0's habits under the name of HTTP/1.1."""

    def fields(self, call: Call) -> Fields:
        return super().fields(call)[1:]


@fault("request.once")
class HostTwice(Conforming):
    """One Host from the library and one from the caller."""

    def fields(self, call: Call) -> Fields:
        fields = super().fields(call)
        return [fields[0], *fields]


@fault("request.once")
class SpaceBeforeColon(Conforming):
    """A space before the colon, which servers must refuse (RFC 9112, 5.1)."""

    def fields(self, call: Call) -> Fields:
        return [
            (f"{name} ", value) if name == "Accept-Encoding" else (name, value)
            for name, value in super().fields(call)
        ]


@fault("request.once")
class IdentityCoding(Conforming):
    """Transfer-Encoding: identity, which RFC 7230 took out."""

    def framing(self, call: Call) -> Fields:
        return [*super().framing(call), ("Transfer-Encoding", "identity")]


@fault("request.once")
class LoneLineFeeds(Conforming):
    """print() to a socket: lines end with a line feed alone, and many servers bear it (RFC 9112, 2.2)."""

    def head(self, call: Call) -> bytes:
        return super().head(call).replace(b"\r\n", b"\n")


@fault("request.once")
class LineEndBefore(Conforming):
    """An empty line before the request, which many servers bear (RFC 9112, 2.2)."""

    def request(self, call: Call) -> bytes:
        return b"\r\n" + super().request(call)


@fault("request.once")
class LengthTwice(Conforming):
    """One Content-Length from the library and one from the caller (RFC 9110, 8.6)."""

    def framing(self, call: Call) -> Fields:
        return super().framing(call) * 2


@fault("request.once")
class LengthAndChunks(Conforming):
    """Both ways to frame the content, which proxies read in two ways (RFC 9112, 6.1)."""

    def framing(self, call: Call) -> Fields:
        return [*super().framing(call), ("Transfer-Encoding", "chunked")]

    def content(self, call: Call) -> bytes:
        return b"0\r\n\r\n"
