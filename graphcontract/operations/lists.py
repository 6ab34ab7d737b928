"""Loads what a run over many operations is compared with: known failures, and the baseline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from graphcontract.clients import Implementation
from graphcontract.contract.model import Base, list_current_ids
from graphcontract.judging import known_failures
from graphcontract.operations.baseline import load_baseline
from graphcontract.operations.known_findings import KnownFindings
from graphcontract.operations.tally import Lists


def load_lists(
    known: str | None, baseline: str | None, conventions: Base
) -> Callable[[Implementation], Lists]:
    """Load the files, of which either may be missing; `ContractError` for one that is not valid. Returns what
    makes the lists for a client.
    """
    path = Path(known) if known is not None else None
    entries = known_failures.load(path, list_current_ids(conventions.clauses)) if path else None
    supported = load_baseline(Path(baseline)) if baseline is not None else None

    def make(implementation: Implementation) -> Lists:
        listed = None
        if entries is not None:
            listed = KnownFindings(entries, implementation, today=date.today())
        return Lists(listed, supported)

    return make
