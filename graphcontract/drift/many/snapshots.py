"""Writes and reads snapshots of many operations: a catalogue of what the sources alone state of them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.contract.jsonfile import ContractError, make_printable
from graphcontract.drift.model import NotASource, Source
from graphcontract.drift.operations.build import CatalogueBuilder, list_statements, open_source
from graphcontract.drift.operations.statement import SourceOfFacts, Statement

_MAKE = "Make one with `graphcontract drift snapshot SOURCE… --operations PATTERN --output FILE`."
_LEAVE_OUT = "Leave it out, or give the source that has them."


def format_snapshot(
    sources: Iterable[Source], names: Iterable[str], matches: Callable[[str], bool], patterns: Sequence[str]
) -> str:
    """Format what sources state of the operations with these names, and of others that match.

    Raises `NotASource` for a source that has none of them.
    """
    builder = CatalogueBuilder()
    chosen = [_parse_name(name) for name in names]
    for source in sources:
        parts = builder.add_facts(open_source(source, with_exports=True), None)
        listed = [
            each for each in list_statements(parts) if matches(f"{each.version} {each.method} {each.path}")
        ]
        own = _find_stated(parts, chosen)
        if not own and not listed:
            raise NotASource(f"{source.name}: it has none of the operations", _LEAVE_OUT)
        known = {described.key for _, described in own}
        for statement, _ in own:
            builder.add_operation(statement, source.name)
        for each in listed:
            if each.key not in known:
                builder.add_operation(each, f"{source.name}:{each.line}")
    return builder.format(patterns)


def read_snapshot(path: Path, patterns: Sequence[str]) -> Catalogue:
    """Read a snapshot; `ContractError` if it is not one, or was made for other patterns."""
    try:
        snapshot = Catalogue.load(path)
        made_for = snapshot.patterns
    except ContractError as error:
        if error.line in (None, 1):
            raise ContractError(
                str(path), error.expected, error.found, _MAKE, error.pointer, error.line
            ) from None
        raise
    if not made_for:
        raise ContractError(str(path), "a snapshot", "a catalogue of operations", _MAKE, None, 1)
    if sorted(made_for) != sorted(patterns):
        found = _quote(patterns)
        expected = f"the --operations that the snapshot was made for, {_quote(made_for)}"
        raise ContractError(str(path), expected, found, f"Give the same, or another file. {_MAKE}", None, 1)
    return snapshot


def _quote(patterns: Iterable[str]) -> str:
    return make_printable(" ".join(shlex.quote(each) for each in patterns))


def _find_stated(
    parts: Sequence[SourceOfFacts], chosen: Iterable[Statement]
) -> list[tuple[Statement, Statement]]:
    """Find the operations that a source has, each with how it describes them."""
    found = []
    for each in chosen:
        described = (part.describe(each.key, each.path) for part in parts)
        if (own := next((each for each in described if each is not None), None)) is not None:
            found.append((each, own))
    return found


def _parse_name(name: str) -> Statement:
    version, method, path = name.split(" ", 2)
    return Statement(version, method, path)
