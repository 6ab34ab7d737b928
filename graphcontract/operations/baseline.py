"""The baseline of a client: a file that lists the operations that the client supports.

A run fails for an operation that is listed and not supported any more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from graphcontract.contract.jsonfile import read
from graphcontract.contract.schema import check_schema
from graphcontract.reporting.events import VerdictKind
from graphcontract.reporting.verdict_text import SUPPORTED

MEMBER = "supported_operations"

_MISSING = "Create it with `graphcontract baseline update REPORT --file FILE`."


@dataclass(frozen=True, slots=True)
class Baseline:
    """The ids of the operations that a file lists."""

    ids: frozenset[str]


def load_baseline(path: Path) -> Baseline:
    """Load a baseline; `ContractError` if there is no such file, or it is not valid."""
    file = read(path, _MISSING, "a baseline of supported operations")
    check_schema(file, "graphcontract.operations", "baseline.schema.json")
    return Baseline(frozenset(file.document[MEMBER]))


def format_baseline(listed: Baseline | None, verdicts: Mapping[str, VerdictKind]) -> str:
    """The text of a file with what these verdicts show as supported, and what was listed and they leave
    open.
    """
    kept = [id for id in (listed.ids if listed else ()) if _is_left_open(verdicts.get(id))]
    shown = [id for id, verdict in verdicts.items() if verdict in SUPPORTED]
    document = {MEMBER: sorted({*kept, *shown})}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _is_left_open(verdict: VerdictKind | None) -> bool:
    return verdict not in (*SUPPORTED, "not-supported")
