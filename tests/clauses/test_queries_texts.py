"""How ids, outcomes, differences and authorities are compared and described in reports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphcontract.clauses.queries import (
    abbreviate,
    abbreviate_from_difference,
    classify_character,
    classify_difference,
    describe_ids,
    describe_outcome,
    has_control_characters,
    is_guid,
    is_opaque,
    is_same_authority,
    quote,
)
from graphcontract.exchange import Outcome
from tests.clauses import CRASH, TASK, call, failure


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abc…efg (7 characters)"),
        ("abcdef", 5, "ab…ef (6 characters)"),
        ("", 0, ""),
    ],
)
def test_abbreviate(text: str, limit: int, short: str) -> None:
    assert abbreviate(text, limit) == short


@pytest.mark.parametrize(
    ("text", "other", "shown"),
    [
        ("a" * 119 + "b", "a" * 119 + "c", "a" * 119 + "b"),
        ("a" * 120 + "b", "a" * 120 + "c", f"…{'a' * 30}b"),
        ("a" * 61 + "b", "a" * 61 + "c" * 60, f"…{'a' * 30}b"),
        ("a" * 61 + "b", "a" * 61 + "c" * 58, "a" * 61 + "b"),
        ("a" * 121, "a" * 130, f"{'a' * 60}…{'a' * 60} (121 characters)"),
        ("b" + "a" * 120, "c", f"b{'a' * 59}…{'a' * 60} (121 characters)"),
    ],
    ids=["short", "long", "other long", "both short", "the same", "at once"],
)
def test_abbreviate_from_difference(text: str, other: str, shown: str) -> None:
    assert abbreviate_from_difference(text, other) == shown


@pytest.mark.parametrize(
    ("text", "quoted"),
    [('a"b', '"a\\"b"'), ("é\n", '"é\\n"'), ("a" * 119, f'"{"a" * 59}…{"a" * 59}" (121 characters)')],
)
def test_quote(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@pytest.mark.parametrize(
    ("actual", "root", "same"),
    [
        ("Graph.Test", "https://graph.test/beta", True),
        ("graph.test:443", "https://graph.test", True),
        ("graph.test", "https://GRAPH.test:443", True),
        ("graph.test:80", "https://graph.test", False),
        ("graph.test:443", "http://graph.test", False),
        ("graph.test:80", "http://graph.test", True),
        ("graph.test", "http://graph.test:80/", True),
        ("graph.test:8080", "http://graph.test:8080", True),
        ("graph.test", "http://graph.test:8080", False),
        ("user@graph.test", "http://graph.test", False),
        ("a.test", "http://b.test", False),
        ("b.test", "http://a.test", False),
        ("", "http://a.test", False),
    ],
)
def test_same_authority(actual: str, root: str, same: bool) -> None:
    assert is_same_authority(actual, root) is same


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (failure(None), "failure: In progress."),
        (failure(0, message=None), "failure with status 0"),
        (failure(message=""), "failure with status 409"),
        (Outcome.rejected("no"), "rejected: no"),
        (replace(failure(), reason="closed"), "failure with status 409: closed"),
        (Outcome.crash("x" * 121), f"crash: {'x' * 60}…{'x' * 60} (121 characters)"),
        (Outcome.crash(""), "crash"),
        (CRASH, "crash: KeyError: 'x'"),
    ],
)
def test_describe_outcome(outcome: Outcome, text: str) -> None:
    assert describe_outcome(outcome) == text


@pytest.mark.parametrize(
    ("members", "cls"),
    [
        (" ", "space"),
        ("%", "percent"),
        (":/?#[]@", "gen-delim"),
        ("!$&'()*+,;=", "sub-delim"),
        ("\x80é☃", "non-ascii"),
        ("aZ09-._~", "unreserved"),
        ('"<>\\^`{|}\x00\x1f\x7f', "unsafe"),
    ],
)
def test_every_character_has_a_class(members: str, cls: str) -> None:
    assert {classify_character(each) for each in members} == {cls}


@pytest.mark.parametrize(
    ("expected", "actual", "cls"),
    [
        ("a ", "a", "edges"),
        (" a b ", "a b", "edges"),
        ("STRASSE", "straße", "letter-case"),
        ("e\u0301", "\u00e9", "normalization"),
        ("\ufb01", "fi", "letter-case"),
        ("\u2460", "1", "normalization"),
        ("é" + "x" * 128, "é", "long"),
        ("x" * 129, "y" * 10, "unreserved"),
        ("a/ b", "a", "gen-delim"),
        ("a", "a/ b", "gen-delim"),
        ("a;/", "a;", "gen-delim"),
        ("a b/", "a%20b/", "space"),
        ("/ ab", "/ a%", "unreserved"),
        ("", "%/", "percent"),
        ("a", "a", ""),
        ("", "", ""),
    ],
)
def test_first_difference_gives_the_class(expected: str, actual: str, cls: str) -> None:
    assert classify_difference(expected, actual) == cls


@pytest.mark.parametrize(
    ("value", "guid", "opaque"),
    [
        (TASK, True, True),
        (TASK.upper(), True, True),
        (TASK[:-1], False, True),
        (f"{TASK}0", False, True),
        (f"{{{TASK}}}", False, False),
        (TASK.replace("-", ""), False, True),
        ("", False, False),
        ("a_b", False, False),
        ("aé", False, False),
    ],
)
def test_kinds_of_ids(value: str, guid: bool, opaque: bool) -> None:
    assert (is_guid(value), is_opaque(value)) == (guid, opaque)


@pytest.mark.parametrize(
    ("text", "found"),
    [("a\x00", True), ("\x1fa", True), ("a\x7fb", True), ("\x9f", True), ("a b~\xa0é", False), ("", False)],
)
def test_control_characters(text: str, found: bool) -> None:
    assert has_control_characters(text) is found


def test_ids_of_a_call() -> None:
    assert describe_ids(call('a"b')) == 'the id "a\\"b"'
    assert describe_ids(call("a"), *call("a").arguments) == 'the id "a"'
    three = replace(call(), arguments={"a": "1", "b": "2", "c": "3"})
    assert describe_ids(replace(call(), arguments={})) == "no id"
    assert describe_ids(three, "c", "a") == 'the ids c "3", a "1"'
    assert describe_ids(three) == 'the ids a "1", b "2", c "3"'
