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
    from graphcontract.contract.model import Contract
    from graphcontract.judging.client_set import ClientSet
    from graphcontract.operations.run import Plan, Selection
    from graphcontract.operations.shards import ShardNumber
    from graphcontract.reporting import Listener
    from graphcontract.reporting.events import Event
    from graphcontract.run.options import Options


@dataclass(frozen=True, slots=True)
class Many:
    """What `check` is given for a run over many operations. With `first`, it ends at the first violation;
    with `lists`, the clauses are listed and nothing is checked.
    """

    patterns: tuple[str, ...]
    source: Path | None
    reports: tuple[str, ...]
    first: bool
    lists: bool
    baseline: str | None = None
    shard: str | None = None
    workers: int = 1


def run_check(options: Options, many: Many, conflicting: Sequence[str]) -> int:
    """Run and report, and return the exit status. `conflicting` are the given options that make no sense
    here; `OptionError` for the first of them, and for `--from` alone.
    """
    from graphcontract.operations.run import load_conventions
    from graphcontract.run.options import OptionError

    if not many.patterns:
        given = {"--from": many.source, "--baseline": many.baseline, "--shard": many.shard}
        alone = next(name for name, value in given.items() if value is not None)
        raise OptionError(f"{alone} needs --operations", "Add --operations all, or a pattern.")
    if conflicting:
        raise OptionError(
            f"{conflicting[0]} cannot be combined with --operations",
            "Leave one of them out. The report of a run over many operations contains failures only.",
        )
    clauses = _select_clauses(options)
    if many.lists:
        output.list_clauses(load_conventions().clauses, clauses)
        return 0
    catalogue = _load_catalogue(many)
    selection = _select_operations(catalogue, many)
    plan = _make_plan(options, many, clauses)
    plan.shard.take(list(selection.names))
    return _run(options, catalogue, selection, plan, many)


def _make_plan(options: Options, many: Many, clauses: tuple[str, ...]) -> Plan:
    """Make the plan of a run. Raises ShardError for a shard that does not exist, ContractError for a list."""
    from graphcontract.operations.lists import load_lists
    from graphcontract.operations.run import Plan, load_conventions
    from graphcontract.operations.shards import WHOLE, ShardNumber

    return Plan(
        clauses,
        options.seed,
        options.profile,
        options.fail_on,
        partial(_format_repeat, options, many.source),
        many.first,
        load_lists(options.known_failures, many.baseline, load_conventions()),
        ShardNumber.parse(many.shard) if many.shard is not None else WHOLE,
    )


def _select_clauses(options: Options) -> tuple[str, ...]:
    from graphcontract.operations.operation_run import CLAUSES
    from graphcontract.operations.run import load_conventions
    from graphcontract.run.session import plan_clauses

    conventions = load_conventions()
    listed = {id: conventions.clauses[id] for id in CLAUSES}
    command = "check --operations all"
    planned = plan_clauses(
        replace(conventions, clauses=listed), options.select, options.deselect, command=command
    )
    return tuple(planned)


def _load_catalogue(many: Many) -> Catalogue:
    from graphcontract.cli.catalogue import load_catalogue

    return load_catalogue(many.source)


def _select_operations(catalogue: Catalogue, many: Many) -> Selection:
    """Find the operations of all patterns. Raises NoOperation for a pattern that matches none, ContractError
    for a line that is broken.
    """
    from graphcontract.clauses import list_kinds
    from graphcontract.operations.run import Selection
    from graphcontract.operations.shards import hash_operations

    ids = dict.fromkeys(id for pattern in many.patterns for id in catalogue.find(pattern))
    if many.source is not None:  # The shipped catalogue is known to be valid.
        for id in ids:
            catalogue.operation(id)
    known = list_kinds()

    def load(id: str) -> Contract:
        return catalogue.contract(id, known)

    names = {id: catalogue.name_of(id) for id in ids}
    return Selection(names, load, catalogue.name, hash_operations(names.values()))


def _format_repeat(options: Options, source: Path | None, clause: str, *operations: str) -> str:
    """Write the command that checks one clause of these operations again, with the same calls."""
    words = [word for each in operations for word in ("--operations", each)]
    words += ["--from", str(source)] if source is not None else []
    return f"{options.repeat(clause)} {shlex.join(words)}"


def _describe_options(options: Options, many: Many) -> dict[str, Any]:
    """Give the options that reproduce the run: patterns in place of a contract."""
    source = str(many.source) if many.source is not None else None
    chosen = {"operations": list(many.patterns), "from": source}
    return {name: each for name, each in options.to_report().items() if name != "contract"} | chosen


def _run(options: Options, catalogue: Catalogue, selection: Selection, plan: Plan, many: Many) -> int:
    from rich.console import Console

    from graphcontract.contract.model import list_current_ids
    from graphcontract.operations.processes import run_in_processes
    from graphcontract.operations.run import load_conventions
    from graphcontract.reporting import make_listeners, writes_to_standard_output
    from graphcontract.reporting.operations_terminal import OperationsTerminal

    console = Console(stderr=writes_to_standard_output(many.reports), highlight=False, emoji=False)
    terminal = OperationsTerminal(console)
    listeners: list[Listener] = []

    def emit(event: Event) -> None:
        if event["event"] == "header":  # an error before leaves reports as they are
            listeners.extend([terminal, *make_listeners(many.reports, operations=True)])
        for listener in listeners:
            listener.pytest_graphcontract_event(event)

    try:
        if many.workers == 1:
            return judge_operations(options, selection, plan, many, emit)
        work = partial(judge_shard, options, many, catalogue)
        ids = list_current_ids(load_conventions().clauses)
        return run_in_processes(work, many.workers, selection, plan, ids, emit)
    finally:
        terminal.stop()


def judge_shard(
    options: Options,
    many: Many,
    catalogue: Catalogue,
    shard: ShardNumber,
    emit: Callable[[Event], None],
    has_stopped: Callable[[], bool],
) -> None:
    """Judge a shard of a run in one of its processes."""
    plan = _make_plan(options, many, _select_clauses(options))
    plan = replace(plan, shard=shard, has_stopped=has_stopped)
    judge_operations(options, _select_operations(catalogue, many), plan, many, emit)


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
