"""Faults of repeating: another request than the first, or after an answer that nobody is to ask twice for."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import chain
from urllib.parse import unquote

from graphcontract.exchange import Call, Outcome
from tests.bank.client import Answer, BadAnswer, Conforming
from tests.bank.faults_kept import KeptConnection, Line
from tests.bank.registry import fault

# another request


class Altering(Conforming):
    """What the faults below have in common: something happens to a request when it is sent again."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        raise NotImplementedError

    def again(self, call: Call, attempt: int) -> Answer:
        with self.connect(call) as connection:
            connection.sendall(self.altered(call, self.request(call), attempt))
            return self.read(connection)


@fault("retry.equivalent", shown_by=["lasting 429"])
class RepeatsAsGet(Altering):
    """The retry is made of the URL, and a method is by default GET."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(b"POST", b"GET", 1)


@fault("retry.equivalent", shown_by=["lasting 429"])
class AsksForTheTask(Altering):
    """The retry is made of the task's URL, to see what has become of it."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(b"/cancel ", b" ", 1)


@fault("retry.equivalent", shown_by=["lasting 429"])
class AppendsOnceMore(Altering):
    """The builder of the URL is kept, and each try appends the action to it."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(b"/cancel ", b"/cancel" * (attempt + 1) + b" ", 1)


@fault("retry.equivalent", shown_by=["lasting 429"])
class CountsInTheQuery(Altering):
    """The number of the try goes along, for support."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(b" HTTP/1.1", b"?retry=%d HTTP/1.1" % attempt, 1)


@fault("retry.equivalent", shown_by=["lasting 429"])
class FallsBackToTheStableVersion(Altering):
    """Where beta is overloaded v1.0 may have room."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(b"/beta/", b"/v1.0/", 1)


@fault("retry.equivalent", shown_by=["lasting 429"])
class AddsAnObject(Altering):
    """The request is serialized anew, and by then the content is an object with nothing in it."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(b"Content-Length: 0", b"Content-Length: 2", 1) + b"{}"


@fault("retry.equivalent", shown_by=["lasting 429"])
class ForgetsItsToken(Altering):
    """Authorization is added by a layer above the one that tries again."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(f"Authorization: Bearer {call.token}\r\n".encode(), b"", 1)


@fault("retry.equivalent", shown_by=["lasting 429"])
class AsksForAnotherToken(Altering):
    """Throttled with this token, perhaps not with the next: an application with a pool of them."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(call.token.encode(), f"{call.token}{attempt}".encode(), 1)


@fault("retry.equivalent", shown_by=["lasting 429"])
class AuthorizesOnceMore(Altering):
    """A hook that appends Authorization runs once a try, on the same list of fields."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        line = f"Authorization: Bearer {call.token}\r\n".encode()
        return request.replace(line, line * (attempt + 1), 1)


@fault("retry.equivalent", rare=True, shown_by=["lasting 429"])
class GoesWrongTheSecondTime(Altering):
    """The fields are moved out of the request with the first retry; the second has none to move."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        line = f"Authorization: Bearer {call.token}\r\n".encode()
        return request.replace(line, b"", 1) if attempt > 1 else request


@fault("retry.equivalent", rare=True, shown_by=["reserved"])
class EncodesOnceMore(Altering):
    """The path that is sent again has been encoded, and is encoded."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        target, rest = request.split(b" HTTP/1.1", 1)
        return target.replace(b"%", b"%25") + b" HTTP/1.1" + rest


@fault("retry.equivalent", rare=True, shown_by=["beyond ascii"])
class DecodesOnce(Altering):
    """The URL of the answer is taken for the retry, and that is shown to people, decoded."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        target, rest = request.split(b" HTTP/1.1", 1)
        return unquote(target.decode()).encode() + b" HTTP/1.1" + rest


@fault("retry.equivalent", rare=True, shown_by=["lasting in turn"])
class RepeatsOutagesAsGet(Conforming):
    """The handler of 503 is another than that of 429, and asks whether the service is up again."""

    def persist(self, call: Call) -> Answer:
        answer = self.exchange(call)
        if answer.status == 429 and self.wait(call, answer) == 0:
            answer = self.exchange(call)
        if answer.status == 503 and self.wait(call, answer) == 0:
            with self.connect(call) as connection:
                connection.sendall(self.request(call).replace(b"POST", b"GET", 1))
                answer = self.read(connection)
        return answer


# an answer that decides


class Insisting(Conforming):
    """What the faults below have in common: one more request after some answers."""

    times = 1

    def insists(self, answer: Answer) -> bool:
        raise NotImplementedError

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        for _ in range(self.times):
            if not self.insists(answer):
                break
            answer = super().exchange(call)
        return answer


@fault("retry.refused")
class RepeatsBadRequests(Insisting):
    """A gateway was once seen to answer 400 for a moment."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 400


@fault("retry.refused")
class RepeatsForbidden(Insisting):
    """Permissions take a while to arrive everywhere."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 403


@fault("retry.refused")
class RefreshesTwice(Insisting):
    """A token is refreshed by the library and by the program that uses it."""

    times = 2

    def insists(self, answer: Answer) -> bool:
        return answer.status == 401


@fault("retry.refused", rare=True)
class MeetsEveryChallenge(Insisting):
    """Each claims challenge is met, and the next one is another."""

    times = 3

    def insists(self, answer: Answer) -> bool:
        return answer.status == 401 and "claims=" in answer.fields.get("www-authenticate", "")


@fault("retry.refused", "retry.not-found", "retry.conflict")
class RepeatsClientErrors(Insisting):
    """`if not response.ok: retry()`."""

    def insists(self, answer: Answer) -> bool:
        return 400 <= answer.status < 500 and answer.status != 429


@fault("retry.refused", rare=True)
class RepeatsPagesOfGateways(Insisting):
    """403 as a page of HTML is a firewall's, and the next gateway may have another."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 403 and answer.fields.get("content-type") == "text/html"


@fault("retry.not-found")
class WaitsForTheTask(Insisting):
    """A task that was just created may not be seen everywhere yet: eventual consistency."""

    times = 2

    def insists(self, answer: Answer) -> bool:
        return answer.status == 404


@fault("retry.not-found", rare=True)
class RepeatsUnprocessable(Insisting):
    """422 is not in the list of what is final."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 422


@fault("retry.not-found")
class LooksOnceMore(Insisting):
    """A tenth of a second, and one more look for what was not there."""

    def insists(self, answer: Answer) -> bool:
        if answer.status in (404, 410):
            time.sleep(0.1)
        return answer.status in (404, 410)


@fault("retry.conflict")
class RepeatsConflicts(Insisting):
    """Optimistic concurrency: read again, write again."""

    times = 3

    def insists(self, answer: Answer) -> bool:
        return answer.status == 409


@fault("retry.conflict", rare=True)
class RepeatsUnexplainedConflicts(Insisting):
    """A conflict that nobody explains is one of the storage below, which sorts itself out."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 409 and not answer.content


@fault("retry.not-found", rare=True)
class RepeatsUnknownPlaces(Insisting):
    """404 without an error object is a gateway that does not know the way yet."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 404 and not self.error(answer)


@fault("retry.conflict")
class WaitsOutWhatIsInProgress(Insisting):
    """The message says that the task is in progress, which passes."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 409 and "in progress" in (self.message(answer) or "")


@fault("retry.conflict", "retry.server-error")
class HasAGeneratedList(Insisting):
    """The list of a generator of clients: 408, 409, 429, and 500 and above."""

    times = 2

    def insists(self, answer: Answer) -> bool:
        return answer.status in (409, 500, 502)


@fault("retry.server-error")
class RepeatsInternalErrors(Insisting):
    """500 is what a server answers by accident."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 500


@fault("retry.server-error")
class RepeatsBadGateways(Insisting):
    """502, 503, 504: the gateway's errors are one family."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 502


@fault("retry.server-error", rare=True)
class RepeatsPages(Insisting):
    """A page of HTML comes from something in between, and not from Graph."""

    def insists(self, answer: Answer) -> bool:
        return answer.status >= 500 and answer.fields.get("content-type") == "text/html"


@fault("retry.server-error", rare=True)
class RepeatsWhatSaysNothing(Insisting):
    """A server error without an error object was none of the service's own."""

    def insists(self, answer: Answer) -> bool:
        return answer.status >= 500 and not answer.content


# a connection that was lost


@fault("retry.connection-lost")
class RepeatsAfterResets(Conforming):
    """ECONNRESET is in every list of what may be tried again."""

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except ConnectionResetError:
            return super().exchange(call)


@fault("retry.connection-lost")
class RepeatsAfterAnEnd(Conforming):
    """`Remote end closed connection without response`: it has not answered, so it has not obeyed."""

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except BadAnswer:
            return super().exchange(call)


@fault("retry.connection-lost")
class RepeatsWhateverBreaks(Conforming):
    """A retry layer above the client repeats every error of transport, with a wait."""

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        if outcome.error and outcome.error.kind == "transport":
            time.sleep(0.05)
            outcome = super().cancel(call)
        return outcome


@fault("retry.connection-lost", rare=True)
class RepeatsOnKeptConnections(KeptConnection):
    """A pool repeats on another connection what a kept one has not answered, whatever the method."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = False

    def take(self, host: str) -> Line | None:
        line = super().take(host)
        self.kept = line is not None
        return line

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except (ConnectionError, BadAnswer):
            if not self.kept:
                raise
            return super().exchange(call)


class HalfALine(BadAnswer):
    """The stream has ended amid a status line."""


@fault("retry.connection-lost", rare=True)
class RepeatsAfterHalfALine(Conforming):
    """What has begun to come and then ends was spoilt on the way, and is fetched again."""

    def read_head(self, line: Callable[[], bytes]) -> Answer:
        first = line()
        if first and not first.endswith(b"\n"):
            raise HalfALine("half a status line")
        lines = chain((first,), iter(line, None))
        return super().read_head(lambda: next(lines))

    def exchange(self, call: Call) -> Answer:
        try:
            return super().exchange(call)
        except HalfALine:
            return super().exchange(call)
