"""A declared concurrency is believed where two calls are seen to overlap."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from graphcontract.exchange import Call, Outcome
from graphcontract.http.stub_response import plain_error
from graphcontract.judging.causes import BLOCKED, WAITED
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.harness import Harness
from graphcontract.judging.overlap import see_overlap
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.suite_api import SuiteTest, concurrently, proves
from graphcontract.judging.target import Target
from graphcontract.judging.test_run import unsupported_reason
from graphcontract.run.doctor import examine
from graphcontract.run.options import Options
from graphcontract.run.session import Session
from graphcontract.transports import Transport
from graphcontract.transports.loopback import Loopback
from graphcontract.transports.mock import Mock
from tests.judging import tried
from tests.sample_clients.bases.conforming import Conforming
from tests.sample_clients.verdicts import CONTRACT, Direct


class InTurn(Conforming):
    """One lock around all calls."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()

    def cancel(self, call: Call) -> Outcome:
        with self.lock:
            return super().cancel(call)


class Unsent(Conforming):
    def cancel(self, call: Call) -> Outcome:
        return Outcome.success()


def harness_of(client: Conforming, transport: Transport, concurrency: int = 8) -> Harness:
    direct = Direct(client.cancel)
    direct.concurrency = concurrency
    return Harness(CONTRACT, ClientSet(Target(direct, transport)), PROFILES["quick"])


@pytest.mark.parametrize(
    ("client", "concurrency", "overlap"),
    [(Conforming, 8, True), (InTurn, 8, False), (InTurn, 1, None), (Unsent, 8, None)],
)
def test_calls_that_overlap_meet(client: type[Conforming], concurrency: int, overlap: bool | None) -> None:
    with Loopback() as transport:
        assert see_overlap(harness_of(client(), transport, concurrency)) is overlap


def test_a_transport_that_cannot_hold_responses_shows_nothing() -> None:
    with Mock() as transport:
        assert see_overlap(harness_of(Conforming(), transport)) is None


@pytest.mark.parametrize(("client", "works"), [(Conforming, True), (InTurn, False), (Unsent, None)])
def test_doctor_says_whether_calls_overlap(client: type[Conforming], works: bool | None) -> None:
    with Loopback() as transport:
        found = {each.call: each for each in examine(harness_of(client(), transport))}["overlap"]
    assert found.works is works
    assert ('"concurrency": 1' in found.advice) is (works is False)


ADAPTER = """
import threading
from graphcontract.clients.reference import make_call

CONCURRENCY = 8
LOCK = threading.Lock()

def in_turn(call):
    with LOCK:
        return make_call(call)

def at_once(call):
    return make_call(call)
"""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("at_once", None),
        ("in_turn", "your driver declares `concurrency`: 8, but makes one call after the other"),
    ],
)
def test_a_run_does_not_believe_a_driver_that_answers_in_turn(
    name: str, reason: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "turns.py").write_text(ADAPTER)
    monkeypatch.chdir(tmp_path)
    session = Session.of(Options(client=f"python:turns:{name}"))
    try:
        session.open()
        assert session.harness is not None
        assert unsupported_reason(session.harness, "calls.concurrent") == reason
    finally:
        session.close()


class HangsBesideOthers(Conforming):
    """Hangs in two calls at the same time, as on a blocked event loop, and in none that is alone."""

    hangs_alone = False

    def __init__(self) -> None:
        super().__init__()
        self.begun = 0
        self.both = threading.Barrier(2)

    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        self.begun += 1
        if self.both.n_waiting or self.begun <= self.both.parties:
            self.both.wait(10)
            return Outcome.hang("no outcome in time")
        return Outcome.hang("no outcome in time") if self.hangs_alone else outcome


class HangsAlways(HangsBesideOthers):
    hangs_alone = True


def two_calls() -> SuiteTest:
    """A test of two calls at the same time; made here, since pytest takes a module's for a suite."""

    @proves("error.failure")
    @concurrently(status={"409": 409, "404": 404})
    def body(harness: Harness, status: int) -> None:
        harness.check(harness.plain_call(), [plain_error(status)])

    return body


@pytest.mark.parametrize(
    ("client", "alone", "cause"),
    [(HangsBesideOthers, False, BLOCKED), (HangsAlways, True, "the client did not return")],
)
def test_calls_that_hang_beside_others_have_one_cause(
    client: type[Conforming], alone: bool, cause: str
) -> None:
    with Loopback() as transport:
        harness = harness_of(client(), transport, 2)
        part = tried(harness, two_calls())["error.failure"]
        calls = harness.calls.stats.exchanges
    assert part.verdict == "fail"
    assert part.evidence is not None
    assert harness.clients.hangs_alone is alone
    assert list(part.causes) == [cause]
    assert len(part.causes[cause]) == len({part.evidence["id"], *part.also}) == 2
    assert part.evidence.get("note") == (None if alone else WAITED)
    assert (part.exchanges, calls) == (3, 0)


def test_a_hang_is_not_made_again_where_calls_are_alone() -> None:
    with Loopback() as transport:
        harness = harness_of(HangsAlone(), transport, 1)
        part = tried(harness, two_calls())["error.failure"]
    assert (part.verdict, part.exchanges, harness.clients.hangs_alone) == ("fail", 2, None)


class HangsAlone(Conforming):
    def cancel(self, call: Call) -> Outcome:
        super().cancel(call)
        return Outcome.hang("no outcome in time")
