"""Faulty clients: redirect.method."""

from __future__ import annotations

from urllib.parse import SplitResult

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer
from tests.sample_clients.bases.following import Following
from tests.sample_clients.registry import faulty


class FollowsWithGet(Following):
    """Base class: after some answers the method is GET."""

    def rewrites(self, answer: Answer) -> bool:
        raise NotImplementedError

    def method_after(self, answer: Answer, method: str) -> str:
        return "GET" if self.rewrites(answer) else method


@faulty("redirect.method")
class GetAfter301And302(FollowsWithGet):
    """301 and 302 are followed with GET, as browsers have it, and its 200 or 204 is success."""

    def rewrites(self, answer: Answer) -> bool:
        return answer.status in (301, 302)


@faulty("redirect.method")
class GetAfterEveryRedirect(FollowsWithGet):
    """A library that has read up to 303: every redirection is followed with GET."""

    def rewrites(self, answer: Answer) -> bool:
        return True


@faulty("redirect.method", rare=True)
class GetAfter308(FollowsWithGet):
    """308 came later, and is treated as 301 has always been."""

    def rewrites(self, answer: Answer) -> bool:
        return answer.status == 308


@faulty("redirect.method", rare=True)
class GetAfter307(FollowsWithGet):
    """307 is HTTP/1.1's name for 302."""

    def rewrites(self, answer: Answer) -> bool:
        return answer.status == 307


@faulty("redirect.method", rare=True)
class HeadAfterARedirect(Following):
    """HEAD first, to see whether the new place is there, and that is where it ends."""

    def method_after(self, answer: Answer, method: str) -> str:
        return "HEAD" if answer.status == 301 else method


@faulty("redirect.method", rare=True)
class GetAtARelativeLocation(FollowsWithGet):
    """A relative Location is resolved by a helper of its own, which makes requests of URLs."""

    def rewrites(self, answer: Answer) -> bool:
        return answer.fields["location"].startswith("/") and not answer.fields["location"].startswith("//")


@faulty("redirect.method", rare=True)
class GetAtAnotherOrigin(Following):
    """To another origin goes nothing that changes anything, for safety."""

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        return super().hop(call, here, there, method if self.trusts(here, there) else "GET", answer)


@faulty("redirect.method", rare=True)
class GetAfterTheFirstHop(FollowsWithGet):
    """The second hop is made of the first one's answer, which does not remember its method."""

    def rewrites(self, answer: Answer) -> bool:
        return bool(self.local.hops > 1)


@faulty("redirect.method", rare=True)
class GetFromTheSecondHopOn(Following):
    """The request that follows a redirection is a new one, of the default method, from the second on."""

    def method_after(self, answer: Answer, method: str) -> str:
        return "GET" if self.local.hops > 1 else method


@faulty("redirect.method", shown_by=["test_throttling_after_redirect"])
class RetriesWithGetAfterARedirect(Following):
    """A retry is made of the URL that was redirected to, and of the default method."""

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        made = super().hop(call, here, there, method, answer)
        wait = self.wait(call, made)
        if wait is None or wait > 1:
            return made
        self.pause(call, wait)
        return super().hop(call, here, there, "GET", answer)
