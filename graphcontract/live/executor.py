"""Carries out the steps of a live run: checks policy and rate limit, writes the journal, sends the request,
and records the exchange.
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
from graphcontract.exchange import Call, Exchange, Outcome
from graphcontract.inputs.tokens import CANARY
from graphcontract.live.credentials import NoCredential, Tokens
from graphcontract.live.forwarder import Busy, Forwarder
from graphcontract.live.safety.forged_tokens import forge_token
from graphcontract.live.safety.journal import Journal
from graphcontract.live.safety.policy import Forbidden, Policy
from graphcontract.live.safety.rate_limit import CutOff, Pacer, Stopped
from graphcontract.live.sender import USER_AGENT, NoResponse, Sender
from graphcontract.live.steps import GARBAGE, RequestStep, SentExchange, StepResult
from graphcontract.wire import Fields, WireRequest, WireResponse

_ATTEMPTS = 3  # sends of one GET in all, where each gets 429; the plan announces two repetitions
_CALL_TIMEOUT = 90.0  # more than the sender's 60 s for one request
_UNDONE = frozenset({400, 401, 403, 404, 405, 409, 410, 411, 415, 422, 429, 501})
"""Status codes after which the request certainly had no effect."""


@dataclass
class Executor:
    """Carries out steps. `on_exchange` is called for each exchange as soon as it is recorded."""

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
    client_exchanges: list[SentExchange] = field(default_factory=list)
    _journalled: set[str] = field(default_factory=set)
    _calls: int = 0
    _known_good_read: RequestStep | None = None

    def perform(self, step: RequestStep) -> StepResult:
        """Carry out a step. Raises Stopped where the run must end, CutOff where the credential has expired,
        and JournalError.
        """
        if step.after:
            self.pacer.clock.sleep(step.after)
        if step.through_client:
            return self._call_client(step)
        exchange = self._send(step)
        for _ in range(_ATTEMPTS - 1):
            if status_to(exchange) != 429 or step.method != "GET":
                break
            exchange = self._send(step)
        return _make_result(exchange)

    def watch_task(self, id: str) -> None:
        """Record the reads of a task in the journal from now on."""
        self._journalled.add(id)

    def _call_client(self, step: RequestStep) -> StepResult:
        """Let the client make the call, and forward its request to the tenant where it is the planned one."""
        assert self.client is not None
        assert self.forwarder is not None
        upstream: list[Exchange] = []
        raised: list[Exception] = []

        def forward(_request: WireRequest) -> WireResponse:
            if upstream and not self.pacer.is_ready():
                raise Busy
            try:
                upstream.append(self._send(step))
            except (Stopped, Forbidden, UserError) as error:
                raised.append(error)
                raise NoResponse("the run has stopped") from None
            response = final_response(upstream[-1])
            if response is None:
                raise NoResponse("the tenant did not respond")
            return response

        call = self._call(step)
        started = self.pacer.clock.now()
        with self.forwarder.expect(step.method, step.target, forward) as plan:
            outcome = self.client.call(call)
        exchange = SentExchange(
            call,
            tuple(plan.requests),
            tuple(plan.responses),
            outcome,
            started,
            self.pacer.clock.now(),
            purpose=step.purpose,
            step=step,
            by_client=True,
        )
        self._append(self.client_exchanges, exchange)
        if raised:
            raise raised[0]
        return _make_result(upstream[-1]) if upstream else StepResult(0)

    def _call(self, step: RequestStep) -> Call:
        """The call for the client: to the forwarder, with a made-up token that no tenant accepts."""
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
            request=self.contract.request,
        )

    @property
    def _parameter(self) -> str:
        (parameter,) = self.contract.request.parameters
        return parameter

    def _send(self, step: RequestStep) -> SentExchange:
        """Send a step's request to the tenant, once."""
        token = self._get_token(step)
        self.pacer.wait_for_turn()
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
                    step.method, step.target, self._make_fields(step, token), step.content
                )
                exchange = self._make_exchange(
                    step, token, started, request, response, _make_outcome(response)
                )
            except NoResponse as error:
                outcome = Outcome.failure(kind="transport", message=str(error))
                exchange = self._make_exchange(step, token, started, error.request, None, outcome)
            self._record(step, exchange, kind if changes else None, members)
        except KeyboardInterrupt:
            if self.sender.in_flight is not None and len(self.sent) == before:
                outcome = Outcome.failure(kind="transport", message="the run was interrupted")
                exchange = self._make_exchange(step, token, started, self.sender.in_flight, None, outcome)
                self._append(self.sent, exchange)
            raise
        if step.credential == "main":
            self._check_credential(step, status_to(exchange))
        return exchange

    def _make_exchange(
        self,
        step: RequestStep,
        token: str | None,
        started: float,
        request: WireRequest | None,
        response: WireResponse | None,
        outcome: Outcome,
    ) -> SentExchange:
        """The exchange of a step's request. Without a response, the tenant may still have executed it."""
        return SentExchange(
            Call(self.contract.id, {self._parameter: step.task_id}, token or "", self._root),
            (request,) if request is not None else (),
            (response,) if response is not None else (),
            outcome,
            started,
            self.pacer.clock.now(),
            purpose=step.purpose,
            step=step,
        )

    def _check_credential(self, step: RequestStep, status: int) -> None:
        """Distinguish an expired credential from a service that responds 401 to one request: after a 401,
        repeat a read that succeeded before.
        """
        if status == 401 and self._known_good_read is step:
            raise CutOff("the tenant now rejects the credential with 401: it has expired or was revoked")
        if status == 401 and self._known_good_read is not None:
            self._send(self._known_good_read)
        elif status in (200, 404) and step.method == "GET" and self._known_good_read is None:
            self._known_good_read = replace(
                step, purpose=READ, why="to check that the credential is still valid"
            )

    def _record(
        self, step: RequestStep, exchange: SentExchange, kind: str | None, members: dict[str, str]
    ) -> None:
        """Record a response: in the journal first, so that a crash after it loses nothing."""
        status, shown = status_to(exchange), task_status(exchange)
        if kind is not None:
            id = read_task(exchange).get("id") if kind == "create" else None
            named = {"id": id} if isinstance(id, str) else members
            self.journal.record_response(kind, http=status, sure=status in _UNDONE, **named)
            self._journalled |= set(named.values())
        elif step.task_id in self._journalled and step.credential == "main":
            self.journal.record_read(step.task_id, shown, status)
        response = final_response(exchange)
        self.policy.record_result(step, status, shown)
        self.pacer.record_response(
            status, next(iter(response.values("retry-after")), None) if response else None
        )
        self._append(self.sent, exchange)

    def _append(self, where: list[SentExchange], sent: SentExchange) -> None:
        where.append(sent)
        self.on_exchange(sent)

    @property
    def _root(self) -> str:
        return f"{self.sender.root.url}/{self.contract.request.version}"

    def _get_token(self, step: RequestStep) -> str | None:
        try:
            return self._select_token(step)
        except NoCredential as error:
            raise CutOff(f"no new token could be obtained: {error.message}") from error

    def _select_token(self, step: RequestStep) -> str | None:
        match step.credential:
            case "main":
                return self.tokens.get()
            case "lesser":
                return self.tokens.get_lesser()
            case "none":
                return None
            case "garbage":
                return GARBAGE
            case name if name in self.tokens.rejected:
                return self.tokens.rejected[name]
            case how:
                return forge_token(self.tokens.get(), how)

    def _make_fields(self, step: RequestStep, token: str | None) -> Fields:
        fields = [("Accept", "application/json"), ("Accept-Encoding", "identity"), ("Connection", "close")]
        fields += [("User-Agent", USER_AGENT), ("client-request-id", str(uuid.uuid4()))]
        fields += [("Authorization", f"Bearer {token}")] if token is not None else []
        fields += [("Content-Type", "application/json")] if step.content else []
        return tuple(fields)


def _make_result(exchange: Exchange) -> StepResult:
    return StepResult(status_to(exchange), task_status(exchange), read_task(exchange), exchange)


def _make_outcome(response: WireResponse) -> Outcome:
    if response.status < 300:
        return Outcome.success(status=response.status)
    return Outcome.failure(kind="http", status=response.status)


def predict_result(step: RequestStep) -> StepResult:
    """The result that `--plan` assumes for a step: the one that a conforming service returns."""
    return StepResult(step.expected, step.shows)
