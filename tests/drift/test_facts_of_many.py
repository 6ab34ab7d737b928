"""Drift of many operations: required header fields, removal dates, and several statuses of success."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.drift.many.snapshots import format_snapshot, read_snapshot
from graphcontract.drift.operations.build import build_catalogue
from tests.drift.many_operations import OPENAPI, ROUTES, TEXTS, source
from tests.drift.test_drift_of_many import (
    DELETE,
    DEPRECATED,
    DESK,
    IF_MATCH,
    compare,
    found,
    take_snapshot,
)


def _deprecate(text: str, name: str, removal: str) -> str:
    """Deprecate lock, to be removed on a day, in the CSDL or the OpenAPI description."""
    if name == "beta.csdl":
        value = f'<PropertyValue Property="RemovalDate" Date="{removal}" />'
        dated = DEPRECATED.replace("</Record>", f"{value}</Record>")
        target = f'<Annotations Target="library.security.lock">{dated}</Annotations>'
        return text.replace("      <EntityContainer", f"{target}\n      <EntityContainer")
    begin = "    post:\n      requestBody:\n        $ref"
    assert text.count(begin) == 1
    notice = f"    post:\n      x-ms-deprecation:\n        removalDate: '{removal}'\n"
    return text.replace(begin, begin.replace("    post:\n", notice))


@pytest.mark.parametrize("snapshot", [False, True])
@pytest.mark.parametrize("name", ["beta.csdl", "beta.yaml"])
def test_a_removal_date_is_compared(name: str, snapshot: bool, tmp_path: Path) -> None:
    before, now = (_deprecate(TEXTS[name], name, day) for day in ("2028-01-02", "2027-01-02"))
    own = source(tmp_path, name, before)
    catalogue = Catalogue(build_catalogue([source(tmp_path, "beta.tsv")], [own]), "built")
    (id,) = catalogue.find(f"POST {DESK}/library.security.lock")
    assert list(catalogue.operation(id).removal) == ["2028-01-02"]
    base = take_snapshot(tmp_path, catalogue, own) if snapshot else catalogue
    unchanged = compare(base, source(tmp_path, name, before), snapshot=snapshot)
    changed = compare(base, source(tmp_path, name, now), snapshot=snapshot)
    new = {key: names for key, names in found(changed).items() if key not in found(unchanged)}
    assert new == {
        ("removal-date-changed", "2028-01-02", "2027-01-02"): [f"POST {DESK}/library.security.lock"]
    }


def test_a_removal_date_that_a_catalogue_lacks_is_not_a_change(tmp_path: Path) -> None:
    """A catalogue that was made of routes alone has no dates: then only the deprecation is compared."""
    routes = source(tmp_path, "beta.tsv", ROUTES.replace("security.lock\t", "security.lock\tx"))
    catalogue = Catalogue(build_catalogue([routes]), "built")
    text = _deprecate(TEXTS["beta.csdl"], "beta.csdl", "2028-01-02")
    result = found(compare(catalogue, source(tmp_path, "beta.csdl", text)))
    assert not [key for key, names in result.items() if f"POST {DESK}/library.security.lock" in names]


REQUIRED = OPENAPI.replace(DELETE, f"{DELETE}{IF_MATCH}          required: true\n")


@pytest.mark.parametrize("snapshot", [False, True])
@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (REQUIRED, {}),
        (REQUIRED.replace("If-Match", "if-match"), {}),
        (
            REQUIRED.replace("          required: true\n      responses", "      responses"),
            {("input-relaxed", "field If-Match (required)", "field If-Match (optional)"): [f"DELETE {DESK}"]},
        ),
        (OPENAPI, {("input-relaxed", "field If-Match (required)", ""): [f"DELETE {DESK}"]}),
    ],
    ids=["the same", "letter case", "optional", "gone"],
)
def test_a_required_header_field_is_compared(
    text: str, rules: dict[tuple[str, str, str], list[str]], snapshot: bool, tmp_path: Path
) -> None:
    own = source(tmp_path, "beta.yaml", REQUIRED)
    catalogue = Catalogue(build_catalogue([own]), "built")
    (id,) = catalogue.find(f"DELETE {DESK}")
    assert catalogue.operation(id).fields == {"If-Match": "o"}
    assert "If-Match" in str(catalogue.contract(id).provenance)
    base = take_snapshot(tmp_path, catalogue, own) if snapshot else catalogue
    now = source(tmp_path, "beta.yaml", text)
    assert found(compare(base, now, snapshot=snapshot)) == rules


def test_a_snapshot_of_an_earlier_version_says_nothing_of_later_facts(tmp_path: Path) -> None:
    own = source(tmp_path, "beta.yaml", _deprecate(OPENAPI, "beta.yaml", "2028-01-02"))
    text = format_snapshot([own], [], lambda _: True, ("all",))
    later = ',"facts":["fields","removal"]'
    assert text.count(later) == 1
    path = tmp_path / "snapshot.jsonl"
    path.write_text(text.replace(later, "").replace(',"removal":{"2028-01-02":"o"}', ""), encoding="utf-8")
    now = source(tmp_path, "beta.yaml", _deprecate(REQUIRED, "beta.yaml", "2028-01-02"))
    assert found(compare(read_snapshot(path, ("all",)), now, snapshot=True)) == {}


def test_a_source_that_states_no_header_field_is_silent_on_it(tmp_path: Path) -> None:
    catalogue = Catalogue(
        build_catalogue([source(tmp_path, "beta.tsv")], [source(tmp_path, "beta.yaml", REQUIRED)]), "built"
    )
    for name in ("beta.tsv", "beta.csdl"):
        rules = {rule for rule, *_ in found(compare(catalogue, source(tmp_path, name)))}
        assert not rules & {"input-relaxed", "input-removed", "required-input-added"}


@pytest.mark.parametrize("snapshot", [False, True])
@pytest.mark.parametrize("status", ["204", "2XX"])
def test_a_second_status_of_success_is_a_change(status: str, snapshot: bool, tmp_path: Path) -> None:
    begin = "      deprecated: true\n      responses:\n"
    before = OPENAPI.replace(f"{begin}        '204'", f"{begin}        '{status}'")
    own = source(tmp_path, "beta.yaml", before)
    catalogue = Catalogue(build_catalogue([own]), "built")
    base = take_snapshot(tmp_path, catalogue, own) if snapshot else catalogue
    several = before.replace(begin, f"{begin}        '202':\n          description: Accepted\n")
    changed = found(compare(base, source(tmp_path, "beta.yaml", several), snapshot=snapshot))
    expected = {("success-status-changed", "204", "202 or 204"): [f"DELETE {DESK}"]}
    assert changed == (expected if status == "204" else {})
    again = source(tmp_path, "beta.yaml", several)
    rebuilt = Catalogue(build_catalogue([again]), "built")
    base = take_snapshot(tmp_path, rebuilt, again) if snapshot else rebuilt
    assert found(compare(base, again, snapshot=snapshot)) == {}
