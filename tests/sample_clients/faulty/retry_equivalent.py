"""Faulty clients: retry.equivalent."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.registry import faulty


class ChangesRetries(Conforming):
    """Base class: something happens to a request when it is sent again."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        raise NotImplementedError

    def again(self, call: Call, attempt: int) -> Answer:
        with self.connect(call) as connection:
            connection.sendall(self.altered(call, self.request(call), attempt))
            return self.read(connection)


@faulty("retry.equivalent", shown_by=["lasting 429"])
class RetriesAsGet(ChangesRetries):
    """The retry is made of the URL, and a method is by default GET."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(b"POST", b"GET", 1)


@faulty("retry.equivalent", shown_by=["lasting 429"])
class RetriesAtTheTaskUrl(ChangesRetries):
    """The retry is made of the task's URL, to see what has become of it."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(b"/cancel ", b" ", 1)


@faulty("retry.equivalent", shown_by=["lasting 429"])
class AppendsTheActionAgain(ChangesRetries):
    """The builder of the URL is kept, and each try appends the action to it."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(b"/cancel ", b"/cancel" * (attempt + 1) + b" ", 1)


@faulty("retry.equivalent", shown_by=["lasting 429"])
class AttemptNumberInQuery(ChangesRetries):
    """The number of the try goes along, for support."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(b" HTTP/1.1", b"?retry=%d HTTP/1.1" % attempt, 1)


@faulty("retry.equivalent", shown_by=["lasting 429"])
class FallsBackToTheStableVersion(ChangesRetries):
    """Where beta is overloaded v1.0 may have room."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(b"/beta/", b"/v1.0/", 1)


@faulty("retry.equivalent", shown_by=["lasting 429"])
class RetriesWithABody(ChangesRetries):
    """The request is serialized anew, and by then the content is an object with nothing in it."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(b"Content-Length: 0", b"Content-Length: 2", 1) + b"{}"


@faulty("retry.equivalent", shown_by=["lasting 429"])
class RetriesWithoutToken(ChangesRetries):
    """Authorization is added by a layer above the one that tries again."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(f"Authorization: Bearer {call.token}\r\n".encode(), b"", 1)


@faulty("retry.equivalent", shown_by=["lasting 429"])
class RetriesWithAnotherToken(ChangesRetries):
    """Throttled with this token, perhaps not with the next: an application with a pool of them."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        return request.replace(call.token.encode(), f"{call.token}{attempt}".encode(), 1)


@faulty("retry.equivalent", shown_by=["lasting 429"])
class RetriesWithTwoAuthorizations(ChangesRetries):
    """A hook that appends Authorization runs once a try, on the same list of fields."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        line = f"Authorization: Bearer {call.token}\r\n".encode()
        return request.replace(line, line * (attempt + 1), 1)


@faulty("retry.equivalent", rare=True, shown_by=["lasting 429"])
class SecondRetryWithoutFields(ChangesRetries):
    """The fields are moved out of the request with the first retry; the second has none to move."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        line = f"Authorization: Bearer {call.token}\r\n".encode()
        return request.replace(line, b"", 1) if attempt > 1 else request


@faulty("retry.equivalent", rare=True, shown_by=["reserved"])
class RetriesWithPathEncodedAgain(ChangesRetries):
    """The path that is sent again has been encoded, and is encoded."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        target, rest = request.split(b" HTTP/1.1", 1)
        return target.replace(b"%", b"%25") + b" HTTP/1.1" + rest


@faulty("retry.equivalent", rare=True, shown_by=["beyond ascii"])
class RetriesWithPathDecoded(ChangesRetries):
    """The URL of the answer is taken for the retry, and that is shown to people, decoded."""

    def altered(self, call: Call, request: bytes, attempt: int) -> bytes:
        target, rest = request.split(b" HTTP/1.1", 1)
        return unquote(target.decode()).encode() + b" HTTP/1.1" + rest


@faulty("retry.equivalent", rare=True, shown_by=["lasting in turn"])
class RetriesA503AsGet(Conforming):
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


class KeepsTheLatestCall(Conforming):
    """Base class: the client keeps one call, that which came last."""

    latest: Call | None = None

    def persist(self, call: Call) -> Answer:
        self.latest = call
        return super().persist(call)


@faulty("retry.equivalent", rare=True)
class RetriesWithTheLatestToken(KeepsTheLatestCall):
    """The token is the client's, and a retry is signed anew: at the same time, with another user's."""

    def again(self, call: Call, attempt: int) -> Answer:
        return self.exchange(replace(call, token=(self.latest or call).token))


@faulty("retry.equivalent", rare=True)
class RetriesTheLatestTask(KeepsTheLatestCall):
    """What is tried again is the task that was asked for last."""

    def again(self, call: Call, attempt: int) -> Answer:
        return self.exchange(replace(call, arguments=(self.latest or call).arguments))
