"""`graphcontract check`: gate a client. Words for pytest, and its result for people and exit status."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from graphcontract.cli.options import (
    START_TIMEOUT,
    AllowOwnRoot,
    ContractName,
    Deselect,
    FailOn,
    ImplementationName,
    KnownFailures,
    Level,
    ListClauses,
    Profile,
    Reports,
    Select,
    StartTimeout,
)
from graphcontract.contract.model import DEFAULT_CONTRACT

if TYPE_CHECKING:
    from graphcontract.run.session import Session

CLIENTS = """CLIENT is one of

  reference                    the built-in client, a model of a good one
  python:package.module:name   def name(call: Call) -> Outcome, sync or async
  'process:node driver.mjs'    a driver that speaks JSON lines, in any language
  'command:./cancel.sh {url}'  a command a call; also {base_url} {token} {task_id} {timeout}"""


class Transport(StrEnum):
    """Where answers come from."""

    LOOPBACK = "loopback"
    MOCK = "mock"
    PROXY = "proxy"


class Record(StrEnum):
    """Which exchanges a report keeps."""

    FAILURES = "failures"
    ALL = "all"


def check(
    client: Annotated[
        str, typer.Argument(metavar="CLIENT", help="The client under test; see below.", show_default=False)
    ] = "",
    contract: ContractName = DEFAULT_CONTRACT,
    transport: Annotated[
        Transport,
        typer.Option(
            help="Where answers come from: a server on 127.0.0.1, the inside of httpx (Python alone), "
            "or a proxy behind which the client's own root is played."
        ),
    ] = Transport.LOOPBACK,
    tls: Annotated[
        bool,
        typer.Option(
            "--tls", help="Speak https on the loopback transport, with an authority made for the run."
        ),
    ] = False,
    profile: Annotated[
        Profile, typer.Option(help="How much to explore; nightly draws anew each time.")
    ] = Profile.GATE,
    fail_on: FailOn = Level.MUST,
    select: Select = None,
    deselect: Deselect = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Seed of the inputs [default: 0; nightly: random].")
    ] = None,
    first: Annotated[
        bool, typer.Option("-x", "--exit-first", help="Stop at the first violation that fails the run.")
    ] = False,
    workers: Annotated[
        int, typer.Option("-n", "--workers", metavar="N", min=1, help="Processes to spread the tests over.")
    ] = 1,
    start_timeout: StartTimeout = START_TIMEOUT,
    in_process: Annotated[
        bool,
        typer.Option("--in-process", help="Call a python: client in this process instead of in a child."),
    ] = False,
    allow_own_root: AllowOwnRoot = False,
    implementation: ImplementationName = None,
    report: Reports = None,
    known_failures: KnownFailures = None,
    record: Annotated[Record, typer.Option(help="Exchanges that the jsonl report keeps.")] = Record.FAILURES,
    list_clauses: ListClauses = False,
) -> None:
    """Gate a client: judge it clause by clause against a contract.

    Exit status: 0 it holds; 1 a clause is violated or a MUST was not judged; 2 usage, or a wrong contract;
    3 the client could not be started or reached; 5 nothing was exercised; 6 graphcontract failed;
    130 interrupted.
    """
    from graphcontract.errors import UserError
    from graphcontract.run.session import Options, Session, with_seed

    if not client and not list_clauses:
        raise UserError(f"no client given\n\n{CLIENTS}")
    import secrets

    options = Options(
        client=client or "reference",
        contract=contract,
        transport=transport.value,
        tls=tls,
        profile=profile.value,
        fail_on=fail_on.value,
        select=tuple(select or ()),
        deselect=tuple(deselect or ()),
        in_process=in_process,
        implementation=implementation,
        start_timeout=start_timeout,
        record=record.value,
        known_failures=known_failures,
        allow_own_root=allow_own_root,
    )
    session = Session.of(with_seed(options, seed, secrets.randbits(32)))
    if list_clauses:
        for id in session.planned:
            clause = session.contract.clauses[id]
            typer.echo(f"{clause.counted_level:6}  {id:28}{clause.statement}")
        return
    try:
        status = _run(session, tuple(report or ()), workers=workers, first=first)
    except KeyboardInterrupt:
        status = 130
    raise typer.Exit(status)


def _run(session: Session, reports: tuple[str, ...], *, workers: int, first: bool) -> int:
    from rich.console import Console

    from graphcontract.cli.pytest_run import run
    from graphcontract.reporting import make_listeners, writes_to_standard_output
    from graphcontract.reporting.terminal import Terminal

    terminal = Terminal(Console(stderr=writes_to_standard_output(reports), highlight=False, emoji=False))
    with redirect_stdout(sys.stderr):  # What a client prints in this process is no part of a report.
        session.open()
    try:
        _stop_for_obstacles(session)
        plugins = [terminal, *make_listeners(reports)]
        return run(session, plugins, workers=workers, first=first)
    finally:
        terminal.stop()
        session.close()


def _stop_for_obstacles(session: Session) -> None:
    """Make the first of the doctor's calls; raises ClientUnavailable where every clause would fail alike."""
    from graphcontract.clients import ClientUnavailable
    from graphcontract.judging.harness import CallStats
    from graphcontract.reporting.evidence_text import escape_unprintable
    from graphcontract.run.doctor import reach

    assert session.harness is not None
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):  # Nothing of it is in a report yet.
        found = next((finding for finding in reach(session.harness) if finding.stops), None)
    session.harness.stats = CallStats()
    if found is not None:
        problem = f"the client cannot be judged like this: at an ordinary call, {found.seen}"
        raise ClientUnavailable(escape_unprintable(problem), found.advice)
