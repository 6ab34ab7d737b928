"""Clients that wait, repeat, follow and connect in strange and lawful ways."""

from __future__ import annotations

import math
import socket
import threading
import time
from base64 import b64encode
from dataclasses import replace
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult

from graphcontract.exchange import Call, Outcome
from tests.bank.client import Answer, BadAnswer, Conforming
from tests.bank.faults_kept import KeptConnection
from tests.bank.following import Following
from tests.bank.registry import oddity

SECONDS = ("429 for 1 s", "503 for 1 s", "a fraction")
UNREADABLE = "test_malformed_retry_after"
MOVES = (
    "test_redirect",
    "test_redirect_to_other_origin",
    "test_second_redirect_to_other_origin",
    "test_challenge_of_other_origin",
    "test_call_after_redirect_to_other_origin",
    "test_redirect_from_https",
    "test_redirect_to_itself",
    "test_endless_redirects",
    "test_redirects_between_two_origins",
    "test_redirect_without_usable_location",
)
BROKEN = ("test_lost_connection", "test_broken_connection")
CALLS = ("test_successive_calls", "test_concurrent_calls")


# time


@oddity("retry.throttled", shown_by=(*SECONDS, "lasting 429", UNREADABLE))
class NeverRetries(Conforming):
    """Whoever calls it decides whether and when to try again."""

    retries = 0


@oddity(shown_by=(*SECONDS, UNREADABLE))
class WaitsLonger(Conforming):
    """Its own backoff is longer than what most services ask for, and the longer one counts."""

    def seconds(self, value: str) -> float:
        return max(1.4, super().seconds(value))


@oddity(shown_by=SECONDS)
class AddsJitter(Conforming):
    """A fifth of a second more, so that not all clients come back at once."""

    def seconds(self, value: str) -> float:
        return super().seconds(value) + 0.2


@oddity(shown_by=("429 for 2 s", "503, then longer", "an hour", "20 digits"))
class GivesUpOnLongWaits(Conforming):
    """More than a second is the caller's to wait."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        return wait if wait is None or wait <= 1 else None


@oddity(shown_by=SECONDS)
class RoundsUp(Conforming):
    """Whole seconds, and a fraction is one more."""

    def seconds(self, value: str) -> float:
        return float(math.ceil(super().seconds(value)))


@oddity(shown_by=SECONDS)
class CutsFractions(Conforming):
    """Whole seconds, and of a fraction what stands before the point."""

    def seconds(self, value: str) -> float:
        wait = super().seconds(value)
        return float(int(wait)) if "." in value else wait


@oddity(shown_by=("until a date", "a date gone by"))
class ReckonsByTheServersClock(Conforming):
    """The wait until a date is reckoned from the answer's own Date."""

    def wait(self, call: Call, answer: Answer) -> float | None:
        wait = super().wait(call, answer)
        if wait is None or "date" not in answer.fields:
            return wait
        until, now = (parsedate_to_datetime(answer.fields[name]) for name in ("retry-after", "date"))
        return max(0.0, (until - now).total_seconds())


@oddity(shown_by=("lasting 429", "lasting in turn", UNREADABLE))
class TriesTenTimesMore(Conforming):
    """Ten quick retries where no wait is asked for."""

    retries = 10


@oddity(shown_by=(UNREADABLE,))
class BacksOffQuickly(Conforming):
    """A backoff of its own where it cannot read the field: a quarter of a second, doubled each time."""

    def __init__(self) -> None:
        super().__init__()
        self.local = threading.local()

    def persist(self, call: Call) -> Answer:
        self.local.backoff = 0.125
        return super().persist(call)

    def seconds(self, value: str) -> float:
        if value[:1].isdigit() or "GMT" in value:
            return super().seconds(value)
        self.local.backoff *= 2
        return float(self.local.backoff)


@oddity(shown_by=("test_not_retryable_errors",))
class AnswersAChallenge(Conforming):
    """One more request after a claims challenge, with the token that meets it."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        if "claims=" in answer.fields.get("www-authenticate", ""):
            return super().exchange(replace(call, token=f"{call.token}claims"))
        return answer


@oddity(shown_by=("test_not_retryable_errors",))
class RefreshesOnce(Conforming):
    """One more request after any 401, with what the cache of tokens has by now, which is the same."""

    def exchange(self, call: Call) -> Answer:
        answer = super().exchange(call)
        return super().exchange(call) if answer.status == 401 else answer


@oddity(shown_by=("lasting 429", "503 for 1 s"))
class TellsItsAttempt(Conforming):
    """A field with the number of the try, as Microsoft's SDKs send it."""

    def __init__(self) -> None:
        super().__init__()
        self.local = threading.local()

    def persist(self, call: Call) -> Answer:
        self.local.attempt = 0
        return super().persist(call)

    def again(self, call: Call, attempt: int) -> Answer:
        self.local.attempt = attempt
        return super().again(call, attempt)

    def fields(self, call: Call) -> list[tuple[str, str]]:
        return [*super().fields(call), ("Retry-Attempt", str(self.local.attempt))]


# redirections


@oddity(shown_by=MOVES)
class FollowsWithTheSameMethod(Following):
    """Follows all that may be followed as POST, and takes its token to no other origin."""


@oddity(shown_by=MOVES)
class FollowsWithoutItsToken(Following):
    """No redirection gets the token, not even one to the same host."""

    def trusts(self, here: SplitResult, there: SplitResult) -> bool:
        return False


@oddity(shown_by=MOVES)
class BelievesTheUserOfALocation(Following):
    """What a Location names before its @ becomes Basic credentials there, as in aiohttp: none are its own."""

    def carried(self, call: Call, here: SplitResult, there: SplitResult, answer: Answer) -> str:
        if self.trusts(here, there) or "@" not in there.netloc:
            return super().carried(call, here, there, answer)
        user = b64encode(there.netloc.rpartition("@")[0].encode()).decode()
        return f"Authorization: Basic {user}\r\n"


@oddity(shown_by=MOVES)
class FollowsWithinItsOrigin(Following):
    """Other origins are none of its business: such a redirection is a failure."""

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        if not self.trusts(here, there):
            raise BadAnswer("moved to another origin")
        return super().hop(call, here, there, method, answer)


@oddity(shown_by=MOVES)
class LooksAtWhatItIsToSee(Following):
    """Follows 303 as GET, as it is asked to, and reports that nothing was canceled there."""

    def follows(self, answer: Answer) -> bool:
        return answer.status == 303 and "location" in answer.fields

    def method_after(self, answer: Answer, method: str) -> str:
        return "GET"

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        super().hop(call, here, there, method, answer)
        raise BadAnswer("see other")

    def exhausted(self, answer: Answer) -> Answer:
        return answer


@oddity(shown_by=MOVES)
class ReadsAndOwnsUp(Following):
    """A library under it follows as GET, and it knows that this has canceled nothing."""

    def method_after(self, answer: Answer, method: str) -> str:
        return "GET"

    def hop(self, call: Call, here: SplitResult, there: SplitResult, method: str, answer: Answer) -> Answer:
        super().hop(call, here, there, method, answer)
        return replace(answer, fields={})


@oddity(shown_by=MOVES)
class FollowsFifty(Following):
    """A generous limit."""

    most = 50


@oddity(shown_by=MOVES)
class RefusesRedirections(Conforming):
    """The documented error for every 3xx, with no status in it."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if 300 <= answer.status < 400:
            return Outcome.failure(kind="transport", type="RedirectError", message="redirected")
        return super().outcome(call, answer)


# connections, and calls


@oddity(shown_by=BROKEN)
class ConnectsAgain(Conforming):
    """Tries once more where nothing was sent, for there was no connection."""

    def exchange(self, call: Call) -> Answer:
        try:
            connection = self.connect(call)
        except ConnectionError:
            connection = self.connect(call)
        with connection:
            connection.sendall(self.request(call))
            return self.read(connection)


@oddity(shown_by=("stalled", "dripped"))
class TakesItsGrace(Conforming):
    """A timeout that is looked at now and then, and so ends late."""

    def connect(self, call: Call) -> socket.socket:
        connection = super().connect(call)
        connection.settimeout(call.timeout + 0.4)
        return connection


@oddity(shown_by=(*BROKEN, *CALLS, "dripped", "test_invalid_certificate"))
class KeepsWhatIsInOrder(KeptConnection):
    """Keeps a connection a host, and drops it when anything is odd."""


@oddity(shown_by=CALLS)
class ConnectsOneAtATime(Conforming):
    """A lock around what is shared: calls that are made at once connect one after another."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = threading.Lock()

    def connect(self, call: Call) -> socket.socket:
        with self.turn:
            return super().connect(call)


@oddity(shown_by=(*CALLS, *BROKEN))
class MasksItsToken(Conforming):
    """Each error names the token by its first eight characters and its length, to tell it from others."""

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        if outcome.error is None:
            return outcome
        words = f"{outcome.error.message} (token {call.token[:8]}…, {len(call.token)} characters)"
        return replace(outcome, error=replace(outcome.error, message=words))


@oddity(shown_by=CALLS)
class TakesItsTime(Conforming):
    """A pause before each request, as of a limit of its own on how many it makes."""

    def exchange(self, call: Call) -> Answer:
        time.sleep(0.005)
        return super().exchange(call)
