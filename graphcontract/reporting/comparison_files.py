"""Writes a comparison as Markdown or as an HTML page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version

from graphcontract.reporting.comparison import Comparison, Row
from graphcontract.reporting.evidence_text import escape_unprintable
from graphcontract.reporting.github import escape_cell, escape_markdown, limit_summary

_IN_CODE = re.compile(r"[\w./{}()='$:@-]+")


def write_html(comparison: Comparison) -> Iterator[str]:
    """Yield the page in pieces."""
    from graphcontract.reporting.html_templates import render

    return render("compare.html", comparison=comparison, version=version("graphcontract"))


def write_markdown(comparison: Comparison) -> Iterator[str]:
    """Yield a summary of at most 1 MiB in pieces: what changed, and the rows in which the runs differ."""
    return limit_summary(_parts(comparison))


def _parts(comparison: Comparison) -> Iterator[str]:
    count = len(comparison.runs)
    yield f"## {escape_markdown(comparison.title)}: {count} {comparison.kind} compared\n"
    if comparison.changed:
        yield "\n**What changed from {} to {}**\n\n".format(*map(escape_markdown, comparison.changed))
        yield from (f"{escape_markdown(each)}\n\n" for each in comparison.notes)
        yield from (f"- {escape_markdown(each.describe())}\n" for each in comparison.changes)
        yield "" if comparison.changes else "Nothing.\n"
    for section in comparison.sections:
        rows = [each for each in section.rows if each.differs]
        same = len(section.rows) - len(rows)
        yield f"\n### {escape_markdown(section.name)}\n"
        if rows:
            yield f"\n| | {' | '.join(map(escape_cell, comparison.runs))} |\n"
            yield f"| --- |{' --- |' * count}\n"
        yield from map(_format_row, rows)
        if same:
            yield f"\n{same} {'row is' if same == 1 else 'rows are'} the same in all.\n"


def _format_row(row: Row) -> str:
    about = f" {escape_cell(row.about)}" if row.about else ""
    # A report is untrusted input: a name that would end its code span is written as text.
    is_code = row.is_id and _IN_CODE.fullmatch(row.name)
    name = f"`{row.name}`" if is_code else escape_cell(escape_unprintable(row.name))
    return f"| {name}{about} | {' | '.join(escape_cell(each.text) for each in row.cells)} |\n"
