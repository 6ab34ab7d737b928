"""What `check --operations` checks once: a check of one contract, on an operation of the run.

The client is started again for it, so that nothing of the other calls is left. The function is imported by
`check_operations` when it is needed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from graphcontract.cli.obstacles import stop_for_obstacles
from graphcontract.cli.pytest_run import run
from graphcontract.errors import UserError
from graphcontract.judging.run_recorder import RunRecorder
from graphcontract.judging.verdict import ClauseResult
from graphcontract.run.session import Session

if TYPE_CHECKING:
    from graphcontract.contract.model import Contract
    from graphcontract.reporting.events import Event
    from graphcontract.run.options import Options


@dataclass(frozen=True, slots=True)
class OnceCheck:
    """Checks the given clauses on one operation after the other. `load` makes the contract of an operation;
    `origins` has the file of each that has one. `repeat` makes the command that shows a violation again, if a
    check of one contract does not find the operation.
    """

    options: Options
    clauses: Sequence[str]
    load: Callable[[str], Contract]
    origins: Mapping[str, str]
    repeat: Callable[..., str] | None
    first: bool

    def check(self, lead: str, receive: Callable[[Event], None]) -> None:
        """Check the clauses on an operation; a client that cannot be started leaves them not run."""
        contract = self.load(lead)
        planned = [id for id in contract.clauses if id in self.clauses]
        name = self.origins.get(lead, lead)
        options = replace(self.options, contract=name, select=(), deselect=(), known_failures=None)
        session = Session(options, contract, planned)
        if (repeat := self.repeat) is not None:
            session.repeat = lambda clause, *others: repeat(clause, lead, others=others)
        try:
            with redirect_stdout(sys.stderr):  # A client in this process may print.
                session.open()
            assert session.harness is not None
            stop_for_obstacles(session.harness)
            run(session, [_Listener(receive)], first=self.first)
        except UserError as error:
            _report_not_run(session, error.format_in_line(), receive)
        finally:
            session.close()


@dataclass(frozen=True, slots=True)
class _Listener:
    receive: Callable[[Event], None]

    def pytest_graphcontract_event(self, event: Event) -> None:
        """Pass one event on."""
        self.receive(event)


def _report_not_run(session: Session, reason: str, receive: Callable[[Event], None]) -> None:
    recorder = RunRecorder(session.contract, session.planned, fail_on=session.options.fail_on, emit=receive)
    for id in session.planned:
        recorder.add(ClauseResult(id, "not-run", reason=reason))
    recorder.close()
