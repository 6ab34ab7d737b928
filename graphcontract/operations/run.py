"""One run over many operations: opens the recorder, judges each operation, isolates each fault, and ends.

Ctrl-C ends it early, with a report that says which operations were not run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from graphcontract.clauses import list_kinds
from graphcontract.clients import Implementation
from graphcontract.contract import loader
from graphcontract.contract.jsonfile import ContractError
from graphcontract.contract.model import Base, Contract
from graphcontract.judging import sigint
from graphcontract.judging.call_runner import CallRunner, CallStats
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.run_recorder import ExitStatus
from graphcontract.operations.call_plan import plan_calls, sort_operations
from graphcontract.operations.isolation import Isolator
from graphcontract.operations.lanes import Lanes
from graphcontract.operations.recorder import OperationsRecorder
from graphcontract.operations.shards import WHOLE, ShardNumber
from graphcontract.operations.tally import Lists
from graphcontract.operations.values import open_pool
from graphcontract.reporting.events import Event, FailOn, ProfileName, RunDescription, Shard


@dataclass(frozen=True, slots=True)
class Selection:
    """The operations of a run: version, method and path by id; `load` makes the contract of an id. `source`
    names what they come from, and `sha256` is its hash. `find_family` finds the family of libraries that
    alone has an operation.
    """

    names: Mapping[str, str]
    load: Callable[[str], Contract]
    source: str
    sha256: str
    find_family: Callable[[str], str | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run checks and how: `clauses` by id, `repeat` makes the command that shows a clause's violation
    again with the given operations. With `first`, it ends at the first violation that fails it. `load_lists`
    loads what the run is compared with, for the client with this name. Only the operations of `shard` are
    judged, and none without `clauses`. `has_stopped` says whether another process of the run has ended it.
    """

    clauses: tuple[str, ...]
    seed: int
    profile: ProfileName
    fail_on: FailOn
    repeat: Callable[..., str]
    first: bool = False
    load_lists: Callable[[Implementation], Lists] = lambda _: Lists()
    shard: ShardNumber = WHOLE
    has_stopped: Callable[[], bool] = lambda: False


def load_first(selection: Selection) -> Contract:
    """Load the contract of the first operation that has one; `ContractError` if none of them has."""
    failed: ContractError | None = None
    for id in selection.names:
        try:
            return selection.load(id)
        except ContractError as error:
            failed = failed or error
    assert failed is not None
    raise failed


def load_conventions() -> Base:
    """Load the clauses that hold for every operation."""
    loaded = loader.load_any("graph-conventions", list_kinds())
    assert isinstance(loaded, Base)
    return loaded


def run_operations(
    selection: Selection,
    plan: Plan,
    clients: ClientSet,
    description: RunDescription,
    emit: Callable[[Event], None],
) -> ExitStatus:
    """Judge the operations with these clients, and return the exit status."""
    shard = plan.shard
    order = shard.take(sort_operations(list(selection.names), plan.seed)) if plan.clauses else []
    if shard != WHOLE:
        part: Shard = {"index": shard.index, "of": shard.of, "operations": len(selection.names)}
        description = {**description, "shard": part}
    pool = open_pool(plan.seed)
    client = clients.main.client
    family = client.implementation.family
    recorder = OperationsRecorder(
        {id: selection.names[id] for id in order},
        plan.clauses,
        load_conventions(),
        fail_on=plan.fail_on,
        emit=emit,
        lists=plan.load_lists(client.implementation),
        whole=shard == WHOLE,
        is_self_derived=lambda id: family is not None and selection.find_family(id) == family,
    )
    calls = CallRunner(load_first(selection), clients)
    isolator = Isolator(calls, selection.load, plan.repeat)
    lanes = Lanes(
        clients,
        calls,
        plan.clauses,
        selection.load,
        lambda contract: plan_calls(contract, plan.seed, plan.profile, pool),
    )
    interrupted = False
    with sigint.delay_interrupts():  # a report has its header and plan, or does not begin
        recorder.open(client, description, selection.source, selection.sha256)
    try:
        with closing(lanes.run(order)) as results:
            for result in results:
                with sigint.delay_interrupts():  # an operation is reported once
                    failed = recorder.add(result)
                if plan.first and (failed or plan.has_stopped()):
                    break
    except KeyboardInterrupt:
        interrupted = True
    again = CallStats()
    calls.count_for(again)
    present = partial(isolator.present, again=not interrupted)
    return recorder.close(present, lambda: again.exchanges, interrupted=interrupted)
