"""Faulty clients: response.other-success."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from xml.etree import ElementTree

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.field_lines import ChecksHeadLines
from tests.sample_clients.registry import faulty


class HandlesSuccess(Conforming):
    """Base class: something that they do with a 2xx other than 204."""

    def handle(self, answer: Answer) -> object:
        raise NotImplementedError

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if self.succeeded(answer) and answer.status != 204:
            self.handle(answer)
        return super().outcome(call, answer)


@faulty("response.other-success", rare=True)
class CrashesOnUnregisteredSuccess(HandlesSuccess):
    """`HTTPStatus(response.status)` knows the registered ones only."""

    def handle(self, answer: Answer) -> object:
        return HTTPStatus(answer.status)


@faulty("response.other-success")
class CrashesOnUndescribedSuccess(HandlesSuccess):
    """A generated client looks the model up by status, for the statuses of its description."""

    def handle(self, answer: Answer) -> object:
        return {200: "task", 201: "task", 202: "accepted"}[answer.status]


@faulty("response.other-success")
class ParsesEvery200AsJson(HandlesSuccess):
    """200 means JSON, an empty content and a page of HTML included."""

    def handle(self, answer: Answer) -> object:
        return json.loads(answer.content) if answer.status == 200 else None


@faulty("response.other-success")
class NeedsAValueMember(HandlesSuccess):
    """Where there is JSON, there is a `value`: every list of Graph has one."""

    def handle(self, answer: Answer) -> object:
        typed = answer.fields.get("content-type") == "application/json"
        return json.loads(answer.content)["value"] if typed else None


@faulty("response.other-success")
class CrashesOn202WithoutLocation(HandlesSuccess):
    """202 starts a long-running operation, whose Location is sure to be there."""

    def handle(self, answer: Answer) -> object:
        return answer.fields["location"] if answer.status == 202 else None


@faulty("response.other-success")
class CrashesOn201WithoutLocation(HandlesSuccess):
    """201 without a Location is a KeyError."""

    def handle(self, answer: Answer) -> object:
        return answer.fields["location"] if answer.status == 201 else None


@faulty("response.other-success", rare=True)
class CrashesOn206WithoutContentRange(HandlesSuccess):
    """A download helper under everything: 206 comes with a Content-Range."""

    def handle(self, answer: Answer) -> object:
        return answer.fields["content-range"] if answer.status == 206 else None


@faulty("response.other-success", rare=True)
class CrashesOn207WithoutXml(HandlesSuccess):
    """207 is WebDAV's, and its content is XML."""

    def handle(self, answer: Answer) -> object:
        return ElementTree.fromstring(answer.content) if answer.status == 207 else None


@faulty("response.other-success", rare=True)
class CrashesOnInvalidUtf8(HandlesSuccess):
    """Logs the text of every answer, as UTF-8 that nothing can spoil."""

    def handle(self, answer: Answer) -> object:
        return answer.content.decode()


@faulty("response.other-success")
class CrashesOnHtml(HandlesSuccess):
    """HTML with a success is a sign-in page of the network: an undocumented exception."""

    def handle(self, answer: Answer) -> object:
        if answer.fields.get("content-type") == "text/html":
            raise RuntimeError("captive portal")
        return None


@faulty("response.other-success", "error.failure", rare=True)
class CrashesWithoutReasonPhrase(ChecksHeadLines):
    """`version, status, phrase = line.split()`: an unregistered status has no phrase to name."""

    def look(self, line: str, first: bool) -> None:
        if first:
            _version, _status, _phrase = line.strip().split(" ", 2)


@faulty("response.other-success")
class CrashesOnChunkedSuccess(Conforming):
    """The service has always sent a length, and a chunked success cannot be read."""

    def read_content(self, answer: Answer, read: Callable[[int], bytes], line: Callable[[], bytes]) -> bytes:
        if answer.status < 300 and "transfer-encoding" in answer.fields:
            raise ValueError("no length")
        return super().read_content(answer, read, line)


@faulty("response.other-success")
class OtherSuccessAsRejection(Conforming):
    """A success that it does not know makes it say that the call was never made."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if self.succeeded(answer) and answer.status != 204:
            return Outcome.rejected("this is an unknown operation")
        return super().outcome(call, answer)
