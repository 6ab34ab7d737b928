"""Which responses are redirects, where they lead, and which Location cannot be followed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses.locations import find_unusable_location, list_redirects
from graphcontract.wire import WireResponse
from tests.clauses import call, exchange, request, response


def leading(*locations: str, status: int = 307) -> WireResponse:
    return response(status, fields=tuple(("location", each) for each in locations))


def targets(*answers: WireResponse, root: str = "http://127.0.0.1:1/beta") -> list[str]:
    step = exchange(request(), asked=replace(call(), base_url=root))
    return [target.geturl() for _, target in list_redirects(replace(step, responses=answers))]


@pytest.mark.parametrize(
    ("status", "redirects"),
    [(204, False), (299, False), (300, True), (399, True), (400, False), (503, False)],
)
def test_statuses(status: int, redirects: bool) -> None:
    assert bool(targets(leading("/x", status=status))) == redirects
    unusable = find_unusable_location(leading("a:b", status=status))
    assert unusable == ("scheme" if redirects else None)


def test_not_modified_leads_to_nothing_that_has_to_be_followed() -> None:
    assert find_unusable_location(leading("a:b", status=304)) is None


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("", "http://127.0.0.1:1/beta"),
        ("x", "http://127.0.0.1:1/x"),
        ("//b:2/x?y", "http://b:2/x?y"),
        ("https://b/x#y", "https://b/x#y"),
    ],
)
def test_targets_are_absolute(location: str, target: str) -> None:
    assert targets(leading(location)) == [target]


def test_targets_of_several_responses() -> None:
    answers = leading("/a"), leading("http://b:99999/"), response(307), leading("//["), leading("/b", "/c")
    assert targets(*answers) == ["http://127.0.0.1:1/a", "http://127.0.0.1:1/b"]


@pytest.mark.parametrize(
    ("locations", "reason"),
    [
        (("/x", "a:b"), None),
        (("a:b", "/x"), "scheme"),
        (("http://b:99999/", "/x"), "malformed"),
        (("/x y", "/x"), "characters"),
        (("a:b c",), "characters"),
        (("a://[",), "malformed"),
        (("ftp://b/",), "scheme"),
        (("https://b/",), None),
        (("!~",), None),
        (("\x7f",), "characters"),
        (("\x1f",), "characters"),
        ((), None),
    ],
)
def test_why_the_first_location_cannot_be_followed(locations: tuple[str, ...], reason: str | None) -> None:
    assert find_unusable_location(leading(*locations)) == reason
