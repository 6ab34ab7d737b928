"""Faulty clients: calls.independent, values of other calls."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.calls import with_id
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.following import Following
from tests.sample_clients.registry import faulty

OTHER_CALLS = ("test_successive_calls", "test_call_after_permanent_redirect", "test_broken_connection")


class ChangesCallsByHistory(Conforming):
    """Base class: calls are changed by what was there before."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, str] = {}

    def remembered(self, call: Call) -> Call:
        raise NotImplementedError

    def persist(self, call: Call) -> Answer:
        return super().persist(self.remembered(call))


@faulty("calls.independent", shown_by=OTHER_CALLS)
class ReusesTheFirstUrl(ChangesCallsByHistory):
    """The URL is built when it is first needed, and kept."""

    def remembered(self, call: Call) -> Call:
        return with_id(call, self.seen.setdefault("id", call.task_id))


@faulty("calls.independent", shown_by=OTHER_CALLS)
class ReusesTheFirstToken(ChangesCallsByHistory):
    """Authorization is a default field of the session."""

    def remembered(self, call: Call) -> Call:
        return replace(call, token=self.seen.setdefault("token", call.token))


@faulty("calls.independent", "request.once", "transport.failure", shown_by=OTHER_CALLS)
class ReusesTheFirstBaseUrl(ChangesCallsByHistory):
    """The root is read once, from a setting of the process."""

    retries = 0

    def remembered(self, call: Call) -> Call:
        return replace(call, base_url=self.seen.setdefault("root", call.base_url or ""))


@faulty("calls.independent", shown_by=OTHER_CALLS)
class ReusesTheFirstHostHeader(Conforming):
    """A Host field among the session's defaults, from the first request of its life."""

    host: str | None = None

    def fields(self, call: Call) -> list[tuple[str, str]]:
        self.host = self.host or urlsplit(call.base_url or "").netloc
        return [(name, self.host if name == "Host" else value) for name, value in super().fields(call)]


@faulty("calls.independent", rare=True, shown_by=OTHER_CALLS)
class CachesTokensByTask(ChangesCallsByHistory):
    """A cache of tokens by task, though the token depends on who asks."""

    def remembered(self, call: Call) -> Call:
        return replace(call, token=self.seen.setdefault(call.task_id, call.token))


@faulty("calls.independent", rare=True, shown_by=OTHER_CALLS)
class CachesTasksByToken(ChangesCallsByHistory):
    """A client object a token, and in it the task that it was made for."""

    def remembered(self, call: Call) -> Call:
        return with_id(call, self.seen.setdefault(call.token, call.task_id))


@faulty("calls.independent", rare=True, shown_by=OTHER_CALLS)
class EveryTenthCallSendsThePreviousRequest(ChangesCallsByHistory):
    """A ring of ten requests to be used again, and what is taken out of it is the one before."""

    def remembered(self, call: Call) -> Call:
        before = self.seen.get("id", call.task_id)
        self.seen["id"] = call.task_id
        return with_id(call, before) if self.calls % 10 == 0 else call


@faulty("calls.independent", "request.once", rare=True, shown_by=OTHER_CALLS)
class CachesOutcomesByTask(Conforming):
    """`lru_cache` on the method: a second call for the same task gets the outcome of the first."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, Outcome] = {}

    def cancel(self, call: Call) -> Outcome:
        if call.task_id not in self.outcomes:
            self.outcomes[call.task_id] = super().cancel(call)
        return self.outcomes[call.task_id]


class ChangesCallsAfterFailure(Conforming):
    """Base class: they know the call that failed before, and how it failed."""

    def __init__(self) -> None:
        super().__init__()
        self.failed: Call | None = None
        self.last: Outcome | None = None

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        outcome = super().outcome(call, answer)
        self.failed, self.last = (call, outcome) if outcome.kind == "failure" else (None, self.last)
        return outcome


@faulty("calls.independent", shown_by=OTHER_CALLS)
class RaisesThePreviousError(ChangesCallsAfterFailure):
    """An error is put into a field of the client and raised from there, in this order or the other."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        before, outcome = self.last, super().outcome(call, answer)
        return outcome if before is None or outcome.kind == "success" else before


@faulty("calls.independent", rare=True, shown_by=OTHER_CALLS)
class ReportsAnEarlierRequestId(ChangesCallsAfterFailure):
    """The request id for support is an attribute of the client, set by the first answer that failed."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        last, outcome = self.last, super().outcome(call, answer)
        if last is None or last.error is None or outcome.error is None:
            return outcome
        return replace(outcome, error=replace(outcome.error, request_id=last.error.request_id))


@faulty("calls.independent", rare=True, shown_by=OTHER_CALLS)
class RetriesAnEarlierFailedTask(ChangesCallsAfterFailure):
    """A queue of what is still to be canceled: after a failure it begins with the task that failed."""

    def persist(self, call: Call) -> Answer:
        return super().persist(with_id(call, self.failed.task_id) if self.failed else call)


@faulty("calls.independent", "request.query", rare=True, shown_by=OTHER_CALLS)
class QueryLeftFromAFailedCall(ChangesCallsAfterFailure):
    """A parameter set for the call that failed is still set in the next."""

    def query(self, call: Call) -> str:
        return f"?retryOf={self.failed.task_id}" if self.failed else ""


@faulty("calls.independent", "request.body", rare=True, shown_by=OTHER_CALLS)
class BodyLeftFromAFailedCall(ChangesCallsAfterFailure):
    """What was to be logged of a failure is sent along with the next call."""

    def body(self, call: Call) -> bytes:
        return f'{{"failed": "{self.failed.task_id}"}}'.encode() if self.failed else b""


@faulty("calls.independent", rare=True, shown_by=OTHER_CALLS)
class RefererOfThePreviousCall(Conforming):
    """A Referer, as a browser has it: the address of the call before."""

    referer = ""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        referer, self.referer = self.referer, f"{call.base_url}{self.path(call)}"
        return [*super().fields(call), *([("Referer", referer)] if referer else [])]


@faulty("calls.independent", rare=True, shown_by=["test_broken_connection"])
class ResendsAfterABrokenConnection(Conforming):
    """A queue in front of the connection: what broke it is sent before, or in place of, what comes next."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: list[str] = []

    def persist(self, call: Call) -> Answer:
        self.queue.append(call.task_id)
        try:
            answer = super().persist(with_id(call, self.queue[0]))
        except TimeoutError:
            self.queue.clear()
            raise
        self.queue.clear()
        return answer


@faulty("calls.independent", shown_by=OTHER_CALLS)
class AccumulatesAuthorizationFields(Conforming):
    """The list of fields is the class's own, and each call appends to it."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: deque[tuple[str, str]] = deque(maxlen=2)

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        self.kept.append(("Authorization", f"Bearer {call.token}"))
        return list(self.kept)


class ReusesTheRequestObject(Conforming):
    """Base class: one request object is used again for as long as calls come one
    by one; two that meet have it thrown away for good. `before` is the call that it was used for last.
    """

    def __init__(self) -> None:
        super().__init__()
        self.before: Call | None = None
        self.under_way = 0
        self.met = False
        self.lock = threading.Lock()

    def persist(self, call: Call) -> Answer:
        with self.lock:
            self.under_way += 1
            self.met = self.met or self.under_way > 1
            if self.met:
                self.before = None
        try:
            return self.once_more(call)
        finally:
            with self.lock:
                self.under_way -= 1
                self.before = None if self.met else call

    def once_more(self, call: Call) -> Answer:
        return super().persist(call)


@faulty("calls.independent", rare=True, shown_by=OTHER_CALLS)
class RefererLeftAfterIdle(ReusesTheRequestObject):
    """The request object that is used again still has its Referer."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        before = self.before
        referer = [("Referer", f"{before.base_url}{self.path(before)}")] if before else []
        return [*super().fields(call), *referer]


@faulty("calls.independent", rare=True, shown_by=OTHER_CALLS)
class HostHeaderReusedAfterIdle(ReusesTheRequestObject):
    """The request object that is used again still has its Host."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        host = urlsplit((self.before or call).base_url or "").netloc
        return [(name, host if name == "Host" else value) for name, value in super().fields(call)]


@faulty("calls.independent", rare=True, shown_by=OTHER_CALLS)
class RetriesAFailureAfterIdle(ReusesTheRequestObject):
    """What failed is tried again, unasked, ahead of the next call."""

    failed: Call | None = None

    def once_more(self, call: Call) -> Answer:
        failed, self.failed = self.failed, None
        if failed is not None and self.before is not None:
            self.exchange(failed)
        answer = super().once_more(call)
        self.failed = call if answer.status == 409 else None
        return answer


@faulty("calls.independent", rare=True, shown_by=OTHER_CALLS)
class CachesFieldsByUser(Conforming):
    """Fields are kept by whom the token is for, so that a renewed one is never sent."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, list[tuple[str, str]]] = {}

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        user = call.token.rpartition(".")[0] or call.token
        return self.kept.setdefault(user, super().authorization(call))


@faulty("calls.independent", rare=True, shown_by=["test_call_after_permanent_redirect"])
class AppliesAPermanentRedirectToEveryTask(Following):
    """What has moved for good is asked for at its new place from then on, whichever task is meant."""

    new: str | None = None

    def path(self, call: Call) -> str:
        return self.new or super().path(call)

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        followed = super().hop(call, here, there, method, answer)
        if answer.status == 308:
            self.new = there.path.removeprefix(urlsplit(call.base_url or "").path)
        return followed


@faulty("calls.independent", rare=True, shown_by=OTHER_CALLS)
class ReportsThePreviousRequestIdWhereNoneIsSent(Conforming):
    """If a response has no request id, the last one that was received is reported."""

    kept: str | None = None

    def request_id(self, answer: Answer) -> str | None:
        self.kept = super().request_id(answer) or self.kept
        return self.kept
