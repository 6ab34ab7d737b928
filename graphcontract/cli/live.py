"""`graphcontract live`: judge a tenant. Words for a run, and its result for people and exit status."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    Reports,
    Select,
    StartTimeout,
)
from graphcontract.contract.model import DEFAULT_CONTRACT

if TYPE_CHECKING:
    from graphcontract.live.run import Live

SAFETY = """Nothing that exists can change by default: the run sends GETs, and a few cancels of made-up ids
that a GET has just answered 404.

A cancel takes three things: --allow-cancel; a task, --task ID or --create FILE; and, against anything
but loopback, --confirm-tenant ID.

Credentials come from the environment: GRAPHCONTRACT_TOKEN, or what azure-identity reads (AZURE_TENANT_ID,
AZURE_CLIENT_ID and a secret, a certificate or a federated token; a managed identity; az login). A second
one, without the permission: GRAPHCONTRACT_TOKEN_UNPRIVILEGED.

Try it on this machine first: graphcontract tenant"""


def live(
    client: Annotated[
        str,
        typer.Argument(
            metavar="[CLIENT]",
            help="A client to judge as well, as in check; it gets no token of the tenant.",
            show_default=False,
        ),
    ] = "",
    tenant_url: Annotated[
        str, typer.Option(metavar="URL", help="The tenant's service root, e.g. https://graph.microsoft.com.")
    ] = "",
    plan: Annotated[bool, typer.Option("--plan", help="Show every request, and send none.")] = False,
    get_only: Annotated[bool, typer.Option("--get-only", help="Send nothing but GET.")] = False,
    allow_cancel: Annotated[
        bool, typer.Option("--allow-cancel", help="Allow the cancel of a task that is named or made.")
    ] = False,
    task: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A task that has not started, to be cancelled for good; repeatable."),
    ] = None,
    create: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Make a task to cancel of this JSON, {date} and {random} filled in.",
        ),
    ] = None,
    confirm_tenant: Annotated[
        str | None, typer.Option(metavar="ID", help="The tenant that a cancel is meant for: the token's tid.")
    ] = None,
    started_task: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="A task that has ended, which must refuse; repeatable."),
    ] = None,
    risk_running_task: Annotated[
        bool, typer.Option("--risk-running-task", help="Let a --started-task be in progress.")
    ] = False,
    require_least_privilege: Annotated[
        bool,
        typer.Option(
            "--require-least-privilege",
            help="End with 3 where the credential could cancel and nothing is to be cancelled.",
        ),
    ] = False,
    contract: ContractName = DEFAULT_CONTRACT,
    profile: Annotated[
        Profile, typer.Option(help="gate: fixed steps; nightly: reads in random order besides.")
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
        Path | None, typer.Option(metavar="FILE", help="Write a line for each request, ids hashed.")
    ] = None,
    keep_bodies: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write whole exchanges: they hold names and addresses of people."),
    ] = None,
    budget: Annotated[int, typer.Option(metavar="N", min=1, max=10000, help="Most requests of a run.")] = 400,
    rate: Annotated[float, typer.Option(metavar="N", min=0.1, max=100, help="Most requests a second.")] = 4.0,
    journal: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where changes are announced [.graphcontract/live-journal.jsonl]."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="JOURNAL", help="Say what an earlier run left behind.")
    ] = None,
    finish: Annotated[bool, typer.Option("--finish", help="With --resume: cancel what was left.")] = False,
    implementation: ImplementationName = None,
    start_timeout: StartTimeout = START_TIMEOUT,
    list_clauses: ListClauses = False,
) -> None:
    """Judge a tenant, clause by clause; with CLIENT, that client on the tenant's traffic as well.

    Exit status: 0 it honours the contract; 1 a clause is violated; 2 usage, or --resume of another file than
    a journal; 3 no violation, but a MUST could not be judged: credential, task, source, budget, or a tenant
    that is not reached; 5 nothing was exercised; 6 graphcontract failed; 130 interrupted.
    """
    import secrets

    from graphcontract.errors import UserError
    from graphcontract.live.options import LiveOptions
    from graphcontract.live.run import Live
    from graphcontract.live.safety.journal import DEFAULT

    if finish and resume is None:
        raise UserError("--finish goes with --resume JOURNAL")
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
        for id in run.planned:
            clause = run.contract.clauses[id]
            typer.echo(f"{clause.counted_level:6}  {id:28}{clause.statement}")
    elif plan:
        _show(run)
    else:
        raise typer.Exit(_run(run, tuple(report or ())))


def _show(run: Live) -> None:
    from graphcontract.live.dry_run import lines

    for line in lines(run):
        typer.echo(line)


def _run(run: Live, reports: tuple[str, ...]) -> int:
    from rich.console import Console

    from graphcontract.reporting import make_listeners, writes_to_standard_output
    from graphcontract.reporting.terminal import Terminal

    terminal = Terminal(Console(stderr=writes_to_standard_output(reports), highlight=False, emoji=False))
    heard = [terminal, *make_listeners(reports)]

    def emit(event: Any) -> None:
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
