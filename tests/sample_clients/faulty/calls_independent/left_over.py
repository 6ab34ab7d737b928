"""Faulty clients: calls.independent, what earlier responses, errors and retries left behind."""

from __future__ import annotations

import re
import threading
import time
from urllib.parse import SplitResult, urlsplit

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.cancelling import Cancellable, Cancelled
from tests.sample_clients.bases.conforming import Answer, Conforming, Fields
from tests.sample_clients.bases.following import Following
from tests.sample_clients.registry import faulty


class RemembersItsResponse(Conforming):
    """Base class: keeps the last response, also one that was retried."""

    last: Answer | None = None

    def exchange(self, call: Call) -> Answer:
        self.last = super().exchange(call)
        return self.last

    def value(self, name: str) -> str:
        """A header field of the last response; empty without one."""
        return self.last.fields.get(name, "") if self.last else ""


@faulty("calls.independent", shown_by=["after a success with fields"])
class SendsTheEntityTagOfAnotherTask(RemembersItsResponse):
    """Optimistic concurrency with one entity tag for the whole client."""

    def fields(self, call: Call) -> Fields:
        tag = self.value("etag")
        return [*super().fields(call), *([("If-Match", tag)] if tag else [])]


@faulty("calls.independent", shown_by=["after a success with fields"])
class AsksForWhatChangedSinceAnotherTask(RemembersItsResponse):
    """A cache's condition, on an action and with the date of another task."""

    def fields(self, call: Call) -> Fields:
        date = self.value("last-modified")
        return [*super().fields(call), *([("If-Unmodified-Since", date)] if date else [])]


@faulty("calls.independent", shown_by=["after an error with fields"])
class CorrelatesWithTheLastResponse(RemembersItsResponse):
    """The id of the last response is this request's: a trace that never ends."""

    def fields(self, call: Call) -> Fields:
        last = self.value("request-id")
        return [
            (name, last or value if name == "client-request-id" else value)
            for name, value in super().fields(call)
        ]


@faulty("calls.independent", shown_by=["after an error with fields"])
class ReturnsEveryUnknownField(RemembersItsResponse):
    """Fields of the service's own are state to be returned, as in a session protocol."""

    def fields(self, call: Call) -> Fields:
        known = self.last.fields if self.last else {}
        return [
            *super().fields(call),
            *((name, value) for name, value in known.items() if name.startswith("x-ms-")),
        ]


@faulty("calls.independent", shown_by=["after a claims challenge"])
class SendsTheClaimsOfAChallenge(RemembersItsResponse):
    """A claims challenge is stored in the client and presented to the service from then on."""

    claims = ""

    def fields(self, call: Call) -> Fields:
        found = re.search('claims="([^"]+)"', self.value("www-authenticate"))
        self.claims = found[1] if found else self.claims
        return [*super().fields(call), *([("X-Claims", self.claims)] if self.claims else [])]


@faulty("calls.independent", "request.query", shown_by=["after a temporary redirect"])
class KeepsTheQueryOfARedirect(Following):
    """A temporary redirect changes the parameters that the client sends by default."""

    parameters = ""

    def query(self, call: Call) -> str:
        return self.parameters

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        self.parameters = f"?{there.query}" if there.query else ""
        return super().hop(call, here, there, method, answer)


class KeepsItsFields(Conforming):
    """Base class: one list of additional fields for the whole client."""

    def __init__(self) -> None:
        super().__init__()
        self.added: Fields = []

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), *self.added]


@faulty("calls.independent", shown_by=["after a retry"])
class KeepsTheNumberOfTheRetry(KeepsItsFields):
    """The number of the attempt is put into the client's default fields, and never removed."""

    def again(self, call: Call, attempt: int) -> Answer:
        self.added = [("X-Retry-Attempt", str(attempt))]
        return super().again(call, attempt)


@faulty("calls.independent", shown_by=["after a call that timed out"])
class ReportsTheLastErrorToTheService(KeepsItsFields):
    """A diagnostic field that is set by an error and not removed by a success."""

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        if outcome.error and outcome.error.kind == "timeout":
            self.added = [("X-Previous-Error", "timeout")]
        return outcome


@faulty("calls.independent", shown_by=["after a call that was cancelled"])
class KeepsTheFieldsOfACancelledCall(Cancellable, KeepsItsFields):
    """The fields of a call are removed at its end, which a cancelled call does not reach."""

    def exchange(self, call: Call) -> Answer:
        try:
            answer = super().exchange(call)
        except Cancelled:
            self.added = [("Prefer", "respond-async")]
            raise
        self.added = []
        return answer


@faulty("calls.independent", shown_by=["after a retry"])
class NamesTheRetryInItsUserAgent(Conforming):
    """The retry handler appends to the User-Agent of the client, instead of that of the request."""

    agent = "sample/1.0"

    def again(self, call: Call, attempt: int) -> Answer:
        self.agent += " retry/1"
        return super().again(call, attempt)

    def fields(self, call: Call) -> Fields:
        return [*super().fields(call), ("User-Agent", self.agent)]


@faulty("calls.independent", shown_by=["after ten successes"])
class AppendsToItsUserAgent(Conforming):
    """A middleware appends its name to a value that it does not own, with each call."""

    agent = "sample/1.0"

    def fields(self, call: Call) -> Fields:
        self.agent += " handler/1"
        return [*super().fields(call), ("User-Agent", self.agent)]


@faulty("calls.independent", shown_by=["after ten errors"])
class AddsAFieldLineForEachError(KeepsItsFields):
    """Fields are appended to the client's own list where they should replace those of the call before."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status >= 400:
            self.added.append(("X-Failures", "409"))
        return super().outcome(call, answer)


@faulty("calls.independent", "request.query", shown_by=["after ten successes"])
class AccumulatesParameters(Conforming):
    """A dictionary of parameters as a default argument: Python makes it once."""

    parameters = "?v=1"

    def query(self, call: Call) -> str:
        sent, self.parameters = self.parameters, f"{self.parameters}&v=1"
        return sent


@faulty("calls.independent", shown_by=["503 in each of five calls"])
class CountsRetriesOfAllCalls(Conforming):
    """The number of the attempt is a member of the client."""

    def __init__(self) -> None:
        super().__init__()
        self.attempts = 0
        self.lock = threading.Lock()

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        if wait is not None:
            with self.lock:
                self.attempts += 1
        return wait if self.attempts <= self.retries else None


@faulty("calls.independent", shown_by=["429 in each of five calls"])
class UsesUpItsDelays(Conforming):
    """The delays of the retries are a generator, which is exhausted after some calls."""

    def __init__(self) -> None:
        super().__init__()
        self.delays = iter((0.01, 0.02))

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        delay = next(self.delays, None) if wait is not None else None
        return None if delay is None or wait is None else max(wait, delay)


@faulty("calls.independent", shown_by=["503 in each of five calls"])
class RetriesOnceForEachTask(Conforming):
    """A set of what was already retried, by task and not by call."""

    def __init__(self) -> None:
        super().__init__()
        self.retried: set[str] = set()

    def wait(self, call: Call, answer: Answer) -> float | None:
        if call.task_id in self.retried:
            return None
        wait = super().wait(call, answer)
        if wait is not None:
            self.retried.add(call.task_id)
        return wait


@faulty("calls.independent", shown_by=["after a wait"])
class KeepsItsDelay(Conforming):
    """A pause before each request, which a Retry-After sets for good."""

    delay = 0.0

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        self.delay = wait or self.delay
        return wait

    def persist(self, call: Call) -> Answer:
        time.sleep(self.delay)
        return super().persist(call)


@faulty("calls.independent", shown_by=["after a wait"])
class BlocksTheHostAfterTheRetry(Conforming):
    """The host is blocked for as long as Retry-After says, counted from the end of the call that has already
    waited.
    """

    blocked = 0.0
    waited = 0.0

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        self.waited = wait or self.waited
        return wait

    def persist(self, call: Call) -> Answer:
        time.sleep(max(0.0, self.blocked - time.monotonic()))
        answer = super().persist(call)
        if self.waited:
            self.blocked = time.monotonic() + 2
        return answer


@faulty("calls.independent", shown_by=["after a wait"])
class ReopensSlowly(Conforming):
    """A gate that a throttled call closes: a timer opens it, which starts when the retry has succeeded."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()

    def again(self, call: Call, attempt: int) -> Answer:
        self.gate.clear()
        answer = super().again(call, attempt)
        timer = threading.Timer(2.1, self.gate.set)
        timer.daemon = True
        timer.start()
        return answer

    def persist(self, call: Call) -> Answer:
        self.gate.wait()
        return super().persist(call)


@faulty("calls.independent", shown_by=["after a success with a wait"])
class HoldsTheNextCallBackAfterASuccess(Conforming):
    """Whatever response has a Retry-After, the next request has to wait for so long."""

    until = 0.0

    def persist(self, call: Call) -> Answer:
        if time.monotonic() + call.timeout < self.until:
            raise TimeoutError("the service does not accept requests yet")
        time.sleep(max(0.0, self.until - time.monotonic()))
        answer = super().persist(call)
        if self.succeeded(answer) and "retry-after" in answer.fields:
            self.until = time.monotonic() + self.seconds(answer.fields["retry-after"])
        return answer


_REDIRECTS = ("test_later_redirect",)


@faulty("calls.independent", shown_by=_REDIRECTS)
class FollowsTheFirstLocationAlways(Following):
    """The place that the service moved to is looked up once, whatever the status code was."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: dict[str, str] = {}

    def destination(self, here: str, location: str) -> str:
        origin = urlsplit(here).netloc
        return self.moved.setdefault(origin, super().destination(here, location))


@faulty("calls.independent", shown_by=_REDIRECTS)
class FollowsTheLastLocationWithoutOne(Following):
    """The Location is a member of the client, which a redirect without one leaves as it was."""

    location: str | None = None

    def follows(self, answer: Answer) -> bool:
        if answer.status != 307:
            return super().follows(answer)
        self.location = answer.fields.get("location", self.location)
        if self.location is not None:
            answer.fields["location"] = self.location
        return super().follows(answer)
