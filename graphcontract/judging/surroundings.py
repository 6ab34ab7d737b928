"""Compares a call in other surroundings with the same call in the usual ones, and finds the setting that
makes a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

from graphcontract.clauses import registry
from graphcontract.clients.surroundings import Setting
from graphcontract.exchange import Call, Exchange, Trial
from graphcontract.http.stub_response import StubResponse, success
from graphcontract.judging.call_runner import CallOptions
from graphcontract.judging.harness import Harness
from graphcontract.judging.patience import is_expensive

SURROUNDINGS = "calls.surroundings"
"""The clause on differences between surroundings."""
Settings = tuple[Setting, ...]


def compare_surroundings(harness: Harness, call: Call, responses: Sequence[StubResponse]) -> None:
    """Make a call in the usual and in other surroundings, at the same time, and check them. Where they
    differ, it is made again with each setting alone.
    """
    comparison = _Comparison(harness, call, responses)
    sides = harness.clients.sides
    control, *made = comparison.make_all(sides, here=True)
    trials = [
        trial
        for settings, exchange in zip(sides, made, strict=True)
        for trial in comparison.take_apart(settings, Trial(exchange, control))
    ]
    # Those that end the test come last.
    for trial in sorted(trials, key=lambda each: any(map(is_expensive, each.exchanges))):
        harness.observe(trial.exchange, control=trial.control)


class _Comparison:
    """One call with its responses, to be made in any surroundings."""

    def __init__(self, harness: Harness, call: Call, responses: Sequence[StubResponse]) -> None:
        self._harness, self._call, self._responses = harness, call, responses

    def make_all(self, each: Sequence[Settings], *, here: bool = False) -> list[Exchange]:
        """Make the call in these surroundings at the same time; first `here`, with the client that this
        thread calls, if required.
        """
        apart = [partial(self._make, {"surroundings": settings}) for settings in each]
        return self._harness.calls.run_apart(apart, *([partial(self._make, {})] if here else []))

    def _make(self, options: CallOptions) -> Exchange:
        # Some faults show only in a later call of a process, as of a connection that was kept from an event
        # loop that has ended.
        self._harness.perform(self._call, [success()], **options)
        return self._harness.perform(self._call, self._responses, **options)

    @cached_property
    def _usual(self) -> Exchange:
        """The call in a new process, without other surroundings."""
        return self.make_all([()])[0]

    def take_apart(self, settings: Settings, together: Trial) -> list[Trial]:
        """Return the trials that show which settings make the difference, if there is one.

        It is not one of the surroundings if a new process in the usual ones shows it too, or if it does not
        come again. Nor if a working folder is enough: a program may find its files by the folder that it is
        started in, and the user chose that.
        """
        missing = self._find_kinds(together.control, together.exchange)
        if not missing:
            return [together]
        clients, trials = self._harness.clients, list[Trial]()
        with clients.comparing:
            missing &= self._find_kinds(self._usual, together.exchange)
            if self._find_kinds(together.control, self._usual):
                return [together.alone()]  # it differs by itself from call to call
            # What made a difference in an earlier case is tried first; all together come last.
            alone = sorted(settings, key=lambda each: each not in clients.suspects)
            for tried in [*((each,) for each in alone), settings]:
                if not missing:
                    break
                (again,) = self.make_all([tried])
                found = self._find_kinds(self._usual, again) & missing
                missing -= found
                if found and len(tried) == 1:
                    clients.suspects.append(tried[0])
                if found and not (len(tried) == 1 and tried[0].folder):
                    trials.append(Trial(again, self._usual))
        return trials or [together.alone()]

    def _find_kinds(self, usual: Exchange | None, made: Exchange) -> frozenset[str]:
        """The kinds of difference between two exchanges; none if the driver could not make one of them."""
        if usual is None or "unsupported" in (usual.outcome.kind, made.outcome.kind):
            return frozenset()
        found = registry()[SURROUNDINGS].judge(self._harness.contract, Trial(made, usual))
        return frozenset(finding.kind for finding in found)
