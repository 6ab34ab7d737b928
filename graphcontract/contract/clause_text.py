"""Explains a clause as text for a terminal: what it requires and why, how clients fail it, how to fix it."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from graphcontract.contract.model import Clause

_FIX = {"client": "How to fix it", "service": "What to do about it"}
_COMMANDS = {"client": "graphcontract check CLIENT", "service": "graphcontract live --tenant-url URL"}


def explain_clause(clause: Clause, width: int = 80) -> Iterator[str]:
    """Yield the lines of an explanation, wrapped to so many columns."""
    disputed = ", disputed: it counts as SHOULD" if clause.disputed else ""
    yield f"{clause.id} ({clause.level}, {', '.join(clause.basis)}{disputed})"
    yield from _paragraph(clause.statement, width)
    if clause.why:
        yield ""
        yield from _paragraph(clause.why, width)
    yield "\nSources"
    for source in clause.sources:
        yield from _paragraph(str(source), width)
    yield "\nHow it fails"
    for kind in clause.kinds.values():
        yield from _paragraph(f"{kind.name}: {kind.text}", width, hang="  ")
    yield "\nFor example"
    yield from (f"  {line}".rstrip() for line in clause.sample.splitlines())
    yield f"\n{_FIX[clause.by]}"
    yield from _paragraph(clause.fix, width)
    if clause.aliases:
        yield f"\nEarlier ids: {', '.join(clause.aliases)}"
    yield f"\nCheck only this clause\n  {_COMMANDS[clause.by]} --select {clause.id}"


def _paragraph(text: str, width: int, hang: str = "") -> list[str]:
    return wrap(
        text,
        width,
        initial_indent="  ",
        subsequent_indent=f"  {hang}",
        break_long_words=False,
        break_on_hyphens=False,
    )
