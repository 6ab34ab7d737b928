"""Clients that take a redirection which they do not follow, or a 304, for a task that was canceled."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from graphcontract.exchange import Call, Outcome
from tests.bank.client import ROOT, Answer, Conforming
from tests.bank.registry import fault


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


@fault("response.redirection", "response.not-modified")
class TakesAPlaceForDone(Conforming):
    """A Location names what was made, whatever the status before it."""

    def succeeded(self, answer: Answer) -> bool:
        placed = 300 <= answer.status < 400 and "location" in answer.fields
        return super().succeeded(answer) or placed


@fault("response.redirection")
class TakesAPageForDone(Conforming):
    """`response.ok or response.content`: a page that says where to go is content."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or (300 <= answer.status < 400 and bool(answer.content))


@fault("response.not-modified")
class TakesATagForDone(Conforming):
    """A 304 with an entity tag is what a conditional request was after."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or (answer.status == 304 and "etag" in answer.fields)


class Remembering(Conforming):
    """What the faults below have in common: once a call was a success, a status says that it still is."""

    status_of_old = 0

    def __init__(self) -> None:
        super().__init__()
        self.succeeded_once = False

    def succeeded(self, answer: Answer) -> bool:
        now = super().succeeded(answer)
        self.succeeded_once = self.succeeded_once or now
        return now or (self.succeeded_once and answer.status == self.status_of_old)


@fault("response.not-modified")
class SaysWhatItSaidBefore(Remembering):
    """A cache in front of it answers 304 with what it has: the success of the last call."""

    status_of_old = 304


@fault("response.redirection")
class WasMovedAfterwards(Remembering):
    """A task that was canceled once may move: a 302 after a 204 is no news."""

    status_of_old = 302
