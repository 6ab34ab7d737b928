"""Namespaces of operations, and the alias of type casts."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from graphcontract.contract.odata import split_call, strip_alias, strip_namespace

IDENTIFIERS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
NAMESPACES = st.lists(IDENTIFIERS, min_size=1, max_size=4, unique_by=str.lower).map(".".join)


@given(NAMESPACES, IDENTIFIERS)
def test_any_namespace_is_removed(namespace: str, name: str) -> None:
    assert strip_namespace(f"{namespace}.{name}") == strip_namespace(name) == name
    assert strip_namespace(f"{namespace}.{name}(a='b.c')") == f"{name}(a='b.c')"


@given(NAMESPACES, IDENTIFIERS)
def test_a_namespace_that_is_written_twice_is_not_a_namespace(namespace: str, name: str) -> None:
    doubled = f"{namespace}.{namespace}.{name}"
    assert strip_namespace(doubled) == doubled


@pytest.mark.parametrize(
    "segment",
    ["", ".", "..", ".close", "close.", "a..close", "graph.1st", "$ref", "a.b-c", "root:.close", "v1.0"],
)
def test_what_is_not_a_qualified_name_stays(segment: str) -> None:
    assert strip_namespace(segment) == segment


@given(IDENTIFIERS, NAMESPACES)
def test_the_alias_stands_for_one_namespace_alone(name: str, namespace: str) -> None:
    assert strip_alias(f"graph.{name}") == strip_alias(f"Graph.{name}") == f"microsoft.graph.{name}"
    assume(namespace.lower() != "graph")
    assert strip_alias(f"{namespace}.{name}") == f"{namespace}.{name}"
    assert strip_alias(name) == name


@pytest.mark.parametrize(
    ("segment", "name", "arguments"),
    [
        ("find(name='a',index=1)", "find", {"name": "'a'", "index": "1"}),
        ("find(name='a'',b=''c')", "find", {"name": "'a'',b=''c'"}),
        ("find(name='')", "find", {"name": "''"}),
        ("a.b.find(name='(x)')", "a.b.find", {"name": "'(x)'"}),
        ("delta()", "delta", {}),
        ("delta", "delta", None),
        ("find(name='a", "find", None),
        ("find(name='O'Brien')", "find", None),
        ("find(name=a,b)", "find", None),
        ("find('a')", "find", None),
        ("find(a=1,)", "find", None),
        ("find(a=1,a=2)", "find", None),
    ],
)
def test_split_call(segment: str, name: str, arguments: dict[str, str] | None) -> None:
    assert split_call(segment) == (name, arguments)
