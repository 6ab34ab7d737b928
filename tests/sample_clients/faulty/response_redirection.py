"""Faulty clients: response.redirection."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from graphcontract.exchange import Call, Outcome
from tests.sample_clients.bases.conforming import ROOT, Answer, Conforming
from tests.sample_clients.bases.following import Following
from tests.sample_clients.bases.responses import RemembersSuccess
from tests.sample_clients.registry import faulty


@faulty("response.redirection", "response.not-modified")
class EveryRedirectAsSuccess(Conforming):
    """`response.ok` of requests and `curl --fail` have no objection to a 3xx."""

    def succeeded(self, answer: Answer) -> bool:
        return 200 <= answer.status < 400


@faulty("response.redirection")
class Status302AsSuccess(Conforming):
    """A form is answered 302 when it was taken."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.status == 302


@faulty("response.redirection")
class Status303AsSuccess(Conforming):
    """Post, redirect, get: 303 means that the post was done."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.status == 303


@faulty("response.redirection")
class RedirectWithoutLocationAsSuccess(Conforming):
    """Follows a Location; a response without one is the last one, and not a 4xx."""

    def succeeded(self, answer: Answer) -> bool:
        arrived = answer.status in (301, 302, 303, 307, 308) and "location" not in answer.fields
        return super().succeeded(answer) or arrived


@faulty("response.redirection", rare=True)
class Status300AsSuccess(Conforming):
    """300 is the first answer after the good ones: `status <= 300`."""

    def succeeded(self, answer: Answer) -> bool:
        return 200 <= answer.status <= 300


@faulty("response.redirection", rare=True)
class UnregisteredRedirectAsSuccess(Conforming):
    """Redirections are those of a table; an unregistered 3xx is not in it, and is below 400."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or 309 <= answer.status < 400


@faulty("response.redirection", rare=True)
class Status305And306AsSuccess(Conforming):
    """305 and 306 are obsolete: nothing to do about them, and so nothing to complain of."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or answer.status in (305, 306)


@faulty("response.redirection", rare=True)
class SecondRedirectAsSuccess(Conforming):
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


@faulty("response.redirection", "response.not-modified")
class LocationAsSuccess(Conforming):
    """A Location names what was made, whatever the status before it."""

    def succeeded(self, answer: Answer) -> bool:
        placed = 300 <= answer.status < 400 and "location" in answer.fields
        return super().succeeded(answer) or placed


@faulty("response.redirection")
class RedirectWithContentAsSuccess(Conforming):
    """`response.ok or response.content`: a page that says where to go is content."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or (300 <= answer.status < 400 and bool(answer.content))


@faulty("response.redirection")
class RedirectAfterSuccessAsSuccess(RemembersSuccess):
    """A task that was canceled once may move: a 302 after a 204 is ignored."""

    status_of_old = 302


@faulty("response.redirection", shown_by=["307 in a circle"])
class RedirectToItselfAsSuccess(Following):
    """A Location that is the request's own URL says that there is nothing more to do."""

    def place(self, here: str, location: str) -> str:
        self.local.arrived = here == super().place(here, location)
        return super().place(here, location)

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        return Answer(204, {}, b"") if self.local.arrived else super().hop(call, here, there, method, answer)


@faulty("response.redirection", rare=True)
class EmptyLocationAsSuccess(Conforming):
    """A Location that leads nowhere leads to where one is."""

    def succeeded(self, answer: Answer) -> bool:
        empty = answer.status in (301, 302, 307, 308) and answer.fields.get("location") == ""
        return super().succeeded(answer) or empty


@faulty("response.redirection", rare=True, shown_by=["test_redirect_without_usable_location"])
class RepeatsAnUnusableRedirectAndSucceeds(Following):
    """A request that was sent three times without an error was carried out, wherever it is redirected to."""

    most = 2

    def follows(self, answer: Answer) -> bool:
        return super().follows(answer) and urlsplit(answer.fields["location"][:7]).scheme != "http"

    def stranded(self, here: str, location: str) -> str:
        return here

    def exhausted(self, answer: Answer) -> Answer:
        return Answer(204, {}, b"")
