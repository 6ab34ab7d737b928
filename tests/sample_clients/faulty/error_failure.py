"""Faulty clients: error.failure."""

from __future__ import annotations

import base64
import re
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.shown_by import STATUS_TESTS
from tests.sample_clients.registry import faulty


class ErrorsAsSuccess(Conforming):
    """Base class: errors that they forgive."""

    def forgives(self, status: int) -> bool:
        raise NotImplementedError

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or (answer.status >= 400 and self.forgives(answer.status))


@faulty("error.failure", shown_by=STATUS_TESTS)
class NotFoundAsSuccess(ErrorsAsSuccess):
    """A deletion that finds nothing has nothing to do; this is not a deletion."""

    def forgives(self, status: int) -> bool:
        return status == 404


@faulty("error.failure", shown_by=STATUS_TESTS)
class ConflictAsSuccess(ErrorsAsSuccess):
    """A conflict is taken for a task that was canceled before; it may as well be running."""

    def forgives(self, status: int) -> bool:
        return status == 409


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class GoneAsSuccess(ErrorsAsSuccess):
    """410: what is gone needs no cancel."""

    def forgives(self, status: int) -> bool:
        return status == 410


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class PreconditionErrorsAsSuccess(ErrorsAsSuccess):
    """A client that sends no If-Match sees no reason to read 412 and 428."""

    def forgives(self, status: int) -> bool:
        return status in (412, 428)


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class LockedAsSuccess(ErrorsAsSuccess):
    """423: somebody else is at it, and surely to the same end."""

    def forgives(self, status: int) -> bool:
        return status == 423


@faulty("error.failure", shown_by=["429 to the end"])
class ThrottlingAsSuccess(ErrorsAsSuccess):
    """A throttled call is put down as accepted: the service will come to it."""

    def forgives(self, status: int) -> bool:
        return status == 429


@faulty("error.failure", shown_by=STATUS_TESTS)
class ClientErrorsAsSuccess(ErrorsAsSuccess):
    """`status < 500`: the server has not failed."""

    def forgives(self, status: int) -> bool:
        return status < 500


@faulty("error.failure", shown_by=STATUS_TESTS)
class StatusAbove500AsSuccess(ErrorsAsSuccess):
    """`400 <= status <= 500`, one too few for the second range."""

    def forgives(self, status: int) -> bool:
        return status > 500


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class Status400AsSuccess(ErrorsAsSuccess):
    """`status > 400`: off by one, and 400 is the error of every malformed id."""

    def forgives(self, status: int) -> bool:
        return status == 400


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class UnregisteredErrorsAsSuccess(ErrorsAsSuccess):
    """An error is what the registry lists; 499 and 520 are not in it."""

    def forgives(self, status: int) -> bool:
        return status not in set(HTTPStatus)


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class StatusAbove505AsSuccess(ErrorsAsSuccess):
    """The range of server errors ends where RFC 2616 ended it."""

    def forgives(self, status: int) -> bool:
        return status > 505


@faulty("error.failure", shown_by=STATUS_TESTS)
class AnyTwoInTheStatusAsSuccess(ErrorsAsSuccess):
    """A shell script matches `*2*` against the status, and means that it begins so."""

    def forgives(self, status: int) -> bool:
        return "2" in str(status)


@faulty("error.failure", shown_by=STATUS_TESTS)
class ExhaustedRetriesAsSuccess(Conforming):
    """A loop of three attempts with `return` in it; after the loop is nothing, and nothing is success."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        for _attempt in range(2):
            if answer.status not in (500, 502):
                return super().outcome(call, answer)
            answer = self.exchange(call)
        return Outcome.success()


@faulty("error.failure", shown_by=STATUS_TESTS)
class IgnoresTheErrorAfterATokenRefresh(Conforming):
    """Sends again with a fresh token after 401, and looks at the first answer's exception only."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 401:
            self.exchange(call)
            return Outcome.success()
        return super().outcome(call, answer)


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class ThirdSameErrorAsSuccess(Conforming):
    """Meant for the log: an error that came three times in a row is not raised again."""

    def __init__(self) -> None:
        super().__init__()
        self.last: list[int] = []

    def succeeded(self, answer: Answer) -> bool:
        self.last = [*self.last[-2:], answer.status]
        return super().succeeded(answer) or self.last == [answer.status] * 3


@faulty("error.failure", shown_by=STATUS_TESTS)
class ServerRejectionAsLocalRejection(Conforming):
    """400, 404 and 422 speak of the input, and so become a refusal of it, as if nothing had been sent."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        if answer.status in (400, 404, 422):
            return Outcome.rejected("no such task")
        return super().failure(call, answer)


@faulty("error.failure", shown_by=STATUS_TESTS)
class ErrorWithoutContentAsSuccess(ErrorsAsSuccess):
    """An error without content has nothing to report, and so nothing is reported."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or (answer.status == 404 and not answer.content)

    def forgives(self, status: int) -> bool:
        return False


@faulty("error.failure", shown_by=["503 to the end"])
class ThreeBusyAnswersAsSuccess(Conforming):
    """Three attempts at a service that is busy, and after them nothing, which is success."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        for _attempt in range(2):
            if answer.status not in (429, 503, 504):
                return super().outcome(call, answer)
            answer = self.exchange(call)
        return Outcome.success()


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class ReservedStatusAsSuccess(ErrorsAsSuccess):
    """402 and 418 are reserved for future use, in which they may well mean success."""

    def forgives(self, status: int) -> bool:
        return status in (402, 418)


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class TimingErrorsAsSuccess(ErrorsAsSuccess):
    """408, 425 and 499 speak of time, and not of the task."""

    def forgives(self, status: int) -> bool:
        return status in (408, 425, 499)


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class Status451AsSuccess(ErrorsAsSuccess):
    """451 came after this client; it is in no table, and what is in no table goes through."""

    def forgives(self, status: int) -> bool:
        return status == 451


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class ContentNetworkErrorsAsSuccess(ErrorsAsSuccess):
    """520 to 530 are a content network's, which has not asked the service."""

    def forgives(self, status: int) -> bool:
        return 520 <= status <= 530


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class UpgradeErrorsAsSuccess(ErrorsAsSuccess):
    """421, 426, 505 and 511 are settled between client and network, out of the caller's sight."""

    def forgives(self, status: int) -> bool:
        return status in (421, 426, 505, 511)


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class ProxyTimeoutsAsSuccess(ErrorsAsSuccess):
    """598 and 599 are a proxy's timeouts: no answer, and no error."""

    def forgives(self, status: int) -> bool:
        return status >= 590


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class CrashesOnUnregisteredErrors(Conforming):
    """`HTTPStatus(status).phrase` for the exception's text: ValueError for what is not registered."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        if not HTTPStatus(answer.status).phrase:
            raise ValueError("no phrase")
        return super().failure(call, answer)


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class CrashesOn401WithoutChallenge(Conforming):
    """401 comes with WWW-Authenticate, from everyone but those who forget it."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 401 and not answer.fields["www-authenticate"]:
            raise ValueError("empty challenge")
        return super().failure(call, answer)


@faulty("error.failure", rare=True, shown_by=STATUS_TESTS)
class CrashesOn405WithoutAllow(Conforming):
    """405 comes with Allow, which the message is to quote."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 405 and not answer.fields["allow"].split(","):
            raise ValueError("nothing is allowed")
        return super().failure(call, answer)


@faulty("error.failure", shown_by=STATUS_TESTS)
class CrashesOnRetryAfterZero(Conforming):
    """A token bucket's rate is one over Retry-After; a server that says 0 divides by it."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        self.rate = 1 / int(answer.fields.get("retry-after", "1"))
        return super().failure(call, answer)


@faulty("error.failure", shown_by=["no wait told"])
class CrashesOnThrottlingWithoutRetryAfter(Conforming):
    """`headers["Retry-After"]`: no throttling is seen without it, but for that of a gateway."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        return self.seconds(answer.fields["retry-after"]) if self.repeats(answer) else None


@faulty("error.failure", rare=True, shown_by=["a date gone by"])
class CrashesOnARetryDateInThePast(Conforming):
    """The service's clock is slow, and `time.sleep` takes no negative number."""

    def seconds(self, value: str) -> float:
        if value.endswith("GMT"):
            return parsedate_to_datetime(value).timestamp() - time.time()
        return super().seconds(value)


@faulty("error.failure", rare=True, shown_by=["20 digits"])
class CrashesOnAHugeRetryAfter(Conforming):
    """The wait goes to the timer as it is, which has no room for it."""

    def seconds(self, value: str) -> float:
        wait = super().seconds(value)
        if wait > 1e9:
            time.sleep(wait)
        return wait


@faulty("error.failure", rare=True, shown_by=["until a date"])
class CrashesOnARetryDate(Conforming):
    """`float(value)`: every Retry-After that its author has seen was a number."""

    def seconds(self, value: str) -> float:
        return float(value or 1)


@faulty("error.failure", rare=True, shown_by=["lasting 429"])
class ExhaustedRetryLoopAsSuccess(Conforming):
    """The loop of tries ends without a break, and after it stands the return of a success."""

    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        exhausted = self.repeats(answer) and answer.fields.get("retry-after") == "0"
        return Answer(204, {}, b"") if exhausted else answer


@faulty("error.failure", rare=True)
class DecidesByReasonPhrase(Conforming):
    """The reason phrase is what a person reads, so it must be right."""

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        heads: list[bytes] = []

        def listening() -> bytes:
            heads.append(line())
            return heads[-1]

        answer = super().read_head(listening)
        phrase = heads[0].split(b" ", 2)[-1].strip()
        return replace(answer, fields={**answer.fields, ":phrase": phrase.decode("latin-1")})

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.fields[":phrase"] in ("OK", "No Content")


@faulty("error.failure", rare=True)
class CrashesOnABareChallenge(Conforming):
    """A challenge is a scheme and its parameters."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        if "www-authenticate" in answer.fields:
            _scheme, _parameters = answer.fields["www-authenticate"].split(" ", 1)
        return super().failure(call, answer)


@faulty("error.failure", rare=True)
class MessageSayingAlreadyAsSuccess(Conforming):
    """A task that has ended needs no cancel: who reads "already" in the message is content."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or "already" in (self.message(answer) or "")


@faulty("error.failure", rare=True)
class CrashesOnUnreadableClaims(Conforming):
    """The claims of a challenge are decoded for the sign-in that follows, and are always in base64."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        found = re.search('claims="([^"]*)"', answer.fields.get("www-authenticate", ""))
        if found:
            base64.b64decode(found[1], validate=True)
        return super().failure(call, answer)


@faulty("error.failure", rare=True)
class CrashesOnAnUnfinishedChallenge(Conforming):
    """Each parameter of a challenge has a name, an equals sign and a value in quotes."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        challenge = answer.fields.get("www-authenticate", "")
        if challenge.count('"') % 2:
            raise ValueError("a quote without an end")
        return super().failure(call, answer)


@faulty("error.failure", shown_by=["a distant date"])
class CrashesOnADateBeyond2038(Conforming):
    """Seconds since 1970 in 32 bits with a sign."""

    def seconds(self, value: str) -> float:
        if value[:1].isalpha():
            struct.pack("i", int(parsedate_to_datetime(value).timestamp()))
        return super().seconds(value)
