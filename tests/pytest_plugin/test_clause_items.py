"""How an item reports each verdict, of a client and of a tenant alike."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from graphcontract.pytest_plugin.clause_items import ClauseItem, ItemResult, Violation, report_result
from graphcontract.reporting.events import VerdictKind
from tests.reporting import evidence

PASSED, XFAILED, SKIPPED, FAILED = None, pytest.xfail.Exception, pytest.skip.Exception, pytest.fail.Exception
OUTCOMES: dict[tuple[VerdictKind, bool], Any] = {
    ("pass", False): (PASSED, ""),
    ("fail", True): (Violation, "a detail"),
    ("fail", False): (XFAILED, "SHOULD violated: "),
    ("known-failure", False): (XFAILED, "known failure"),
    ("fixed", True): (FAILED, "fixed: r"),
    ("not-supported", False): (SKIPPED, "r"),
    ("not-exercised", True): (FAILED, "not-exercised: r"),
    ("not-exercised", False): (SKIPPED, "r"),
    ("not-run", True): (FAILED, "not-run: r"),
    ("not-run", False): (SKIPPED, "r"),
    ("error", True): (FAILED, "error: r"),
}


def test_every_verdict_has_an_outcome() -> None:
    assert {verdict for verdict, _ in OUTCOMES} == set(get_args(VerdictKind))


@pytest.mark.parametrize(("verdict", "fails_run"), list(OUTCOMES))
def test_an_item_reports_a_verdict(verdict: VerdictKind, fails_run: bool) -> None:
    outcome, text = OUTCOMES[verdict, fails_run]
    shown = evidence() if verdict == "fail" else None
    result = ItemResult(verdict, "SHOULD", fails_run, "r", shown, ("a detail",))
    if outcome is PASSED:
        report_result(result)
        return
    with pytest.raises(outcome) as raised:
        report_result(result)
    assert text in str(raised.value)


@pytest.mark.parametrize("expected", [Violation("the evidence"), pytest.xfail.Exception("the evidence")])
def test_a_failure_of_a_client_is_shown_without_a_traceback(expected: BaseException) -> None:
    with pytest.raises(type(expected)) as raised:
        raise expected
    assert ClauseItem.__new__(ClauseItem).repr_failure(raised) == "the evidence"
