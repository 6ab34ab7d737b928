"""`graphcontract check`: checks a client against a contract."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from graphcontract.cli import output
from graphcontract.cli.catalogue import From
from graphcontract.cli.check_operations import Many, run_check
from graphcontract.cli.completion import complete_contracts, complete_operations
from graphcontract.cli.obstacles import stop_for_obstacles
from graphcontract.cli.options import (
    START_TIMEOUT,
    AllowOwnRoot,
    Baseline,
    Deselect,
    FailOn,
    ImplementationName,
    KnownFailures,
    Level,
    ListClauses,
    Profile,
    Quiet,
    Reports,
    Select,
    StartTimeout,
    Verbose,
    find_detail,
)
from graphcontract.contract.model import DEFAULT_CONTRACT

if TYPE_CHECKING:
    from graphcontract.reporting.console_report import Detail
    from graphcontract.run.session import Session

CLIENTS = """CLIENT is one of

  reference                   the built-in client, which conforms
  python:package.module:name  def name(call: Call) -> Outcome, sync or async
  'process:node driver.mjs'   a driver that speaks JSON lines, in any language
  'command:./call.sh {url}'   a command for each call; also {method} {path}
                              {base_url} {token} {timeout}, and each parameter
                              by name"""


class Transport(StrEnum):
    """Where responses come from."""

    LOOPBACK = "loopback"
    MOCK = "mock"
    PROXY = "proxy"


class Http(StrEnum):
    """Which version of HTTP is offered to the client."""

    AUTO = "auto"
    HTTP_1_1 = "1.1"
    HTTP_2 = "2"


class Record(StrEnum):
    """Which exchanges the jsonl report contains."""

    FAILURES = "failures"
    ALL = "all"


def check(
    client: Annotated[
        str, typer.Argument(metavar="CLIENT", help="The client under test; see below.", show_default=False)
    ] = "",
    contract: Annotated[
        list[str] | None,
        typer.Option(
            "--contract",
            metavar="ID|FILE",
            help="A shipped contract or an operation of the catalogue, by id, or a file; repeated: a run "
            f"over these operations [default: {DEFAULT_CONTRACT}].",
            show_default=False,
            autocompletion=complete_contracts,
        ),
    ] = None,
    operations: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Check many operations in one run, with a few calls each: all, or a glob over ids and names "
            "such as 'beta POST /users/*'; repeatable.",
            autocompletion=complete_operations,
        ),
    ] = None,
    source: From = None,
    once: Annotated[
        bool,
        typer.Option(
            "--once/--no-once",
            help="With --operations: also check what does not depend on the operation, on two of them.",
        ),
    ] = True,
    lead: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OPERATION",
            help="With --operations: the operation for what is checked once, by id or pattern; repeatable.",
            show_default=False,
        ),
    ] = None,
    select: Select = None,
    deselect: Deselect = None,
    profile: Annotated[
        Profile, typer.Option(help="How many inputs to try; nightly draws new ones each time.")
    ] = Profile.GATE,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Seed of the inputs [default: 0; nightly: random].")
    ] = None,
    transport: Annotated[
        Transport,
        typer.Option(
            help="Where responses come from: a server on 127.0.0.1 (loopback), a mock inside httpx (Python "
            "only), or a proxy that stands in for the client's own service root."
        ),
    ] = Transport.LOOPBACK,
    tls: Annotated[
        bool,
        typer.Option(
            "--tls",
            help="Use https on the loopback transport, with a certificate authority made for the run.",
        ),
    ] = False,
    http: Annotated[
        Http,
        typer.Option(
            "--http",
            help="Version of HTTP: 2 for https with HTTP/2, auto for 1.1 and the clauses on HTTP/2.",
        ),
    ] = Http.AUTO,
    in_process: Annotated[
        bool,
        typer.Option("--in-process", help="Call a python: client in this process instead of in a child."),
    ] = False,
    start_timeout: StartTimeout = START_TIMEOUT,
    allow_own_root: AllowOwnRoot = False,
    implementation: ImplementationName = None,
    workers: Annotated[
        int,
        typer.Option("-n", "--workers", metavar="N", min=1, help="Number of processes that run the tests."),
    ] = 1,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="With --operations: check only part I of N, such as 1/4; `report merge` joins the jsonl "
            "reports.",
        ),
    ] = None,
    first: Annotated[
        bool, typer.Option("-x", "--exit-first", help="Stop at the first violation that fails the run.")
    ] = False,
    fail_on: FailOn = Level.MUST,
    known_failures: KnownFailures = None,
    baseline: Baseline = None,
    report: Reports = None,
    record: Annotated[
        Record, typer.Option(help="Which exchanges the jsonl report contains.")
    ] = Record.FAILURES,
    list_clauses: ListClauses = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Check a client against the contract of one operation, or of many with --operations.

    Exit status: 0 the client conforms; 1 it violates a clause, or a MUST was not exercised; 2 wrong usage or
    an invalid contract; 3 the client could not be started or reached; 5 nothing was exercised;
    6 graphcontract failed; 130 interrupted.
    """
    from graphcontract.errors import UserError
    from graphcontract.run.options import Options
    from graphcontract.run.session import Session

    detail = find_detail(verbose=verbose, quiet=quiet)
    if not client and not list_clauses:
        raise UserError("no client given", CLIENTS)
    contracts = tuple(contract or ())
    is_many = bool(operations) or len(contracts) > 1
    is_many |= any(each is not None for each in (source, baseline, shard)) or bool(lead) or not once
    import secrets

    options = Options(
        client=client or "reference",
        contract=contracts[0] if contracts and not is_many else DEFAULT_CONTRACT,
        transport=transport.value,
        tls=tls,
        http=http.value,
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
    ).with_seed(seed, secrets.randbits(32))
    if is_many:
        names = ["--record"] if record is not Record.FAILURES else []
        many = Many(
            tuple(operations or ()) or (("all",) if contracts else ()),
            source,
            tuple(report or ()),
            first,
            list_clauses,
            detail,
            baseline,
            shard,
            workers,
            contracts,
            once,
            tuple(lead or ()),
        )
        raise typer.Exit(run_check(options, many, names))
    session = Session.of(options)
    if list_clauses:
        output.list_clauses(session.contract.clauses, session.planned)
        return
    try:
        status = _run(session, tuple(report or ()), detail, workers=workers, first=first)
    except KeyboardInterrupt:
        status = 130
    raise typer.Exit(status)


def _run(session: Session, reports: tuple[str, ...], detail: Detail, *, workers: int, first: bool) -> int:
    from graphcontract.cli.pytest_run import run
    from graphcontract.reporting import make_listeners
    from graphcontract.reporting.terminal import Terminal

    terminal = Terminal(output.make_console(reports), detail)
    listeners = [terminal, *make_listeners(reports)]
    with redirect_stdout(sys.stderr):  # A client in this process may print; standard output can be a report.
        session.open()
    try:
        assert session.harness is not None
        stop_for_obstacles(session.harness)
        return run(session, listeners, workers=workers, first=first)
    finally:
        terminal.stop()
        session.close()
