"""The pages of docs/drift/: what each rule means, with an example that the comparison itself words.

Knows rules and the comparison.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from graphcontract.drift.comparison import Hit, differences
from graphcontract.drift.model import Fact, FactOrigin, Value
from graphcontract.drift.rule import Example, Rule
from graphcontract.drift.rules import RULES

_TOP = "Generated from the rules by `make docs`; change those, not this page."
_DAY = date(2026, 1, 1)


def pages() -> dict[str, str]:
    """Make Markdown by file name: a page a rule, and README.md as their index."""
    return {"README.md": "\n".join(_index()), **{f"{rule.id}.md": "\n".join(_page(rule)) for rule in RULES}}


def hits(example: Example) -> list[Hit]:
    """What the comparison says of an example."""
    before, after = (_fact(example.fact, value) for value in (example.before, example.after))
    same = example.after is None or (example.before is None and example.fact == "clouds")
    return list(differences(before, after, same_source=same, today=_DAY))


def _fact(name: str, value: Value) -> Fact:
    return Fact(name, "silent" if value is None else "asserts", value, FactOrigin("page", "a page"))


def _index() -> Iterator[str]:
    yield f"# The rules of drift\n\n{_TOP}\n"
    yield "| rule | class | level | means |\n| --- | --- | --- | --- |"
    for rule in RULES:
        yield f"| [{rule.id}]({rule.id}.md) | {rule.cls} | {rule.level} | {rule.means} |"
    yield (
        "\nBetween two sources of one day a finding has the class `skew`, and the level of its rule.\n"
        "[How to watch for drift](../how-to/drift.md)\n"
    )


def _page(rule: Rule) -> Iterator[str]:
    yield f"# {rule.id}\n\n{_TOP}\n"
    yield f"**{rule.level}**, {rule.cls}. {rule.means}\n"
    yield "## What it looks like\n"
    if isinstance(rule.example, str):
        yield f"{rule.example}\n"
    else:
        (hit,) = (each for each in hits(rule.example) if each.rule == rule.id)
        yield f"```text\n{rule.example.fact}\n  before  {hit.before or '(nothing)'}"
        yield f"  now     {hit.now or '(nothing)'}\n```\n"
    yield f"## What to do\n\n{rule.do}\n"
    yield "[All rules](README.md)\n"
