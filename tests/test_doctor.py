"""The doctor tells what a client can do, and what its driver should declare."""

from __future__ import annotations

from dataclasses import replace

from graphcontract.clients import Limits
from graphcontract.doctor import Finding, examine
from graphcontract.exchange import Call, Outcome
from graphcontract.judging.gate import Gate
from graphcontract.judging.profile import PROFILES
from graphcontract.transports.loopback import Loopback
from tests.bank.client import Answer, Conforming
from tests.bank.court import CONTRACT, Direct


def examined(client: Conforming, limits: Limits | None = None) -> dict[str, Finding]:
    direct = Direct(client.cancel)
    direct.limits = limits or Limits()
    with Loopback() as transport:
        gate = Gate(CONTRACT, direct, transport, PROFILES["gate"])
        return {finding.call: finding for finding in examine(gate)}


def test_a_good_client_is_well() -> None:
    found = examined(Conforming())
    assert {name: finding.works for name, finding in found.items()} == {
        "204": True,
        "token": True,
        "404": True,
        "TLS": True,
        "redirect": None,
        "timeout": True,
    }


class Tokenless(Conforming):
    def authorization(self, call: Call) -> list[tuple[str, str]]:
        return []


def test_a_token_that_is_not_sent_is_advised_on() -> None:
    found = examined(Tokenless())["token"]
    assert (found.works, '"hosts"' in found.advice, '"https": true' in found.advice) == (False, True, True)


def test_what_is_declared_is_no_fault() -> None:
    found = examined(Tokenless(), Limits(https=True))["token"]
    assert (found.works, found.advice) == (None, "judge the client with --tls")


class Statusless(Conforming):
    def status(self, answer: Answer) -> int | None:
        return None


def test_a_status_that_is_not_told_is_advised_on() -> None:
    assert '"status": false' in examined(Statusless())["404"].advice
    assert examined(Statusless(), Limits(status=False))["404"].works is True


class Elsewhere(Conforming):
    def cancel(self, call: Call) -> Outcome:
        return Outcome.success()


def test_a_client_that_sends_nothing_is_told_to_use_the_root() -> None:
    found = examined(Elsewhere())
    assert (found["204"].works, '"root": "fixed"' in found["204"].advice) == (False, True)
    assert found["token"].works is None
    assert found["404"].works is False


class Patient(Conforming):
    def cancel(self, call: Call) -> Outcome:
        return super().cancel(replace(call, timeout=60.0))


def test_a_timeout_that_is_ignored_is_advised_on() -> None:
    assert '"timeout": "none"' in examined(Patient())["timeout"].advice
    assert examined(Patient(), Limits(timeout="none"))["timeout"].works is None
