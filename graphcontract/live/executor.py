"""Carries out a step: asks policy and pacer, writes the journal, sends, and records both sides.

Knows how a step becomes a request; it neither plans nor judges.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from graphcontract.clauses.service_queries import (
    CREATE,
    READ,
    final_response,
    read_task,
    status_to,
    task_status,
)
from graphcontract.clients import Client
from graphcontract.contract.model import Contract
from graphcontract.errors import UserError
from graphcontract.exchange import Call, Exchange, Fields, Outcome, WireRequest, WireResponse
from graphcontract.inputs.tokens import CANARY
from graphcontract.live.credentials import NoCredential, Tokens
from graphcontract.live.forwarder import Busy, Forwarder
from graphcontract.live.safety.forged_tokens import forged
from graphcontract.live.safety.journal import Journal
from graphcontract.live.safety.policy import Forbidden, Policy
from graphcontract.live.safety.rate_limit import CutOff, Pacer, Stopped
from graphcontract.live.sender import USER_AGENT, Sender, Unanswered
from graphcontract.live.steps import GARBAGE, RequestStep, Seen

_ATTEMPTS = 3
_CALL_TIMEOUT = 90.0
_UNDONE = frozenset({400, 401, 403, 404, 405, 409, 410, 411, 415, 422, 429, 501})
"""Answers after which nothing was done."""


@dataclass(frozen=True, slots=True)
class SentExchange:
    """An exchange with the step that it was made for; `by_client` where a client made the call."""

    exchange: Exchange
    step: RequestStep
    by_client: bool = False


@dataclass
class Executor:
    """Everything that a step goes through. `on_exchange` hears of each, with what it was made for."""

    contract: Contract
    tokens: Tokens
    pacer: Pacer
    policy: Policy
    sender: Sender
    journal: Journal
    client: Client | None = None
    forwarder: Forwarder | None = None
    on_exchange: Callable[[SentExchange], None] = lambda _kept: None
    sent: list[SentExchange] = field(default_factory=list)
    made: list[SentExchange] = field(default_factory=list)
    _journalled: set[str] = field(default_factory=set)
    _calls: int = 0
    _taken: RequestStep | None = None

    def perform(self, step: RequestStep) -> Seen:
        """Carry out a step; raises Stopped where the run must end, CutOff where the credential gives out too,
        and JournalError.
        """
        if step.after:
            self.pacer.clock.sleep(step.after)
        if step.through_client:
            return self._through_client(step)
        exchange = self._sent(step)
        for _ in range(_ATTEMPTS - 1):
            if status_to(exchange) != 429 or step.method != "GET":
                break
            exchange = self._sent(step)
        return _seen(exchange)

    def watch(self, id: str) -> None:
        """Let the journal hear of reads of a task."""
        self._journalled.add(id)

    def _through_client(self, step: RequestStep) -> Seen:
        """Let the client make the call, and pass on what it sends where that is what is planned."""
        assert self.client is not None
        assert self.forwarder is not None
        upstream: list[Exchange] = []
        raised: list[Exception] = []

        def forward(_request: WireRequest) -> WireResponse:
            if upstream and not self.pacer.ready():
                raise Busy
            try:
                upstream.append(self._sent(step))
            except (Stopped, Forbidden, UserError) as error:
                raised.append(error)
                raise Unanswered("the run has stopped") from None
            answer = final_response(upstream[-1])
            if answer is None:
                raise Unanswered("the tenant did not answer")
            return answer

        call = self._call(step)
        started = self.pacer.clock.now()
        with self.forwarder.planned(step.method, step.target, forward) as plan:
            outcome = self.client.call(call)
        exchange = Exchange(
            call,
            tuple(plan.requests),
            tuple(plan.responses),
            outcome,
            started,
            self.pacer.clock.now(),
            purpose=step.purpose,
        )
        self._keep(self.made, SentExchange(exchange, step, by_client=True))
        if raised:
            raise raised[0]
        return _seen(upstream[-1]) if upstream else Seen(0)

    def _call(self, step: RequestStep) -> Call:
        """The call that the client is asked to make: to the forwarder, with a token that is worth nothing."""
        assert self.forwarder is not None
        self._calls += 1
        return Call(
            self.contract.id,
            {self._parameter: step.task_id},
            f"{CANARY}{uuid.uuid4().hex}",
            base_url=f"{self.forwarder.root}/{self.contract.request.version}",
            timeout=_CALL_TIMEOUT,
            client=self._calls,
            ca_file=self.forwarder.ca_file,
        )

    @property
    def _parameter(self) -> str:
        (parameter,) = self.contract.request.parameters
        return parameter

    def _sent(self, step: RequestStep) -> Exchange:
        """Send a step's request to the tenant, once."""
        token = self._token(step)
        self.pacer.before()
        self.policy.check(step)
        changes = step.method != "GET" or step.target == self.policy.targets.cancel(step.task_id)
        kind = "create" if step.purpose == CREATE else "cancel"
        members = {"id": step.task_id} if step.task_id else {}
        if changes:
            self.journal.intend(kind, **members, **step.journal)
            self._journalled.add(step.task_id)
        started, before = self.pacer.clock.now(), len(self.sent)
        self.sender.in_flight = None
        try:
            try:
                request, response = self.sender.send(
                    step.method, step.target, self._fields(step, token), step.content
                )
                exchange = self._exchange(step, token, started, request, response, _outcome(response))
            except Unanswered as error:
                outcome = Outcome.failure(kind="transport", message=str(error))
                exchange = self._exchange(step, token, started, error.request, None, outcome)
            self._take_in(step, exchange, kind if changes else None, members)
        except KeyboardInterrupt:
            if self.sender.in_flight is not None and len(self.sent) == before:
                outcome = Outcome.failure(kind="transport", message="the run was interrupted")
                exchange = self._exchange(step, token, started, self.sender.in_flight, None, outcome)
                self._keep(self.sent, SentExchange(exchange, step))
            raise
        if step.credential == "main":
            self._watch_credential(step, status_to(exchange))
        return exchange

    def _exchange(
        self,
        step: RequestStep,
        token: str | None,
        started: float,
        request: WireRequest | None,
        response: WireResponse | None,
        outcome: Outcome,
    ) -> Exchange:
        """What a step's request came to; without a response, it may still have been obeyed."""
        return Exchange(
            Call(self.contract.id, {self._parameter: step.task_id}, token or "", self._root),
            (request,) if request is not None else (),
            (response,) if response is not None else (),
            outcome,
            started,
            self.pacer.clock.now(),
            purpose=step.purpose,
        )

    def _watch_credential(self, step: RequestStep, status: int) -> None:
        """Tell a credential that has given out from a service that answers one request with 401: a read that
        was answered before is made again.
        """
        if status == 401 and self._taken is step:
            raise CutOff("the tenant answers the credential with 401 by now: it has expired or was revoked")
        if status == 401 and self._taken is not None:
            self._sent(self._taken)
        elif status in (200, 404) and step.method == "GET" and self._taken is None:
            self._taken = replace(step, purpose=READ, why="to see that the credential is still good")

    def _take_in(
        self, step: RequestStep, exchange: Exchange, kind: str | None, members: dict[str, str]
    ) -> None:
        """Tell everyone who must know of an answer; the journal first."""
        status, shown = status_to(exchange), task_status(exchange)
        if kind is not None:
            id = read_task(exchange).get("id") if kind == "create" else None
            named = {"id": id} if isinstance(id, str) else members
            self.journal.answered(kind, http=status, sure=status in _UNDONE, **named)
            self._journalled |= set(named.values())
        elif step.task_id in self._journalled and step.credential == "main":
            self.journal.shown(step.task_id, shown, status)
        answer = final_response(exchange)
        self.policy.saw(step, status, shown)
        self.pacer.after(status, next(iter(answer.values("retry-after")), None) if answer else None)
        self._keep(self.sent, SentExchange(exchange, step))

    def _keep(self, where: list[SentExchange], kept: SentExchange) -> None:
        where.append(kept)
        self.on_exchange(kept)

    @property
    def _root(self) -> str:
        return f"{self.sender.root.url}/{self.contract.request.version}"

    def _token(self, step: RequestStep) -> str | None:
        try:
            return self._held(step)
        except NoCredential as error:
            raise CutOff(f"there is no token any more: {error}") from error

    def _held(self, step: RequestStep) -> str | None:
        match step.credential:
            case "main":
                return self.tokens.get()
            case "lesser":
                return self.tokens.get_lesser()
            case "none":
                return None
            case "garbage":
                return GARBAGE
            case name if name in self.tokens.refused:
                return self.tokens.refused[name]
            case how:
                return forged(self.tokens.get(), how)

    def _fields(self, step: RequestStep, token: str | None) -> Fields:
        fields = [("Accept", "application/json"), ("Accept-Encoding", "identity"), ("Connection", "close")]
        fields += [("User-Agent", USER_AGENT), ("client-request-id", str(uuid.uuid4()))]
        fields += [("Authorization", f"Bearer {token}")] if token is not None else []
        fields += [("Content-Type", "application/json")] if step.content else []
        return tuple(fields)


def _seen(exchange: Exchange) -> Seen:
    return Seen(status_to(exchange), task_status(exchange), read_task(exchange), exchange)


def _outcome(response: WireResponse) -> Outcome:
    if response.status < 300:
        return Outcome.success(status=response.status)
    return Outcome.failure(kind="http", status=response.status)


def stand_in(step: RequestStep) -> Seen:
    """What a plan assumes that a step shows."""
    return Seen(step.expected, step.shows)
