from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcontract.tenant.create_body import parse_create_body
from graphcontract.tenant.responses import Rejection
from graphcontract.tenant.tasks import Order, Source
from tests.tenant import USER

GROUP = {
    "@odata.type": "microsoft.graph.SharePointGroupMigrationTaskParameters",
    "sourceGroupIdentity": {"mailNickname": "it"},
    "targetGroupIdentity": {"mailNickname": "it2"},
    "targetOrganizationId": "3ef4e46d-13a3-4895-b6ea-a74a20e7728b",
}
SITE = {
    "@odata.type": "#microsoft.graph.sharePointSiteMigrationTaskParameters",
    "sourceSiteUrl": "https://contoso.sharepoint.example/sites/IT",
    "targetSiteUrl": "https://fabrikam.sharepoint.example/sites/IT",
    "targetOrganizationHost": "https://fabrikam.sharepoint.example",
}


def read(parameters: Any) -> Order:
    return parse_create_body(json.dumps({"parameters": parameters}).encode())


@pytest.mark.parametrize(
    ("parameters", "source"),
    [
        (USER, Source("user", "adele@contoso.example")),
        (USER | {"sourceUserIdentity": {"id": "42"}}, Source("user", "42")),
        (GROUP, Source("group", "it")),
        (SITE, Source("site", "https://contoso.sharepoint.example/sites/it")),
    ],
)
def test_each_kind_has_a_source(parameters: dict[str, Any], source: Source) -> None:
    found = read(parameters)
    assert (found.source, found.validate_only, found.start) == (source, False, None)
    assert found.parameters == parameters


def test_dates() -> None:
    dates = {"preferredStartDateTime": "2026-03-01T13:00:00+01:00"}
    found = read(USER | dates | {"preferredLatestStartDateTime": "2026-03-02T00:00:00.123Z"})
    assert found.start == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert found.latest_start == datetime(2026, 3, 2, 0, 0, 0, 123000, UTC)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"@odata.type": None}, "@odata.type"),
        ({"@odata.type": "#microsoft.graph.user"}, "@odata.type"),
        ({"@odata.type": "sharePointUserMigrationTaskParameters"}, "@odata.type"),
        ({"sourceUserIdentity": None}, "sourceUserIdentity"),
        ({"sourceUserIdentity": {"userPrincipalName": 7}}, "userPrincipalName"),
        ({"targetUserIdentity": "adele"}, "targetUserIdentity"),
        ({"targetOrganizationHost": ""}, "targetOrganizationHost"),
        ({"preferredStartDateTime": "tomorrow"}, "preferredStartDateTime"),
        ({"preferredStartDateTime": 1}, "preferredStartDateTime"),
        ({"preferredStartDateTime": "2026-03-01T12:00:00"}, "offset"),
        ({"preferredStartDateTime": "0001-01-01T00:00:00+23:00"}, "range"),
        ({"preferredStartDateTime": "2026-03-02T00:00:00Z"}, "preferredLatestStartDateTime"),
        ({"validateOnly": "true"}, "validateOnly"),
        ({"sourceUserIdentity": {"userPrincipalName": "a" * 3000}}, "too long"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(Rejection) as rejected:
        read({**USER, "preferredLatestStartDateTime": "2026-03-02T00:00:00Z", **changes})
    assert rejected.value.status == 400
    assert named in rejected.value.message


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b"null", b"1", b'"a"', b'{"parameters": []}', b"[" * 100_000, b"NaN"],
)
def test_garbage_is_refused(content: bytes) -> None:
    with pytest.raises(Rejection):
        parse_create_body(content)


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(list(USER.values())),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(list(USER)), inner),
    max_leaves=5,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*USER, "preferredStartDateTime"], _json)))
def test_any_parameters_are_read_or_refused(parameters: dict[str, Any]) -> None:
    with suppress(Rejection):
        assert read(parameters).source.kind == "user"
