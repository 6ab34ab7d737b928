"""What the tests of judging share: a client and a transport that are functions here, and tests for a gate."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from graphcontract.clients import Implementation, Limits, Start
from graphcontract.contract.model import Contract
from graphcontract.exchange import Call, Outcome
from graphcontract.http import stub_response
from graphcontract.http.stub_response import Rendered, ResponseScript, render
from graphcontract.inputs.calls import guid_calls
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.harness import Harness
from graphcontract.judging.profile import Profile
from graphcontract.judging.suite_api import SuiteTest, given, proves
from graphcontract.judging.target import Target
from graphcontract.judging.test_run import SuiteTestRun
from graphcontract.judging.verdict import ClauseResult
from graphcontract.transports import OpenConnections, Record, Scope
from graphcontract.wire import WireRequest, WireResponse
from tests.clauses import CONTRACT, request, target

PROFILE = Profile(examples=12, least=1, deterministic=True)
Send = Callable[[WireRequest], Rendered]
Behaviour = Callable[[Call, Send], Outcome]


class Paper:
    """A transport on which a client writes its requests down; one stage at a time."""

    name = "paper"
    https = False
    hosts = ("127.0.0.1:1",)
    ca_file: str | None = None
    at_once = None
    proxy = None
    netns_socket = None

    def __init__(self, shows: frozenset[str] = frozenset({"wire"})) -> None:
        self.shows = shows
        self.stages: list[PaperStage] = []
        self.scopes: list[Scope | None] = []
        self.left: list[tuple[Scope, bool]] = []
        self.soiled = False

    def open_endpoint(
        self,
        script: ResponseScript,
        *,
        root: str | None = None,
        certificate: object = None,
        scope: Scope | None = None,
        http2: bool = False,
        shared: bool = False,
    ) -> PaperStage:
        self.stages.append(PaperStage(script, root or "http://127.0.0.1:1"))
        self.scopes.append(scope)
        return self.stages[-1]

    def leave(self, scope: Scope, *, only_desynced: bool = False) -> None:
        self.left.append((scope, only_desynced))

    def needs_new_client(self, scope: Scope | None) -> bool:
        return self.soiled

    def send(self, sent: WireRequest) -> Rendered:
        return self.stages[-1].take(sent)

    def __enter__(self) -> Paper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


class PaperStage:
    """One call's endpoint: scripted responses to any request. `finished` is how it was ended."""

    def __init__(self, script: ResponseScript, root: str) -> None:
        self.script, self.root = script, root
        self.roots = {"self": root}
        self.finished: tuple[bool, bool] | None = None
        self._requests: list[WireRequest] = []
        self._responses: list[WireResponse] = []

    def take(self, sent: WireRequest) -> Rendered:
        index = len(self._requests)
        answer = render(self.script.responses[min(index, len(self.script.responses) - 1)], sent)
        self._requests.append(sent)
        self._responses.append(
            WireResponse(0.0, answer.final, answer.status, answer.fields, answer.content, index)
        )
        return answer

    def count_connections(self) -> OpenConnections:
        return OpenConnections(0, 0)

    def finish(self, *, spoiled: bool = False, expecting: bool = False) -> Record:
        self.finished = (spoiled, expecting)
        return Record(tuple(self._requests), tuple(self._responses))


class Scripted:
    """A client that behaves as a function says; `calls` are those that it was asked to make."""

    implementation = Implementation("scripted")
    concurrency = 1

    def __init__(self, behave: Behaviour, send: Send, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.budget: int | None = None
        self.shows = frozenset({"id", "status", "code", "message", "request-id"})
        self.calls: list[Call] = []
        self.closed = False
        self.renewed = 0
        self._behave, self._send = behave, send

    def start(self, start: Start) -> None:
        pass

    def call(self, call: Call) -> Outcome:
        self.calls.append(call)
        return self._behave(call, self._send)

    def renew(self) -> None:
        self.renewed += 1

    def close(self) -> None:
        self.closed = True


def written(call: Call, *, method: str = "POST", content: str = "") -> WireRequest:
    """The conforming request for a call but for what is said."""
    fields = {"Authorization": f"Bearer {call.token}"}
    return request(target(call.task_id), method=method, fields=fields, content=content)


def outcome(answer: Rendered) -> Outcome:
    """What a good client says of an answer."""
    if 200 <= answer.status < 300:
        return Outcome.success(status=answer.status)
    return Outcome.failure(kind="http", status=answer.status)


def good(call: Call, send: Send) -> Outcome:
    return outcome(send(written(call)))


def lower(call: Call, send: Send) -> Outcome:
    """Sends `post` instead of POST."""
    return outcome(send(written(call, method="post")))


def gate_of(
    behave: Behaviour = good,
    *,
    contract: Contract = CONTRACT,
    profile: Profile = PROFILE,
    limits: Limits | None = None,
    paper: Paper | None = None,
) -> Harness:
    paper = paper or Paper()
    return Harness(contract, ClientSet(Target(Scripted(behave, paper.send, limits), paper)), profile)


def calls_of(harness: Harness) -> list[Call]:
    assert isinstance(harness.client, Scripted)
    return harness.client.calls


def plain_test(*clauses: str) -> SuiteTest:
    """Calls with a GUID, answered with success."""

    @proves(*clauses)
    @given(call=guid_calls)
    def body(harness: Harness, call: Call) -> None:
        harness.check(call, [stub_response.success()])

    return body


def tried(harness: Harness, test: SuiteTest, *, record: bool = False) -> dict[str, ClauseResult]:
    """What the test says of each of its clauses."""
    trying = SuiteTestRun(
        test, harness, clauses=test.proves, seed=0, repeat=lambda id: f"repeat {id}", record=record
    )
    return {id: trying.part(id) for id in test.proves}
