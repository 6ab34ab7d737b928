"""Faulty clients: retry.refused."""

from __future__ import annotations

import re
import threading
import time

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming, Fields
from tests.sample_clients.bases.retries import SendsAgain
from tests.sample_clients.registry import faulty


@faulty("retry.refused")
class RetriesBadRequests(SendsAgain):
    """A gateway was once seen to answer 400 for a moment."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 400


@faulty("retry.refused")
class RetriesForbidden(SendsAgain):
    """Permissions take a while to arrive everywhere."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 403


@faulty("retry.refused")
class RetriesA401Twice(SendsAgain):
    """A token is refreshed by the library and by the program that uses it."""

    times = 2

    def insists(self, answer: Answer) -> bool:
        return answer.status == 401


@faulty("retry.refused", rare=True)
class RetriesEveryClaimsChallenge(SendsAgain):
    """Each claims challenge is met, and the next one is another."""

    times = 3

    def insists(self, answer: Answer) -> bool:
        return answer.status == 401 and "claims=" in answer.fields.get("www-authenticate", "")


@faulty("retry.refused", "retry.not-found", "retry.conflict")
class RetriesClientErrors(SendsAgain):
    """`if not response.ok: retry()`."""

    def insists(self, answer: Answer) -> bool:
        return 400 <= answer.status < 500 and answer.status != 429


@faulty("retry.refused", rare=True)
class RetriesForbiddenHtml(SendsAgain):
    """403 as a page of HTML is a firewall's, and the next gateway may have another."""

    def insists(self, answer: Answer) -> bool:
        return answer.status == 403 and answer.fields.get("content-type") == "text/html"


@faulty("retry.refused", "retry.conflict", rare=True, shown_by=["400 that closes", "409 that closes"])
class RetriesErrorsThatClose(Conforming):
    """A connection that is closed was stale, so the request is made again."""

    def repeats(self, answer: Answer) -> bool:
        closes = answer.fields.get("connection") == "close" and answer.status in (400, 409)
        return closes or super().repeats(answer)

    def seconds(self, value: str) -> float:
        return super().seconds(value) if value else 0.0


@faulty("retry.refused", rare=True, shown_by=["400 called too many"])
class RetriesByTheCode(Conforming):
    """The code says that there were too many, whatever the status."""

    def repeats(self, answer: Answer) -> bool:
        code = str(self.error(answer).get("code"))
        return super().repeats(answer) or re.search("toomany", code, re.IGNORECASE) is not None

    def seconds(self, value: str) -> float:
        return super().seconds(value) if value else 0.0


@faulty("retry.refused", rare=True)
class RetriesWhateverHasRetryAfter(Conforming):
    """Whatever tells a Retry-After invites another try."""

    def repeats(self, answer: Answer) -> bool:
        return super().repeats(answer) or (answer.status in (400, 403) and "retry-after" in answer.fields)


@faulty("retry.refused", "retry.conflict", rare=True)
class RetriesAnyFailureOnceItRetries(Conforming):
    """Once it tries again, it goes on for any failure."""

    def persist(self, call: Call) -> Answer:
        first = answer = self.exchange(call)
        for _ in range(self.retries):
            if not self.repeats(first) or answer.status < 400:
                break
            time.sleep(min(self.seconds(answer.fields.get("retry-after", "0")), call.timeout))
            answer = self.exchange(call)
        return answer


class OtherCredentialsAfter403(Conforming):
    """Base class: after each 403, another request with the next of these credentials, or without any."""

    others: tuple[str | None, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.local = threading.local()

    def authorization(self, call: Call) -> Fields:
        value = getattr(self.local, "value", f"Bearer {call.token}")
        return [] if value is None else [("Authorization", value.format(token=call.token))]

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        for value in self.others:
            if answer.status != 403:
                break
            self.local.value = value
            answer = super().exchange(call)
        vars(self.local).clear()
        return answer


@faulty("retry.refused")
class RespellsTheSchemeAfter403(OtherCredentialsAfter403):
    """A second code path adds the same token again, with the scheme in another letter case."""

    others = ("bearer  {token}",)


@faulty("retry.refused")
class AnonymousAfter403(OtherCredentialsAfter403):
    """A token that was refused is dropped, and the request is made without one."""

    others = (None,)


@faulty("retry.refused")
class TokensInTurnAfter403(OtherCredentialsAfter403):
    """A pool of credentials starts over when all of them were refused."""

    others = ("Bearer eyJ0eXAi.of-another.account", "Bearer {token}")
