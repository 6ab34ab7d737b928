"""No test meets a connection that another test, or another example, may have put out of step."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import BinaryIO, Unpack
from urllib.parse import urlsplit

import pytest

from graphcontract.exchange import Call, Exchange, Outcome
from graphcontract.http.stub_response import StubResponse
from graphcontract.judging.call_runner import CallOptions
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.harness import Harness
from graphcontract.judging.patience import Patience
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.suite_api import SuiteTest
from graphcontract.judging.target import Target
from graphcontract.judging.test_run import SuiteTestRun
from graphcontract.judging.verdict import ClauseResult
from graphcontract.run.suite_tests import suite_tests
from graphcontract.transports.loopback import Loopback
from tests.sample_clients.bases.conforming import PATH
from tests.sample_clients.verdicts import CONTRACT, Direct

_USUAL = 3.0
_SHORT = {"stalled for half a second", "after a stalled one"}  # cases that wait longer add nothing here


class Careless:
    """Keeps one connection a root, reads one response from it, and never looks what else has arrived.

    Where a call allows less than usual, nothing comes, and it waits for a moment alone.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[socket.socket, BinaryIO]] = {}
        self._open = ExitStack()

    def cancel(self, call: Call) -> Outcome:
        assert call.base_url is not None
        root = urlsplit(call.base_url)
        try:
            connection, received = self._connection(
                root.netloc, call.timeout if call.timeout >= _USUAL else 0.05
            )
            head = f"POST {root.path}{PATH}/x1/cancel HTTP/1.1\r\nHost: {root.netloc}\r\n"
            fields = f"Authorization: Bearer {call.token}\r\nContent-Length: 0\r\n\r\n"
            connection.sendall((head + fields).encode("latin-1"))
            return self._outcome(self._status(received))
        except (OSError, ValueError, IndexError) as error:
            self._kept.pop(root.netloc, None)
            return Outcome.failure(kind="transport", message=type(error).__name__)

    def _status(self, received: BinaryIO) -> int:
        while (response := _read_response(received)) < 200:
            pass
        return response

    def _outcome(self, status: int) -> Outcome:
        success = 200 <= status < 300
        return Outcome.success(status=status) if success else Outcome.failure(kind="http", status=status)

    def _connection(self, netloc: str, timeout: float) -> tuple[socket.socket, BinaryIO]:
        if netloc not in self._kept:
            host, _, port = netloc.partition(":")
            connection = self._open.enter_context(
                socket.create_connection((host, int(port)), timeout=timeout)
            )
            self._kept[netloc] = connection, self._open.enter_context(connection.makefile("rb"))
        self._kept[netloc][0].settimeout(timeout)
        return self._kept[netloc]

    def __enter__(self) -> Careless:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


class TakesInterimAsFinal(Careless):
    """Leaves the response after a 100 for the next call to read."""

    def _status(self, received: BinaryIO) -> int:
        return _read_response(received)


class LeavesErrors(Careless):
    """Leaves the content of an error for the next call to read."""

    def _status(self, received: BinaryIO) -> int:
        status = int(received.readline(4096).split()[1])
        while received.readline(8192).strip():
            pass
        return status


class KeepsWhatHasEnded(Careless):
    """Fails on a kept connection and keeps it all the same."""

    def cancel(self, call: Call) -> Outcome:
        kept = dict(self._kept)
        outcome = super().cancel(call)
        self._kept = kept | self._kept
        return outcome


def _read_response(received: BinaryIO) -> int:
    status, length = int(received.readline(4096).split()[1]), 0
    while line := received.readline(8192).strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    received.read(length)
    return status


def _run(harness: Harness, test: SuiteTest) -> list[tuple[object, ...]]:
    """Verdict, evidence id and further findings of each clause of the test."""
    trying = SuiteTestRun(test, harness, clauses=test.proves, seed=0, repeat=str)
    return [_digest(trying.part(clause)) for clause in test.proves]


def _digest(part: ClauseResult) -> tuple[object, ...]:
    evidence = part.evidence["id"] if part.evidence else None
    return part.clause, part.verdict, evidence, part.also


class _Noting(Harness):
    """Makes no call: notes whether a response may leave a kept connection out of step."""

    odd = False

    def perform(self, call: Call, answers: Sequence[StubResponse], **how: Unpack[CallOptions]) -> Exchange:
        sent = [*answers, *how.get("elsewhere", ())]
        self.odd |= any(each.fault or each.interim or each.stray for each in sent)
        self.odd |= any(each.content and each.status in (None, 204, 304) for each in sent)
        return Exchange(call, (), (), Outcome.success())


def _leaves_odd(test: SuiteTest) -> bool:
    with Loopback(ports=1) as transport:
        harness = _Noting(
            CONTRACT, ClientSet(Target(Direct(Careless().cancel), transport)), PROFILES["quick"]
        )
        if test.cases:
            for arguments in test.cases.values():
                test.body(harness, **arguments)
        else:
            _run(harness, test)
        return harness.odd


def _shortened(test: SuiteTest) -> SuiteTest:
    cases = {name: case for name, case in test.cases.items() if name in _SHORT}
    return replace(test, cases=cases) if cases else test


@pytest.fixture(scope="module")
def odd() -> list[SuiteTest]:
    """Every test that may leave a kept connection out of step."""
    return [_shortened(test) for test in suite_tests() if _leaves_odd(test)]


def _all_pairs(count: int) -> Iterator[int]:
    """Numbers below `count` in an order in which each follows each, itself included, exactly once."""
    for first in range(count):
        yield first
        for second in range(first + 1, count):
            yield from (first, second)
    yield 0


def test_the_tests_that_leave_a_connection_odd_are_found(odd: list[SuiteTest]) -> None:
    names = {test.name for test in odd}
    assert {"test_stray_content", "test_interim_responses", "test_broken_connection"} <= names
    assert "test_request" not in names


def test_all_pairs_are_met() -> None:
    order = list(_all_pairs(6))
    assert len(order) == 37
    assert len(set(itertools.pairwise(order))) == 36


CLIENTS = (Careless, TakesInterimAsFinal, LeavesErrors, KeepsWhatHasEnded)


@pytest.mark.parametrize(
    ("careless", "step"),
    [(TakesInterimAsFinal, 3), *(pytest.param(each, 1, marks=pytest.mark.nightly) for each in CLIENTS)],
)
def test_no_pair_of_tests_changes_a_verdict(
    careless: type[Careless], step: int, odd: list[SuiteTest]
) -> None:
    """All pairs of every third test; or of all tests, which wait for two minutes in all."""
    odd = odd[::step]

    def run(order: Iterable[int]) -> Iterator[list[tuple[object, ...]]]:
        with careless() as client, Loopback() as transport:
            harness = Harness(
                CONTRACT, ClientSet(Target(Direct(client.cancel), transport)), PROFILES["quick"]
            )
            for at in order:
                # So many tests would make a run too long, which then ends.
                harness.calls.stats.patience, harness.calls.waiting = Patience(), Patience()
                yield _run(harness, odd[at])
            harness.clients.close()

    alone = [found for at in range(len(odd)) for found in run([at])]
    assert any("fail" in digest for digests in alone for digest in digests)
    order = list(_all_pairs(len(odd)))
    for at, found in zip(order, run(order), strict=True):
        assert found == alone[at], odd[at].name
