"""The faults of calls that are confused with one another; those that tell tokens are a module of their own.
Importing this one registers them all.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import replace
from urllib.parse import urlsplit

from graphcontract.exchange import Call, Outcome
from tests.bank import faults_secrets
from tests.bank.client import Answer, Conforming
from tests.bank.registry import fault

__all__ = ["faults_secrets"]


def with_id(call: Call, task_id: str) -> Call:
    return replace(call, arguments=dict.fromkeys(call.arguments, task_id))


# one after another


class Remembering(Conforming):
    """What the faults below have in common: calls are changed by what was there before."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, str] = {}

    def remembered(self, call: Call) -> Call:
        raise NotImplementedError

    def persist(self, call: Call) -> Answer:
        return super().persist(self.remembered(call))


@fault("calls.independent")
class BuildsItsUrlOnce(Remembering):
    """The URL is built when it is first needed, and kept."""

    def remembered(self, call: Call) -> Call:
        return with_id(call, self.seen.setdefault("id", call.task_id))


@fault("calls.independent")
class KeepsTheFirstToken(Remembering):
    """Authorization is a default field of the session."""

    def remembered(self, call: Call) -> Call:
        return replace(call, token=self.seen.setdefault("token", call.token))


@fault("calls.independent", "request.once")
class KeepsTheFirstRoot(Remembering):
    """The root is read once, from a setting of the process."""

    retries = 0

    def remembered(self, call: Call) -> Call:
        return replace(call, base_url=self.seen.setdefault("root", call.base_url or ""))


@fault("calls.independent")
class SaysTheFirstHost(Conforming):
    """A Host field among the session's defaults, from the first request of its life."""

    host: str | None = None

    def fields(self, call: Call) -> list[tuple[str, str]]:
        self.host = self.host or urlsplit(call.base_url or "").netloc
        return [(name, self.host if name == "Host" else value) for name, value in super().fields(call)]


@fault("calls.independent", rare=True)
class KeepsTokensById(Remembering):
    """A cache of tokens by task, though the token depends on who asks."""

    def remembered(self, call: Call) -> Call:
        return replace(call, token=self.seen.setdefault(call.task_id, call.token))


@fault("calls.independent", rare=True)
class KeepsIdsByToken(Remembering):
    """A client object a token, and in it the task that it was made for."""

    def remembered(self, call: Call) -> Call:
        return with_id(call, self.seen.setdefault(call.token, call.task_id))


@fault("calls.independent", rare=True)
class GoesAstrayTheTenthTime(Remembering):
    """A ring of ten requests to be used again, and what is taken out of it is the one before."""

    def remembered(self, call: Call) -> Call:
        before = self.seen.get("id", call.task_id)
        self.seen["id"] = call.task_id
        return with_id(call, before) if self.calls % 10 == 0 else call


@fault("calls.independent", "request.once", rare=True)
class RemembersOutcomes(Conforming):
    """`lru_cache` on the method: who asks again for the same task is told what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, Outcome] = {}

    def cancel(self, call: Call) -> Outcome:
        if call.task_id not in self.outcomes:
            self.outcomes[call.task_id] = super().cancel(call)
        return self.outcomes[call.task_id]


class AfterFailure(Conforming):
    """What the faults below have in common: they know the call that failed before, and how it failed."""

    def __init__(self) -> None:
        super().__init__()
        self.failed: Call | None = None
        self.last: Outcome | None = None

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        outcome = super().outcome(call, answer)
        self.failed, self.last = (call, outcome) if outcome.kind == "failure" else (None, self.last)
        return outcome


@fault("calls.independent")
class ReportsTheFailureBefore(AfterFailure):
    """An error is put into a field of the client and raised from there, in this order or the other."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        before, outcome = self.last, super().outcome(call, answer)
        return outcome if before is None or outcome.kind == "success" else before


@fault("calls.independent", rare=True)
class TellsTheLastRequestId(AfterFailure):
    """The request id for support is an attribute of the client, set by the first answer that failed."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        last, outcome = self.last, super().outcome(call, answer)
        if last is None or last.error is None or outcome.error is None:
            return outcome
        return replace(outcome, error=replace(outcome.error, request_id=last.error.request_id))


@fault("calls.independent", rare=True)
class RetriesWhatFailed(AfterFailure):
    """A queue of what is still to be canceled: after a failure it begins with the task that failed."""

    def persist(self, call: Call) -> Answer:
        return super().persist(with_id(call, self.failed.task_id) if self.failed else call)


@fault("calls.independent", "request.query", rare=True)
class LeavesAQuery(AfterFailure):
    """A parameter set for the call that failed is still set in the next."""

    def query(self, call: Call) -> str:
        return f"?retryOf={self.failed.task_id}" if self.failed else ""


@fault("calls.independent", "request.body", rare=True)
class LeavesAnObject(AfterFailure):
    """What was to be logged of a failure is sent along with the next call."""

    def body(self, call: Call) -> bytes:
        return f'{{"failed": "{self.failed.task_id}"}}'.encode() if self.failed else b""


@fault("calls.independent", rare=True)
class RefersToTheLast(Conforming):
    """A Referer, as a browser has it: the address of the call before."""

    referer = ""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        referer, self.referer = self.referer, f"{call.base_url}{self.path(call)}"
        return [*super().fields(call), *([("Referer", referer)] if referer else [])]


@fault("calls.independent", rare=True, shown_by=["test_broken_connection"])
class SendsAgainWhatBroke(Conforming):
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


@fault("calls.independent")
class CollectsTokens(Conforming):
    """The list of fields is the class's own, and each call appends to it."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: deque[tuple[str, str]] = deque(maxlen=2)

    def authorization(self, call: Call) -> list[tuple[str, str]]:
        self.kept.append(("Authorization", f"Bearer {call.token}"))
        return list(self.kept)


class WhileQuiet(Conforming):
    """What the faults below have in common: one request object is used again for as long as calls come one
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


@fault("calls.independent", rare=True)
class RefersToTheLastWhileQuiet(WhileQuiet):
    """The request object that is used again still has its Referer."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        before = self.before
        referer = [("Referer", f"{before.base_url}{self.path(before)}")] if before else []
        return [*super().fields(call), *referer]


@fault("calls.independent", rare=True)
class SaysTheHostBeforeWhileQuiet(WhileQuiet):
    """The request object that is used again still has its Host."""

    def fields(self, call: Call) -> list[tuple[str, str]]:
        host = urlsplit((self.before or call).base_url or "").netloc
        return [(name, host if name == "Host" else value) for name, value in super().fields(call)]


@fault("calls.independent", rare=True)
class RepeatsAFailureWhileQuiet(WhileQuiet):
    """What failed is tried again, unasked, ahead of the next call."""

    failed: Call | None = None

    def once_more(self, call: Call) -> Answer:
        failed, self.failed = self.failed, None
        if failed is not None and self.before is not None:
            self.exchange(failed)
        answer = super().once_more(call)
        self.failed = call if answer.status == 409 else None
        return answer


# at the same time


PAUSE = 0.002


class Sharing(Conforming):
    """What the faults below have in common: something of a call is put where all calls see it."""

    shared: Call | None = None

    def mixed(self, call: Call, shared: Call) -> Call:
        raise NotImplementedError

    def persist(self, call: Call) -> Answer:
        self.shared = call
        time.sleep(PAUSE)
        return super().persist(self.mixed(call, self.shared))


@fault("calls.concurrent")
class HasOneCurrentTask(Sharing):
    """A global `current_task`, read when the request is built."""

    def mixed(self, call: Call, shared: Call) -> Call:
        return with_id(call, shared.task_id)


@fault("calls.concurrent")
class HasOneToken(Sharing):
    """`session.headers["Authorization"] = …`, and then the request is sent, by whoever comes first."""

    def mixed(self, call: Call, shared: Call) -> Call:
        return replace(call, token=shared.token)


@fault("calls.concurrent")
class HasOneRoot(Sharing):
    """`client.base_url = …` before each call."""

    retries = 0

    def mixed(self, call: Call, shared: Call) -> Call:
        return replace(call, base_url=shared.base_url)


@fault("calls.concurrent")
class HasOneLastAnswer(Conforming):
    """`self.last_response` is set by a call and read by whichever call gets there."""

    last: Answer | None = None

    def persist(self, call: Call) -> Answer:
        self.last = super().persist(call)
        time.sleep(PAUSE)
        return self.last


@fault("calls.concurrent", rare=True)
class HasTokensById(Conforming):
    """A table of what is under way, by task: two callers for one task find one token in it."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: dict[str, str] = {}

    def persist(self, call: Call) -> Answer:
        self.tokens[call.task_id] = call.token
        time.sleep(PAUSE)
        return super().persist(replace(call, token=self.tokens[call.task_id]))


@fault("calls.concurrent", rare=True)
class HasFourConnections(Conforming):
    """A pool of four that does not wait: whoever finds none is told that the pool is exhausted."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = threading.BoundedSemaphore(4)

    def exchange(self, call: Call) -> Answer:
        if not self.pool.acquire(blocking=False):
            raise ConnectionError("connection pool exhausted")
        try:
            time.sleep(PAUSE)
            return super().exchange(call)
        finally:
            self.pool.release()


@fault("calls.concurrent")
class HasOneBuffer(Conforming):
    """The request is written into a buffer that is allocated once, and sent from there."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = bytearray()

    def request(self, call: Call) -> bytes:
        self.buffer[:] = super().request(call)
        time.sleep(PAUSE)
        return bytes(self.buffer)


@fault("calls.concurrent", rare=True)
class HasOneStatus(Conforming):
    """The status of an error is an attribute of the client, and the error reads it when it is shown."""

    shown: int | None = None

    def status(self, answer: Answer) -> int | None:
        self.shown = answer.status
        time.sleep(PAUSE)
        return self.shown
