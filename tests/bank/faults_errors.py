"""Clients that take an error for something else, or tell another status than it came with."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus

from graphcontract.exchange import Call, Outcome
from tests.bank import registry
from tests.bank.client import Answer, Conforming

# Other tests prove these clauses as well, by calls that wait.
fault = partial(
    registry.fault,
    shown_by=["test_every_error_is_failure", "test_error_without_content", "test_same_error_again"],
)


class Forgiving(Conforming):
    """What the faults below have in common: errors that they forgive."""

    def forgives(self, status: int) -> bool:
        raise NotImplementedError

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or (answer.status >= 400 and self.forgives(answer.status))


# error.failure: success


@fault("error.failure")
class IsGoneAlready(Forgiving):
    """A deletion that finds nothing has nothing to do; this is no deletion."""

    def forgives(self, status: int) -> bool:
        return status == 404


@fault("error.failure")
class IsCanceledAlready(Forgiving):
    """A conflict is taken for a task that was canceled before; it may as well be running."""

    def forgives(self, status: int) -> bool:
        return status == 409


@fault("error.failure", rare=True)
class IsGoneForGood(Forgiving):
    """410: what is gone needs no cancel."""

    def forgives(self, status: int) -> bool:
        return status == 410


@fault("error.failure", rare=True)
class HasNoPrecondition(Forgiving):
    """A client that sends no If-Match sees no reason to read 412 and 428."""

    def forgives(self, status: int) -> bool:
        return status in (412, 428)


@fault("error.failure", rare=True)
class IsLockedByACancel(Forgiving):
    """423: somebody else is at it, and surely to the same end."""

    def forgives(self, status: int) -> bool:
        return status == 423


@fault("error.failure", shown_by=["429 to the end"])
class IsQueued(Forgiving):
    """A throttled call is put down as accepted: the service will come to it."""

    def forgives(self, status: int) -> bool:
        return status == 429


@fault("error.failure")
class FailsFromFiveHundredOn(Forgiving):
    """`status < 500`: the server has not failed."""

    def forgives(self, status: int) -> bool:
        return status < 500


@fault("error.failure")
class FailsUpToFiveHundred(Forgiving):
    """`400 <= status <= 500`, one too few for the second range."""

    def forgives(self, status: int) -> bool:
        return status > 500


@fault("error.failure", rare=True)
class FailsAboveFourHundred(Forgiving):
    """`status > 400`: off by one, and 400 is the error of every malformed id."""

    def forgives(self, status: int) -> bool:
        return status == 400


@fault("error.failure", rare=True)
class FailsWithRegisteredErrors(Forgiving):
    """An error is what the registry lists; 499 and 520 are not in it."""

    def forgives(self, status: int) -> bool:
        return status not in set(HTTPStatus)


@fault("error.failure", rare=True)
class FailsUpTo505(Forgiving):
    """The range of server errors ends where RFC 2616 ended it."""

    def forgives(self, status: int) -> bool:
        return status > 505


@fault("error.failure")
class FindsATwo(Forgiving):
    """A shell script matches `*2*` against the status, and means that it begins so."""

    def forgives(self, status: int) -> bool:
        return "2" in str(status)


@fault("error.failure")
class RunsOutOfRetries(Conforming):
    """A loop of three attempts with `return` in it; after the loop is nothing, and nothing is success."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        for _attempt in range(2):
            if answer.status not in (500, 502):
                return super().outcome(call, answer)
            answer = self.exchange(call)
        return Outcome.success()


@fault("error.failure")
class ForgetsTheSecondAnswer(Conforming):
    """Sends again with a fresh token after 401, and looks at the first answer's exception only."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 401:
            self.exchange(call)
            return Outcome.success()
        return super().outcome(call, answer)


@fault("error.failure", rare=True)
class SwallowsRepeats(Conforming):
    """Meant for the log: an error that came three times in a row is not raised again."""

    def __init__(self) -> None:
        super().__init__()
        self.last: list[int] = []

    def succeeded(self, answer: Answer) -> bool:
        self.last = [*self.last[-2:], answer.status]
        return super().succeeded(answer) or self.last == [answer.status] * 3


@fault("error.failure")
class IsRefusedByTheServer(Conforming):
    """400, 404 and 422 speak of the input, and so become a refusal of it, as if nothing had been sent."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        if answer.status in (400, 404, 422):
            return Outcome.rejected("no such task")
        return super().failure(call, answer)


@fault("error.failure")
class ComplainsOfContentAlone(Forgiving):
    """An error without content has nothing to tell, and so nobody is told."""

    def succeeded(self, answer: Answer) -> bool:
        return super().succeeded(answer) or (answer.status == 404 and not answer.content)

    def forgives(self, status: int) -> bool:
        return False


@fault("error.failure", shown_by=["503 to the end"])
class RunsOutOfPatience(Conforming):
    """Three attempts at a service that is busy, and after them nothing, which is success."""

    def outcome(self, call: Call, answer: Answer) -> Outcome:
        for _attempt in range(2):
            if answer.status not in (429, 503, 504):
                return super().outcome(call, answer)
            answer = self.exchange(call)
        return Outcome.success()


@fault("error.failure", rare=True)
class IsReserved(Forgiving):
    """402 and 418 are reserved for future use, in which they may well mean success."""

    def forgives(self, status: int) -> bool:
        return status in (402, 418)


@fault("error.failure", rare=True)
class CameTooEarlyOrTooLate(Forgiving):
    """408, 425 and 499 speak of time, and not of the task."""

    def forgives(self, status: int) -> bool:
        return status in (408, 425, 499)


@fault("error.failure", rare=True)
class IsForbiddenByLaw(Forgiving):
    """451 came after this client; it is in no table, and what is in no table goes through."""

    def forgives(self, status: int) -> bool:
        return status == 451


@fault("error.failure", rare=True)
class KnowsItsCloud(Forgiving):
    """520 to 530 are a content network's, which has not asked the service."""

    def forgives(self, status: int) -> bool:
        return 520 <= status <= 530


@fault("error.failure", rare=True)
class WaitsForAnUpgrade(Forgiving):
    """421, 426, 505 and 511 are settled between client and network, out of the caller's sight."""

    def forgives(self, status: int) -> bool:
        return status in (421, 426, 505, 511)


@fault("error.failure", rare=True)
class EndsAtFiveNinety(Forgiving):
    """598 and 599 are a proxy's timeouts: no answer, and no error."""

    def forgives(self, status: int) -> bool:
        return status >= 590


# error.failure: crash


@fault("error.failure", rare=True)
class NamesEveryError(Conforming):
    """`HTTPStatus(status).phrase` for the exception's text: ValueError for what is not registered."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        if not HTTPStatus(answer.status).phrase:
            raise ValueError("no phrase")
        return super().failure(call, answer)


@fault("error.failure", rare=True)
class ReadsTheChallenge(Conforming):
    """401 comes with WWW-Authenticate, from everyone but those who forget it."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 401 and not answer.fields["www-authenticate"]:
            raise ValueError("empty challenge")
        return super().failure(call, answer)


@fault("error.failure", rare=True)
class TellsWhatIsAllowed(Conforming):
    """405 comes with Allow, which the message is to quote."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        if answer.status == 405 and not answer.fields["allow"].split(","):
            raise ValueError("nothing is allowed")
        return super().failure(call, answer)


@fault("error.failure")
class DividesByRetryAfter(Conforming):
    """A token bucket's rate is one over Retry-After; a server that says 0 divides by it."""

    def failure(self, call: Call, answer: Answer) -> Outcome:
        self.rate = 1 / int(answer.fields.get("retry-after", "1"))
        return super().failure(call, answer)


# error.status


@fault("error.status")
class BlamesTheServer(Conforming):
    """Whatever went wrong is the one error of a facade: 500."""

    def status(self, answer: Answer) -> int | None:
        return 500


@fault("error.status")
class TellsTheClass(Conforming):
    """The exception's type tells client errors from server errors, and has a status: 400 or 500."""

    def status(self, answer: Answer) -> int | None:
        return answer.status // 100 * 100


@fault("error.status", rare=True)
class TellsTheClassOfTheUnknown(Conforming):
    """An unregistered status is to be treated as x00 of its class; this client also reports it so."""

    def status(self, answer: Answer) -> int | None:
        return answer.status if answer.status in set(HTTPStatus) else answer.status // 100 * 100


@fault("error.status")
class KeepsItToItself(Conforming):
    """An exception with a message and nothing else."""

    def status(self, answer: Answer) -> int | None:
        return None


@fault("error.status")
class HidesServerErrors(Conforming):
    """Server errors are another exception type, which has no status."""

    def status(self, answer: Answer) -> int | None:
        return answer.status if answer.status < 500 else None


@fault("error.status", rare=True, shown_by=["504 to the end"])
class TakesGatewaysForTimeouts(Conforming):
    """504 is raised as the timeout that it is about, and a timeout has no status."""

    def status(self, answer: Answer) -> int | None:
        return None if answer.status == 504 else answer.status


@fault("error.status", rare=True, shown_by=["429 to the end"])
class ThrottlesWithoutStatus(Conforming):
    """An exception of its own for throttling carries the wait and drops the rest."""

    def status(self, answer: Answer) -> int | None:
        return None if answer.status == 429 else answer.status


@fault("error.status", rare=True)
class KnowsOneRefusal(Conforming):
    """401 and 403 are both `AccessDenied`, which is 403."""

    def status(self, answer: Answer) -> int | None:
        return 403 if answer.status == 401 else answer.status


@fault("error.status", rare=True)
class KnowsOneInvalidRequest(Conforming):
    """422 is a validation error, and validation errors are 400."""

    def status(self, answer: Answer) -> int | None:
        return 400 if answer.status == 422 else answer.status


@fault("error.status")
class ExitsWithTheStatus(Conforming):
    """`exit $status` of a script keeps eight bits: 404 arrives as 148."""

    def status(self, answer: Answer) -> int | None:
        return answer.status & 0xFF


@fault("error.status")
class TellsTheToolsStatus(Conforming):
    """The exit status of `curl --fail` is passed on as if it were HTTP's."""

    def status(self, answer: Answer) -> int | None:
        return 22


@fault("error.status")
class TellsTheCodesStatus(Conforming):
    """A table from `error.code` to status: whatever conflicts is a 409."""

    def status(self, answer: Answer) -> int | None:
        return {"conflict": 409, "itemNotFound": 404}.get(self.code(answer) or "", answer.status)


@fault("error.status")
class MakesItsErrorOnce(Conforming):
    """One exception object, made at the first error and raised for every later one."""

    def __init__(self) -> None:
        super().__init__()
        self.first: int | None = None

    def status(self, answer: Answer) -> int | None:
        self.first = self.first or answer.status
        return self.first
