"""Reads the deprecation notices of a page: in its title, its introduction, and its block quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, takewhile

from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.model import Wanted
from graphcontract.drift.page.blocks import Block, strip_markup
from graphcontract.drift.page.deprecation_text import (
    announces_deprecation,
    find_removal_date,
    strip_deprecation_note,
)

_MOST_QUOTED = 20  # paragraphs of one block quote; a notice has a few


def read_deprecation(
    notes: FactCollector, front: Mapping[str, str], blocks: Sequence[Block], wanted: Wanted
) -> None:
    """Read deprecation notices: in the introduction, in block quotes, or naming this operation."""
    names = (wanted.binding, wanted.action, *(each for each in wanted.path if isinstance(each, str)))
    heading = next((block for block in blocks if block.kind == "heading" and block.level == 1), None)
    titles = [*([strip_markup(heading.text)] if heading else []), strip_markup(front.get("title", ""))]
    notices: list[tuple[str | None, str, Block | None]] = [
        (None, title, heading) for title in titles if strip_deprecation_note(title)[1]
    ]
    if announces_deprecation(description := strip_markup(front.get("description", "")), names):
        notices.append((find_removal_date(description), description, heading))
    second = next((i for i, b in enumerate(blocks) if b.kind == "heading" and b.level == 2), len(blocks))
    for index, block in enumerate(blocks):
        text = strip_markup(block.text)
        if block.kind == "missing" and re.search(r"deprecat|retire", text, re.IGNORECASE):
            notices.append((None, text, block))
        elif block.kind == "text":
            strictly = not block.quoted and index >= second
            if announces_deprecation(text, names, strictly=strictly):
                text = strip_markup(" ".join(_iterate_quote(blocks, index))) if block.quoted else text
                notices.append((find_removal_date(text), text, block))
    if notices:
        dated = [each for each in notices if each[0]]
        removal, text, place = min(dated, key=lambda each: str(each[0])) if dated else notices[0]
        notes.add_fact("deprecation", (None, removal, text), place)


def _iterate_quote(blocks: Sequence[Block], index: int) -> Iterator[str]:
    """Yield the paragraphs of a block quote from an index on."""
    below = islice(blocks, index, index + _MOST_QUOTED)
    return (block.text for block in takewhile(lambda each: each.kind == "text" and each.quoted, below))
