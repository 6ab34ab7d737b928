"""Makes the pages of docs/drift/ from the rules. `graphcontract drift pages` writes them.

The comparison itself runs on the example of each rule, so a page shows what the command prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from graphcontract.drift.comparison import Hit, compare_facts
from graphcontract.drift.model import Fact, FactOrigin, Value
from graphcontract.drift.rule import Example, Rule
from graphcontract.drift.rules import RULES

_TOP = "Generated from the rules by `make docs`. Change the rules, not this page."
_DAY = date(2026, 1, 1)  # fixed, so that the pages do not change from day to day


def render_pages() -> dict[str, str]:
    """Make Markdown by file name: one page for each rule, and README.md as the index."""
    return {
        "README.md": "\n".join(_format_index()),
        **{f"{rule.id}.md": "\n".join(_format_page(rule)) for rule in RULES},
    }


def compare_example(example: Example) -> list[Hit]:
    """Compare the two sides of an example, as a run would."""
    before, after = (_make_fact(example.fact, value) for value in (example.before, example.after))
    same = example.after is None or (example.before is None and example.fact == "clouds")
    return list(compare_facts(before, after, same_source=same, today=_DAY))


def _make_fact(name: str, value: Value) -> Fact:
    return Fact(name, "silent" if value is None else "asserts", value, FactOrigin("page", "a page"))


def _format_index() -> Iterator[str]:
    yield f"# Drift rules\n\n{_TOP}\n"
    yield "| rule | class | level | means |\n| --- | --- | --- | --- |"
    for rule in RULES:
        yield f"| [{rule.id}]({rule.id}.md) | {rule.cls} | {rule.level} | {rule.means} |"
    yield (
        "\nA difference between two sources of the same day has the class `skew`, "
        "and the level of its rule.\n"
        "See [How to detect drift](../how-to/drift.md).\n"
    )


def _format_page(rule: Rule) -> Iterator[str]:
    yield f"# {rule.id}\n\n{_TOP}\n"
    yield f"Level **{rule.level}**, class {rule.cls}. {rule.means}\n"
    yield "## What it looks like\n"
    if isinstance(rule.example, str):
        yield f"{rule.example}\n"
    else:
        (hit,) = (each for each in compare_example(rule.example) if each.rule == rule.id)
        yield f"```text\n{rule.example.fact}\n  before  {hit.before or '(nothing)'}"
        yield f"  now     {hit.now or '(nothing)'}\n```\n"
    yield f"## What to do\n\n{rule.do}\n"
    yield "[All rules](README.md)\n"
