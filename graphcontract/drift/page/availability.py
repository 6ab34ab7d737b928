"""Reads who may call an operation, and in which clouds: the tables that a page or an include of it has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graphcontract.drift.contract_facts import SCHEMES
from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.page import tables
from graphcontract.drift.page.blocks import Block, strip_markup

_CLOUDS_FOLLOW = re.compile(r"available in the following national cloud", re.IGNORECASE)


def read_permissions(notes: FactCollector, blocks: Sequence[Block]) -> None:
    """Read the permissions tables: a fact for each permission type, or a problem for an unreadable row."""
    for table in _iterate_permissions_tables(blocks):
        for name, cell in tables.read_permissions(table):
            if cell.problem:
                notes.add_unreadable(name, cell.problem, notes.locate(cell.line, cell.file))
            else:
                notes.add_fact(name, cell.value, notes.locate(cell.line, cell.file))


def require_permissions_table(notes: FactCollector, blocks: Sequence[Block]) -> None:
    """Require a permissions table: an operation's page without one is unreadable, not silent."""
    if not any(notes.mentions(name) for name in ("permissions", *SCHEMES.values())) and not next(
        _iterate_permissions_tables(blocks), None
    ):
        missing = [b for b in blocks if b.kind == "missing" and "permission" in b.text.casefold()]
        text = (
            "the include with the permissions table is missing"
            if missing
            else "the page has no permissions table"
        )
        notes.add_unreadable("permissions", text, missing[0] if missing else None)


def require_permission_types(notes: FactCollector, blocks: Sequence[Block]) -> None:
    """Require a row for each permission type if there is a permissions table."""
    table = next(_iterate_permissions_tables(blocks), None)
    if table is not None:
        missing = [name for name in SCHEMES.values() if not notes.mentions(name)]
        if len(missing) == len(SCHEMES):
            notes.add_unreadable(
                "permissions", "no row of the permissions table has a known permission type", table
            )
            return
        for name in missing:
            notes.add_unreadable(name, "the permissions table has no row for it", table)


def read_clouds(notes: FactCollector, blocks: Sequence[Block]) -> None:
    """Read the table of national clouds; one that is announced or included, but missing, is unreadable."""
    for table in tables.list_tables(blocks):
        for cell in tables.read_clouds(table):
            if cell.problem:
                notes.add_unreadable("clouds", cell.problem, notes.locate(cell.line, cell.file))
            else:
                notes.add_fact("clouds", cell.value, notes.locate(cell.line, cell.file))
    announced = next(
        (b for b in blocks if b.kind == "text" and _CLOUDS_FOLLOW.search(strip_markup(b.text))), None
    )
    if announced and not notes.mentions("clouds"):
        notes.add_unreadable(
            "clouds", "a table of national clouds is announced, but was not found", announced
        )
    missing = [b for b in blocks if b.kind == "missing" and "national-cloud" in b.text.casefold()]
    if missing and not notes.mentions("clouds"):
        notes.add_unreadable("clouds", "the include with the table of national clouds is missing", missing[0])


def _iterate_permissions_tables(blocks: Sequence[Block]) -> Iterator[Block]:
    return (table for table in tables.list_tables(blocks) if tables.is_permissions_table(table))
