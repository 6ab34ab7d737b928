"""What a suite's test is tried with: classes of input, a class a combination of its sources' classes."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from graphcontract.inputs import Partitions, constants
from graphcontract.judging.hypothesis_runner import explore
from graphcontract.judging.suite_api import SuiteTest
from tests.clauses import CONTRACT

STATUSES = constants({"200": 200, "204": 204})
CONTENTS = constants({"none": b"", "some": b"x"})


def partitions(**sources: Partitions[Any]) -> dict[str, st.SearchStrategy[dict[str, Any]]]:
    return SuiteTest("test_it", lambda: None, ("response.no-content",), sources, {}).partitions(CONTRACT)


def test_a_combination_of_constants_is_tried_once() -> None:
    drawn: list[dict[str, object]] = []
    for name, strategy in partitions(status=STATUSES, content=CONTENTS).items():
        explore(strategy, drawn.append, seed=0, name=name, examples=9)
    assert drawn == [
        {"status": status, "content": content} for status in (200, 204) for content in (b"", b"x")
    ]


def test_combinations_are_named_by_what_varies() -> None:
    assert list(partitions(status=STATUSES, content=CONTENTS)) == [
        "200 none",
        "200 some",
        "204 none",
        "204 some",
    ]
    assert list(partitions(status=constants({"204": 204}), content=CONTENTS)) == ["none", "some"]
    assert list(partitions(content=Partitions({"drawn": st.binary()}))) == ["any"]
    assert list(partitions()) == ["any"]
