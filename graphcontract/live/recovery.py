"""Reads the journal of an earlier run, reports what the run left behind, and cancels it with `--finish`.

Anything but a complete journal is an error: an incomplete one could hide a task.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from graphcontract.clauses import list_kinds
from graphcontract.clauses.service_queries import CANCELLED, LOOKUP, NOT_STARTED, READ, REPEAT
from graphcontract.contract.jsonfile import ContractError
from graphcontract.contract.loader import load
from graphcontract.contract.model import DEFAULT_CONTRACT, Contract
from graphcontract.errors import UserError
from graphcontract.live.claims import parse_claims
from graphcontract.live.client_setup import start_client
from graphcontract.live.create_file import Creation, read_create_file
from graphcontract.live.credentials import find_tokens
from graphcontract.live.executor import Executor
from graphcontract.live.options import LiveOptions, LiveUnreachable
from graphcontract.live.run import make_journal
from graphcontract.live.safety.allowed_hosts import parse_root
from graphcontract.live.safety.journal import Journal, JournalContent, JournalError, OpenItem, read_journal
from graphcontract.live.safety.policy import Policy
from graphcontract.live.safety.rate_limit import Pacer, RateClock, Stopped
from graphcontract.live.scenarios.create import hash_id
from graphcontract.live.sender import Sender
from graphcontract.live.steps import RequestStep, StepResult
from graphcontract.live.urls import Targets

# Requests in all, and a second. When the budget is used up, --resume ends with status 3 and can be repeated.
_BUDGET, _RATE = 200, 4.0
_BY_HAND = "clean it up manually"


@dataclass
class Recovery:
    """Settles the open items of a journal. `open` counts those that stay open."""

    executor: Executor
    targets: Targets
    say: Callable[[str], None]
    finish: bool
    open: int = 0

    def settle(self, left: OpenItem) -> None:
        """Report the state of one item; cancel the task where the run created it and `finish` is set."""
        id, ours = (left.id, False) if left.id is not None else (None, False)
        if left.created:
            id, ours = self._identify_created(left)
            if id is None:
                return
        assert id is not None
        seen = self._read(id)
        if seen.status in (404, 410):
            self.say(f"{id}: does not exist")
        elif seen.task_status is None:
            self._report_open(f"{id}: cannot be read: status code {seen.status}")
        elif seen.task_status != NOT_STARTED:
            self.say(f"{id}: is {seen.task_status}")
        elif left.created and not ours:
            self._report_open(f"{id}: is {NOT_STARTED}, but may not be the run's own task: {_BY_HAND}")
        elif not ours:
            self.say(f"{id}: is {NOT_STARTED}; the run did not create it, so it is left unchanged")
        elif not self.finish:
            self._report_open(f"{id}: was created by the run and is {NOT_STARTED}; --finish cancels it")
        else:
            self._cancel(id)

    def _report_open(self, line: str) -> None:
        self.open += 1
        self.say(line)

    def _identify_created(self, left: OpenItem) -> tuple[str | None, bool]:
        """The id of the task that a create call made, and whether it is certainly the run's own."""
        creation = _reload_creation(left, self.targets)
        if creation is None:
            if left.id is None:
                sent = "a create call was sent" if left.announced else "a create call may have been sent"
                self._report_open(f"{sent}, and {left.file} is missing or has changed: {_BY_HAND}")
            return left.id, False
        lookup = self._perform(
            RequestStep(LOOKUP, "to find the created task", "GET", creation.lookup, creation.lookup)
        )
        if lookup.status == 404 and left.id is None:
            self.executor.journal.record_response("create", http=404, sure=True)
            self.say(
                "a create call was announced, but created no task"
                if left.announced
                else f"no task was created from {left.file}"
            )
            return None, False
        found = lookup.document.get("id")
        id = found if isinstance(found, str) else left.id
        if id is None or (left.id is not None and id != left.id):
            self._report_open(f"a create call was sent, but its task was not found: {_BY_HAND}")
            return None, False
        if left.id is None:
            self.executor.journal.record_response("create", id=id, http=lookup.status, sure=True)
        new = left.before is not None and hash_id(id) not in left.before
        return id, new and creation.find_date_mismatch(lookup.document) is None

    def _cancel(self, id: str) -> None:
        self.executor.policy.add_created(id)
        target = self.targets.cancel(id)
        method = self.executor.contract.request.method
        step = RequestStep(
            REPEAT,
            "to cancel the task that the run left behind",
            method,
            target,
            target,
            id,
            through_client=True,
        )
        done = self._perform(step)
        after = self._read(id)
        if after.task_status == CANCELLED:
            self.say(f"{id}: cancelled")
        else:
            state = after.task_status or f"status {after.status}"
            self._report_open(f"{id}: is {state} after a cancel with status code {done.status}: {_BY_HAND}")

    def _read(self, id: str) -> StepResult:
        target = self.targets.task(id)
        self.executor.watch_task(id)
        return self._perform(RequestStep(READ, "to read its status", "GET", target, target, id))

    def _perform(self, step: RequestStep) -> StepResult:
        return self.executor.perform(step)


def _reload_creation(left: OpenItem, targets: Targets) -> Creation | None:
    """The create file of an item, where it still exists and is unchanged."""
    if left.file is None:
        return None
    try:
        long_ago = datetime.min.replace(tzinfo=UTC, year=1900)
        creation = read_create_file(Path(left.file), targets, long_ago, left.values)
    except UserError:
        return None
    return creation if creation.sha256 == left.sha256 else None


def _load_contract(path: Path, left: JournalContent, named: str | None) -> Contract:
    """The run's contract, or another one for the same operation; raises UserError."""
    try:
        contract = load(named or left.contract or DEFAULT_CONTRACT, list_kinds())
    except ContractError as error:
        if named is not None:
            raise
        remedy = "Give its current location with --contract FILE."
        raise JournalError(
            f"the contract {left.contract} of the journal {path} cannot be loaded", remedy
        ) from error
    if left.action is not None and contract.request.action != left.action:
        other = f"but {contract.id} is for {contract.request.action}"
        remedy = "Give the run's contract with --contract FILE."
        raise JournalError(f"the journal {path} is for {left.action}, {other}", remedy)
    return contract


def resume(
    path: Path,
    tenant_url: str,
    environment: Mapping[str, str],
    say: Callable[[str], None],
    *,
    finish: bool,
    contract_named: str | None = None,
    clock: RateClock | None = None,
) -> int:
    """Settle the open items of a journal. Returns 0 where none is left, 1 where one may be; raises UserError,
    also for a journal with an incomplete line.

    `contract_named` is the contract's id or file, where it differs from the one in the journal.
    """
    if not path.exists():
        raise JournalError(f"the journal {path} does not exist")
    if not path.is_file():
        raise JournalError(f"{path} is not a file, so it is not a journal")
    left = read_journal(path)
    if left.cut is not None and not (left.open and finish):
        known = ", ".join(each.id or f"a task created from {each.file}" for each in left.open[:10])
        raise _make_cut_error(
            path, left.cut, f". Other lines announced {known}, which may be open too" if known else ""
        )
    if not left.open and left.ended:
        say(f"{path}: nothing was left behind")
        return 0
    open = 0
    if left.open:
        open = _settle_all(
            path, left, tenant_url, environment, say, finish=finish, named=contract_named, clock=clock
        )
    if left.cut is not None:
        raise _make_cut_error(path, left.cut, f". Of the items in the other lines, {open} stay open")
    if left.ended or open:
        return int(open > 0)
    return _close_run(path, left, say, finish=finish)


def _make_cut_error(path: Path, line: int, others: str) -> JournalError:
    """The error for a journal with an incomplete line, which could have announced any change."""
    return JournalError(
        f"{path}:{line}: the line is incomplete, as after a crash or in an incomplete copy: the change that "
        f"it announces is unknown and counts as open{others}",
        "If this is a copy, get the whole file. Otherwise settle the other lines with --finish, look for the "
        "run's task in the tenant's list of tasks, and then delete the journal.",
    )


def _close_run(path: Path, left: JournalContent, say: Callable[[str], None], *, finish: bool) -> int:
    """Report that the run did not end by itself; with `finish`, record that everything it announced is
    settled.
    """
    if finish:
        with Journal(path, left.root or "", left.tenant) as journal:
            journal.end()
        say(f"{path}: the run did not end by itself; everything that it announced is settled")
        return 0
    say(
        f"{path}: the run did not end by itself: it was killed, or lines are missing after line "
        f"{left.lines}. Nothing else is open. If this is the whole file, close it with --finish"
    )
    return 1


def _settle_all(
    path: Path,
    left: JournalContent,
    tenant_url: str,
    environment: Mapping[str, str],
    say: Callable[[str], None],
    *,
    finish: bool,
    named: str | None,
    clock: RateClock | None,
) -> int:
    """Settle the open items and return how many stay open."""
    contract = _load_contract(path, left, named)
    root = parse_root(left.root or "", contract)
    if tenant_url and parse_root(tenant_url, contract) != root:
        raise JournalError(f"the journal {path} is for {root.url}, not for the root in --tenant-url")
    tokens = find_tokens(root, environment)
    if parse_claims(tokens.get()).tenant != left.tenant:
        raise JournalError("the journal and the token are for different tenants: nothing was sent")
    clock = clock or RateClock()
    with ExitStack() as stack:
        options = LiveOptions(root.url, named or left.contract or DEFAULT_CONTRACT, journal=path)
        journal = stack.enter_context(make_journal(contract, options, root, left.tenant))
        journal.ends = left.ended
        under_test = stack.enter_context(start_client(contract, options))
        executor = Executor(
            contract,
            tokens,
            Pacer(_BUDGET, _RATE, clock),
            Policy(Targets.of(contract), root.loopback, cancel=finish),
            Sender(root, clock.now),
            journal,
            under_test.client,
            under_test.forwarder,
        )
        resuming = Recovery(executor, Targets.of(contract), say, finish)
        try:
            for each in left.open:
                resuming.settle(each)
        except Stopped as error:
            raise LiveUnreachable(f"{path} is not settled: {error}") from error
    return resuming.open
