"""Writes and reads snapshots: readings as JSON to commit.

Line numbers are left out, so that a diff shows only facts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from graphcontract.contract.jsonfile import ContractFile, format_value
from graphcontract.contract.schema import check_schema
from graphcontract.drift.fact_schema import fits
from graphcontract.drift.model import Fact, FactOrigin, Kind, Reading, SourceError, Value, Wanted
from graphcontract.drift.operation_paths import format_path as shown_path
from graphcontract.drift.source_file import decode_text, read_bytes

_MOST_BYTES = 16 * 1024 * 1024  # far more than a snapshot of many sources; it is parsed whole
_MAKE = "Make one with `graphcontract drift snapshot SOURCE… --output FILE`."


def format_snapshot(contract: str, wanted: Wanted, readings: Iterable[Reading]) -> str:
    """Write readings as the text of a snapshot."""
    rows = sorted(readings, key=lambda each: (each.origin.kind, each.origin.source))
    document = {
        "snapshot": 1,
        "contract": contract,
        "operation": f"{wanted.method} /{wanted.version}/{shown_path(wanted.path)}",
        "sources": [_make_row(reading) for reading in rows],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read_snapshot(path: Path, contract: str) -> list[Reading]:
    """Read a snapshot of a contract's sources; raises `SourceError` or `ContractError` if it is invalid."""
    name = str(path)
    data = read_bytes(path, name, _MOST_BYTES)
    text = decode_text(data, name)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        if data.startswith(b'{"catalogue":'):
            problem = "this is a snapshot of many operations"
            raise SourceError(f"{name}: {problem}", "Add --operations with its patterns.") from None
        raise SourceError(f"{name}: this is not valid JSON, or it is truncated", _MAKE) from None
    file = ContractFile(name, path.parent, sha256(data).hexdigest(), document, text)
    try:
        check_schema(file, "graphcontract.drift", "snapshot.schema.json")
    except RecursionError:
        raise SourceError(f"{name}: it is nested too deeply", _MAKE) from None
    if document["contract"] != contract:
        found = format_value(document["contract"])
        raise file.error(
            ("contract",), f"a snapshot for {contract}", found, "Give --contract, or another file."
        )
    return [_make_reading(file, index, row) for index, row in enumerate(document["sources"])]


def find_counterpart(reading: Reading, snapshot: Sequence[Reading]) -> Reading | None:
    """Find a source in a snapshot: the one of the same kind and name, else the only one of its kind."""
    kin = [each for each in snapshot if each.origin.kind == reading.origin.kind]
    called = Path(reading.origin.source).name
    exact = [each for each in kin if each.origin.source == reading.origin.source]
    alike = exact or [each for each in kin if Path(each.origin.source).name == called] or kin
    return alike[0] if len(alike) == 1 else None


def _make_row(reading: Reading) -> dict[str, Any]:
    facts = {
        name: {"stance": fact.stance} | ({"value": fact.value} if fact.stance == "asserts" else {})
        for name, fact in sorted(reading.facts.items())
    }
    return {
        "kind": reading.origin.kind,
        "source": reading.origin.source,
        "version": reading.origin.version,
        "slice_sha256": reading.slice_sha256,
        "facts": facts,
    }


def _make_reading(file: ContractFile, index: int, row: Mapping[str, Any]) -> Reading:
    kind: Kind = row["kind"]
    origin = FactOrigin(kind, row["source"], row["version"])
    facts: dict[str, Fact] = {}
    for fact, members in row["facts"].items():
        value = _convert_value(members.get("value"))
        if members["stance"] == "asserts" and not fits(fact, value):
            place = ("sources", index, "facts", fact, "value")
            raise file.error(place, "a valid value of this fact", format_value(members.get("value")), _MAKE)
        facts[fact] = Fact(fact, members["stance"], value, origin)
    return Reading(origin, facts, row["slice_sha256"])


def _convert_value(value: Any) -> Value:
    return tuple(_convert_value(each) for each in value) if isinstance(value, list) else value
