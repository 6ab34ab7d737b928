"""Faulty clients: error.status."""

from __future__ import annotations

from http import HTTPStatus

from graphcontract.exchange import Call
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.bases.following import Following
from tests.sample_clients.bases.shown_by import STATUS_TESTS
from tests.sample_clients.registry import faulty


@faulty("error.status", shown_by=STATUS_TESTS)
class EveryErrorAs500(Conforming):
    """Whatever went wrong is the one error of a facade: 500."""

    def status(self, answer: Answer) -> int | None:
        return 500


@faulty("error.status", shown_by=STATUS_TESTS)
class RoundsTheStatusToItsClass(Conforming):
    """The exception's type tells client errors from server errors, and has a status: 400 or 500."""

    def status(self, answer: Answer) -> int | None:
        return answer.status // 100 * 100


@faulty("error.status", rare=True, shown_by=STATUS_TESTS)
class RoundsUnregisteredStatusToItsClass(Conforming):
    """An unregistered status is to be treated as x00 of its class; this client also reports it so."""

    def status(self, answer: Answer) -> int | None:
        return answer.status if answer.status in set(HTTPStatus) else answer.status // 100 * 100


@faulty("error.status", shown_by=STATUS_TESTS)
class NoStatus(Conforming):
    """An exception with a message and nothing else."""

    def status(self, answer: Answer) -> int | None:
        return None


@faulty("error.status", shown_by=STATUS_TESTS)
class NoStatusForServerErrors(Conforming):
    """Server errors are another exception type, which has no status."""

    def status(self, answer: Answer) -> int | None:
        return answer.status if answer.status < 500 else None


@faulty("error.status", rare=True, shown_by=["504 to the end"])
class GatewayTimeoutAsTransportTimeout(Conforming):
    """504 is raised as the timeout that it is about, and a timeout has no status."""

    def status(self, answer: Answer) -> int | None:
        return None if answer.status == 504 else answer.status


@faulty("error.status", rare=True, shown_by=["429 to the end"])
class NoStatusForThrottling(Conforming):
    """An exception of its own for throttling carries the wait and drops the rest."""

    def status(self, answer: Answer) -> int | None:
        return None if answer.status == 429 else answer.status


@faulty("error.status", rare=True, shown_by=STATUS_TESTS)
class Status401As403(Conforming):
    """401 and 403 are both `AccessDenied`, which is 403."""

    def status(self, answer: Answer) -> int | None:
        return 403 if answer.status == 401 else answer.status


@faulty("error.status", rare=True, shown_by=STATUS_TESTS)
class Status422As400(Conforming):
    """422 is a validation error, and validation errors are 400."""

    def status(self, answer: Answer) -> int | None:
        return 400 if answer.status == 422 else answer.status


@faulty("error.status", shown_by=STATUS_TESTS)
class StatusInEightBits(Conforming):
    """`exit $status` of a script keeps eight bits: 404 arrives as 148."""

    def status(self, answer: Answer) -> int | None:
        return answer.status & 0xFF


@faulty("error.status", shown_by=STATUS_TESTS)
class ExitStatusOfCurlAsStatus(Conforming):
    """The exit status of `curl --fail` is passed on as if it were HTTP's."""

    def status(self, answer: Answer) -> int | None:
        return 22


@faulty("error.status", shown_by=STATUS_TESTS)
class StatusByCodeTable(Conforming):
    """A table from `error.code` to status: whatever conflicts is a 409."""

    def status(self, answer: Answer) -> int | None:
        return {"conflict": 409, "itemNotFound": 404}.get(self.code(answer) or "", answer.status)


@faulty("error.status", shown_by=STATUS_TESTS)
class CachesTheFirstError(Conforming):
    """One exception object, made at the first error and raised for every later one."""

    def __init__(self) -> None:
        super().__init__()
        self.first: int | None = None

    def status(self, answer: Answer) -> int | None:
        self.first = self.first or answer.status
        return self.first


@faulty("error.status", rare=True)
class StatusOfTheRedirect(Following):
    """The first response is the one that is reported."""

    def exchange(self, call: Call) -> Answer:
        self.local.first = None
        return super().exchange(call)

    def follows(self, answer: Answer) -> bool:
        if self.local.first is None:
            self.local.first = answer.status
        return super().follows(answer)

    def status(self, answer: Answer) -> int | None:
        return self.local.first or answer.status
