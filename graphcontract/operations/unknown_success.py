"""Decides what an outcome other than success means if no source states the status of success: a client has to
accept one of the likely statuses, and not each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from graphcontract.clauses import registry
from graphcontract.contract.model import Contract
from graphcontract.exchange import Exchange, Trial
from graphcontract.http.stub_response import stub
from graphcontract.judging.evaluator import find_violations
from graphcontract.operations.call_plan import PlannedCall

CLAUSE = "response.no-content"

_REPORTS = {
    "failure": "reports failure",
    "rejected": "reports rejected input",
    "crash": "crashes",
    "hang": "does not return in time",
}


class UnknownSuccess:
    """Follows the calls of one operation. `repeat` makes one more of its calls."""

    def __init__(self, contract: Contract, repeat: Callable[[PlannedCall], Exchange]) -> None:
        self._contract, self._repeat = contract, repeat
        self._statuses = contract.success.statuses
        self._accepted: set[int] = set()
        self._only: int | None = None
        self._is_refused = len(self._statuses) == 1  # there is nothing to decide
        self.note: str | None = None

    def choose(self, planned: PlannedCall) -> PlannedCall:
        """Give the call with the status that the client accepts, once it is known to accept one only."""
        if self._only is None or planned.response.status not in self._statuses:
            return planned
        return replace(planned, response=stub(self._only))

    def is_tolerated(self, planned: PlannedCall, exchange: Exchange) -> bool:
        """Whether the client did not report success for the status of this response, and accepts another one.
        Ordinary calls tell this from other causes: the operation then gets a note, and no violation.
        """
        status = planned.response.status
        if self._is_refused or status not in self._statuses or status in self._accepted:
            return False
        if (succeeded := self._reports_success(exchange)) is not False:
            self._accepted.update([status] if succeeded else [])
            return False
        others = (each for each in self._statuses if each != status)
        accepted = next((each for each in others if self._accepts(planned, each)), None)
        self._is_refused = accepted is None
        if accepted is None or self._accepts(planned, status):
            return False
        self._only = accepted
        reports = _REPORTS[exchange.outcome.kind]
        self.note = (
            "No source states the status of success. The client reports success for "
            f"{accepted}, and {reports} for {status} without content"
        )
        return True

    def _accepts(self, planned: PlannedCall, status: int) -> bool:
        """Whether the client reports success for an ordinary call with this status."""
        if status not in self._accepted:
            call = replace(planned.call, arguments=dict(planned.plain))
            made = self._repeat(replace(planned, call=call, response=stub(status), input_class="plain"))
            if self._reports_success(made):
                self._accepted.add(status)
        return status in self._accepted

    def _reports_success(self, exchange: Exchange) -> bool | None:
        """None if the client did not get the response, so that the exchange does not show it."""
        if exchange.outcome.kind == "success":
            return True
        found = find_violations(self._contract, registry()[CLAUSE], Trial(exchange))
        return None if found is None else not found
