from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphcontract.tenant.routing import Route, Router, parse_query
from graphcontract.tenant.tasks import Source
from tests.tenant import CONTRACT, TASKS

ROUTER = Router(CONTRACT)
ID = "3ed6d46d-13a3-4995-b6ea-a74a20b1fac0"


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (TASKS, Route("tasks")),
        (f"{TASKS}/{ID}", Route("task", ID)),
        (f"{TASKS}('{ID}')", Route("task", ID)),
        (f"{TASKS}/{ID}/cancel", Route("cancel", ID)),
        (f"{TASKS.upper()}/{ID}/CANCEL", Route("cancel", ID)),
        (f"{TASKS}('{ID}')/microsoft.graph.cancel", Route("cancel", ID)),
        (f"{TASKS}/a%2Fb/cancel", Route("cancel", "a/b")),
        (f"{TASKS}/%C3%A9/cancel", Route("cancel", "é")),
        (f"{TASKS}/%FF/cancel", Route("cancel", "\ufffd")),
        (f"{TASKS}/{ID}/cancel/", Route()),
        (f"{TASKS}//{ID}/cancel", Route()),
        (f"{TASKS}/{ID}/cancel/more", Route()),
        (f"{TASKS}/{ID}/cancle", Route()),
        (f"/v1.0{TASKS.removeprefix('/beta')}/{ID}/cancel", Route()),
        ("/", Route()),
        ("", Route()),
    ],
)
def test_paths(path: str, named: Route) -> None:
    assert ROUTER.find_route(path) == named


@pytest.mark.parametrize(
    ("function", "source"),
    [
        ("getBySourceUserPrincipalName(sourcePrincipalName='A@B')", Source("user", "a@b")),
        ("getBySourceUserPrincipalName(sourcePrincipalName='o''b@c')", Source("user", "o'b@c")),
        ("getBySourceGroupMailNickname(sourceGroupMailNickname='it')", Source("group", "it")),
        ("getBySourceSiteUrl(sourceSiteUrl='https%3A%2F%2Fc%2Fs')", Source("site", "https://c/s")),
        ("getBySourceSiteUrl(sourceSiteUrl='https://c/s')", Source("site", "https://c/s")),
        ("microsoft.graph.getBySourceSiteUrl(sourceSiteUrl=%27x%27)", Source("site", "x")),
    ],
)
def test_lookups(function: str, source: Source) -> None:
    assert ROUTER.find_route(f"{TASKS}/{function}") == Route("lookup", source=source)


def test_a_function_of_another_name_is_an_id() -> None:
    assert ROUTER.find_route(f"{TASKS}/getBySource(sourceSiteUrl='x')").operation == "task"


@given(st.text(st.characters(max_codepoint=255), max_size=60))
def test_any_path_is_read(rest: str) -> None:
    assert isinstance(ROUTER.find_route(f"{TASKS}{rest}"), Route)


def test_options() -> None:
    assert parse_query("$Top=2&%24skiptoken=a%20b&x") == {"$top": "2", "$skiptoken": "a b", "x": ""}
    with pytest.raises(ValueError, match="fields"):
        parse_query("&".join(["a=1"] * 30))
