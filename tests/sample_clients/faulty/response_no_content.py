"""Faulty clients: response.no-content."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, BadAnswer, Conforming
from tests.sample_clients.bases.field_lines import ChecksHeadLines
from tests.sample_clients.registry import faulty


@faulty("response.no-content")
class OnlyStatus200AsSuccess(Conforming):
    """`if response.status == 200`, from a client that was written for GET."""

    def succeeded(self, answer: Answer) -> bool:
        return answer.status == 200


@faulty("response.no-content")
class EmptyContentAsFailure(Conforming):
    """`return body or fail()`: an empty content is falsy, and falsy is failure."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) and bool(answer.content)


@faulty("response.no-content")
class ParsesEmptyContent(Conforming):
    """`response.json()` whatever the status: an empty body is not JSON."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204:
            json.loads(answer.content)
        return super().outcome(call, answer)


@faulty("response.no-content")
class NeedsContentType(Conforming):
    """A serializer is chosen by Content-Type before anybody asks whether there is content."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and not answer.fields["content-type"]:
            raise ValueError("no serializer")
        return super().outcome(call, answer)


@faulty("response.no-content", rare=True)
class ParsesByContentType(Conforming):
    """Front doors put a Content-Type on every answer, and this client parses what it is the type of."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and answer.fields.get("content-type") == "application/json":
            json.loads(answer.content)
        return super().outcome(call, answer)


@faulty("response.no-content")
class NeedsContentLength(Conforming):
    """`int(headers["Content-Length"])` to size a buffer: a 204 has none."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and int(answer.fields["content-length"]):
            raise ValueError("content with 204")
        return super().outcome(call, answer)


@faulty("response.no-content", "response.stray-content", rare=True)
class ContentLengthZeroAsContent(Conforming):
    """Asks whether there is a Content-Length, and not whether it is 0."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and "content-length" in answer.fields:
            json.loads(answer.content)
        return super().outcome(call, answer)


@faulty("response.no-content")
class ReadsToTheEndOfConnection(Conforming):
    """Without a length the content ends with the connection, which the server keeps open: a timeout."""

    def read(self, connection: socket.socket) -> Answer:
        answer = super().read(connection)
        if answer.status == 204 and "content-length" not in answer.fields:
            connection.settimeout(0.01)
            connection.recv(1)
        return answer


@faulty("response.no-content", rare=True)
class ConnectionCloseAsLoss(Conforming):
    """`Connection: close` on an answer with no content looks like one that was cut off."""

    def read(self, connection: socket.socket) -> Answer:
        answer = super().read(connection)
        if answer.fields.get("connection") == "close" and not answer.content:
            raise ConnectionResetError("closed before any content")
        return answer


@faulty("response.no-content", rare=True)
class CrashesOnDiagnosticsField(Conforming):
    """Logs where Graph's answer came from, and trusts an undocumented field to say so."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        diagnostics = answer.fields.get("x-ms-ags-diagnostic")
        if diagnostics is not None:
            json.loads(diagnostics)["ServerInfo"]["DataCenter"]
        return super().outcome(call, answer)


@faulty("response.no-content", rare=True)
class CrashesOnCacheControl(Conforming):
    """A caching layer takes every Cache-Control directive for a pair, and `no-cache` is not a pair."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        dict(pair.split("=") for pair in answer.fields.get("cache-control", "max-age=0").split(","))
        return super().outcome(call, answer)


@faulty("response.no-content")
class NeedsADate(Conforming):
    """Takes the server's time from every answer to correct for a skewed clock; not every answer tells it."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204:
            parsedate_to_datetime(answer.fields["date"])
        return super().outcome(call, answer)


@faulty("response.no-content", rare=True)
class CrashesOnTheTenthSuccess(Conforming):
    """A ring of the last ten successes for support, with the index one too far: the tenth call crashes."""

    def __init__(self) -> None:
        super().__init__()
        self.ring = [0] * 10

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204:
            self.ring[self.calls % 11] = answer.status
        return super().outcome(call, answer)


@faulty("response.no-content")
class NeedsReasonPhraseOk(ChecksHeadLines):
    """A script greps for `2.. OK` in the status line before it looks at errors."""

    def look(self, line: str, first: bool) -> None:
        if first and " 2" in line and "OK" not in line:
            raise BadAnswer(line)


@faulty("response.no-content", "error.status")
class NeedsAOneWordPhrase(ChecksHeadLines):
    r"""A status line is matched with `\d{3} \w+`, which `No Content` is not."""

    def look(self, line: str, first: bool) -> None:
        if first and not re.fullmatch(r"HTTP/1\.1 \d{3} \w*\r\n", line):
            raise BadAnswer(line)


@faulty("response.no-content")
class NeedsTheRegisteredPhrase(ChecksHeadLines):
    """A phrase is compared with the one that the status is registered with."""

    def look(self, line: str, first: bool) -> None:
        if first and " 204" in line and "No Content" not in line:
            raise BadAnswer(line)


@faulty("response.no-content", "error.status", "error.code", "error.message", "error.shape")
class NeedsVersionHttp11(ChecksHeadLines):
    """`line.startswith("HTTP/1.1 ")`: the response of an older server does not match."""

    def look(self, line: str, first: bool) -> None:
        if first and not line.startswith("HTTP/1.1 "):
            raise BadAnswer(line)


@faulty("response.no-content", rare=True)
class SplitsAtEveryColon(ChecksHeadLines):
    """`name, value = line.split(":")` holds until a value has a time in it."""

    def look(self, line: str, first: bool) -> None:
        if line.count(":") > 1:
            raise ValueError("too many values to unpack")


@faulty("response.no-content", rare=True)
class FailsOnUnknownFields(ChecksHeadLines):
    """A hand-written parser with a list of fields; any other ends the answer as malformed."""

    known = (
        "client-request-id connection content-encoding content-length content-type date request-id "
        "retry-after transfer-encoding"
    )

    def look(self, line: str, first: bool) -> None:
        if not first and line.strip() and line.partition(":")[0].lower() not in self.known.split():
            raise BadAnswer(line)


@faulty("response.no-content")
class SplitsAtColonAndSpace(ChecksHeadLines):
    """`name, value = line.split(": ", 1)`, where the space may be missing, or be a tab."""

    def look(self, line: str, first: bool) -> None:
        if not first and line.strip() and ": " not in line:
            raise ValueError("not enough values to unpack")


@faulty("response.no-content")
class NeedsFieldNamesInTitleCase(ChecksHeadLines):
    """Field names are compared letter by letter, and one of them decides what is read."""

    def look(self, line: str, first: bool) -> None:
        name = line.partition(":")[0]
        if name.lower() == "content-length" and name != "Content-Length":
            raise BadAnswer(line)


@faulty("response.no-content")
class FailsOnRepeatedFields(Conforming):
    """A map from names to values that refuses a second value."""

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        seen: set[bytes] = set()

        def once() -> bytes:
            read = line()
            name = read.partition(b":")[0].strip().lower()
            if name in seen:
                raise KeyError(name)
            seen.add(name)
            return read

        return super().read_head(once)


@faulty("response.no-content")
class CrashesOnLinesBeyond1Kib(ChecksHeadLines):
    """A line buffer of 1 KiB, and an exception from below where a field is longer."""

    def look(self, line: str, first: bool) -> None:
        if len(line) > 1024:
            raise ValueError("line too long")


@faulty("response.no-content")
class CrashesOnNonAsciiFields(ChecksHeadLines):
    """`head.decode("ascii")`: UnicodeDecodeError for a name of a place."""

    def look(self, line: str, first: bool) -> None:
        line.encode("ascii")


@faulty("response.no-content")
class FailsOnEmptyFields(ChecksHeadLines):
    """A field that is there has something to say."""

    def look(self, line: str, first: bool) -> None:
        if not first and line.strip() and not line.partition(":")[2].strip():
            raise BadAnswer(line)


@faulty("response.no-content")
class FailsOnSetCookie(ChecksHeadLines):
    """Cookies are a browser's, and an answer that sets one is not for this client."""

    def look(self, line: str, first: bool) -> None:
        if line.lower().startswith("set-cookie:"):
            raise BadAnswer(line)


@faulty("response.no-content", "request.once", rare=True)
class DecompressesNothing(Conforming):
    """No bytes are no gzip."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and answer.fields.get("content-encoding") == "gzip":
            return Outcome.failure(kind="transport", message="not a gzip file")
        return super().outcome(call, answer)


@faulty("response.no-content", rare=True)
class DeprecationAsFailure(Conforming):
    """What is deprecated is reported to fail."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) and not {"deprecation", "warning"} & set(answer.fields)


class ReadsAField(Conforming):
    """Base class: reads the value of a field of each success."""

    name = ""

    def value(self, value: str) -> object:
        raise NotImplementedError

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and self.name in answer.fields:
            self.value(answer.fields[self.name])
        return super().outcome(call, answer)


@faulty("response.no-content", shown_by=["test_unusual_success_response"])
class CrashesOnAnInvalidDate(ReadsAField):
    """Corrects for a skewed clock, by a date that every server can write."""

    name = "date"

    def value(self, value: str) -> object:
        return parsedate_to_datetime(value)


@faulty("response.no-content", shown_by=["test_unusual_success_response"])
class CrashesOnExpiresMinusOne(ReadsAField):
    """Expires is a date; -1 is how servers say that it was over before it began."""

    name = "expires"

    def value(self, value: str) -> object:
        return parsedate_to_datetime(value)


@faulty("response.no-content", shown_by=["test_unusual_success_response"])
class CrashesOnACookieWithoutName(ReadsAField):
    """A jar of its own, in which each cookie has a name and a value."""

    name = "set-cookie"

    def value(self, value: str) -> object:
        name, _content = value.split("=", 1)
        return {name: ""}[name or "a cookie without a name"]


@faulty("response.no-content", shown_by=["test_unusual_success_response"])
class CrashesOnKeepAliveWithoutMax(ReadsAField):
    """A pool counts the requests that a server still accepts, and not every server says how many."""

    name = "keep-alive"

    def value(self, value: str) -> object:
        return int(dict(part.strip().split("=") for part in value.split(","))["max"])


@faulty("response.no-content", shown_by=["test_unusual_success_response"])
class CrashesOnQuotasThatAreNotWholeNumbers(ReadsAField):
    """The rest of the quota goes to a gauge, as a whole number."""

    name = "x-ratelimit-remaining"

    def value(self, value: str) -> object:
        return int(value)


@faulty("response.no-content", shown_by=["test_unusual_success_response"])
class NeedsMaxAgeAsFirstDirective(ReadsAField):
    """Directives of Strict-Transport-Security are read by their position, though they have no order."""

    name = "strict-transport-security"

    def value(self, value: str) -> object:
        return int(value.split(";")[0].removeprefix("max-age="))
