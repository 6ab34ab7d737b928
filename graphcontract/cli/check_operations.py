"""`graphcontract check --operations`: checks a client against many operations in one run, with one report.

Heavy imports are inside the functions, so that other commands start fast.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphcontract.cli import output
from graphcontract.cli.obstacles import stop_for_obstacles

if TYPE_CHECKING:
    from graphcontract.catalogue.catalogue import Catalogue
    from graphcontract.catalogue.contract_set import ContractSet
    from graphcontract.contract.model import Contract
    from graphcontract.judging.client_set import ClientSet
    from graphcontract.operations.known_findings import KnownFindings
    from graphcontract.operations.once import Once
    from graphcontract.operations.run import Plan, Selection
    from graphcontract.operations.shards import ShardNumber
    from graphcontract.reporting.console_report import Detail
    from graphcontract.reporting.events import Event
    from graphcontract.run.options import Options

    Operations = Catalogue | ContractSet


@dataclass(frozen=True, slots=True)
class Many:
    """What `check` is given for a run over many operations. With `first`, it ends at the first violation;
    with `lists`, the clauses are listed and nothing is checked. If there are `contracts`, the operations are
    theirs. With `once`, what does not depend on the operation is checked too, on the operations `leads` if
    there are any. `detail` is how much to print.
    """

    patterns: tuple[str, ...]
    source: Path | None
    reports: tuple[str, ...]
    first: bool
    lists: bool
    detail: Detail
    baseline: str | None = None
    shard: str | None = None
    workers: int = 1
    contracts: tuple[str, ...] = ()
    once: bool = True
    leads: tuple[str, ...] = ()


def run_check(options: Options, many: Many, conflicting: Sequence[str]) -> int:
    """Run and report, and return the exit status. `conflicting` are the given options that make no sense
    here; `OptionError` for the first of them, and for one that needs `--operations`.
    """
    from graphcontract.operations.run import load_conventions
    from graphcontract.run.options import OptionError

    if many.contracts and many.source is not None:
        raise OptionError("--from cannot be combined with --contract", "Leave one of them out.")
    if not many.patterns:
        given = {"--from": many.source, "--baseline": many.baseline, "--shard": many.shard}
        last = "--lead" if many.leads else "--no-once"
        alone = next((name for name, value in given.items() if value is not None), last)
        raise OptionError(f"{alone} needs --operations", "Add --operations all, or a pattern.")
    if conflicting:
        raise OptionError(
            f"{conflicting[0]} cannot be combined with --operations",
            "Leave one of them out. The report of a run over many operations contains failures only.",
        )
    if many.leads and not many.once:
        raise OptionError("--lead cannot be combined with --no-once", "Leave one of them out.")
    clauses = _select_clauses(options, once=many.once)
    if many.lists:
        output.list_clauses(load_conventions().clauses, clauses)
        return 0
    catalogue = _load_operations(many)
    selection = _select_operations(catalogue, many)
    plan = _make_plan(options, many, clauses)
    plan.shard.take(list(selection.names))
    for lead in many.leads:
        _find_lead(catalogue, lead)
    return _run(options, catalogue, selection, plan, many)


def _make_plan(options: Options, many: Many, clauses: Sequence[str]) -> Plan:
    """Make the plan of a run. Raises ShardError for a shard that does not exist, ContractError for a list."""
    from graphcontract.operations.lists import load_lists
    from graphcontract.operations.operation_run import CLAUSES
    from graphcontract.operations.run import Plan, load_conventions
    from graphcontract.operations.shards import WHOLE, ShardNumber

    return Plan(
        tuple(id for id in clauses if id in CLAUSES),
        options.seed,
        options.profile,
        options.fail_on,
        partial(_format_repeat, options, many),
        many.first,
        load_lists(options.known_failures, many.baseline, load_conventions()),
        ShardNumber.parse(many.shard) if many.shard is not None else WHOLE,
    )


def _select_clauses(options: Options, *, once: bool) -> list[str]:
    """Select the clauses of the run; without `once`, those that single calls show."""
    from graphcontract.operations.operation_run import CLAUSES
    from graphcontract.operations.run import load_conventions
    from graphcontract.run.session import plan_clauses

    conventions = load_conventions()
    listed = {id: each for id, each in conventions.clauses.items() if once or id in CLAUSES}
    command = "check --operations all" if once else "check --operations all --no-once"
    return plan_clauses(
        replace(conventions, clauses=listed), options.select, options.deselect, command=command
    )


def _plan_once(options: Options, catalogue: Operations, selection: Selection, many: Many, plan: Plan) -> Once:
    """Make the plan of what is checked once; without clauses if it is not wanted."""
    from graphcontract.catalogue.contract_set import ContractSet
    from graphcontract.cli.check_once import OnceCheck
    from graphcontract.judging.run_recorder import plan_clause
    from graphcontract.operations.once import EACH_ONLY, Once
    from graphcontract.operations.run import load_conventions

    conventions = load_conventions().clauses
    chosen = _select_clauses(options, once=many.once) if many.once else []
    clauses = [id for id in chosen if id not in EACH_ONLY]
    leads = dict.fromkeys(_find_lead(catalogue, each) for each in many.leads)
    # A check of one contract finds contract files, and the operations of the shipped catalogue.
    origins = catalogue.origins if isinstance(catalogue, ContractSet) else {}
    is_other = many.source is not None and not origins
    repeat = partial(_format_repeat, options, many) if is_other else None
    check = OnceCheck(options, clauses, selection.load, origins, repeat, plan.first)
    return Once(
        [plan_clause(conventions[id]) for id in clauses], tuple(leads), check.check, catalogue.name_of
    )


def _find_lead(catalogue: Operations, pattern: str) -> str:
    """Find the operation that `--lead` names; OptionError for a pattern of several."""
    from graphcontract.catalogue.catalogue import Catalogue
    from graphcontract.run.options import OptionError

    found = catalogue.find(pattern)
    if len(found) > 1:
        raise OptionError(
            f"--lead {pattern!r} matches {len(found):,} operations", f"Give one, for example {found[0]}."
        )
    if isinstance(catalogue, Catalogue):
        catalogue.operation(found[0])
    return found[0]


def _load_operations(many: Many) -> Operations:
    """Load the catalogue, or the contracts of a folder, or those that were named."""
    from graphcontract.catalogue.contract_set import ContractSet
    from graphcontract.clauses import list_kinds
    from graphcontract.cli.catalogue import load_catalogue
    from graphcontract.run.session import load_contract

    if many.contracts:
        return ContractSet.load(many.contracts, load_contract)
    if many.source is not None and many.source.is_dir():
        return ContractSet.load_folder(many.source, list_kinds())
    return load_catalogue(many.source)


def _select_operations(catalogue: Operations, many: Many) -> Selection:
    """Find the operations of all patterns. Raises NoOperation for a pattern that matches none, ContractError
    for a line that is broken.
    """
    from graphcontract.catalogue.contract_set import ContractSet
    from graphcontract.clauses import list_kinds
    from graphcontract.operations.run import Selection
    from graphcontract.operations.shards import hash_operations

    ids = dict.fromkeys(id for pattern in many.patterns for id in catalogue.find(pattern))
    names = {id: catalogue.name_of(id) for id in ids}
    digest = hash_operations(names.values())
    if isinstance(catalogue, ContractSet):
        return Selection(names, catalogue.contract, catalogue.name, digest)
    for id in ids if many.source is not None else ():  # The shipped catalogue is known to be valid.
        catalogue.operation(id)
    load = partial(catalogue.contract, known=list_kinds())
    return Selection(names, load, catalogue.name, digest, catalogue.find_family_of)


def _format_repeat(
    options: Options, many: Many, clause: str, *operations: str, others: Sequence[str] = ()
) -> str:
    """Write the command that checks a clause, and others, of these operations again, with the same calls."""
    words = [word for each in operations for word in ("--operations", each)]
    words += ["--from", str(many.source)] if many.source is not None else []
    words += [word for each in many.contracts for word in ("--contract", each)]
    return f"{options.repeat(clause, *others)} {shlex.join(words)}"


def _describe_options(options: Options, many: Many) -> dict[str, Any]:
    """Give the options that reproduce the run: patterns in place of a contract."""
    source = str(many.source) if many.source is not None else None
    chosen: dict[str, Any] = {"operations": list(many.patterns), "from": source}
    chosen |= {"once": many.once, "lead": list(many.leads)}
    chosen |= {"contracts": list(many.contracts)} if many.contracts else {}
    return {name: each for name, each in options.to_report().items() if name != "contract"} | chosen


def _run(options: Options, catalogue: Operations, selection: Selection, plan: Plan, many: Many) -> int:
    from graphcontract.catalogue.catalogue import Catalogue
    from graphcontract.contract.model import list_current_ids
    from graphcontract.operations.once import OnceStage
    from graphcontract.operations.processes import run_in_processes
    from graphcontract.operations.run import load_conventions
    from graphcontract.operations.shards import WHOLE
    from graphcontract.reporting.operations_terminal import OperationsTerminal

    terminal = OperationsTerminal(output.make_console(many.reports), many.detail)
    emit = output.make_emitter(terminal, many.reports)
    once = _plan_once(options, catalogue, selection, many, plan)
    stage = OnceStage(once.clauses, partial(load_known, plan), emit)
    try:
        if many.workers == 1 or not plan.clauses:
            status = judge_operations(options, selection, plan, many, stage.receive)
        else:
            # Contracts hold functions, which no other process can be given: it loads them again.
            made = catalogue if isinstance(catalogue, Catalogue) else None
            work = partial(judge_shard, options, many, made)
            ids = list_current_ids(load_conventions().clauses)
            status = run_in_processes(work, many.workers, selection, plan, ids, stage.receive)
        if stage.footer is None:  # The run ended before it began.
            return status
        if once.clauses and plan.shard.index == 1:
            stage.run(once, selection.names, first=many.first)
        return stage.finish(whole=plan.shard == WHOLE)
    finally:
        terminal.stop()


def load_known(plan: Plan, name: str, version: str | None) -> KnownFindings | None:
    """Load the known failures of a client that is named in a header."""
    from graphcontract.clients import Implementation

    return plan.load_lists(Implementation(name, version)).known


def judge_shard(
    options: Options,
    many: Many,
    catalogue: Catalogue | None,
    shard: ShardNumber,
    emit: Callable[[Event], None],
    has_stopped: Callable[[], bool],
) -> None:
    """Judge a shard of a run in one of its processes."""
    plan = _make_plan(options, many, _select_clauses(options, once=many.once))
    plan = replace(plan, shard=shard, has_stopped=has_stopped)
    operations = catalogue if catalogue is not None else _load_operations(many)
    judge_operations(options, _select_operations(operations, many), plan, many, emit)


def judge_operations(
    options: Options, selection: Selection, plan: Plan, many: Many, emit: Callable[[Event], None]
) -> int:
    """Start the client, judge the operations of the plan's shard, and return the exit status."""
    from graphcontract.judging.harness import Harness
    from graphcontract.judging.profile import PROFILES
    from graphcontract.operations.run import load_first, run_operations
    from graphcontract.reporting.events import RunDescription

    contract = load_first(selection)
    with redirect_stdout(sys.stderr):  # A client in this process may print; standard output can be a report.
        clients = _start_clients(options, contract)
    try:
        stop_for_obstacles(Harness(contract, clients, PROFILES[options.profile]))
        description: RunDescription = {
            "kind": "operations",
            "profile": options.profile,
            "transport": options.transport,
            "tls": options.tls,
            "seed": options.seed,
            "options": _describe_options(options, many),
        }
        return run_operations(selection, plan, clients, description, emit)
    finally:
        clients.close()
        clients.main.transport.__exit__(None, None, None)


def _start_clients(options: Options, contract: Contract) -> ClientSet:
    """Start transport and client; raises ClientUnavailable, ClientSpecError and OptionError."""
    from graphcontract.judging.client_set import ClientSet
    from graphcontract.run.client_setup import TargetFactory

    targets = TargetFactory(contract, options)
    main = targets.main()
    return ClientSet(main, another=targets.another(main))
