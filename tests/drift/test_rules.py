"""The registry, its pages, and that the comparison reproduces each example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from graphcontract.drift.rule import LEVELS, Example, Rule
from graphcontract.drift.rule_pages import compare_example, render_pages
from graphcontract.drift.rules import RULES

FOLDER = Path(__file__).parents[2] / "docs" / "drift"


def test_the_pages_say_what_the_rules_say() -> None:
    found = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.md")}
    assert found == render_pages(), "run `make docs`"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_whole(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id)
    assert rule.means.endswith(".")
    assert rule.do.endswith(".")
    assert rule.level in ("err", "warn", "info")
    assert rule.stricter is None or rule.stricter != LEVELS[rule.cls]


@pytest.mark.parametrize(
    "rule", [each for each in RULES if isinstance(each.example, Example)], ids=lambda rule: rule.id
)
def test_an_example_is_found_by_its_rule_alone(rule: Rule) -> None:
    assert isinstance(rule.example, Example)
    assert [hit.rule for hit in compare_example(rule.example)] == [rule.id]


def test_ids_are_each_one_rules() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
