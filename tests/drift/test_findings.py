"""Readings against the contract and each other: clouds and routes, versions, skew, problems, fingerprints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graphcontract.contract.model import Contract
from graphcontract.drift.contract_facts import identify_operation, read_contract
from graphcontract.drift.findings import Comparison, DriftFinding
from graphcontract.drift.model import Fact, FactOrigin, Kind, Problem, Reading, Value
from tests.drift import library


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return library.contract(tmp_path_factory.mktemp("contract"))


def source(kind: Kind, name: str = "", line: int = 1, **values: Value) -> Reading:
    origin = FactOrigin(kind, name or kind, None, line)
    facts = {}
    for each, value in values.items():
        fact = each.replace("__", ".").replace("_", "-")
        facts[fact] = Fact(fact, "silent" if value is None else "asserts", value, origin)
    return Reading(origin, facts, "0" * 64)


def against(contract: Contract, reading: Reading) -> list[DriftFinding]:
    comparison = Comparison(identify_operation(contract), library.TODAY)
    return list(comparison.compare_with_contract(read_contract(contract, "loan-cancel"), reading))


def skew(contract: Contract, *readings: Reading) -> list[DriftFinding]:
    comparison = Comparison(identify_operation(contract), library.TODAY)
    return list(comparison.compare_sources(read_contract(contract, "loan-cancel"), readings))


@pytest.mark.parametrize(
    ("cloud", "route", "rules"),
    [
        ("global", "reachable", []),
        ("global", "declared", ["route-gone"]),
        ("global", "absent", ["route-gone"]),
        (None, "declared", ["route-gone"]),
        ("china", "reachable", ["cloud-added"]),
        ("china", "declared", ["route-only-declared"]),
        ("china", "absent", []),
    ],
)
def test_declared_is_not_reachable(
    contract: Contract, cloud: str | None, route: str, rules: list[str]
) -> None:
    reading = source("csdl", clouds=(cloud,) if cloud else None, route=route)
    assert [each.rule for each in against(contract, reading)] == rules


@pytest.mark.parametrize(
    ("version", "route", "rules"),
    [
        ("beta", "reachable", ["method-changed"]),
        ("v1.0", "reachable", ["version-appeared"]),
        ("v1.0", "absent", []),
    ],
)
def test_another_version_is_news_only_where_it_has_the_operation(
    contract: Contract, version: str, route: str, rules: list[str]
) -> None:
    reading = source("csdl", version=version, route=route, method="GET")
    assert [each.rule for each in against(contract, reading)] == rules


def test_silence_denies_nothing(contract: Contract) -> None:
    names = read_contract(contract, "loan-cancel").facts
    origin = FactOrigin("openapi", "openapi")
    facts = {name: Fact(name, "silent", None, origin) for name in names}
    assert against(contract, Reading(origin, facts, "0" * 64)) == []


def test_a_denial_is_found(contract: Contract) -> None:
    reading = source("page", clouds=None)
    fact = replace(reading.facts["clouds"], stance="denies")
    found = against(contract, replace(reading, facts={"clouds": fact}))
    assert [each.rule for each in found] == ["fact-denied"]


def test_the_enum_needs_the_statuses_of_the_contract(contract: Contract) -> None:
    assert against(contract, source("csdl", status_enum=(("reserved", 0), ("lent", 1)))) == []
    (found,) = against(contract, source("csdl", status_enum=(("Reserved", 0), ("lent", 1))))
    assert (found.rule, found.before) == ("enum-member-removed", "reserved")


def test_errors_that_are_ranges_say_nothing_new(contract: Contract) -> None:
    assert against(contract, source("openapi", errors=("4XX", "5XX"))) == []
    assert [each.rule for each in against(contract, source("openapi", errors=("4XX", "409")))] == [
        "errors-documented"
    ]
    assert against(contract, source("run", errors=("404", "409"))) == []


def test_sources_that_differ_where_the_contract_is_silent_are_skew(contract: Contract) -> None:
    one = source("page", properties=(("id", "String", None),), path=("other",))
    two = source("csdl", properties=(("id", "Edm.String", False), ("title", "Edm.String", True)), path=("x",))
    (found,) = skew(contract, two, one)
    assert (found.rule, found.cls, found.level) == ("property-added", "skew", "info")
    assert (found.origin.kind, found.base and found.base.kind) == ("csdl", "page")


def test_skew_is_reported_once(contract: Contract) -> None:
    one = source("page", status_enum=(("reserved", None), ("unknownFutureValue", None)))
    more = (("reserved", 0), ("lent", 1), ("unknownFutureValue", 2))
    found = skew(contract, one, source("csdl", "a", status_enum=more), source("csdl", "b", status_enum=more))
    assert [each.rule for each in found] == ["enum-member-added"]


def test_ranges_and_single_errors_agree_where_they_cover_each_other(contract: Contract) -> None:
    page = source("page", errors=("404", "409", "500"))
    assert skew(contract, page, source("openapi", errors=("4XX", "5XX"))) == []
    assert len(skew(contract, source("page", errors=("404",)), source("openapi", errors=("4XX", "5XX")))) == 1


def test_a_problem_is_a_finding(contract: Contract) -> None:
    reading = source("page")
    problem = Problem("fact-unreadable", "success", "nobody knows", reading.origin)
    (found,) = against(contract, replace(reading, problems=(problem,)))
    assert (found.rule, found.cls, found.level, found.fact) == (
        "fact-unreadable",
        "unknown",
        "err",
        "success",
    )


def test_a_fingerprint_knows_neither_line_nor_name(contract: Contract) -> None:
    found = [
        against(contract, source("page", name, line, method=method))[0].fingerprint
        for name, line, method in (("a", 1, "GET"), ("/tmp/a", 7, "GET"), ("a", 1, "PUT"))
    ]
    assert found[0] == found[1] != found[2]
    assert len(found[0]) == 12


def test_what_no_terminal_can_show_is_replaced(contract: Contract) -> None:
    (found,) = against(contract, source("openapi", method="\x1b[31mPOST\u202e"))
    assert found.now == "\ufffd[31mPOST\ufffd"


def test_a_contract_is_not_news_to_itself(contract: Contract, tmp_path: Path) -> None:
    own = read_contract(contract, "loan-cancel")
    assert against(contract, own) == []
