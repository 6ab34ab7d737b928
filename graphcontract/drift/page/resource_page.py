"""Reads a resource's page: properties and status values of the type that an action is bound to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from graphcontract.drift.fact_collector import Notes
from graphcontract.drift.model import Unknown, Value, Wanted
from graphcontract.drift.page import tables
from graphcontract.drift.page.blocks import Block, plain
from graphcontract.drift.page.sections import sections

NAMES = ("binding", "key-type", "status-enum", "properties", "wording")

_TITLE = re.compile(r"([A-Za-z]\w*)(?: resource type)?")
_MEMBER = re.compile(r"`([A-Za-z]\w*)`")
_VALUES = re.compile(r"possible values are:?(.*)", re.IGNORECASE | re.DOTALL)


def read(notes: Notes, front: Mapping[str, str], blocks: Sequence[Block], wanted: Wanted) -> None:
    """Read the page of the wanted operation's resource; raises `Unknown` if it is the page of another one."""
    heading = next((block for block in blocks if block.kind == "heading" and block.level == 1), None)
    title = plain(heading.text) if heading else front.get("title", "")
    titled = _TITLE.fullmatch(title)
    if titled is None or titled[1].casefold() != wanted.binding.casefold():
        problem = f"this is the page of {title or 'another resource'}, not of {wanted.binding}"
        raise Unknown(problem, notes.origin)
    notes.asserts("binding", titled[1], heading)
    _properties(notes, blocks)
    texts = [("resource-title", title), ("resource-description", plain(front.get("description", "")))]
    notes.asserts("wording", tuple((name, text) for name, text in texts if text), heading)
    notes.silent(NAMES)


def _properties(notes: Notes, blocks: Sequence[Block]) -> None:
    found: list[Value] = []
    first: Block | None = None
    for section in sections(blocks, r"properties"):
        for table in (block for block in section if block.kind == "table" and block.rows):
            for name, cells, row in tables.named(table):
                first = first or table
                kind = plain(cells.get("type", ""))
                found.append((name, kind, None))
                place = notes.at(row.line, table.file)
                if name == "id":
                    notes.asserts("key-type", kind.casefold(), place)
                values = _VALUES.search(cells.get("description", "")) if name == "status" else None
                if values:
                    members = tuple((each, None) for each in _MEMBER.findall(values[1]))
                    notes.asserts("status-enum", members, place)
    if found:
        notes.asserts("properties", tuple(sorted(found, key=str)), first)
    else:
        notes.unreadable("properties", "the page has no table of properties", None)
