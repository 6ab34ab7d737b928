"""Clients whose faults depend on the surroundings of their process are caught, and those with quirks pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graphcontract.judging.verdict import ClauseResult
from graphcontract.run.options import Options
from graphcontract.run.session import Session
from graphcontract.run.suite_tests import suite_tests

ROOT = Path(__file__).parents[2]
CLAUSE = "calls.surroundings"
TESTS = {test.name: test for test in suite_tests()}
CLAUSES = (*TESTS["test_surroundings"].proves, "secrets.token", "request.authorization")

DATE, NUMBER = "wait until a date", "wait of half a second"
SUCCESS, ERROR = "success in any surroundings", "error in capitals"

# client: the case that shows its fault, the kinds and classes of the clause that it shows, and other clauses
# that the same fault violates
FAULTY: dict[str, tuple[str, set[tuple[str, str]], set[str]]] = {
    "local_dates": (DATE, {("wait", "time zone"), ("outcome", "time zone")}, {"retry.after"}),
    "turkish_case": ("coding in capitals", {("outcome", "locale")}, set()),
    "turkish_codes": (ERROR, {("outcome", "locale")}, set()),
    "german_numbers": (NUMBER, {("outcome", "locale")}, set()),
    "takes_netrc": (SUCCESS, {("credentials", "netrc")}, {"request.authorization"}),
    "ignores_no_proxy": (SUCCESS, {("outcome", "proxy")}, set()),
    "many_descriptors": (SUCCESS, {("outcome", "descriptors")}, set()),
    "first_event_loop": (SUCCESS, {("outcome", "event loops")}, set()),
    "logs_to_file": (SUCCESS, set(), {"secrets.token"}),
    "does_not_start_in_turkish": (SUCCESS, {("outcome", "locale")}, set()),
}
# Their ways are shown by others, or by the tests of the clauses.
AGAIN = ("turkish_codes", "german_numbers", "ignores_no_proxy", "does_not_start_in_turkish", "logs_to_file")
QUIRKY = (
    "logs_in_local_time",
    "speaks_the_language",
    "through_the_proxy_elsewhere",
    "differs_by_itself",
    "needs_its_folder",
    "present_event_loop",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients write their logs elsewhere than in the checkout."""
    (tmp_path / "settings.json").write_text("{}", encoding="utf-8")
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path / "work")


def check(client: str, *cases: str) -> dict[str, ClauseResult]:
    session = Session.of(Options(f"python:tests.sample_clients.surroundings:{client}", profile="quick"))
    test = TESTS["test_surroundings"]
    test = replace(test, cases={name: test.cases[name] for name in cases or test.cases})
    for clause in CLAUSES:
        session.want(test, clause)
    try:
        return {clause: session.part(test, clause) for clause in CLAUSES}
    finally:
        session.close()


def violated(parts: dict[str, ClauseResult]) -> set[str]:
    return {id for id, part in parts.items() if part.verdict == "fail"}


@pytest.mark.parametrize(
    "client",
    [pytest.param(each, marks=pytest.mark.nightly if each in AGAIN else ()) for each in FAULTY],
)
def test_a_faulty_client_is_caught(client: str) -> None:
    case, kinds, others = FAULTY[client]
    parts = check(client, case)
    assert violated(parts) == others | ({CLAUSE} if kinds else set()), parts
    assert {parts[id].verdict for id in parts}.isdisjoint({"error", "not-run"})
    evidence = parts[CLAUSE].evidence
    if evidence is not None:
        assert (evidence["kind"], evidence["class"]) in kinds
        assert evidence["note"].startswith("seen in a process with ")
    assert len(kinds) == (1 + len(parts[CLAUSE].also) if evidence else 0)
    assert all(cause.startswith("the client behaves differently with") for cause in parts[CLAUSE].causes)


@pytest.mark.parametrize("client", QUIRKY)
def test_a_quirky_client_passes(client: str) -> None:
    parts = check(client, SUCCESS, ERROR)
    assert violated(parts) == set(), parts
    assert parts[CLAUSE].verdict == ("not-exercised" if client == "differs_by_itself" else "pass")


@pytest.mark.nightly
@pytest.mark.parametrize("client", ["plain", *QUIRKY[:3]])
def test_a_conforming_client_passes_all_cases(client: str) -> None:
    assert {part.verdict for part in check(client).values()} == {"pass"}
