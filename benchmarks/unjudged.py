"""The inputs and exchanges of a check without clauses, pytest and reports; prints their number."""

from __future__ import annotations

import argparse

from graphcontract.exchange import Trial
from graphcontract.judging.call_runner import CallStats
from graphcontract.judging.harness import Harness, Observer
from graphcontract.run.options import Options
from graphcontract.run.session import Session
from graphcontract.run.suite_tests import suite_tests


class _NullObserver:
    """An observer that ignores every trial."""

    def observe(self, trial: Trial) -> None:
        """Ignore a trial."""


class UnjudgedHarness(Harness):
    """A harness whose trials no clause examines."""

    def set_observer(
        self,
        observer: Observer | None,
        stats: CallStats | None = None,
        *,
        index: int | None = None,
        owner: object = None,
    ) -> None:
        """Start a test with an observer that ignores its trials."""
        super().set_observer(observer and _NullObserver(), stats, index=index, owner=owner)


def main() -> None:
    """Make every exchange of the suites."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.unjudged", description=__doc__)
    parser.add_argument("client")
    parser.add_argument("--transport", choices=("loopback", "mock"), default="loopback")
    parser.add_argument("--http", choices=("auto", "1.1", "2"), default="auto")
    parser.add_argument("--profile", choices=("quick", "gate", "nightly"), default="gate")
    parser.add_argument("--in-process", action="store_true")
    session = Session.of(Options(**vars(parser.parse_args())))
    session.open()
    try:
        print(_count_exchanges(session))
    finally:
        session.close()


def _count_exchanges(session: Session) -> int:
    harness = session.harness
    assert harness is not None
    session.harness = UnjudgedHarness(harness.contract, harness.clients, harness.profile)
    wanted = [(test, id) for test in suite_tests() for id in test.proves if id in session.planned]
    for test, id in wanted:
        session.want(test, id)
    in_order = sorted(wanted, key=lambda pair: bool(pair[0].cases))
    return sum(session.part(test, id).exchanges for test, id in in_order)


if __name__ == "__main__":
    main()
