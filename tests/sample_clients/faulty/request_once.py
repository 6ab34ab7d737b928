"""Faulty clients: request.once."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import ROOT, Answer, BadAnswer, Conforming, Fields
from tests.sample_clients.bases.retries import RepeatsAfter401
from tests.sample_clients.registry import faulty


@faulty("request.once", rare=True)
class StubsIdsOfDigits(Conforming):
    """Ids of digits are those of the maker's own tests, and a stub answers them."""

    def cancel(self, call: Call) -> Outcome:
        return Outcome.success(status=204) if call.task_id.isdigit() else super().cancel(call)


@faulty("request.once")
class SentTwice(Conforming):
    """Two layers that both send."""

    def exchange(self, call: Call) -> Answer:
        super().exchange(call)
        return super().exchange(call)


@faulty("request.once")
class RepeatsAfterNoContent(Conforming):
    """An answer without content is taken for one that was lost, and the request is repeated."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        return answer if answer.content or answer.status != 204 else super().exchange(call)


@faulty("request.once", "request.method")
class PreflightRequest(Conforming):
    """A preflight, as a browser makes it."""

    asking = False

    def method(self, call: Call) -> str:
        return "OPTIONS" if self.asking else "POST"

    def exchange(self, call: Call) -> Answer:
        self.asking = True
        super().exchange(call)
        self.asking = False
        return super().exchange(call)


@faulty("request.once", "request.method", "request.path")
class ReadsTheTaskFirst(Conforming):
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


@faulty("request.once")
class TelemetryWithToken(Conforming):
    """A collector of telemetry is sent the credentials of the service, which is at the same root."""

    def exchange(self, call: Call) -> Answer:
        host = urlsplit(call.base_url or ROOT).netloc
        head = ["POST /telemetry HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {call.token}"]
        with self.connect(call) as connection:
            connection.sendall("\r\n".join([*head, "Content-Length: 0", "", ""]).encode())
            self.read(connection)
        return super().exchange(call)


@faulty("request.once", rare=True)
class RemembersCancelledTasks(Conforming):
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


@faulty("request.once", rare=True)
class DropsEveryThirtiethCall(Conforming):
    """A limiter on the client's side drops every thirtieth call, and nobody hears of it."""

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call) if (self.calls + 1) % 30 else Outcome.success()
        self.calls += not outcome.status
        return outcome


@faulty("request.once", rare=True)
class EmptyIdAsSuccess(Conforming):
    """No task, nothing to cancel: success."""

    def cancel(self, call: Call) -> Outcome:
        return super().cancel(call) if call.task_id else Outcome.success()


@faulty("request.once", rare=True)
class ControlCharactersAsSuccess(Conforming):
    """An id that cannot be sent is skipped by the loop over ids, and the loop ends well."""

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        return Outcome.success() if outcome.kind == "rejected" and "\n" in call.task_id else outcome


GUID = re.compile("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


@faulty("request.once")
class RejectsOtherGuidVersions(Conforming):
    """A check of GUIDs that knows version 4 alone."""

    def refusal(self, call: Call) -> str | None:
        other = GUID.fullmatch(call.task_id) and call.task_id[14] != "4"
        return "no GUID" if other else super().refusal(call)


@faulty("request.once", rare=True)
class RejectsUpperCaseGuids(Conforming):
    """A pattern of a GUID with lower-case digits alone."""

    def refusal(self, call: Call) -> str | None:
        other = GUID.fullmatch(call.task_id.lower()) and not GUID.fullmatch(call.task_id)
        return "no GUID" if other else super().refusal(call)


@faulty("request.once", rare=True)
class RejectsLongTokens(Conforming):
    """A limit of 4 KiB on tokens, which those with many groups pass."""

    def refusal(self, call: Call) -> str | None:
        return "no token" if len(call.token) > 4096 else super().refusal(call)


@faulty("request.once", rare=True)
class RejectsTokensWithTilde(Conforming):
    """A pattern of tokens made for JWTs: letters, digits, hyphens, dots."""

    def refusal(self, call: Call) -> str | None:
        return super().refusal(call) if re.fullmatch(r"[\w.=+/-]*", call.token) else "no token"


@faulty("request.once", rare=True)
class RejectsTokensWithPadding(Conforming):
    """A pattern of tokens without equals signs."""

    def refusal(self, call: Call) -> str | None:
        return "no token" if "=" in call.token else super().refusal(call)


@faulty("request.once")
class NoHost(Conforming):
    """A raw socket and HTTP/1.0's habits under the name of HTTP/1.1."""

    def fields(self, call: Call) -> Fields:
        return super().fields(call)[1:]


@faulty("request.once")
class HostTwice(Conforming):
    """One Host from the library and one from the caller."""

    def fields(self, call: Call) -> Fields:
        fields = super().fields(call)
        return [fields[0], *fields]


@faulty("request.once")
class SpaceBeforeColon(Conforming):
    """A space before the colon, which servers must refuse (RFC 9112, 5.1)."""

    def fields(self, call: Call) -> Fields:
        return [
            (f"{name} ", value) if name == "Accept-Encoding" else (name, value)
            for name, value in super().fields(call)
        ]


@faulty("request.once")
class IdentityCoding(Conforming):
    """Transfer-Encoding: identity, which RFC 7230 took out."""

    def framing(self, call: Call) -> Fields:
        return [*super().framing(call), ("Transfer-Encoding", "identity")]


@faulty("request.once")
class LoneLineFeeds(Conforming):
    """print() to a socket: lines end with a line feed alone, which many servers accept (RFC 9112, 2.2)."""

    def head(self, call: Call) -> bytes:
        return super().head(call).replace(b"\r\n", b"\n")


@faulty("request.once")
class LineEndBeforeTheRequest(Conforming):
    """An empty line before the request, which many servers accept (RFC 9112, 2.2)."""

    def request(self, call: Call) -> bytes:
        return b"\r\n" + super().request(call)


@faulty("request.once")
class ContentLengthTwice(Conforming):
    """One Content-Length from the library and one from the caller (RFC 9110, 8.6)."""

    def framing(self, call: Call) -> Fields:
        return super().framing(call) * 2


@faulty("request.once")
class ContentLengthAndChunks(Conforming):
    """Both ways to frame the content, which proxies read in two ways (RFC 9112, 6.1)."""

    def framing(self, call: Call) -> Fields:
        return [*super().framing(call), ("Transfer-Encoding", "chunked")]

    def content(self, call: Call) -> bytes:
        return b"0\r\n\r\n"


@faulty("request.once", shown_by=["test_valid_retry"])
class ContentLengthTwiceInRetries(RepeatsAfter401):
    """The request is prepared once more for a retry, and keeps the Content-Length that it had."""

    def framing(self, call: Call) -> Fields:
        return super().framing(call) * (2 if self.retrying else 1)


@faulty("request.once", shown_by=["test_valid_retry"])
class ChunksAddedInRetries(RepeatsAfter401):
    """The content of a retry is a stream that was read already, and is sent in chunks beside its length."""

    def framing(self, call: Call) -> Fields:
        return [*super().framing(call), *([("Transfer-Encoding", "chunked")] if self.retrying else [])]

    def content(self, call: Call) -> bytes:
        return b"0\r\n\r\n" if self.retrying else b""


@faulty("request.once", shown_by=["test_valid_retry"])
class LineEndBeforeRetries(RepeatsAfter401):
    """The line end that closed the first request's content is still in the buffer of the second."""

    def request(self, call: Call) -> bytes:
        return (b"\r\n" if self.retrying else b"") + super().request(call)


@faulty("request.once")
class Http2WithoutNegotiation(Conforming):
    """HTTP/2 with prior knowledge (RFC 9113, 3.3), which a server of HTTP/1.1 cannot read."""

    def request(self, call: Call) -> bytes:
        settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
        fields = b"".join(
            b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value
            for name, value in (
                (b":method", b"POST"),
                (b":path", self.path(call).encode()[:120]),
                (b"authorization", f"Bearer {call.token}".encode()[:120]),
            )
        )
        head = len(fields).to_bytes(3, "big") + b"\x01\x05\x00\x00\x00\x01" + fields
        return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + head


@faulty("request.once", rare=True)
class RejectsTokensOfFiveParts(Conforming):
    """It does not recognize a token of five parts."""

    def refusal(self, call: Call) -> str | None:
        return "no JWT" if call.token.count(".") == 4 else super().refusal(call)


@faulty("request.once", "response.no-content", rare=True)
class PollsEveryLocation(Conforming):
    """A Location is where the work can be watched, whatever the status."""

    named = "location"

    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        if answer.status == 204 and self.named in answer.fields:
            self.look(call, urlsplit(answer.fields[self.named]).path)
        return answer

    def look(self, call: Call, path: str) -> None:
        with self.connect(call) as connection:
            _, _, rest = self.head(call).partition(b"\r\n")
            connection.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\n" + rest)
            self.read(connection)


@faulty("request.once", "response.no-content", rare=True)
class PollsTheOperation(PollsEveryLocation):
    """Azure's long-running operations are watched, and so is this."""

    named = "operation-location"


@faulty("request.once", rare=True)
class RepeatsWhateverHasRetryAfter(Conforming):
    """A Retry-After asks for another try, after a success as well."""

    def repeats(self, answer: Answer) -> bool:
        return super().repeats(answer) or (answer.status == 204 and "retry-after" in answer.fields)


class RefusesAfterAField(Conforming):
    """Base class: an answer is remembered for the calls after it."""

    remembers = ""

    def __init__(self) -> None:
        super().__init__()
        self.known: set[str] = set()

    def persist(self, call: Call) -> Answer:
        root = urlsplit(call.base_url or ROOT).netloc
        if root in self.known:
            raise BadAnswer("nothing listens there")
        answer = super().persist(call)
        if self.remembers in answer.fields:
            self.known.add(root)
        return answer


@faulty("request.once", "response.no-content", rare=True)
class ObeysHstsOverHttp(RefusesAfterAField):
    """Strict-Transport-Security counts over http too, which RFC 6797, 8.1, forbids: what follows is https."""

    remembers = "strict-transport-security"


@faulty("request.once", rare=True)
class ObeysAltSvc(RefusesAfterAField):
    """The next call goes to the alternative service, which nobody has vouched for."""

    remembers = "alt-svc"


@faulty("request.once", rare=True, shown_by=["after a stalled one"])
class ClosedAfterATimeout(Conforming):
    """A timeout closes the client, and the call after it finds it closed."""

    closed = False

    def persist(self, call: Call) -> Answer:
        if self.closed:
            self.closed = False
            raise BadAnswer("the client is closed")
        try:
            return super().persist(call)
        except TimeoutError:
            self.closed = True
            raise


@faulty("request.once", shown_by=["test_other_success_with_retry_after"])
class RepeatsAcceptedRequests(Conforming):
    """202 with Retry-After is polled by sending the request again."""

    def repeats(self, answer: Answer) -> bool:
        return super().repeats(answer) or (answer.status == 202 and "retry-after" in answer.fields)


@faulty("request.once")
class FoldsItsUserAgent(Conforming):
    """A long value goes on in the next line, which a sender must not do (RFC 9112, 5.2)."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("User-Agent", "migrations/1.0\r\n (Linux; x86_64)")]
