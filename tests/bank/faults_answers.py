"""Clients that go wrong on what is no error: the promised 204, another 2xx, a 3xx, interim answers."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import chain
from urllib.parse import urlsplit
from xml.etree import ElementTree

from graphcontract.exchange import Call, Outcome
from tests.bank import faults_errors, faults_kept, faults_malformed, faults_shape, faults_texts
from tests.bank.client import ROOT, Answer, BadAnswer, Conforming
from tests.bank.registry import fault

__all__ = ["faults_errors", "faults_kept", "faults_malformed", "faults_shape", "faults_texts"]


class Looking(Conforming):
    """What the faults below have in common: a look at each line of a head before it is parsed."""

    def look(self, line: str, first: bool) -> None:
        raise NotImplementedError

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        status_line = line()
        self.look(status_line.decode("latin-1"), True)

        def looked_at() -> bytes:
            read = line()
            self.look(read.decode("latin-1"), False)
            return read

        lines = chain((status_line,), iter(looked_at, None))
        return super().read_head(lambda: next(lines))


# the promised 204


@fault("response.no-content")
class SucceedsWithOkAlone(Conforming):
    """`if response.status == 200`, from a client that was written for GET."""

    def succeeded(self, answer: Answer) -> bool:
        return answer.status == 200


@fault("response.no-content")
class SucceedsWithContent(Conforming):
    """`return body or fail()`: an empty content is falsy, and falsy is failure."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) and bool(answer.content)


@fault("response.no-content")
class ReadsThePhrase(Looking):
    """A shell script greps for `OK` in the status line."""

    def look(self, line: str, first: bool) -> None:
        if first and "OK" not in line:
            raise BadAnswer(line)


@fault("response.no-content")
class KnowsPhrasesOfOneWord(Looking):
    r"""A status line is matched with `\d{3} \w+`, which `No Content` is not."""

    def look(self, line: str, first: bool) -> None:
        if first and not re.fullmatch(r"HTTP/1\.1 \d{3} \w*\r\n", line):
            raise BadAnswer(line)


@fault("response.no-content")
class ParsesNothing(Conforming):
    """`response.json()` whatever the status: nothing is no JSON."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204:
            json.loads(answer.content)
        return super().outcome(call, answer)


@fault("response.no-content")
class NeedsAType(Conforming):
    """A serializer is chosen by Content-Type before anybody asks whether there is content."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and not answer.fields["content-type"]:
            raise ValueError("no serializer")
        return super().outcome(call, answer)


@fault("response.no-content", rare=True)
class BelievesTheType(Conforming):
    """Front doors put a Content-Type on every answer; this client then parses the content that is not there."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and answer.fields.get("content-type") == "application/json":
            json.loads(answer.content)
        return super().outcome(call, answer)


@fault("response.no-content")
class NeedsALength(Conforming):
    """`int(headers["Content-Length"])` to size a buffer: a 204 has none."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and int(answer.fields["content-length"]):
            raise ValueError("content with 204")
        return super().outcome(call, answer)


@fault("response.no-content", rare=True)
class TakesALengthForContent(Conforming):
    """Asks whether there is a Content-Length, and not whether it is 0."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204 and "content-length" in answer.fields:
            json.loads(answer.content)
        return super().outcome(call, answer)


@fault("response.no-content")
class ReadsToTheEnd(Conforming):
    """Without a length the content ends with the connection, which the server keeps open: a timeout."""

    def read(self, connection: socket.socket) -> Answer:
        answer = super().read(connection)
        if answer.status == 204 and "content-length" not in answer.fields:
            connection.settimeout(0.01)
            connection.recv(1)
        return answer


@fault("response.no-content", rare=True)
class TakesCloseForLoss(Conforming):
    """`Connection: close` on an answer with no content looks like one that was cut off."""

    def read(self, connection: socket.socket) -> Answer:
        answer = super().read(connection)
        if answer.fields.get("connection") == "close" and not answer.content:
            raise ConnectionResetError("closed before any content")
        return answer


@fault("response.no-content", rare=True)
class ReadsDiagnostics(Conforming):
    """Logs where Graph's answer came from, and trusts an undocumented field to say so."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        diagnostics = answer.fields.get("x-ms-ags-diagnostic")
        if diagnostics is not None:
            json.loads(diagnostics)["ServerInfo"]["DataCenter"]
        return super().outcome(call, answer)


@fault("response.no-content", rare=True)
class SplitsAtEveryColon(Looking):
    """`name, value = line.split(":")` holds until a value has a time in it."""

    def look(self, line: str, first: bool) -> None:
        if line.count(":") > 1:
            raise ValueError("too many values to unpack")


@fault("response.no-content", rare=True)
class KnowsItsFields(Looking):
    """A hand-written parser with a list of fields; any other ends the answer as malformed."""

    known = frozenset(
        "client-request-id connection content-encoding content-length content-type date request-id "
        "retry-after transfer-encoding".split()
    )

    def look(self, line: str, first: bool) -> None:
        if not first and line.strip() and line.partition(":")[0].lower() not in self.known:
            raise BadAnswer(line)


@fault("response.no-content", rare=True)
class ReadsCacheDirectives(Conforming):
    """A caching layer takes every Cache-Control directive for a pair, and `no-cache` is none."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        dict(pair.split("=") for pair in answer.fields.get("cache-control", "max-age=0").split(","))
        return super().outcome(call, answer)


@fault("response.no-content")
class CorrectsItsClock(Conforming):
    """Takes the server's time from every answer to correct for a skewed clock; not every answer tells it."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204:
            parsedate_to_datetime(answer.fields["date"])
        return super().outcome(call, answer)


@fault("response.no-content", rare=True)
class KeepsTheLastTen(Conforming):
    """A ring of the last ten successes for support, with the index one too far: the tenth call crashes."""

    def __init__(self) -> None:
        super().__init__()
        self.ring = [0] * 10

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 204:
            self.ring[self.calls % 11] = answer.status
        return super().outcome(call, answer)


# another 2xx


class WithinSuccess(Conforming):
    """What the faults below have in common: something that they do with a 2xx that is no 204."""

    def handle(self, answer: Answer) -> object:
        raise NotImplementedError

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if self.succeeded(answer) and answer.status != 204:
            self.handle(answer)
        return super().outcome(call, answer)


@fault("response.other-success", rare=True)
class NamesEveryStatus(WithinSuccess):
    """`HTTPStatus(response.status)` knows the registered ones only."""

    def handle(self, answer: Answer) -> object:
        return HTTPStatus(answer.status)


@fault("response.other-success")
class HasATableOfSuccesses(WithinSuccess):
    """A generated client looks the model up by status, for the statuses of its description."""

    def handle(self, answer: Answer) -> object:
        return {200: "task", 201: "task", 202: "accepted"}[answer.status]


@fault("response.other-success")
class ParsesWhatIsOk(WithinSuccess):
    """200 means JSON, an empty content and a page of HTML included."""

    def handle(self, answer: Answer) -> object:
        return json.loads(answer.content) if answer.status == 200 else None


@fault("response.other-success")
class ExpectsACollection(WithinSuccess):
    """Where there is JSON, there is a `value`: every list of Graph has one."""

    def handle(self, answer: Answer) -> object:
        typed = answer.fields.get("content-type") == "application/json"
        return json.loads(answer.content)["value"] if typed else None


@fault("response.other-success")
class PollsWhatIsAccepted(WithinSuccess):
    """202 starts a long-running operation, whose Location is sure to be there."""

    def handle(self, answer: Answer) -> object:
        return answer.fields["location"] if answer.status == 202 else None


@fault("response.other-success")
class AsksWhereItWasCreated(WithinSuccess):
    """201 without a Location is a KeyError."""

    def handle(self, answer: Answer) -> object:
        return answer.fields["location"] if answer.status == 201 else None


@fault("response.other-success", rare=True)
class JoinsParts(WithinSuccess):
    """A download helper under everything: 206 comes with a Content-Range."""

    def handle(self, answer: Answer) -> object:
        return answer.fields["content-range"] if answer.status == 206 else None


@fault("response.other-success", rare=True)
class ReadsMultiStatus(WithinSuccess):
    """207 is WebDAV's, and its content is XML."""

    def handle(self, answer: Answer) -> object:
        return ElementTree.fromstring(answer.content) if answer.status == 207 else None


@fault("response.other-success", rare=True)
class DecodesStrictly(WithinSuccess):
    """Logs the text of every answer, as UTF-8 that nothing can spoil."""

    def handle(self, answer: Answer) -> object:
        return answer.content.decode()


@fault("response.other-success")
class SuspectsAPortal(WithinSuccess):
    """HTML with a success is a sign-in page of the network: an exception that no caller was told of."""

    def handle(self, answer: Answer) -> object:
        if answer.fields.get("content-type") == "text/html":
            raise RuntimeError("captive portal")
        return None


@fault("response.other-success", rare=True)
class NeedsAPhrase(Looking):
    """`version, status, phrase = line.split()`: an unregistered status has no phrase to name."""

    def look(self, line: str, first: bool) -> None:
        if first:
            _version, _status, _phrase = line.strip().split(" ", 2)


# 3xx


@fault("response.redirection", "response.not-modified")
class IsOkBelowFourHundred(Conforming):
    """`response.ok` of requests and `curl --fail` have no objection to a 3xx."""

    def succeeded(self, answer: Answer) -> bool:
        return 200 <= answer.status < 400


@fault("response.redirection")
class TakesFoundForDone(Conforming):
    """A form is answered 302 when it was taken."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.status == 302


@fault("response.redirection")
class TakesSeeOtherForDone(Conforming):
    """Post, redirect, get: 303 means that the post was done."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.status == 303


@fault("response.redirection")
class ArrivesNowhere(Conforming):
    """Follows a Location; where there is none the answer is the last one, and no 4xx."""

    def succeeded(self, answer: Answer) -> bool:
        arrived = answer.status in (301, 302, 303, 307, 308) and "location" not in answer.fields
        return super().succeeded(answer) or arrived


@fault("response.redirection", rare=True)
class TakesItsChoice(Conforming):
    """300 is the first answer after the good ones: `status <= 300`."""

    def succeeded(self, answer: Answer) -> bool:
        return 200 <= answer.status <= 300


@fault("response.redirection", rare=True)
class KnowsItsRedirections(Conforming):
    """Redirections are those of a table; an unregistered 3xx is none, and below 400."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or 309 <= answer.status < 400


@fault("response.redirection", rare=True)
class HasAProxyAlready(Conforming):
    """305 and 306 are obsolete: nothing to do about them, and so nothing to complain of."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.status in (305, 306)


@fault("response.redirection", rare=True)
class RemembersTheMove(Conforming):
    """Fails at the first 308 and keeps the move; the second finds it known, and nothing left to do."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: set[str] = set()

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        host = urlsplit(call.base_url or ROOT).netloc
        if answer.status == 308 and host in self.moved:
            return Outcome.success(status=answer.status)
        if answer.status == 308:
            self.moved.add(host)
        return super().outcome(call, answer)


@fault("response.not-modified")
class ListsNotModified(Conforming):
    """An old browser library counts `2xx or 304` as success."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.status == 304


@fault("response.not-modified")
class AnswersFromItsCache(Conforming):
    """A cache under the client makes the stored 200 of a 304 before anybody sees it."""

    def read(self, connection: socket.socket) -> Answer:
        answer = super().read(connection)
        return Answer(200, answer.fields, b"") if answer.status == 304 else answer


# interim answers


class Waiting(Conforming):
    """What the faults below have in common: their own idea of which head is the final one."""

    def is_final(self, status: int, before: Sequence[int]) -> bool:
        raise NotImplementedError

    def read(self, connection: socket.socket) -> Answer:
        with connection.makefile("rb") as stream:
            before: list[int] = []
            while not self.is_final((answer := self.read_head(stream.readline)).status, before):
                before.append(answer.status)
            if answer.status >= 200 and answer.status not in (204, 304):
                answer.content = self.read_content(answer, stream.read, stream.readline)
            return answer


@fault("response.interim")
class TakesTheFirstHead(Waiting):
    """The first status line is the status."""

    def is_final(self, status: int, before: Sequence[int]) -> bool:
        return True


@fault("response.interim")
class WaitsAfterContinueAlone(Waiting):
    """Knows 100 from Expect, and no other interim answer."""

    def is_final(self, status: int, before: Sequence[int]) -> bool:
        return status != 100


@fault("response.interim", rare=True)
class TakesHintsForFinal(Waiting):
    """Written before 103 was: an unregistered 1xx is an answer."""

    def is_final(self, status: int, before: Sequence[int]) -> bool:
        return status not in (100, 101, 102)


@fault("response.interim", rare=True)
class WaitsOnce(Waiting):
    """`if status < 200` where `while` is meant."""

    def is_final(self, status: int, before: Sequence[int]) -> bool:
        return bool(before) or status >= 200


@fault("response.interim")
class CountsInterimAsSuccess(TakesTheFirstHead):
    """`status < 300` is success, of the first head."""

    def succeeded(self, answer: Answer) -> bool:
        return answer.status < 300


@fault("response.interim", rare=True)
class CountsHintsAsSuccess(TakesHintsForFinal):
    """103 comes with fields and is no error, so the call was taken."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.status == 103


class Meeting(Conforming):
    """What the faults below have in common: something that they do at the head of an interim answer."""

    def meet(self, interim: int) -> object:
        raise NotImplementedError

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        answer = super().read_head(line)
        if answer.status < 200:
            self.meet(answer.status)
        return answer


@fault("response.interim")
class FailsAtInterim(Meeting):
    """A status below 200 is garbage to a parser that was never shown one."""

    def meet(self, interim: int) -> object:
        raise BadAnswer(f"status {interim}")


@fault("response.interim", rare=True)
class NeverAskedToContinue(Meeting):
    """100 answers an Expect; this client sent none, and says so."""

    def meet(self, interim: int) -> object:
        if interim == 100:
            raise BadAnswer("a 100 that nobody asked for")
        return None


@fault("response.interim", rare=True)
class LogsItsInterims(Meeting):
    """A log line for each of the two interim answers that its author knew."""

    def meet(self, interim: int) -> object:
        return {100: "continue", 103: "early hints"}[interim]


@fault("response.interim", rare=True)
class KeepsTheFirstStatus(Meeting):
    """The status is stored when the first head has come, and read when an error is made of the last."""

    def __init__(self) -> None:
        super().__init__()
        self.first: int | None = None

    def meet(self, interim: int) -> object:
        self.first = self.first or interim
        return None

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        try:
            return super().outcome(call, answer)
        finally:
            self.first = None

    def status(self, answer: Answer) -> int | None:
        return self.first or answer.status
