"""Clients that take the promised 204 for a failure, or die of it or of another 2xx.

Importing this module registers all faults on answers.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from xml.etree import ElementTree

from graphcontract.exchange import Call, Outcome
from tests.bank import (
    faults_encoded,
    faults_errors,
    faults_heads,
    faults_interim,
    faults_kept,
    faults_malformed,
    faults_messages,
    faults_redirection,
    faults_shape,
    faults_texts,
)
from tests.bank.client import Answer, Conforming
from tests.bank.faults_heads import Looking
from tests.bank.registry import fault

__all__ = [
    "faults_encoded",
    "faults_errors",
    "faults_heads",
    "faults_interim",
    "faults_kept",
    "faults_malformed",
    "faults_messages",
    "faults_redirection",
    "faults_shape",
    "faults_texts",
]


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
    """Front doors put a Content-Type on every answer, and this client parses what it is the type of."""

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


@fault("response.no-content", "response.stray-content", rare=True)
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


@fault("response.other-success", "error.failure", rare=True)
class NeedsAPhrase(Looking):
    """`version, status, phrase = line.split()`: an unregistered status has no phrase to name."""

    def look(self, line: str, first: bool) -> None:
        if first:
            _version, _status, _phrase = line.strip().split(" ", 2)


@fault("response.other-success")
class KnowsNoChunks(Conforming):
    """The service has always told a length, and a success in chunks finds no reader."""

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        if answer.status < 300 and "transfer-encoding" in answer.fields:
            raise ValueError("no length")
        return super().read_content(answer, read, line)


@fault("response.other-success")
class TakesItBack(Conforming):
    """A success that it does not know makes it say that the call was never made."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if self.succeeded(answer) and answer.status != 204:
            return Outcome.rejected("this is no operation that I know")
        return super().outcome(call, answer)
