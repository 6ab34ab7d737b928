"""Finds faults, each of which violates one clause, and variants, which violate no MUST, by their names."""

from __future__ import annotations

from difflib import get_close_matches

from graphcontract.errors import UserError
from graphcontract.tenant import faults_access, faults_cancel, faults_rejections, faults_responses
from graphcontract.tenant.overrides import Entry, Overrides
from graphcontract.tenant.variants import VARIANTS


def faults() -> tuple[Entry, ...]:
    """Every fault, ordered by clause."""
    modules = (faults_cancel, faults_access, faults_rejections, faults_responses)
    return tuple(entry for module in modules for entry in module.FAULTS)


def variants() -> tuple[Entry, ...]:
    """Every variant."""
    return VARIANTS


def find_overrides(name: str | None) -> Overrides:
    """The overrides of a fault or a variant, none for None; `UserError` for an unknown name."""
    if name is None:
        return {}
    entries = {entry.name: entry for entry in (*faults(), *variants())}
    if name not in entries:
        near = "".join(f"Did you mean {each}? " for each in get_close_matches(name, entries, 1))
        raise UserError(f"{name[:60]!r} is not a fault or a variant", f"{near}List them with --list-faults.")
    return entries[name].overrides
