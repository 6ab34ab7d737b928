"""The gate's inputs and exchanges without clauses, pytest and reports; prints how many there were."""

from __future__ import annotations

import argparse

from graphcontract.exchange import Trial
from graphcontract.judging.harness import CallStats, Harness, Observer
from graphcontract.run.session import Options, Session
from graphcontract.run.suite_tests import suite_tests


class _Deaf:
    """A court that judges nothing."""

    def hear(self, trial: Trial) -> None:
        """Let a trial pass."""


class Unheard(Harness):
    """A gate whose trials no clause judges."""

    def set_observer(
        self,
        observer: Observer | None,
        stats: CallStats | None = None,
        *,
        place: int | None = None,
        owner: object = None,
    ) -> None:
        """Start a test before a court that judges nothing."""
        super().set_observer(observer and _Deaf(), stats, place=place, owner=owner)


def main() -> None:
    """Make every exchange of the suites at the gate profile."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.unjudged", description=__doc__)
    parser.add_argument("client")
    parser.add_argument("--transport", choices=("loopback", "mock"), default="loopback")
    parser.add_argument("--in-process", action="store_true")
    asked = parser.parse_args()
    session = Session.of(Options(asked.client, transport=asked.transport, in_process=asked.in_process))
    session.open()
    try:
        print(_exchanges(session))
    finally:
        session.close()


def _exchanges(session: Session) -> int:
    judging = session.harness
    assert judging is not None
    session.harness = Unheard(
        judging.contract,
        judging.client,
        judging.transport,
        judging.profile,
        another=judging.another,
        at_own_root=judging.at_own_root,
        guard=judging.guard,
    )
    wanted = [(test, id) for test in suite_tests() for id in test.proves if id in session.planned]
    for test, id in wanted:
        session.want(test, id)
    in_order = sorted(wanted, key=lambda pair: bool(pair[0].cases))
    return sum(session.part(test, id).exchanges for test, id in in_order)


if __name__ == "__main__":
    main()
