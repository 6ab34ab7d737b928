"""Known skew and waivers: what they keep from counting, and what is wrong with a list."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from graphcontract.contract.loader import list_shipped, load
from graphcontract.drift.findings import DriftFinding
from graphcontract.drift.model import FactOrigin
from graphcontract.drift.waivers import apply_acceptances, read_drift_sources, read_waivers
from graphcontract.errors import UserError

MARK = "0123456789ab"


def finding(rule: str = "letter-case-changed", fact: str = "path", kind: Any = "permissions") -> DriftFinding:
    origin, base = FactOrigin(kind, "now"), FactOrigin("contract", "before")
    return DriftFinding(rule, fact, "contract", "a", "b", origin, base, MARK)


def listed(folder: Path, **row: Any) -> Path:
    path = folder / "waivers.json"
    full = {"rule": "letter-case-changed", "fingerprint": MARK, "reason": "it is so"} | row
    path.write_text(json.dumps({"waivers": [full]}))
    return path


def test_a_waiver_keeps_its_finding_from_counting(tmp_path: Path) -> None:
    (found,), notes = apply_acceptances([finding()], [], read_waivers(listed(tmp_path)), date(2026, 6, 1))
    assert (found.waived, found.counts) == ("it is so", False)
    assert ["has no end" in note for note in notes] == [True]


def test_a_waiver_with_an_end_needs_no_note(tmp_path: Path) -> None:
    accepted = read_waivers(listed(tmp_path, expires="2026-06-01"))
    assert apply_acceptances([finding()], [], accepted, date(2026, 6, 1))[1] == []


@pytest.mark.parametrize(("day", "counts"), [("2026-06-01", False), ("2026-05-31", True)])
def test_it_holds_to_its_last_day(tmp_path: Path, day: str, counts: bool) -> None:
    accepted = read_waivers(listed(tmp_path, expires=day))
    (found,), notes = apply_acceptances([finding()], [], accepted, date(2026, 6, 1))
    assert found.counts == counts
    assert any("expired on 2026-05-31" in note for note in notes) == counts


@pytest.mark.parametrize("row", [{"fingerprint": "ba9876543210"}, {"rule": "path-changed"}])
def test_one_that_matches_nothing_is_reported(tmp_path: Path, row: dict[str, str]) -> None:
    (found,), notes = apply_acceptances(
        [finding()], [], read_waivers(listed(tmp_path, **row)), date(2026, 6, 1)
    )
    assert found.counts
    assert "matches no finding" in notes[-1]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"rule": "path-change"}, "path-changed"),
        ({"fingerprint": "abc"}, "fingerprint"),
        ({"reason": ""}, "reason"),
        ({"reason": " "}, "a specific reason"),
        ({"reason": "..."}, "a specific reason"),
        ({"reason": "Why this is accepted for now"}, "found the placeholder"),
        ({"expires": "2026-02-31"}, "a valid date"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_waiver_is_one_clear_error(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as error:
        read_waivers(listed(tmp_path, **row))
    assert "waivers.json:1" in str(error.value)


def test_known_skew_is_of_kinds_and_never_of_a_snapshot() -> None:
    known = read_drift_sources("sharepointmigrationtask-cancel", None).known
    cases = [finding(), finding(kind="page"), finding(rule="path-changed")]
    found, _ = apply_acceptances(cases, known, [], date(2026, 6, 1))
    assert [each.counts for each in found] == [False, True, True]
    origin = FactOrigin("permissions", "x")
    moved = DriftFinding("letter-case-changed", "path", "snapshot", "a", "b", origin, origin, MARK)
    assert apply_acceptances([moved], known, [], date(2026, 6, 1))[0][0].counts


def test_every_shipped_contract_says_where_its_sources_are() -> None:
    for contract in list_shipped():
        kinds = {address.kind for address in read_drift_sources(contract, None).published}
        declared = {"csdl"} if load(contract, None).request.method == "POST" else set()  # CSDL has no DELETE
        assert kinds == {"page", "permissions", "openapi"} | declared


def test_a_contract_of_ones_own_has_a_list_of_its_own(tmp_path: Path) -> None:
    assert read_drift_sources("loan-cancel", tmp_path).known == ()
    (tmp_path / "drift-sources").mkdir()
    row = {"rule": "cloud-added", "fact": "clouds", "kinds": ["page"], "reason": "it is so"}
    document = {"contract": "loan-cancel", "known_skew": [row]}
    (tmp_path / "drift-sources" / "loan-cancel.json").write_text(json.dumps(document))
    (known,) = read_drift_sources("loan-cancel", tmp_path).known
    assert known.covers(finding("cloud-added", "clouds", "page"))


@pytest.mark.parametrize(
    ("root", "path"),
    [
        ("http://docs.example/", "a.md"),
        ("https://docs.example", "a.md"),
        ("https://docs.example/", "../a.md"),
        ("https://docs.example/", "/etc/hostname"),
        ("file:///", "etc/hostname"),
    ],
)
def test_addresses_lead_nowhere_else(tmp_path: Path, root: str, path: str) -> None:
    (tmp_path / "drift-sources").mkdir()
    document = {"contract": "x", "published": [{"kind": "page", "root": root, "path": path}]}
    (tmp_path / "drift-sources" / "x.json").write_text(json.dumps(document))
    with pytest.raises(UserError):
        read_drift_sources("x", tmp_path)
