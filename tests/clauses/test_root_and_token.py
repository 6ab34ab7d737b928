"""The path of the service root in requests, and calls without a token."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.exchange import Outcome
from tests.clauses import (
    CONTRACT,
    TOKEN,
    call,
    exchange,
    findings,
    judges,
    kinds,
    not_applicable,
    request,
    target,
    with_fields,
)

GOOD = request()


class TestRootPath:
    @pytest.mark.parametrize(
        ("root", "sent", "found"),
        [
            ("/gw/graph/beta", "/gw/graph/beta", []),
            ("/gw/graph/beta", "http://127.0.0.1:1/gw/graph/beta", []),
            ("/gw/graph/beta", "/%67w/graph/beta", []),
            ("/gw/graph/beta", "/beta", ["dropped"]),
            ("/gw/graph/beta", "", ["dropped"]),
            ("/gw/graph/beta", "/graph/beta", ["changed"]),
            ("/gw/graph/beta", "/gw/beta", ["changed"]),
            ("/gw/graph/beta", "/GW/Graph/beta", ["changed"]),
            ("/gw/graph/beta", "/gw/graph/beta/beta", ["repeated"]),
            ("/gw/graph/beta", "/gw/graph/beta/gw/graph/beta", ["repeated"]),
            ("/gw/graph/beta", "/gw//graph/beta", ["empty-segment"]),
            ("/beta/", "/beta", []),
            ("/beta/", "/beta/", ["empty-segment"]),
            ("/gw/beta/", "//beta", ["empty-segment", "dropped"]),
        ],
    )
    def test_keeps_the_path_of_the_root(self, root: str, sent: str, found: list[str]) -> None:
        asked = replace(call(), base_url=f"http://127.0.0.1:1{root}")
        step = exchange(request(sent + target().removeprefix("/beta")), asked=asked)
        assert kinds("request.root-path", step) == found

    def test_is_judged_below_a_path_alone(self) -> None:
        assert not judges("request.root-path", exchange(GOOD))
        assert not judges("request.root-path", exchange(asked=replace(call(), base_url="http://x/gw/beta")))


class TestNoToken:
    @pytest.mark.parametrize(
        ("value", "found"),
        [
            (None, []),
            ("", ["empty"]),
            ("Bearer", ["empty"]),
            ("Bearer ", ["empty"]),
            ("Bearer null", ["placeholder"]),
            ("Bearer None", ["placeholder"]),
            ('bearer "undefined"', ["placeholder"]),
            ("Bearer <nil>", ["placeholder"]),
            (f"Bearer {TOKEN}", ["other-token"]),
            ("Basic dXNlcjpwYXNz", ["other-token"]),
        ],
    )
    def test_no_credentials_without_a_token(self, value: str | None, found: list[str]) -> None:
        sent = request(fields={"Authorization": value})
        assert kinds("input.no-token", exchange(sent, asked=call(token=""))) == found

    def test_a_rejected_call_passes(self) -> None:
        step = exchange(asked=call(token=""), outcome=Outcome.rejected("no token"))
        assert kinds("input.no-token", step) == []

    def test_is_judged_without_a_token_alone(self) -> None:
        assert not judges("input.no-token", exchange(GOOD))

    def test_the_evidence_does_not_contain_another_token(self) -> None:
        (found,) = findings("input.no-token", exchange(GOOD, asked=call(token="")))
        assert TOKEN not in found.actual

    def test_a_contract_may_leave_authorization_open(self) -> None:
        assert not_applicable("input.no-token", with_fields(Authorization="unconstrained"))
        assert not_applicable("input.no-token", CONTRACT) is None
