"""`graphcontract serve`: serves one case of a clause on a local port, so that a client can be debugged.

`run.reproduce` finds the case and `run.case_server` serves it; this module reads options and prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from graphcontract.cli.completion import complete_clauses
from graphcontract.cli.options import AllowOwnRoot, ContractName
from graphcontract.contract.model import DEFAULT_CONTRACT

if TYPE_CHECKING:
    from graphcontract.contract.model import Contract
    from graphcontract.exchange import Call, Exchange
    from graphcontract.http.stub_response import StubResponse
    from graphcontract.run.case_server import Judgement
    from graphcontract.run.options import Options
    from graphcontract.run.reproduce import CaseStep
    from graphcontract.run.session import Session
    from graphcontract.transports.loopback import Loopback


def serve(
    clause: Annotated[
        str,
        typer.Option(
            metavar="ID",
            help="The clause, with the simplest input that exercises it.",
            show_default=False,
            autocompletion=complete_clauses,
        ),
    ] = "",
    evidence: Annotated[
        str,
        typer.Option(metavar="ID", help="Or a failure: its evidence id in --report.", show_default=False),
    ] = "",
    report: Annotated[
        str,
        typer.Option(metavar="FILE", help="A report made with --report jsonl=PATH.", show_default=False),
    ] = "",
    contract: ContractName = DEFAULT_CONTRACT,
    tls: Annotated[bool, typer.Option("--tls", help="Use https.")] = False,
    allow_own_root: AllowOwnRoot = False,
) -> None:
    """Serve one case of a clause on a port of 127.0.0.1, to step through a client in a debugger.

    Prints a curl command for each expected call to standard error, then each exchange and its verdict to
    standard output, repeatedly. Ctrl-C ends it with exit status 0.
    """
    from graphcontract.errors import UserError
    from graphcontract.run.options import Options

    if bool(clause) == bool(evidence) or bool(evidence) != bool(report):
        raise UserError("no case given", "Give --clause ID, or --evidence ID with --report FILE.")
    if clause:
        client = "reference-http2" if clause.startswith("http2.") else "reference"
        options = Options(client, contract, tls=tls, profile="quick", in_process=True, select=(clause,))
    else:
        options = _of_failure(report, evidence, allow_own_root=allow_own_root)
    _keep_up(options, evidence)


def _of_failure(report: str, evidence: str, *, allow_own_root: bool) -> Options:
    from graphcontract.errors import UserError
    from graphcontract.reporting.report_reader import read_report
    from graphcontract.run.options import Options

    read = read_report(report)
    found = read.verdict_of(evidence)
    if found is None:
        raise UserError(f"{report} has no evidence with the id {evidence}")
    return Options.of_report(read.header.get("options", {}), found["clause"], allow_own_root=allow_own_root)


def _keep_up(options: Options, evidence: str) -> None:
    from graphcontract.errors import UserError
    from graphcontract.run.session import Session
    from graphcontract.transports.loopback import Loopback

    session = Session.of(options)
    if len(session.planned) != 1:
        raise UserError(f"{options.select[0]!r} matches several clauses", "Give one.")
    (id,) = session.planned
    steps = _find_case(session, id, evidence)
    clause = session.contract.clauses[id]
    typer.echo(f"{id} ({clause.counted_level}): {clause.statement}")
    with Loopback(tls=options.https, http2=options.http == "2") as server:
        try:
            _Terminal(session.contract, id, steps, server).run()
        except KeyboardInterrupt:
            typer.echo("ended", err=True)


def _find_case(session: Session, id: str, evidence: str) -> Sequence[CaseStep]:
    """Find the case to serve. Raises UserError if the clause has no case here."""
    from graphcontract.clauses import registry
    from graphcontract.errors import UserError
    from graphcontract.judging.test_run import unsupported_reason
    from graphcontract.run.reproduce import RecordingHarness, failing_case, usual_case

    if "own-root" in registry()[id].needs:
        raise UserError(
            f"{id} is checked at the client's own service root, and `serve` has an address on 127.0.0.1"
        )

    typer.echo("searching for the case ...", err=True)
    session.open()
    try:
        assert session.harness is not None
        if reason := unsupported_reason(session.harness, id):
            raise UserError(f"{id} cannot be served: {reason}")
        harness = RecordingHarness.of(session.harness)
        steps = (
            failing_case(harness, id, evidence, session.options.seed) if evidence else usual_case(harness, id)
        )
    finally:
        session.close()
    if steps is None and evidence:
        raise UserError(f"the client no longer shows {evidence}")
    if steps is None:
        raise UserError(f"{id} cannot be served: the reference client never exercises it")
    return steps


class _Terminal:
    """Prints a case: curl commands to standard error, exchanges and verdicts to standard output."""

    def __init__(self, contract: Contract, id: str, steps: Sequence[CaseStep], server: Loopback) -> None:
        from graphcontract.run.case_server import CaseServer

        self._contract, self._id, self._calls = contract, id, len(steps)
        self._host = CaseServer(contract, id, steps, server, self._announce)
        self._round: list[Exchange] = []
        self._shown = 0
        self._announced = ""

    def run(self) -> NoReturn:
        """Serve the case repeatedly, until Ctrl-C."""
        while True:
            for exchange in self._host.wait_for_exchanges():
                self._round.append(exchange)

    def _announce(self, call: Call, step: CaseStep) -> None:
        """Print where a call is expected, unless it is the same as the last one. What happened before comes
        first: whoever reads the address may call at once.
        """
        from graphcontract.reporting.evidence_text import escape_unprintable
        from graphcontract.run.case_server import curl

        self._show()
        line = curl(self._contract, call)
        if line == self._announced:
            return
        self._announced = line
        which = f"call {self._shown + 1} of {self._calls}" if self._calls > 1 else "the call"
        typer.echo(f"waiting for {which} at {call.base_url}")
        for name, value in call.arguments.items():
            typer.echo(escape_unprintable(f"  {name} = {value}"))
        typer.echo(f"  response: {', then '.join(map(_describe_response, step.answers))}")
        typer.echo(escape_unprintable(line), err=True)

    def _show(self) -> None:
        """Print exchanges that were not printed yet, and the verdict once the case is complete."""
        from graphcontract.judging.evidence import describe_exchange
        from graphcontract.reporting.evidence_text import render_exchange

        for exchange in self._round[self._shown :]:
            for line in render_exchange(describe_exchange(exchange)):
                typer.echo(line)
        self._shown = len(self._round)
        if self._shown == self._calls:
            self._judge(self._host.judgements(self._round))
            self._round, self._shown = [], 0

    def _judge(self, judgements: Sequence[Judgement]) -> None:
        described = [self._describe_findings(judgement) for judgement in judgements]
        if all(each == described[0] for each in described):
            typer.echo("\n".join(described[0]))
            return
        for judgement, lines in zip(judgements, described, strict=True):
            typer.echo(f"if the client reports {judgement.reported}:")
            typer.echo("\n".join(f"  {line}" for line in lines))

    def _describe_findings(self, judgement: Judgement) -> list[str]:
        from graphcontract.judging.verdict import evidence_id
        from graphcontract.reporting.evidence_text import escape_unprintable

        if judgement.findings is None:
            return [f"= {self._id} is not exercised by this"]
        if not judgement.findings:
            return [f"= {self._id}: pass"]
        clause = self._contract.clauses[self._id]
        lines = []
        for found in judgement.findings:
            key = evidence_id(clause.evidence_key, found.kind, found.input)
            lines.append(f"! {key}: {clause.kinds[found.kind].text}")
            lines.append(escape_unprintable(f"    expected {found.expected}; actual {found.actual}"))
        return lines


def _describe_response(response: StubResponse) -> str:
    """Describe a stub response in a few words."""
    if response.fault is not None:
        return f"a fault ({response.fault})"
    waits = next((value for name, value in response.fields if name.lower() == "retry-after"), None)
    statuses = [str(status) for status in response.interim]
    statuses.append(str(response.status or "success"))
    return ", then ".join(statuses) + (f" (Retry-After: {waits})" if waits is not None else "")
