"""What an earlier run left behind, by its journal: said, and cancelled where that is asked for.

Knows journals and the rules of a cancel; it judges nothing. What is not a whole journal is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from graphcontract.clauses import known
from graphcontract.clauses.service_queries import CANCELLED, LOOKUP, NOT_STARTED, READ, REPEAT
from graphcontract.contract.jsonfile import ContractError
from graphcontract.contract.loader import load
from graphcontract.contract.model import DEFAULT_CONTRACT, Contract
from graphcontract.errors import UserError
from graphcontract.live.claims import claims_of
from graphcontract.live.client_setup import brought_up
from graphcontract.live.create_file import Creation, creation_of
from graphcontract.live.credentials import tokens_for
from graphcontract.live.executor import Executor
from graphcontract.live.options import LiveOptions, LiveUnreachable
from graphcontract.live.run import journal_for
from graphcontract.live.safety.allowed_hosts import root_of
from graphcontract.live.safety.journal import Journal, JournalError, Left, Open, left_behind
from graphcontract.live.safety.policy import Policy
from graphcontract.live.safety.rate_limit import Pacer, RateClock, Stopped
from graphcontract.live.scenarios.create import marked
from graphcontract.live.sender import Sender
from graphcontract.live.steps import RequestStep, Seen
from graphcontract.live.urls import Targets

_BUDGET, _RATE = 200, 4.0
_BY_HAND = "look after it by hand"


@dataclass
class Resuming:
    """Goes through what is open. `settled` counts what is, `open` what stays."""

    executor: Executor
    targets: Targets
    say: Callable[[str], None]
    finish: bool
    open: int = 0

    def settle(self, left: Open) -> None:
        """Say what became of one thing that was left; cancel it where it is ours and that is asked for."""
        id, ours = (left.id, False) if left.id is not None else (None, False)
        if left.created:
            id, ours = self._ours(left)
            if id is None:
                return
        assert id is not None
        seen = self._read(id)
        if seen.status in (404, 410):
            self.say(f"{id}: is not there")
        elif seen.task_status is None:
            self._stays(f"{id}: cannot be read: status {seen.status}")
        elif seen.task_status != NOT_STARTED:
            self.say(f"{id}: is {seen.task_status}")
        elif left.created and not ours:
            self._stays(f"{id}: is {NOT_STARTED}, and cannot be shown to be the run's own: {_BY_HAND}")
        elif not ours:
            self.say(f"{id}: is {NOT_STARTED}; the run had not made it, and it is left as it is")
        elif not self.finish:
            self._stays(f"{id}: was made by the run, and is {NOT_STARTED}: --finish cancels it")
        else:
            self._cancel(id)

    def _stays(self, line: str) -> None:
        self.open += 1
        self.say(line)

    def _ours(self, left: Open) -> tuple[str | None, bool]:
        """The id of what a create call made, and whether it is surely the run's own."""
        creation = _creation(left, self.targets)
        if creation is None:
            if left.id is None:
                sent = "a create call was sent" if left.announced else "a create call may have been sent"
                self._stays(f"{sent}, and {left.file} is gone or has changed: {_BY_HAND}")
            return left.id, False
        looked_up = self._perform(
            RequestStep(LOOKUP, "what the create call made", "GET", creation.lookup, creation.lookup)
        )
        if looked_up.status == 404 and left.id is None:
            self.executor.journal.answered("create", http=404, sure=True)
            self.say(
                "a create call was announced, and made nothing"
                if left.announced
                else f"no task was made of {left.file}"
            )
            return None, False
        found = looked_up.document.get("id")
        id = found if isinstance(found, str) else left.id
        if id is None or (left.id is not None and id != left.id):
            self._stays(f"a create call was sent, and what it made is not found: {_BY_HAND}")
            return None, False
        if left.id is None:
            self.executor.journal.answered("create", id=id, http=looked_up.status, sure=True)
        new = left.before is not None and marked(id) not in left.before
        return id, new and creation.unlike(looked_up.document) is None

    def _cancel(self, id: str) -> None:
        self.executor.policy.made(id)
        target = self.targets.cancel(id)
        method = self.executor.contract.request.method
        step = RequestStep(REPEAT, "what was left", method, target, target, id, through_client=True)
        done = self._perform(step)
        after = self._read(id)
        if after.task_status == CANCELLED:
            self.say(f"{id}: cancelled")
        else:
            state = after.task_status or f"status {after.status}"
            self._stays(f"{id}: is {state} after a cancel that was answered {done.status}: {_BY_HAND}")

    def _read(self, id: str) -> Seen:
        target = self.targets.task(id)
        self.executor.watch(id)
        return self._perform(RequestStep(READ, "what became of it", "GET", target, target, id))

    def _perform(self, step: RequestStep) -> Seen:
        return self.executor.perform(step)


def _creation(left: Open, targets: Targets) -> Creation | None:
    """The file that a task was made of, where it is still the same."""
    if left.file is None:
        return None
    try:
        long_ago = datetime.min.replace(tzinfo=UTC, year=1900)
        creation = creation_of(Path(left.file), targets, long_ago, left.values)
    except UserError:
        return None
    return creation if creation.sha256 == left.sha256 else None


def _contract(path: Path, left: Left, named: str | None) -> Contract:
    """The contract that a journal was written by, or one that asks for the same; raises UserError."""
    try:
        contract = load(named or left.contract or DEFAULT_CONTRACT, known())
    except ContractError as error:
        if named is not None:
            raise
        remedy = "say where it is now: --contract FILE"
        raise JournalError(f"the journal {path} is of the contract {left.contract}; {remedy}") from error
    if left.action is not None and contract.request.action != left.action:
        other = f"and {contract.id} is of {contract.request.action}"
        remedy = "give the run's contract: --contract FILE"
        raise JournalError(f"the journal {path} is of {left.action}, {other}: {remedy}")
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
    """Settle what a journal has open: 0 where nothing is left, 1 where something may be; raises UserError,
    for a journal with a cut line too.

    `contract_named` is the contract's id or file, where it is not the one that the journal names.
    """
    if not path.exists():
        raise JournalError(f"there is no journal {path}")
    if not path.is_file():
        raise JournalError(f"{path} is not a file, and so not a journal")
    left = left_behind(path)
    if left.cut is not None and not (left.open and finish):
        known = ", ".join(each.id or f"a task made of {each.file}" for each in left.open[:10])
        raise _cut(path, left.cut, f" By other lines this may be open too: {known}." if known else "")
    if not left.open and left.ended:
        say(f"{path}: nothing was left behind")
        return 0
    open = 0
    if left.open:
        open = _settled(
            path, left, tenant_url, environment, say, finish=finish, named=contract_named, clock=clock
        )
    if left.cut is not None:
        raise _cut(path, left.cut, f" Of what the other lines announced, {open} stay open.")
    if left.ended or open:
        return int(open > 0)
    return _closed(path, left, say, finish=finish)


def _cut(path: Path, line: int, others: str) -> JournalError:
    """The error for a journal in which a line is only a part: it could announce anything."""
    return JournalError(
        f"{path}:{line}: the line is cut, as after a crash or in an incomplete copy: what it announces is "
        f"not known, and counts as open.{others} If this is a copy, get the whole file. Otherwise let "
        "--finish settle the other lines, look for the run's task in the tenant's list of tasks, and then "
        "delete the journal"
    )


def _closed(path: Path, left: Left, say: Callable[[str], None], *, finish: bool) -> int:
    """Say that a run did not come to its own end; with `finish`, take note that all it did is settled."""
    if finish:
        with Journal(path, left.root or "", left.tenant) as journal:
            journal.end()
        say(f"{path}: the run did not come to its end; what it announced is settled")
        return 0
    say(
        f"{path}: the run did not come to its own end: it was killed, or lines are missing after line "
        f"{left.lines}. Nothing else is known to be open. If this is the whole file, --finish closes it"
    )
    return 1


def _settled(
    path: Path,
    left: Left,
    tenant_url: str,
    environment: Mapping[str, str],
    say: Callable[[str], None],
    *,
    finish: bool,
    named: str | None,
    clock: RateClock | None,
) -> int:
    """Go through what is open, and give the number of what stays so."""
    contract = _contract(path, left, named)
    root = root_of(left.root or "", contract)
    if tenant_url and root_of(tenant_url, contract) != root:
        raise JournalError(f"the journal {path} is of {root.url}, and not of what --tenant-url names")
    tokens = tokens_for(root, environment)
    if claims_of(tokens.get()).tenant != left.tenant:
        raise JournalError("the journal is of another tenant than the token is for: nothing was sent")
    clock = clock or RateClock()
    with ExitStack() as stack:
        options = LiveOptions(root.url, named or left.contract or DEFAULT_CONTRACT, journal=path)
        journal = stack.enter_context(journal_for(contract, options, root, left.tenant))
        journal.ends = left.ended
        guest = stack.enter_context(brought_up(contract, options))
        executor = Executor(
            contract,
            tokens,
            Pacer(_BUDGET, _RATE, clock),
            Policy(Targets.of(contract), root.loopback, cancel=finish),
            Sender(root, clock.now),
            journal,
            guest.client,
            guest.forwarder,
        )
        resuming = Resuming(executor, Targets.of(contract), say, finish)
        try:
            for each in left.open:
                resuming.settle(each)
        except Stopped as error:
            raise LiveUnreachable(f"{path} is not settled: {error}") from error
    return resuming.open
