"""`graphcontract live`: checks a tenant against the service clauses of a contract."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphcontract.cli import output
from graphcontract.cli.options import (
    START_TIMEOUT,
    ContractName,
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
    from graphcontract.live.run import Live
    from graphcontract.reporting.console_report import Detail
    from graphcontract.reporting.events import Event

SAFETY = """By default, nothing in the tenant can change: the run sends GETs, and a few
cancels of made-up ids for which a GET has just returned 404.

To cancel a task, give three things: --allow-cancel; a task (--task ID or
--create FILE); and, for any tenant that is not on loopback,
--confirm-tenant ID.

Credentials come from the environment: GRAPHCONTRACT_TOKEN, or what
azure-identity reads (AZURE_TENANT_ID, AZURE_CLIENT_ID and a secret, a
certificate or a federated token; a managed identity; az login). A second
one, without the permission: GRAPHCONTRACT_TOKEN_UNPRIVILEGED.

Try it on this machine first: graphcontract tenant"""


def live(
    client: Annotated[
        str,
        typer.Argument(
            metavar="CLIENT",
            help="A client to check as well, as in `check`; it does not get a token of the tenant.",
            show_default=False,
        ),
    ] = "",
    tenant_url: Annotated[
        str,
        typer.Option(
            metavar="URL", help="Service root of the tenant, as https://graph.microsoft.com; required."
        ),
    ] = "",
    plan: Annotated[bool, typer.Option("--plan", help="Show every request, and send nothing.")] = False,
    get_only: Annotated[bool, typer.Option("--get-only", help="Send only GET requests.")] = False,
    allow_cancel: Annotated[
        bool, typer.Option("--allow-cancel", help="Allow cancelling a task that is given or created.")
    ] = False,
    task: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID", help="A task that has not started; it is cancelled permanently. Repeatable."
        ),
    ] = None,
    create: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Create a task to cancel from this JSON; {date} and {random} are filled in.",
        ),
    ] = None,
    confirm_tenant: Annotated[
        str | None, typer.Option(metavar="ID", help="The tenant in which to cancel: the `tid` of its tokens.")
    ] = None,
    started_task: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A task that has ended, so that its cancel must fail; repeatable."),
    ] = None,
    risk_running_task: Annotated[
        bool, typer.Option("--risk-running-task", help="Accept a --started-task that is in progress.")
    ] = False,
    require_least_privilege: Annotated[
        bool,
        typer.Option(
            "--require-least-privilege",
            help="Exit with 3 if the credential could cancel a task but the run does not cancel any.",
        ),
    ] = False,
    contract: ContractName = DEFAULT_CONTRACT,
    profile: Annotated[
        Profile, typer.Option(help="gate: fixed steps; nightly: also reads in random order.")
    ] = Profile.GATE,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Seed of nightly's order [default: random].")
    ] = None,
    fail_on: FailOn = Level.MUST,
    select: Select = None,
    deselect: Deselect = None,
    known_failures: KnownFailures = None,
    report: Reports = None,
    request_log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one line for each request, with hashed ids.")
    ] = None,
    keep_bodies: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write complete exchanges. They contain personal data such as names and addresses.",
        ),
    ] = None,
    budget: Annotated[
        int, typer.Option(metavar="N", min=1, max=10000, help="Maximum number of requests in a run.")
    ] = 400,
    rate: Annotated[
        float, typer.Option(metavar="N", min=0.1, max=100, help="Maximum number of requests per second.")
    ] = 4.0,
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where changes are recorded before they are made [default: "
            ".graphcontract/live-journal.jsonl].",
        ),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="JOURNAL", help="Show what an earlier run left behind.")
    ] = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="With --resume: cancel what was left behind.")
    ] = False,
    implementation: ImplementationName = None,
    start_timeout: StartTimeout = START_TIMEOUT,
    list_clauses: ListClauses = False,
    verbose: Verbose = False,
    quiet: Quiet = False,
) -> None:
    """Check a tenant, clause by clause; with CLIENT, also that client on the tenant's traffic.

    Exit status: 0 the tenant conforms; 1 it violates a clause; 2 wrong usage, or the file of --resume is not
    a journal; 3 no violation, but a MUST could not be exercised because of the credential, task, source,
    budget or connection; 5 nothing was exercised; 6 graphcontract failed; 130 interrupted.
    """
    import secrets

    from graphcontract.errors import UserError
    from graphcontract.live.options import LiveOptions
    from graphcontract.live.run import Live
    from graphcontract.live.safety.journal import DEFAULT

    detail = find_detail(verbose=verbose, quiet=quiet)
    if finish and resume is None:
        raise UserError("--finish needs --resume JOURNAL")
    if resume is not None:
        raise typer.Exit(_resume(resume, tenant_url, contract, finish=finish))
    nightly = profile is Profile.NIGHTLY
    options = LiveOptions(
        tenant_url=tenant_url,
        contract=contract,
        client=client or None,
        get_only=get_only,
        allow_cancel=allow_cancel,
        tasks=tuple(task or ()),
        create=create,
        confirm_tenant=confirm_tenant,
        started_tasks=tuple(started_task or ()),
        risk_running_task=risk_running_task,
        require_least_privilege=require_least_privilege,
        keep_bodies=keep_bodies,
        request_log=request_log,
        journal=journal or DEFAULT,
        budget=budget,
        rate=rate,
        profile=profile.value,
        seed=seed if seed is not None else secrets.randbits(32) if nightly else 0,
        fail_on=fail_on.value,
        select=tuple(select or ()),
        deselect=tuple(deselect or ()),
        known_failures=known_failures,
        implementation=implementation,
        start_timeout=start_timeout,
    )
    run = Live.of(options)
    if list_clauses:
        output.list_clauses(run.contract.clauses, run.planned)
    elif plan:
        _show(run)
    else:
        raise typer.Exit(_run(run, tuple(report or ()), detail))


def _show(run: Live) -> None:
    from graphcontract.live.dry_run import lines

    for line in lines(run):
        typer.echo(line)


def _run(run: Live, reports: tuple[str, ...], detail: Detail) -> int:
    from graphcontract.reporting import make_listeners
    from graphcontract.reporting.terminal import Terminal

    terminal = Terminal(output.make_console(reports), detail)
    heard = [terminal, *make_listeners(reports)]

    def emit(event: Event) -> None:
        for listener in heard:
            listener.pytest_graphcontract_event(event)

    try:
        return int(run.run(emit, _say, os.environ))
    except KeyboardInterrupt:
        return 130
    finally:
        terminal.stop()


def _resume(journal: Path, tenant_url: str, contract: str, *, finish: bool) -> int:
    from graphcontract.live.recovery import resume

    named = contract if contract != DEFAULT_CONTRACT else None
    try:
        return int(resume(journal, tenant_url, os.environ, typer.echo, finish=finish, contract_named=named))
    except KeyboardInterrupt:
        return 130


def _say(line: str) -> None:
    typer.echo(line, err=True)
