"""Faulty clients: retry.bounded."""

from __future__ import annotations

import threading
import time

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.registry import faulty


@faulty("retry.bounded", shown_by=["lasting 429"])
class TriesTwelveTimes(Conforming):
    """Ten retries, and one for either end of the range."""

    retries = 11


@faulty("retry.bounded", shown_by=["lasting 429"])
class NestedRetries(Conforming):
    """The SDK retries three times, and so does the HTTP library under it."""

    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        for _ in range(3):
            if self.wait(call, answer) == 0:
                answer = super().persist(call)
        return answer


@faulty("retry.bounded", "error.failure", shown_by=["lasting 429"])
class RetriesForever(Conforming):
    """`while True`, for throttling ends some day; the service states the wait, so nothing else limits it."""

    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        while self.wait(call, answer) == 0:
            time.sleep(0.01)
            answer = self.exchange(call)
        return answer


@faulty("retry.bounded", "error.failure", shown_by=["an hour"])
class SleepsPastTheTimeout(Conforming):
    """Waits as long as Retry-After states, and checks its timeout afterwards."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        if wait is not None and 60 < wait < 1e9:
            time.sleep(wait)
        return wait


@faulty("retry.bounded", "error.failure", shown_by=["lasting 503"])
class TimeoutForEachTry(Conforming):
    """The timeout is that of a try, and ten tries and their waits have no end of their own."""

    def persist(self, call: Call) -> Answer:
        answer = self.exchange(call)
        for _ in range(10):
            wait = self.wait(call, answer)
            if wait is None or wait > 60:
                break
            time.sleep(wait)
            answer = self.exchange(call)
        return answer


@faulty("retry.bounded", rare=True, shown_by=["lasting in turn"])
class SixRetriesForEachStatus(Conforming):
    """Each kind of throttling has its own handler, and each handler counts to six."""

    retries = 12

    def persist(self, call: Call) -> Answer:
        tries = {429: 0, 503: 0}
        answer = self.exchange(call)
        while answer.status in tries and tries[answer.status] < 6 and self.wait(call, answer) == 0:
            tries[answer.status] += 1
            answer = self.exchange(call)
        return answer


@faulty("retry.bounded", rare=True, shown_by=["lasting 408"])
class RetriesWithoutEndOn408(Conforming):
    """408 says that the request took too long: it is sent again at once, as if it had not been sent."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        for _ in range(20):
            if answer.status != 408:
                break
            answer = super().exchange(call)
        return answer


@faulty("retry.bounded", rare=True, shown_by=["lasting 500"])
class RetriesWithoutEndOnServerErrors(Conforming):
    """A loop around whatever looks like a crash of the server, as many times as it takes."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        for _ in range(30):
            if answer.status != 500:
                break
            answer = super().exchange(call)
        return answer


@faulty("retry.bounded", rare=True, shown_by=["lasting 504"])
class NeverCounts504(Conforming):
    """A slow gateway is not a failed attempt."""

    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        for _ in range(20):
            if answer.status != 504:
                break
            answer = self.exchange(call)
        return answer


@faulty("retry.bounded", rare=True, shown_by=["long after the call"])
class RetriesInTheBackground(Conforming):
    """A call that ran out of time is finished in the background, for good measure."""

    def persist(self, call: Call) -> Answer:
        answer = super().persist(call)
        if answer.status == 503 and call.timeout <= 1.0:
            threading.Thread(target=self.later, args=(call,), daemon=True).start()
        return answer

    def later(self, call: Call) -> None:
        time.sleep(2.0)
        self.exchange(call)


@faulty("retry.bounded", rare=True, shown_by=["lasting 423", "lasting 425"])
class RetriesWithoutEndWhileLocked(Conforming):
    """423 and 425 are over soon: somebody else has a lock, or it is too early."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        for _ in range(20):
            if answer.status not in (423, 425):
                break
            answer = super().exchange(call)
        return answer
