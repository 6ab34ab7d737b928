from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphcontract.contract import json_positions

Json = Any
quietly = settings(database=None, deadline=None, max_examples=100)

TEXT = """{
  "a": [1, {"b": null},
    "x"],

  "q\\"\\u0041": {
    "c": {}, "d": []
  }, "": true
}"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 1),
        (("a",), 2),
        (("a", 0), 2),
        (("a", 1), 2),
        (("a", 1, "b"), 2),
        (("a", 2), 3),
        (('q"A',), 5),
        (('q"A', "c"), 6),
        (('q"A', "d"), 6),
        (("",), 7),
        (("none",), 1),
    ],
)
def test_line_of_a_path(path: json_positions.Path, line: int) -> None:
    assert json_positions.find_line_of(TEXT, path) == line


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def paths(value: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for name, member in inner for each in paths(member, (*path, name)))]


@quietly
@given(value=values, ascii=st.booleans())
def test_every_path_of_an_indented_document_is_found_in_order(value: Json, ascii: bool) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=ascii)
    lines = [json_positions.find_line_of(text, path) for path in paths(value)]
    assert lines == sorted(lines)
    assert len(set(lines)) == len(lines)


@quietly
@given(value=values)
def test_strings_are_those_of_the_document(value: Json) -> None:
    def iterate_strings(value: Json) -> list[str]:
        if isinstance(value, dict):
            return [text for name, member in value.items() for text in [name, *iterate_strings(member)]]
        if isinstance(value, list):
            return [text for member in value for text in iterate_strings(member)]
        return [value] if isinstance(value, str) else []

    assert [text for _, text in json_positions.iterate_strings(json.dumps(value))] == iterate_strings(value)


@quietly
@given(value=values)
def test_what_json_wrote_repeats_no_name(value: Json) -> None:
    assert json_positions.find_repeated_name(json.dumps(value)) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1, "a": 2}', (("a",), 1)),
        ('{"a": 1,\n "\\u0061": 2}', (("a",), 2)),
        ('{"a": {"b": [{"c": 1}, {"c": 1,\n "d": 0,\n "c": 2}]}}', (("a", "b", 1, "c"), 3)),
        ('{"a": {"b": 1}, "b": {"b": 1}, "c": [{"b": 1}, {"b": 1}]}', None),
        ('{"a": {"a": 1}}', None),
    ],
)
def test_repeated_names(text: str, found: object) -> None:
    assert json_positions.find_repeated_name(text) == found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[[]]]", None),
        ("[[\n[[]]]]", 2),
        ('["[[[[[["]', None),
        ('["\\"[[[[[["]', None),
        ('{"a":{"b":{"c":\n{}}}}', 2),
        ("]]]][[[", None),
        ('"[[[[[', None),
    ],
)
def test_nesting_deeper_than_three(text: str, line: int | None) -> None:
    assert json_positions.find_excess_nesting(text, 3) == line


@pytest.mark.parametrize("text", ['"' * 1_000_000, '\\"' * 500_000, '"' + "\\" * 1_000_001, "a:" * 500_000])
def test_text_that_is_not_json_costs_linear_time(text: str) -> None:
    assert json_positions.find_excess_nesting(text, 64) is None  # would not return in quadratic time


def test_pointers_escape() -> None:
    assert json_positions.format_pointer(("a/b", 0, "m~n", "")) == "/a~1b/0/m~0n/"
