"""Clients that are strange and break no MUST: what HTTP, URIs and the contract leave open."""

from __future__ import annotations

import re
import socket
import time
import uuid
from dataclasses import replace
from urllib.parse import quote, urlsplit

from graphcontract.exchange import Call, Outcome
from tests.bank.client import PATH, ROOT, Answer, Conforming
from tests.bank.faults_kept import KeptConnection
from tests.bank.faults_request_correlation import OverHttpx
from tests.bank.registry import oddity

Fields = list[tuple[str, str]]


# fields and their order


@oddity()
class OddCase(Conforming):
    """Field names in mixed case, the length first and the host last."""

    def fields(self, call: Call) -> Fields:
        return [(name.swapcase(), value) for name, value in reversed(super().fields(call))]


@oddity()
class LowerCaseFields(Conforming):
    """Field names as HTTP/2 has them."""

    def fields(self, call: Call) -> Fields:
        return [(name.lower(), value) for name, value in super().fields(call)]


@oddity()
class SpacesAroundValues(Conforming):
    """No space, many, or a tab between colon and value, and some behind it (RFC 9110, 5.5)."""

    def fields(self, call: Call) -> Fields:
        return [(name, f"\t  {value} \t") for name, value in super().fields(call)]

    def head(self, call: Call) -> bytes:
        return super().head(call).replace(b": \t", b":\t")


@oddity()
class Telemetry(Conforming):
    """What SDKs say of themselves, and what browsers do."""

    def fields(self, call: Call) -> Fields:
        return [
            *super().fields(call),
            ("SdkVersion", "graph-bank/1.0 (featureUsage=82; hostOS=linux)"),
            ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"),
            ("Accept", "application/json;odata.metadata=minimal, */*;q=0.1"),
            ("Accept-Language", "de, en;q=0.5"),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            ("Cookie", "theme=dark"),
            ("Origin", "https://portal.example"),
        ]


@oddity()
class FieldsOfAllKinds(Conforming):
    """What gateways and careful libraries add, one of them with no value."""

    def fields(self, call: Call) -> Fields:
        return [
            *super().fields(call),
            ("TE", "trailers"),
            ("Connection", "TE"),
            ("Via", "1.1 proxy"),
            ("Forwarded", "for=192.0.2.1"),
            ("If-Match", "*"),
            ("Date", "Wed, 12 Nov 2025 09:30:00 GMT"),
            ("X-Empty", ""),
        ]


@oddity(transport="mock")
class GuidInCapitals(OverHttpx):
    """A client-request-id in capitals, the same for each attempt of a call."""

    def correlation(self, call: Call) -> list[str]:
        return [str(uuid.uuid4()).upper()]


@oddity(transport="mock")
class GuidInBraces(OverHttpx):
    """A client-request-id in the format of the registry: the same GUID."""

    def correlation(self, call: Call) -> list[str]:
        return [f"{{{uuid.uuid4()}}}"]


@oddity()
class ExpectsContinue(Conforming):
    """curl's and .NET's Expect, though there is nothing to wait for."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Expect", "100-continue")]


@oddity()
class OffersHttp2(Conforming):
    """Java's HttpClient offers HTTP/2 in clear text on every connection."""

    def fields(self, call: Call) -> Fields:
        return [
            *super().fields(call),
            ("Connection", "Upgrade, HTTP2-Settings"),
            ("Upgrade", "h2c"),
            ("HTTP2-Settings", "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"),
        ]


# credentials


@oddity()
class SchemeInLowerCase(Conforming):
    """A scheme is read without case (RFC 9110, 11.1)."""

    def authorization(self, call: Call) -> Fields:
        return [("authorization", f"bearer {call.token}")]


@oddity()
class SpacesAfterScheme(Conforming):
    """A scheme in capitals, and more than one space behind it (RFC 9110, 11.4)."""

    def authorization(self, call: Call) -> Fields:
        return [("Authorization", f"BEARER   {call.token}")]


# the target


@oddity()
class LowerCaseEscapes(Conforming):
    """Hexadecimal digits of percent-encodings in lower case."""

    def encode(self, task_id: str) -> str:
        return "".join(
            f"%{byte:02x}" if quote(bytes([byte]), safe="")[0] == "%" else chr(byte)
            for byte in task_id.encode()
        )


@oddity()
class EverythingEncoded(Conforming):
    """Every byte of the id percent-encoded, unreserved ones too."""

    def encode(self, task_id: str) -> str:
        return "".join(f"%{byte:02X}" for byte in task_id.encode())


@oddity()
class NamesEncoded(Conforming):
    """An unreserved character of a name percent-encoded: the same name (RFC 3986, 2.3)."""

    def path(self, call: Call) -> str:
        return super().path(call).replace("/solutions/", "/%73olutions/").replace("/cancel", "/c%61ncel")


@oddity()
class EncodesAsJavaScript(Conforming):
    """encodeURIComponent leaves an exclamation mark, quotes, parentheses and an asterisk."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="!'()*")


@oddity()
class LeavesWhatMayStand(Conforming):
    """Go's PathEscape and more: all that may stand in a segment stands there raw (RFC 3986, 3.3)."""

    def encode(self, task_id: str) -> str:
        return quote(task_id, safe="!$&'()*+,;=:@")


@oddity()
class AbsoluteForm(Conforming):
    """The whole URL as target, as through a proxy; servers must take it (RFC 9112, 3.2.2)."""

    def target(self, call: Call) -> str:
        return "http://" + urlsplit(call.base_url or ROOT).netloc + super().target(call)


@oddity("request.path-spelling")
class KeyInParentheses(Conforming):
    """OData's other way to name one of a collection, with its doubled quotes."""

    def path(self, call: Call) -> str:
        key = call.task_id.replace("'", "''")
        return f"{PATH}('{self.encode(key)}')/cancel"


@oddity("request.path-spelling")
class KeyWithItsDelimiters(Conforming):
    """A key in parentheses, with all raw that may stand in a segment."""

    def path(self, call: Call) -> str:
        key = quote(call.task_id.replace("'", "''"), safe="!$&()*+,;=:@'")
        return f"{PATH}('{key}')/cancel"


@oddity("request.path-spelling")
class UnusableIdsAsKeys(Conforming):
    """Between parentheses and quotes, dots and nothing are ids like others, and change no path."""

    def refusal(self, call: Call) -> str | None:
        return None if call.task_id in ("", ".", "..") else super().refusal(call)

    def path(self, call: Call) -> str:
        key = call.task_id.replace("'", "''")
        return f"{PATH}('{self.encode(key)}')/cancel"


# framing and connections


@oddity("request.content-length")
class EmptyChunkedContent(Conforming):
    """An empty content in chunks, with a trailer."""

    def framing(self, call: Call) -> Fields:
        return [("Transfer-Encoding", "Chunked"), ("Trailer", "X-Checksum")]

    def content(self, call: Call) -> bytes:
        return b"0\r\nX-Checksum: 0\r\n\r\n"


@oddity("request.content-length")
class NoFraming(Conforming):
    """Nothing says how long the content is: there is none (RFC 9112, 6.3)."""

    def framing(self, call: Call) -> Fields:
        return []


@oddity()
class OldProtocol(Conforming):
    """HTTP/1.0 with a Host, as from ApacheBench and old proxies."""

    def head(self, call: Call) -> bytes:
        return super().head(call).replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1)


@oddity()
class ClosesConnections(Conforming):
    """A connection for each call, and said so."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Connection", "close")]


@oddity()
class KeepsConnections(KeptConnection):
    """A connection kept from call to call, and said so."""

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("Connection", "keep-alive"), ("Keep-Alive", "timeout=5")]


@oddity()
class SendsInPieces(Conforming):
    """Each line of the head in a write of its own, as from an unbuffered stream."""

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def exchange(self, call: Call) -> Answer:
        with self.connect(call) as connection:
            for line in self.request(call).splitlines(keepends=True):
                connection.sendall(line)
            return self.read(connection)


# other traffic


class Telling(Conforming):
    """Sends a request of its own before each cancel: `other` gives its path and content."""

    def other(self, call: Call) -> tuple[str, bytes]:
        raise NotImplementedError

    def exchange(self, call: Call) -> Answer:
        path, content = self.other(call)
        host = urlsplit(call.base_url or ROOT).netloc
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(content)}\r\n\r\n"
        with self.connect(call) as connection:
            connection.sendall(head.encode() + content)
            self.read(connection)
        return super().exchange(call)


@oddity()
class AsksForToken(Telling):
    """A token service at the same root is asked before each call."""

    def other(self, call: Call) -> tuple[str, bytes]:
        return "/tenant/oauth2/v2.0/token", b"grant_type=client_credentials&client_id=7a1&client_secret=0"


@oddity()
class TellsOfTheTask(Telling):
    """Telemetry that names the task in its content."""

    def other(self, call: Call) -> tuple[str, bytes]:
        return "/telemetry", call.task_id.encode()


# what is refused


@oddity()
class TrimsToken(Conforming):
    """A token that was read from a file with its line end, which is no part of it."""

    def cancel(self, call: Call) -> Outcome:
        return super().cancel(replace(call, token=call.token.rstrip("\r\n")))


@oddity()
class RefusesAllButHyphens(Conforming):
    """Letters, digits and hyphens are all that this client can express."""

    def refusal(self, call: Call) -> str | None:
        odd = re.fullmatch("[A-Za-z0-9-]+", call.task_id) is None
        return "an id has letters, digits and hyphens" if odd else super().refusal(call)


@oddity()
class RefusesSeparators(Conforming):
    """An id with a slash cannot be expressed with this client, and it says so before anything is sent."""

    def refusal(self, call: Call) -> str | None:
        if set(call.task_id) & set("/\\?#%"):
            return "an id holds no separators"
        return super().refusal(call)


@oddity()
class FailsOnOddIds(Conforming):
    """Unreserved characters are all that this client sends; any other id is a failed call."""

    def cancel(self, call: Call) -> Outcome:
        if re.fullmatch(r"[\w.~-]*", call.task_id, re.ASCII):
            return super().cancel(call)
        return Outcome.failure(kind="argument", type="ArgumentError", message="this is no id")


@oddity()
class RefusesControlsByFailing(Conforming):
    """Control characters end in the client's documented error, and not in a refusal of its own kind."""

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        if outcome.kind == "rejected":
            return Outcome.failure(kind="argument", type="ValueError", message=outcome.reason)
        return outcome


# what is made of answers


@oddity()
class OtherSuccessIsFailure(Conforming):
    """204 is what was promised, and nothing else is success."""

    def succeeded(self, answer: Answer) -> bool:
        return answer.status == 204


@oddity()
class SuccessTellsNothing(Conforming):
    """A method that returns nothing: not even the status is told."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        return Outcome.success() if self.succeeded(answer) else self.failure(call, answer)


@oddity()
class MessageWrapped(Conforming):
    """The service's message within a sentence of the client's own."""

    def message(self, answer: Answer) -> str | None:
        message = super().message(answer)
        return f"cancel failed ({answer.status}): {message}; see the log" if message is not None else None


@oddity()
class NumbersAsCodes(Conforming):
    """A code that is a number is told as a text, as other codes are."""

    def code(self, answer: Answer) -> str | None:
        code = self.error(answer).get("code")
        return str(code) if isinstance(code, int | float) else super().code(answer)


@oddity()
class StatusAsMessage(Conforming):
    """Where the service has no message, the client has one of its own."""

    def message(self, answer: Answer) -> str | None:
        return super().message(answer) or f"HTTP {answer.status}"


@oddity()
class TypesByStatus(Conforming):
    """An error type a status, and nothing in place of a code that the service did not send."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        outcome = super().failure(call, answer)
        assert outcome.error is not None
        name = {401: "Unauthorized", 404: "NotFound", 409: "Conflict"}.get(answer.status, "Service")
        return replace(outcome, error=replace(outcome.error, type=f"Graph{name}Error"))


@oddity()
class NumbersItsMessages(Conforming):
    """A message tells which call it is of, and support is told the id that the field has."""

    def message(self, answer: Answer) -> str | None:
        message = super().message(answer)
        return f"{uuid.uuid4()}: {message}" if message is not None else None

    def request_id(self, answer: Answer) -> str | None:
        return answer.fields.get("request-id")


@oddity()
class KnowsTheInnerIdAlone(Conforming):
    """Support is told the id that the error has in its content, and none where it has none there."""

    def request_id(self, answer: Answer) -> str | None:
        told = super().request_id(answer)
        return told if f'"{told}"'.encode() in answer.content else None


@oddity(shown_by=["test_retryable_error", "test_persistent_throttling"])
class TriesUntilItsTimeIsUp(Conforming):
    """As long as it is throttled it tries again, and then tells that its time was up, and no status."""

    def persist(self, call: Call) -> Answer:
        until = time.monotonic() + call.timeout
        answer = self.exchange(call)
        while (wait := self.wait(call, answer)) is not None:
            left = until - time.monotonic()
            time.sleep(max(0.0, min(left, max(wait, 0.5))))
            if time.monotonic() >= until:
                raise TimeoutError("still throttled when the time was up")
            answer = self.exchange(replace(call, timeout=max(0.001, until - time.monotonic())))
        return answer


@oddity("input.opaque-id")
class TakesGuidsAlone(Conforming):
    """Ids are GUIDs to it, and all others are refused before anything is sent."""

    def refusal(self, call: Call) -> str | None:
        try:
            uuid.UUID(call.task_id)
        except ValueError:
            return "no GUID"
        return super().refusal(call)
