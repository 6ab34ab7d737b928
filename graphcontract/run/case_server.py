"""Serves one case on loopback for a client that someone else runs, and checks a clause on what it sends.

The outcome that the client reports is not visible here, so the clause is checked for each possible one.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from graphcontract.clauses import Finding, registry
from graphcontract.clauses.graph_errors import parse_graph_error
from graphcontract.clauses.queries import last_response
from graphcontract.clients import Implementation, Limits, Start
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call, Exchange, Outcome, grace
from graphcontract.http.stub_response import StubResponse
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.harness import Harness
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.target import Target
from graphcontract.run.reproduce import CaseStep, trial_of
from graphcontract.transports.loopback import Loopback
from graphcontract.wire import SILENT_FAULTS

# Seconds without another request after which a call is over, as the client's outcome cannot be seen here.
# Unless the case makes the client wait (see `_quiet_seconds`), its next request follows at once.
_QUIET = 1.0
_PAUSE = 0.02  # between two looks at what has arrived
_BEFORE_A_REQUEST = ("reset-at-connect", "reset-in-request")

Announce = Callable[[Call, CaseStep], None]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings of a clause if the client reports this; None if that cannot exercise the clause."""

    reported: str
    findings: tuple[Finding, ...] | None


class CaseServer:
    """Serves a case on a running server; `announce` is called with each call before it waits for it."""

    def __init__(
        self, contract: Contract, clause: str, steps: Sequence[CaseStep], server: Loopback, announce: Announce
    ) -> None:
        self._contract, self._function, self._steps = contract, registry()[clause], steps
        self._caller = _ExternalClient(server, announce)
        self._harness = Harness(contract, ClientSet(Target(self._caller, server)), PROFILES["quick"])

    def wait_for_exchanges(self) -> Iterator[Exchange]:
        """Wait for the calls of the case one after another; each exchange comes once its call is over."""
        for step in self._steps:
            self._caller.step = step
            exchange = self._harness.perform(step.call, step.answers, **step.how)
            times = [request.at for request in (*exchange.requests, *exchange.elsewhere)]
            times += [response.at for response in exchange.responses]
            begun, ended = min(times, default=exchange.started), max(times, default=exchange.ended)
            (_, likely), _ = _reports(self._contract, exchange)
            yield replace(exchange, started=begun, ended=ended, outcome=likely)

    def judgements(self, exchanges: Sequence[Exchange]) -> list[Judgement]:
        """What the clause finds, for each thing that the client may have reported of the last call; those
        before it are taken to be reported as they were answered.
        """
        judged = []
        for reported, outcome in _reports(self._contract, exchanges[-1]):
            trial = trial_of(self._steps, [*exchanges[:-1], replace(exchanges[-1], outcome=outcome)])
            findings = None
            if self._function.when(self._contract, trial):
                findings = tuple(self._function.judge(self._contract, trial))
            judged.append(Judgement(reported, findings))
        return judged


def _reports(contract: Contract, exchange: Exchange) -> list[tuple[str, Outcome]]:
    """What a client can report of an exchange, the likely first."""
    response = last_response(contract, exchange)
    error = parse_graph_error(response) if response else None
    failure = Outcome.failure(
        kind="http" if response else "transport",
        status=response.status if response else None,
        code=error.code if error else None,
        message=error.message if error else None,
        request_id=error.request_id if error else None,
    )
    done = response is not None and 200 <= response.status < 300
    success = Outcome.success(status=response.status if response and done else None)
    reports = [("success", success), ("failure, with everything that the response says", failure)]
    return reports if done else reports[::-1]


class _ExternalClient:
    """Takes the place of a harness's client: it makes no call, and waits until the user's client made one."""

    implementation = Implementation("whoever calls")
    limits = Limits()
    concurrency = 1
    budget: int | None = None
    shows = frozenset({"id", "status", "code", "message", "request-id"})

    def __init__(self, server: Loopback, announce: Announce) -> None:
        self._server, self._announce = server, announce
        self.step: CaseStep | None = None

    def start(self, start: Start) -> None:
        """Nothing is to be brought up."""

    def call(self, call: Call) -> Outcome:
        """Wait as long as it takes for a call, and then until nothing more of it comes."""
        stage, step = self._server.latest, self.step
        assert stage is not None
        assert step is not None
        self._announce(call, step)
        quiet, counted, since = _quiet_seconds(step), 0, time.monotonic()
        while not counted or time.monotonic() < since + quiet:
            record = stage.make_record()
            count = len(record.requests) + len(record.elsewhere)
            count += record.connections if _sends_nothing(step) else 0
            if count > counted:
                counted, since = count, time.monotonic()
            time.sleep(_PAUSE)
        return Outcome.unsupported("what the client reports is not seen")

    def renew(self) -> None:
        """Nothing: whoever calls decides over which connection."""

    def close(self) -> None:
        """Nothing is up."""


def _quiet_seconds(step: CaseStep) -> float:
    """Seconds without a request after which a call is over: it may wait, or be made to, before the next."""
    waits = len(step.answers) > 1 or any(_holds_up(answer) for answer in step.answers)
    return step.call.timeout + grace(step.call.timeout) if waits else _QUIET


def _holds_up(answer: StubResponse) -> bool:
    return (
        bool(answer.split)
        or answer.fault in SILENT_FAULTS
        or any(name.lower() == "retry-after" and value != "0" for name, value in answer.fields)
    )


def _sends_nothing(step: CaseStep) -> bool:
    """Whether a client may do all it owes by a connection alone."""
    distrusted = step.how.get("certificate", "trusted") not in (None, "trusted")
    return distrusted or any(answer.fault in _BEFORE_A_REQUEST for answer in step.answers)


def curl(contract: Contract, call: Call) -> str:
    """A line for a shell that makes the call as a good client does, with its token."""
    request = contract.request
    path = request.path.format_map({name: quote(value, safe="") for name, value in call.arguments.items()})
    words = ["curl", "--path-as-is", "-i", "-X", request.method, f"{call.base_url}{path}"]
    words += ["--cacert", call.ca_file] if call.ca_file else []
    if request.content == "required":
        words += ["-H", f"Content-Type: {request.media_type}", "--data-binary", "{}"]
    elif request.fields["Content-Length"] != "forbid" and request.method not in ("GET", "DELETE"):
        words += ["-H", "Content-Length: 0"]
    words += ["-H", f"Authorization: Bearer {call.token}"]
    return shlex.join(words)
