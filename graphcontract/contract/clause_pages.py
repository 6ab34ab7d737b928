"""Makes the pages of docs/clauses/ from a contract. `graphcontract contracts pages` writes them."""

from __future__ import annotations

from collections.abc import Iterator

from graphcontract.contract.model import Citation, Clause, Contract

_FIX_HEADINGS = {"client": "How to fix it", "service": "What to do about it"}
_COMMAND = {"client": "check CLIENT", "service": "live --tenant-url URL"}
_TOP = "Generated from the contract files by `make docs`. Change those files, not this page."


def render_pages(contract: Contract) -> dict[str, str]:
    """Make Markdown by file name: one page for each clause, and README.md as the index."""
    made = {f"{clause.id}.md": "\n".join(_format_page(clause)) for clause in contract.clauses.values()}
    return {"README.md": "\n".join(_format_index(contract)), **made}


def _format_index(contract: Contract) -> Iterator[str]:
    yield f"# The clauses of {contract.title}\n\n{_TOP}\n"
    for group in dict.fromkeys(clause.group for clause in contract.clauses.values()):
        yield f"## {group}\n\n| clause | level | statement | basis |\n| --- | --- | --- | --- |"
        for clause in contract.clauses.values():
            if clause.group == group:
                basis = ", ".join(clause.basis)
                link, statement = f"[{clause.id}]({clause.id}.md)", _escape_cell(clause.statement)
                yield f"| {link} | {clause.counted_level} | {statement} | {basis} |"
        yield ""


def _format_page(clause: Clause) -> Iterator[str]:
    disputed = " (disputed: it counts as SHOULD)" if clause.disputed else ""
    yield f"# {clause.id}\n\n{_TOP}\n"
    yield f"**{clause.level}**{disputed}, basis: {', '.join(clause.basis)}. {clause.statement}\n"
    if clause.why:
        yield f"{clause.why}\n"
    yield "## Sources\n"
    yield from (f"- {_format_citation(source)}" for source in clause.sources)
    yield "\n## What a failure looks like\n\n| kind | what the report says |\n| --- | --- |"
    yield from (f"| {kind.name} | {_escape_cell(kind.text)} |" for kind in clause.kinds.values())
    yield f"\nFor example:\n\n```\n{clause.sample}\n```\n"
    yield f"## {_FIX_HEADINGS[clause.by]}\n\n{clause.fix}\n"
    if clause.aliases:
        yield f"Earlier ids: {', '.join(clause.aliases)}.\n"
    yield f"Check only this clause: `graphcontract {_COMMAND[clause.by]} --select {clause.id}`\n"


def _format_citation(source: Citation) -> str:
    title = f"[{source.title}]({source.url})" if source.url else source.title
    return f"{title}, {source.section}" if source.section else title


def _escape_cell(text: str) -> str:
    return text.replace("|", "\\|")
