"""The values of parameters in a request, in the segments of its path."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses.parameter_values import (
    ValueFault,
    describe_expected,
    find_most_unusual_class,
    find_path_faults,
)
from graphcontract.clauses.queries import path_values, quote
from graphcontract.contract.model import Contract
from graphcontract.wire import WireRequest
from tests.clauses import call, request, with_request

JOB = "/jobs/{job}/stop"
CHANNEL = "/teams/{team}/channels/{channel}/archive"
MESSAGE = "/users/{user}/messages/{message}"
PERSON = "/people/find(name='{name}',floor={floor})"

Values = dict[str, str]


def contract_of(path: str, **names: str) -> Contract:
    """The contract of a path, whose arguments with these names are query parameters."""
    found = path.replace("}", "{").split("{")[1::2]
    parameters: dict[str, dict[str, str]] = {each: {"type": "string"} for each in found}
    parameters |= {each: {"type": "string", "in": "query", "name": name} for each, name in names.items()}
    return with_request(path=path, parameters=parameters, query="required" if names else "absent")


def path_faults(
    path: str, values: Values, sent: str | WireRequest, names: Values | None = None
) -> list[ValueFault]:
    asked = replace(call(), arguments=values)
    given = request(f"/beta{sent}") if isinstance(sent, str) else sent
    return find_path_faults(contract_of(path, **(names or {})), given, asked)


def texts(faults: list[ValueFault]) -> list[tuple[str, str, str]]:
    return [(each.kind, each.actual, each.input) for each in faults]


class TestOneSegment:
    @pytest.mark.parametrize(
        ("value", "segment"),
        [
            pytest.param("7", "7", id="plain"),
            pytest.param("a b", "a%20b", id="space"),
            pytest.param("a/b", "a%2fb", id="lowercase-digits"),
            pytest.param("~a.b", "%7Ea%2Eb", id="encoded-unreserved"),
            pytest.param("a:b@c!d", "a:b@c!d", id="allowed-delimiters"),
            pytest.param("\u00e9", "%C3%A9", id="utf-8"),
            pytest.param("a%20b", "a%2520b", id="escape-in-value"),
        ],
    )
    def test_conforming_spellings(self, value: str, segment: str) -> None:
        assert path_faults(JOB, {"job": value}, f"/jobs/{segment}/stop") == []

    @pytest.mark.parametrize(
        "sent",
        [
            pytest.param("/v2/jobs/7/stop", id="further-segment"),
            pytest.param("/7/stop", id="missing-segment"),
            pytest.param("/jobs('7')/stop", id="in-parentheses"),
        ],
    )
    def test_a_value_at_another_index_is_found(self, sent: str) -> None:
        assert path_faults(JOB, {"job": "7"}, sent) == []

    @pytest.mark.parametrize(
        ("value", "segment", "shown", "input"),
        [
            pytest.param("a b", "a+b", "a+b", "space", id="plus-for-space"),
            pytest.param("a b", "a%2520b", "a%20b", "space", id="encoded-twice"),
            pytest.param("a/b", "a%252Fb", "a%2Fb", "gen-delim", id="slash-encoded-twice"),
            pytest.param("a%20b", "a%20b", "a b", "percent", id="value-taken-as-encoded"),
            pytest.param("a b", "a-b", "a-b", "space", id="replaced"),
            pytest.param("a b", "ab", "ab", "space", id="removed"),
            pytest.param(" a", "a", "a", "edges", id="stripped"),
            pytest.param("Ab", "ab", "ab", "letter-case", id="lower-case"),
            pytest.param("ab", "AB", "AB", "letter-case", id="upper-case"),
            pytest.param("\u00e9", "e%CC%81", "e\u0301", "normalization", id="normalized"),
            pytest.param("\u00e9", "%E9", "\ufffd", "non-ascii", id="latin-1"),
            pytest.param("\u00e9", "%3F", "?", "non-ascii", id="question-mark-for-unknown"),
            pytest.param("x" * 200, "x" * 90, "x" * 90, "long", id="cut"),
            pytest.param("7", "8", "8", "unreserved", id="greater"),
            pytest.param("7", "6", "6", "unreserved", id="less"),
            pytest.param("7", "'7'", "'7'", "unreserved", id="quoted"),
            pytest.param("7", "{job}", "{job}", "unreserved", id="template"),
        ],
    )
    def test_a_changed_value(self, value: str, segment: str, shown: str, input: str) -> None:
        assert path_faults(JOB, {"job": value}, f"/jobs/{segment}/stop") == [
            ValueFault(
                "changed",
                f"one segment that decodes to {quote(value)}",
                f"{segment} (decodes to {quote(shown)})",
                input,
            )
        ]

    @pytest.mark.parametrize(
        ("value", "input"),
        [
            pytest.param("a[b", "gen-delim", id="gen-delim"),
            pytest.param("a[<", "gen-delim", id="first-of-two"),
            pytest.param("a<[", "unsafe", id="first-of-two-reversed"),
            pytest.param("a{b}", "unsafe", id="unsafe"),
            pytest.param("100%", "percent", id="percent-at-end"),
            pytest.param("a%zz", "percent", id="percent"),
        ],
    )
    def test_a_value_that_is_not_encoded(self, value: str, input: str) -> None:
        expected = f'one segment that decodes to "{value}"'
        faults = path_faults(JOB, {"job": value}, f"/jobs/{value}/stop")
        assert faults == [ValueFault("raw", expected, value, input)]

    @pytest.mark.parametrize(
        ("value", "sent", "kind", "input"),
        [
            pytest.param("a/b", "/jobs/a/b/stop", "split", "gen-delim", id="slash"),
            pytest.param("a /b", "/jobs/a%20/b/stop", "split", "gen-delim", id="slash-and-space"),
            pytest.param("7", "/jobs/8/9/stop", "split", "", id="other-segments"),
            pytest.param("a?b", "/jobs/a?b/stop", "cut", "gen-delim", id="question-mark"),
            pytest.param("a#b", "/jobs/a", "cut", "gen-delim", id="number-sign"),
            pytest.param("a b", "/jobs/a", "cut", "space", id="space"),
            pytest.param("7", "/jobs/stop", "cut", "", id="no-segment"),
            pytest.param("7", "/", "cut", "", id="no-path"),
        ],
    )
    def test_a_value_that_no_segment_has(self, value: str, sent: str, kind: str, input: str) -> None:
        expected = f'one segment that decodes to "{value}"'
        faults = path_faults(JOB, {"job": value}, sent)
        assert faults == [ValueFault(kind, expected, f"/beta{sent}", input)]


class TestTwoSegments:
    @staticmethod
    def faults(team: str, channel: str, sent: str) -> list[ValueFault]:
        return path_faults(CHANNEL, {"team": team, "channel": channel}, sent)

    @pytest.mark.parametrize(
        ("team", "channel", "sent"),
        [
            pytest.param("a", "b", "/teams/a/channels/b/archive", id="plain"),
            pytest.param("a/b", "b c", "/teams/a%2Fb/channels/b%20c/archive", id="encoded"),
            pytest.param("a", "a", "/teams/a/channels/a/archive", id="same"),
        ],
    )
    def test_conforming(self, team: str, channel: str, sent: str) -> None:
        assert self.faults(team, channel, sent) == []

    def test_each_expected_value_is_named(self) -> None:
        assert self.faults("a", "b", "/teams/x/channels/y/archive") == [
            ValueFault(
                "changed", 'team: one segment that decodes to "a"', 'x (decodes to "x")', "unreserved"
            ),
            ValueFault(
                "changed", 'channel: one segment that decodes to "b"', 'y (decodes to "y")', "unreserved"
            ),
        ]

    @pytest.mark.parametrize(
        ("team", "channel", "sent", "kinds"),
        [
            pytest.param("a", "b", "/b/channels/a", ["swapped", "swapped"], id="swapped"),
            pytest.param("ab", "cd", "/cd/channels/ab", ["swapped", "swapped"], id="swapped-longer"),
            pytest.param("a", "b", "/a/channels/a", ["repeated"], id="first-twice"),
            pytest.param("a", "b", "/b/channels/b", ["repeated"], id="second-twice"),
            pytest.param("b", "a", "/b/channels/b", ["repeated"], id="greater-first-twice"),
            pytest.param("b", "a", "/a/channels/a", ["repeated"], id="less-second-twice"),
            pytest.param("a", "b", "/b/channels/x", ["repeated", "changed"], id="second-at-first"),
            pytest.param("a", "a", "/x/channels/x", ["changed", "changed"], id="same-values"),
            pytest.param("a", "b", "/ab/channels/b", ["merged"], id="both-in-first"),
            pytest.param("a", "b", "/a/channels/a-b", ["merged"], id="both-in-second"),
            pytest.param("b", "a", "/b%2Fa/channels/a", ["merged"], id="both-with-slash"),
            pytest.param("a", "bab", "/abab/channels/bab", ["merged"], id="other-contains-own"),
            pytest.param("ab", "b", "/abb/channels/b", ["changed"], id="own-contains-other"),
            pytest.param("ab", "bc", "/abc/channels/bc", ["changed"], id="overlap"),
            pytest.param("a", "b", "/xb/channels/b", ["changed"], id="other-alone"),
            pytest.param("a", "b", "/xa/channels/b", ["changed"], id="own-alone"),
            pytest.param("a", "b", "/B/channels/b", ["changed"], id="less-than-both"),
            pytest.param("a", "b", "/x/channels/b", ["changed"], id="greater-than-both"),
            pytest.param("zz", "a", "/'ax/channels/a", ["changed"], id="opening-quote"),
            pytest.param("zz", "a", "/xa'/channels/a", ["changed"], id="closing-quote"),
        ],
    )
    def test_values_at_the_documented_indexes(
        self, team: str, channel: str, sent: str, kinds: list[str]
    ) -> None:
        found = self.faults(team, channel, f"/teams{sent}/archive")
        assert [each.kind for each in found] == kinds

    @pytest.mark.parametrize(("kind", "sent"), [("swapped", "/teams/b/channels/a/archive")])
    def test_only_a_change_has_a_class_of_input(self, kind: str, sent: str) -> None:
        assert texts(self.faults("a", "b", sent)) == [
            (kind, 'b (decodes to "b")', ""),
            (kind, 'a (decodes to "a")', ""),
        ]
        merged = self.faults("a", "b", "/teams/ab/channels/b/archive")
        assert texts(merged) == [("merged", 'ab (decodes to "ab")', "")]

    @pytest.mark.parametrize(
        ("team", "channel", "sent", "found"),
        [
            pytest.param("1", "2", "/teams/channels/2/archive", [("lost", "")], id="first"),
            pytest.param("1", "2", "/teams/archive", [("lost", "")] * 2, id="both"),
            pytest.param("1", "2", "/x", [("lost", "")] * 2, id="other-path"),
            pytest.param("1", "2", "/s/t/u/v/w/x/y/z", [("lost", "")] * 2, id="other-long-path"),
            pytest.param("a", "b c", "/teams/a/channels/archive", [("lost", "space")], id="unusual"),
            pytest.param("a b", "c d", "/teams/channels/c%20d/archive", [("lost", "space")], id="unusual-1"),
            pytest.param("a b", "c d", "/teams/a%20b/channels/archive", [("lost", "space")], id="unusual-2"),
            pytest.param("a b", "c d", "/TEAMS/channels/c%20d/Archive", [("lost", "space")], id="other-case"),
            pytest.param("a", "b", "/teams/a-b/archive", [("merged", "")] * 2, id="merged"),
            pytest.param("b", "e", "/teams/channels/e/archive", [("lost", "")], id="in-fixed-segments"),
            pytest.param("a b", "c", "/teams/a%20bc/archive", [("merged", "space"), ("merged", "")], id="m2"),
            pytest.param("a/b", "c", "/teams/a/b/channels/c/archive", [("split", "gen-delim")], id="split"),
            pytest.param(
                "a/b", "c", "/teams/channels/x/archive/y/z", [("split", "gen-delim"), ("split", "")], id="s2"
            ),
            pytest.param("c", "a/b", "/teams/c/channels/a/b/archive", [("split", "gen-delim")], id="split-2"),
            pytest.param("a?b", "c", "/teams/a?b/channels/c/archive", [("cut", "gen-delim")], id="cut"),
            pytest.param("c", "a?b", "/teams/c/channels/a?b/archive", [("cut", "gen-delim")], id="cut-2"),
            pytest.param("c", "a?b", "/teams/channels", [("cut", "")], id="cut-before-both"),
            pytest.param("x y", "a?b", "/teams/x/archive", [("cut", "space")], id="cut-in-other-path"),
        ],
    )
    def test_values_that_no_segment_has(
        self, team: str, channel: str, sent: str, found: list[tuple[str, str]]
    ) -> None:
        faults = self.faults(team, channel, sent)
        assert texts(faults) == [(kind, f"/beta{sent}", input) for kind, input in found]

    def test_a_path_that_ends_with_a_key(self) -> None:
        values = {"user": "a b", "message": "c d"}
        assert texts(path_faults(MESSAGE, values, "/users/a%20b/messages")) == [
            ("lost", "/beta/users/a%20b/messages", "space")
        ]
        assert texts(path_faults(MESSAGE, values, "/users/messages/c%20d")) == [
            ("lost", "/beta/users/messages/c%20d", "space")
        ]


@pytest.mark.parametrize(
    ("path", "values", "names", "expected"),
    [
        pytest.param(JOB, {"job": "7"}, {}, ['one segment that decodes to "7"'], id="one"),
        pytest.param(
            JOB, {"job": "7", "item": "m"}, {"item": "@id"}, ['job: one segment that decodes to "7"'], id="q"
        ),
        pytest.param(
            PERSON,
            {"name": "O'Neil", "floor": "3"},
            {},
            [
                "name: the argument name as the literal 'O''Neil'",
                "floor: the argument floor as the literal 3",
            ],
            id="arguments",
        ),
    ],
)
def test_describe_expected(path: str, values: Values, names: Values, expected: list[str]) -> None:
    contract = contract_of(path, **names)
    positions = path_values(contract, replace(call(), arguments=values))
    assert [describe_expected(contract, *each) for each in positions] == expected


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ""),
        ("aZ9-._~", ""),
        ("a'", "sub-delim"),
        ("'\u00e9", "non-ascii"),
        ("'\u00e9<", "unsafe"),
        ("'\u00e9< ", "space"),
        ("'\u00e9< %", "percent"),
        ("'\u00e9< %/", "gen-delim"),
        ("/a", "gen-delim"),
    ],
)
def test_the_most_unusual_class_of_a_text(text: str, found: str) -> None:
    assert find_most_unusual_class(text) == found


def test_equal_faults_are_one_in_a_set() -> None:
    fault = ValueFault("missing", "a", "b")
    assert {fault, ValueFault("missing", "a", "b", "")} == {fault}
