"""The doctor tells what a client can do, and what its driver should declare."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from graphcontract.clients import ClientUnavailable, Limits, Start
from graphcontract.clients.python_process import python_client
from graphcontract.exchange import Call, Outcome
from graphcontract.judging.client_set import ClientSet
from graphcontract.judging.harness import Harness
from graphcontract.judging.profile import PROFILES
from graphcontract.judging.target import Target
from graphcontract.run.doctor import Diagnosis, examine, reach
from graphcontract.transports.loopback import Loopback
from tests.sample_clients.bases.conforming import Answer, Conforming
from tests.sample_clients.verdicts import CONTRACT, Direct


def examined(client: Conforming, limits: Limits | None = None) -> dict[str, Diagnosis]:
    direct = Direct(client.cancel)
    direct.limits = limits or Limits()
    with Loopback() as transport:
        harness = Harness(CONTRACT, ClientSet(Target(direct, transport)), PROFILES["gate"])
        return {finding.call: finding for finding in examine(harness)}


def test_a_good_client_is_well() -> None:
    found = examined(Conforming())
    assert {name: finding.works for name, finding in found.items()} == {
        "204": True,
        "token": True,
        "404": True,
        "overlap": True,
        "TLS": True,
        "redirect": None,
        "timeout": True,
        "proxy": None,
    }


class Tokenless(Conforming):
    def authorization(self, call: Call) -> list[tuple[str, str]]:
        return []


def test_a_token_that_is_not_sent_is_advised_on() -> None:
    found = examined(Tokenless())["token"]
    assert (found.works, '"hosts"' in found.advice, found.stops) == (False, True, False)


def test_a_declared_limit_is_not_a_failure() -> None:
    found = examined(Tokenless(), Limits(https=True))["token"]
    assert (found.works, found.advice) == (None, "check the client with --tls")


class Statusless(Conforming):
    def status(self, answer: Answer) -> int | None:
        return None


def test_advice_for_a_status_that_is_not_reported() -> None:
    assert '"status": false' in examined(Statusless())["404"].advice
    assert examined(Statusless(), Limits(status=False))["404"].works is True


class Elsewhere(Conforming):
    def cancel(self, call: Call) -> Outcome:
        return Outcome.success()


def test_advice_for_a_client_that_sends_nothing() -> None:
    found = examined(Elsewhere())
    assert (found["204"].works, '"root": "fixed"' in found["204"].advice) == (False, True)
    assert found["token"].works is None
    assert found["404"].works is False
    assert not any(finding.stops for finding in found.values())


class Patient(Conforming):
    def cancel(self, call: Call) -> Outcome:
        return super().cancel(replace(call, timeout=60.0))


def test_a_timeout_that_is_ignored_is_advised_on() -> None:
    assert '"timeout": "none"' in examined(Patient())["timeout"].advice
    assert examined(Patient(), Limits(timeout="none"))["timeout"].works is None


def reached(client: Conforming, limits: Limits | None = None, *, tls: bool = False) -> Diagnosis | None:
    """What stops a run of this client, None where nothing does."""
    direct = Direct(client.cancel)
    direct.limits = limits or Limits()
    with Loopback(tls=tls) as transport:
        harness = Harness(CONTRACT, ClientSet(Target(direct, transport)), PROFILES["gate"])
        found = next((finding for finding in reach(harness) if finding.stops), None)
        assert harness.calls.stats.exchanges <= 2
        return found


class Saying(Conforming):
    """Sends nothing, and says this of it."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def cancel(self, call: Call) -> Outcome:
        return self._outcome


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.success(),
        Outcome.failure(message="no"),
        Outcome.crash("KeyError"),
        Outcome.hang("no answer"),
        Outcome.unsupported("not written yet"),
    ],
    ids=lambda outcome: str(outcome.kind),
)
def test_a_client_that_may_be_at_fault_does_not_stop_a_run(outcome: Outcome) -> None:
    assert reached(Saying(outcome)) is None
    assert reached(Conforming()) is None
    assert reached(Tokenless()) is None


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome.rejected("127.0.0.1 is not an allowed host"),
        Outcome.failure(kind="transport", message="graph.microsoft.com: no such host"),
        Outcome.failure(kind="http", status=401),
    ],
    ids=lambda outcome: str(outcome.kind),
)
def test_a_client_that_goes_elsewhere_stops_a_run(outcome: Outcome) -> None:
    found = reached(Saying(outcome))
    assert found is not None
    assert ("base_url" in found.advice, '"root": "fixed"' in found.advice) == (True, True)


def test_a_root_that_is_declared_fixed_stops_a_run() -> None:
    assert reached(Saying(Outcome.failure(message="no")), Limits(root="fixed")) is not None


class HttpsAlone(Conforming):
    def cancel(self, call: Call) -> Outcome:
        if (call.base_url or "").startswith("http:"):
            return Outcome.failure(message="http is not safe")
        return super().cancel(call)


class TokenOverHttpsAlone(Conforming):
    def authorization(self, call: Call) -> list[tuple[str, str]]:
        return super().authorization(call) if (call.base_url or "").startswith("https:") else []


@pytest.mark.parametrize("client", [HttpsAlone, TokenOverHttpsAlone])
def test_advice_for_a_client_that_needs_https(client: type[Conforming]) -> None:
    found = reached(client())
    assert found is not None
    assert ("--tls" in found.advice, '"https": true' in found.advice) == (True, True)
    assert reached(client(), tls=True) is None
    assert reached(TokenOverHttpsAlone(), Limits(https=True)) is None


class Distrustful(Conforming):
    def cancel(self, call: Call) -> Outcome:
        return super().cancel(replace(call, ca_file=None))


def test_an_authority_that_is_not_trusted_stops_a_run() -> None:
    found = reached(Distrustful(), tls=True)
    assert found is not None
    assert "`ca_file`" in found.advice
    assert examined(Distrustful())["TLS"].works is False


def test_what_stops_a_run_is_reported_last() -> None:
    assert list(examined(HttpsAlone())) == ["204"]


ADAPTER = """
import os
from dataclasses import replace
from graphcontract.clients.reference import make_call as good

def cancel(call):
    return good(replace(call, ca_file=os.environ.get("CURL_CA_BUNDLE")))
"""


def test_the_setting_that_the_authority_comes_from_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "curled.py").write_text(ADAPTER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", "/mine")
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    before = dict(os.environ)
    with Loopback() as transport:

        def station() -> Target:
            client = python_client("curled:cancel")
            client.start(Start(CONTRACT.id, transport.hosts, transport.ca_file))
            return Target(client, transport)

        harness = Harness(CONTRACT, ClientSet(station(), another=station), PROFILES["gate"])
        found = {finding.call: finding for finding in examine(harness)}
        harness.clients.close()
    assert found["TLS"].seen == "https, with the authority of `CURL_CA_BUNDLE`"
    assert dict(os.environ) == before


class Failing(Conforming):
    """Ends every call in the same way, with or without a request."""

    def __init__(self, outcome: Outcome, *, sends: bool) -> None:
        super().__init__()
        self._outcome, self._sends = outcome, sends

    def cancel(self, call: Call) -> Outcome:
        if self._sends:
            super().cancel(call)
        return self._outcome


@pytest.mark.parametrize("sends", [True, False])
def test_a_crash_gets_advice_on_crashes(sends: bool) -> None:
    found = examined(Failing(Outcome.crash("KeyError: 'x'"), sends=sends))
    for name in ("204", "404", "TLS"):
        assert found[name].works is False
        assert "raised an exception" in found[name].advice, name


def test_an_adapter_that_returns_no_outcome_gets_advice_on_what_to_return() -> None:
    found = examined(Failing(Outcome.crash("returned None: an adapter must return an Outcome"), sends=True))
    assert {found[name].advice for name in ("204", "404", "TLS")} == {
        "return Outcome.success(), Outcome.failure(…) or Outcome.rejected(…)"
    }


class FailsAtOnce(Conforming):
    """Checks that the address responds before it makes a call, and gives up at once."""

    def cancel(self, call: Call) -> Outcome:
        if call.timeout == 1.0:
            return Outcome.failure(kind="transport", message="no connection")
        return super().cancel(call)


def test_a_failure_before_the_timeout_does_not_show_that_it_works() -> None:
    found = examined(FailsAtOnce())["timeout"]
    assert found.works is None
    assert found.seen.startswith("failure: no connection, after 0.0 s of 1.0 s")
    assert "was not tested" in found.seen


class CrashesAtTheTimeout(Conforming):
    def cancel(self, call: Call) -> Outcome:
        outcome = super().cancel(call)
        timed_out = outcome.error is not None and outcome.error.kind == "timeout"
        return Outcome.crash("TimeoutError") if timed_out else outcome


def test_a_crash_at_the_timeout_shows_that_there_is_one() -> None:
    found = examined(CrashesAtTheTimeout())["timeout"]
    assert (found.works, '"timeout"' in found.advice) == (False, False)
    assert "documented error" in found.advice


def test_a_client_that_bypasses_the_proxy_gets_the_limit_to_declare() -> None:
    def bypassing() -> Target:
        raise ClientUnavailable("the client sent nothing to the proxy within 2 s")

    for limits, advised in ((Limits(), True), (Limits(proxy="none"), False)):
        direct = Direct(Conforming().cancel)
        direct.limits = limits
        with Loopback() as transport:
            clients = ClientSet(Target(direct, transport), at_own_root=bypassing)
            harness = Harness(CONTRACT, clients, PROFILES["gate"])
            found = {finding.call: finding for finding in examine(harness)}["proxy"]
        assert (
            found.seen
            == "the client cannot be checked at its own root: the client sent nothing to the proxy within 2 s"
        )
        assert ('"proxy": "none"' in found.advice) is advised
