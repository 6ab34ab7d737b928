"""A case of each clause can be found, of a client that fails it too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graphcontract.clauses import registry
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.target import Target
from graphcontract.judging.verdict import evidence_id
from graphcontract.run.reproduce import RecordingHarness, failing_case, trial_of, usual_case
from graphcontract.transports.loopback import Loopback
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.bases.http2 import OverHttp2
from tests.sample_clients.verdicts import CONTRACT, Direct

BY_CLIENTS = [id for id, clause in CONTRACT.clauses.items() if clause.by == "client"]
AT_ONCE = [
    id
    for id in BY_CLIENTS
    if not registry()[id].needs & {"own-root", "cancel", "tokens", "surroundings"}
    and not id.startswith(("retry.", "transport.timeout", "error.code", "error.message", "error.request"))
]


@pytest.fixture(scope="module")
def transport() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


def rehearsal(client: Conforming, transport: Loopback) -> RecordingHarness:
    clients = ClientSet(Target(Direct(client.cancel), transport))
    clients.negotiates_http2 = isinstance(client, OverHttp2)
    return RecordingHarness(CONTRACT, clients, PROFILES["quick"])


@pytest.mark.parametrize("clause", AT_ONCE)
def test_a_clause_has_a_case_that_could_break_it(transport: Loopback, clause: str) -> None:
    harness = rehearsal(OverHttp2() if clause.startswith("http2.") else Conforming(), transport)
    steps = usual_case(harness, clause)
    assert steps
    exchanges = [harness.perform(step.call, step.answers, **step.how) for step in steps]
    assert registry()[clause].when(CONTRACT, trial_of(steps, exchanges))


class Lowering(Conforming):
    def encode(self, task_id: str) -> str:
        return super().encode(task_id.lower())


def test_a_failure_is_found_as_small_as_it_gets(transport: Loopback) -> None:
    id = evidence_id("request.task-id", "changed", "letter-case")
    found = failing_case(rehearsal(Lowering(), transport), "request.path-parameters", id, seed=0)
    assert found is not None
    (step,) = found
    assert step.call.task_id != step.call.task_id.lower()
    assert failing_case(rehearsal(Conforming(), transport), "request.path-parameters", id, seed=0) is None
