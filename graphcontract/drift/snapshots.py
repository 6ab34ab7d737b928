"""Writes and reads snapshots: readings as JSON to commit.

Line numbers are left out, so that a diff shows only facts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from graphcontract.contract.jsonfile import ContractFile, shown
from graphcontract.contract.schema import conform
from graphcontract.drift.fact_schema import fits
from graphcontract.drift.model import Fact, FactOrigin, Kind, Reading, SourceError, Value, Wanted
from graphcontract.drift.operation_paths import shown as shown_path
from graphcontract.drift.source_file import read_bytes, text_of

_MOST_BYTES = 16 * 1024 * 1024
_MAKE = "Make one with `graphcontract drift snapshot SOURCE… --output FILE`."


def written(contract: str, wanted: Wanted, readings: Iterable[Reading]) -> str:
    """Write readings as the text of a snapshot."""
    rows = sorted(readings, key=lambda each: (each.origin.kind, each.origin.source))
    document = {
        "snapshot": 1,
        "contract": contract,
        "operation": f"{wanted.method} /{wanted.version}/{shown_path(wanted.path)}",
        "sources": [_row(reading) for reading in rows],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read(path: Path, contract: str) -> list[Reading]:
    """Read a snapshot of a contract's sources; raises `SourceError` or `ContractError` if it is invalid."""
    name = str(path)
    data = read_bytes(path, name, _MOST_BYTES)
    text = text_of(data, name)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise SourceError(f"{name}: this is not valid JSON, or it is truncated. {_MAKE}") from None
    file = ContractFile(name, path.parent, sha256(data).hexdigest(), document, text)
    try:
        conform(file, "graphcontract.drift", "snapshot.schema.json")
    except RecursionError:
        raise SourceError(f"{name}: it is nested too deeply. {_MAKE}") from None
    if document["contract"] != contract:
        found = shown(document["contract"])
        raise file.error(
            ("contract",), f"a snapshot for {contract}", found, "Give --contract, or another file."
        )
    return [_reading(file, index, row) for index, row in enumerate(document["sources"])]


def counterpart(reading: Reading, snapshot: Sequence[Reading]) -> Reading | None:
    """Find a source in a snapshot: the one of the same kind and name, else the only one of its kind."""
    kin = [each for each in snapshot if each.origin.kind == reading.origin.kind]
    called = Path(reading.origin.source).name
    exact = [each for each in kin if each.origin.source == reading.origin.source]
    alike = exact or [each for each in kin if Path(each.origin.source).name == called] or kin
    return alike[0] if len(alike) == 1 else None


def _row(reading: Reading) -> dict[str, Any]:
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


def _reading(file: ContractFile, index: int, row: Mapping[str, Any]) -> Reading:
    kind: Kind = row["kind"]
    origin = FactOrigin(kind, row["source"], row["version"])
    facts: dict[str, Fact] = {}
    for fact, members in row["facts"].items():
        value = _value(members.get("value"))
        if members["stance"] == "asserts" and not fits(fact, value):
            place = ("sources", index, "facts", fact, "value")
            raise file.error(place, "a valid value of this fact", shown(members.get("value")), _MAKE)
        facts[fact] = Fact(fact, members["stance"], value, origin)
    return Reading(origin, facts, row["slice_sha256"])


def _value(value: Any) -> Value:
    return tuple(_value(each) for each in value) if isinstance(value, list) else value
