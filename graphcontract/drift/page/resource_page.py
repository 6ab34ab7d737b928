"""Reads a resource's page: properties and status values of the type that an action is bound to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.model import Unknown, Value, Wanted
from graphcontract.drift.page import tables
from graphcontract.drift.page.blocks import Block, strip_markup
from graphcontract.drift.page.sections import find_sections

NAMES = ("binding", "key-type", "status-enum", "properties", "wording")

_TITLE = re.compile(r"([A-Za-z]\w*)(?: resource type)?")
_MEMBER = re.compile(r"`([A-Za-z]\w*)`")
_VALUES = re.compile(r"possible values are:?(.*)", re.IGNORECASE | re.DOTALL)


def read(notes: FactCollector, front: Mapping[str, str], blocks: Sequence[Block], wanted: Wanted) -> None:
    """Read the page of the wanted operation's resource; raises `Unknown` if it is the page of another one."""
    heading = next((block for block in blocks if block.kind == "heading" and block.level == 1), None)
    title = strip_markup(heading.text) if heading else front.get("title", "")
    titled = _TITLE.fullmatch(title)
    if titled is None or titled[1].casefold() != wanted.binding.casefold():
        problem = f"this is the page of {title or 'another resource'}, not of {wanted.binding}"
        raise Unknown(problem, notes.origin)
    notes.add_fact("binding", titled[1], heading)
    _read_properties(notes, blocks)
    texts = [("resource-title", title), ("resource-description", strip_markup(front.get("description", "")))]
    notes.add_fact("wording", tuple((name, text) for name, text in texts if text), heading)
    notes.mark_silent(NAMES)


def _read_properties(notes: FactCollector, blocks: Sequence[Block]) -> None:
    found: list[Value] = []
    first: Block | None = None
    for section in find_sections(blocks, r"properties"):
        for table in (block for block in section if block.kind == "table" and block.rows):
            for name, cells, row in tables.iterate_named_rows(table):
                first = first or table
                kind = strip_markup(cells.get("type", ""))
                found.append((name, kind, None))
                place = notes.locate(row.line, table.file)
                if name == "id":
                    notes.add_fact("key-type", kind.casefold(), place)
                values = _VALUES.search(cells.get("description", "")) if name == "status" else None
                if values:
                    members = tuple((each, None) for each in _MEMBER.findall(values[1]))
                    notes.add_fact("status-enum", members, place)
    if found:
        notes.add_fact("properties", tuple(sorted(found, key=str)), first)
    else:
        notes.add_unreadable("properties", "the page has no table of properties", None)
