"""The values of parameters in a request, in the arguments of a function and the parts of a composite key."""

from __future__ import annotations

import pytest

from graphcontract.clauses.parameter_values import ValueFault
from tests.clauses.test_parameter_values import PERSON, path_faults

FRIENDS = "/people/compare(one='{one}',other='{other}')"
ROOM = "/rooms/building='{building}',number={number}/clear"


class TestArguments:
    @staticmethod
    def faults(name: str, floor: str, arguments: str) -> list[ValueFault]:
        return path_faults(PERSON, {"name": name, "floor": floor}, f"/people/find{arguments}")

    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            pytest.param("Ann", "(name='Ann',floor=3)", id="plain"),
            pytest.param("Ann", "(floor=3,name='Ann')", id="other-order"),
            pytest.param("Ann", "(name=%27Ann%27,floor=3)", id="encoded-quotes"),
            pytest.param("Ann", "%28name='Ann',floor=3%29", id="encoded-parentheses"),
            pytest.param("O'Neil", "(name='O''Neil',floor=3)", id="doubled-quote"),
            pytest.param("O'Neil", "(name='O%27%27Neil',floor=3)", id="encoded-doubled-quote"),
            pytest.param("a/b c", "(name='a%2Fb%20c',floor=3)", id="encoded"),
            pytest.param("", "(name='',floor=3)", id="empty"),
        ],
    )
    def test_conforming(self, name: str, arguments: str) -> None:
        assert self.faults(name, "3", arguments) == []

    @pytest.mark.parametrize(
        ("name", "literal", "kind", "shown"),
        [
            pytest.param("O'Neil", "'O'Neil'", "quotes", "'O'Neil'", id="quote-not-doubled"),
            pytest.param("O'Neil", "O'Neil", "unquoted", "O'Neil", id="no-quotes-at-all"),
            pytest.param("O'Neil", "O''Neil", "unquoted", "O''Neil", id="doubled-without-quotes"),
            pytest.param("Ann", "Ann", "unquoted", "Ann", id="unquoted"),
            pytest.param("Ann", "%22Ann%22", "changed", '\\"Ann\\"', id="double-quotes"),
            pytest.param("Ann", "'Bob'", "changed", "'Bob'", id="greater"),
            pytest.param("Ann", "'AAA'", "changed", "'AAA'", id="less"),
            pytest.param("Ann", "Bob", "changed", "Bob", id="unquoted-greater"),
            pytest.param("Ann", "''", "changed", "''", id="empty"),
            pytest.param("Ann", "'Ann-3'", "merged", "'Ann-3'", id="with-the-other-value"),
            pytest.param("Ann", "'3'", "repeated", "'3'", id="the-other-value"),
            pytest.param("a b", "'a%2520b'", "changed", "'a%20b'", id="encoded-twice"),
            pytest.param("a b", "'a+b'", "changed", "'a+b'", id="plus-for-space"),
        ],
    )
    def test_faults_of_a_string(self, name: str, literal: str, kind: str, shown: str) -> None:
        segment = f"find(name={literal},floor=3)"
        found = self.faults(name, "3", segment.removeprefix("find"))
        assert [(each.kind, each.actual) for each in found] == [(kind, f'{segment} (decodes to "{shown}")')]
        doubled = name.replace("'", "''")
        assert [each.expected for each in found] == [f"name: the argument name as the literal '{doubled}'"]
        assert [bool(each.input) for each in found] == [kind == "changed"]

    @pytest.mark.parametrize(
        ("name", "literal", "input"),
        [
            pytest.param("a b", "'a+b'", "space", id="plus-for-space"),
            pytest.param("Ann", "'ANN'", "letter-case", id="letter-case"),
            pytest.param(" Ann", "'Ann'", "edges", id="trimmed"),
            pytest.param("x" * 200, f"'{'x' * 100}'", "long", id="cut"),
            pytest.param("O'Neil", "'O''Neal'", "unreserved", id="after-a-doubled-quote"),
            pytest.param("O'Neil", "'O%20Neil'", "sub-delim", id="quote"),
        ],
    )
    def test_input_that_explains_another_string(self, name: str, literal: str, input: str) -> None:
        (found,) = self.faults(name, "3", f"(name={literal},floor=3)")
        assert (found.kind, found.input) == ("changed", input)

    @pytest.mark.parametrize(
        ("literal", "kind", "input"),
        [
            pytest.param("'3'", "changed", "unreserved", id="quoted"),
            pytest.param("4", "changed", "unreserved", id="greater"),
            pytest.param("2", "changed", "unreserved", id="less"),
            pytest.param("03", "changed", "unreserved", id="padded"),
            pytest.param("Ann", "repeated", "", id="the-other-value"),
            pytest.param("'Ann'", "repeated", "", id="the-other-value-quoted"),
            pytest.param("3Ann", "merged", "", id="with-the-other-value"),
        ],
    )
    def test_faults_of_a_number(self, literal: str, kind: str, input: str) -> None:
        segment = f"find(name='Ann',floor={literal})"
        assert self.faults("Ann", "3", segment.removeprefix("find")) == [
            ValueFault(
                kind,
                "floor: the argument floor as the literal 3",
                f'{segment} (decodes to "{literal}")',
                input,
            )
        ]

    @pytest.mark.parametrize(
        ("name", "floor", "arguments", "kinds"),
        [
            pytest.param("Ann", "3", "(name='3',floor=Ann)", ["swapped"] * 2, id="swapped"),
            pytest.param("Ann", "3", "(name=3,floor='Ann')", ["swapped"] * 2, id="swapped-with-quotes"),
            pytest.param("Ann", "3", "(name='Ann')", ["lost"], id="no-number"),
            pytest.param("Ann", "3", "(floor=3)", ["lost"], id="no-string"),
            pytest.param("Ann", "3", "()", ["lost", "lost"], id="no-arguments"),
            pytest.param("Ann", "3", "(who='Bob',level=4)", ["lost"] * 2, id="other-names-and-values"),
            pytest.param("Ann", "3", "(nme='Ann',floor=3)", ["lost"], id="misspelt-name"),
            pytest.param("Ann", "3", "(floor='Ann')", ["lost", "repeated"], id="the-other-value-alone"),
            pytest.param("Ann", "3", "(name=3)", ["repeated", "lost"], id="the-other-value-alone-2"),
            pytest.param("Bob", "3", "('Ann')", ["changed", "changed"], id="no-names"),
            pytest.param("Ann", "3", "", ["changed", "changed"], id="no-parentheses"),
            pytest.param("Ann", "3", "(name='Ann'", ["changed"], id="no-end"),
            pytest.param("Ann", "3", "/now", ["changed", "changed"], id="further-segment"),
            pytest.param("Ann", "3", "(who='Bob')/now", ["lost", "lost"], id="argument-and-segment"),
            pytest.param("a/b", "3", "(name='a/b',floor=3)", ["changed", "changed"], id="slash"),
            pytest.param("", "5", "(name='',floor=')", ["changed"], id="one-quote"),
        ],
    )
    def test_both_arguments(self, name: str, floor: str, arguments: str, kinds: list[str]) -> None:
        assert [each.kind for each in self.faults(name, floor, arguments)] == kinds

    def test_a_lost_argument_shows_the_target(self) -> None:
        assert self.faults("A nn", "3", "(floor=3)") == [
            ValueFault(
                "lost",
                "name: the argument name as the literal 'A nn'",
                "/beta/people/find(floor=3)",
                "space",
            )
        ]

    @pytest.mark.parametrize(
        ("one", "other", "sent", "kinds"),
        [
            pytest.param("ab", "cd", "one='cd',other='ab'", ["swapped"] * 2, id="swapped"),
            pytest.param("", "x", "one='x',other=''", ["swapped"] * 2, id="swapped-with-empty"),
            pytest.param("O'N", "x", "one='x',other='O''N'", ["swapped"] * 2, id="swapped-with-quote"),
            pytest.param("ab", "cd", "one='cd',other='cd'", ["repeated"], id="second-twice"),
            pytest.param("ab", "cd", "one='ab',other='ab'", ["repeated"], id="first-twice"),
            pytest.param("zz", "a", "one='ax,other='a'", ["changed"], id="opening-quote"),
            pytest.param("zz", "a", "one=xa',other='a'", ["changed"], id="closing-quote"),
            pytest.param("a", "", "one='',other=''", ["repeated"], id="empty-twice"),
        ],
    )
    def test_two_strings(self, one: str, other: str, sent: str, kinds: list[str]) -> None:
        faults = path_faults(FRIENDS, {"one": one, "other": other}, f"/people/compare({sent})")
        assert [each.kind for each in faults] == kinds

    def test_only_an_unusual_argument_is_not_encoded(self) -> None:
        segment = "find(name='a[<',floor=3)"
        assert path_faults(PERSON, {"name": "a[<", "floor": "3"}, f"/people/{segment}") == [
            ValueFault("raw", "name: the argument name as the literal 'a[<'", segment, "gen-delim")
        ]


class TestCompositeKey:
    @staticmethod
    def faults(sent: str, building: str = "A") -> list[ValueFault]:
        return path_faults(ROOM, {"building": building, "number": "12"}, f"/rooms{sent}/clear")

    @pytest.mark.parametrize(
        ("building", "sent"),
        [
            pytest.param("A", "/building='A',number=12", id="segment"),
            pytest.param("A", "(building='A',number=12)", id="parentheses"),
            pytest.param("A", "/number=12,building='A'", id="other-order"),
            pytest.param("O'N", "/building='O''N',number=12", id="doubled-quote"),
            pytest.param("a b", "(building='a%20b',number=12)", id="encoded"),
        ],
    )
    def test_conforming(self, building: str, sent: str) -> None:
        assert self.faults(sent, building) == []

    @pytest.mark.parametrize(
        ("sent", "kind", "shown"),
        [
            pytest.param("/building=A,number=12", "unquoted", "A", id="unquoted"),
            pytest.param("(building=A,number=12)", "unquoted", "A", id="unquoted-in-parentheses"),
            pytest.param("/building='B',number=12", "changed", "'B'", id="changed"),
            pytest.param("/building='12',number=12", "repeated", "'12'", id="repeated"),
            pytest.param("/building='A12',number=12", "merged", "'A12'", id="merged"),
        ],
    )
    def test_faults(self, sent: str, kind: str, shown: str) -> None:
        found = self.faults(sent)
        segment = sent.strip("/()")
        assert [(each.kind, each.actual) for each in found] == [(kind, f'{segment} (decodes to "{shown}")')]
        assert found[0].expected == "building: the argument building as the literal 'A'"

    @pytest.mark.parametrize(
        ("sent", "kinds"),
        [
            pytest.param("/building='A'", ["lost"], id="one-part"),
            pytest.param("(building='A')", ["lost"], id="one-part-in-parentheses"),
            pytest.param("/building='A',floor=12", ["lost"], id="misspelt-name"),
            pytest.param("/building='A'12", ["merged", "merged"], id="without-a-name"),
        ],
    )
    def test_parts_that_are_missing(self, sent: str, kinds: list[str]) -> None:
        assert [each.kind for each in self.faults(sent)] == kinds

    def test_swapped_parts(self) -> None:
        found = self.faults("/building='12',number=A")
        assert [each.kind for each in found] == ["swapped", "swapped"]

    def test_a_part_that_is_not_encoded(self) -> None:
        (found,) = self.faults("/building='a<b',number=12", "a<b")
        assert (found.kind, found.actual, found.input) == ("raw", "building='a<b',number=12", "unsafe")
