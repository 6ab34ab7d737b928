"""Contracts by id or file: found, checked, merged with what they extend.

Knows where contract files are and what `extends` means; of verdict functions only the names it is handed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from graphcontract.checking import Known, check
from graphcontract.contract import Clause, Contract, Kind, RequestRule, SuccessRule
from graphcontract.contractfile import ContractError, ContractFile, nearest, parse, read, shown

__all__ = ["ContractError", "document", "load", "shipped"]

_MAX_EXTENDS = 8
_FIELDS = ("Authorization", "Content-Length", "Content-Type", "client-request-id")


def load(path_or_id: str | Path, known: Known | None) -> Contract:
    """Load the contract of a shipped id or a file, with what it extends; `ContractError` where it has faults.

    `known` maps the ids of verdict functions to the kinds that each can find, as `clauses.known()` does:
    clauses must agree with it. None skips that check.
    """
    file = _find(path_or_id)
    merged = _merged(file, known)
    if "request" not in merged:
        remedy = "This is a base, which owes no request: name a contract that extends it."
        raise file.error((), 'the member "request"', "none", remedy)
    return _contract(merged, file.sha256)


def document(path_or_id: str | Path, known: Known | None) -> dict[str, Any]:
    """Load a contract or a base as `load` does: one JSON document, which no longer extends anything."""
    return _merged(_find(path_or_id), known)


@cache
def shipped() -> tuple[str, ...]:
    """List the ids of the contracts in this package, bases left out."""
    return tuple(name for name in _shipped_names() if "request" in json.loads(_shipped_bytes(name)))


@cache
def _shipped_names() -> tuple[str, ...]:
    names = (entry.name for entry in files("graphcontract.contracts").iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


def _shipped_bytes(name: str) -> bytes:
    return files("graphcontract.contracts").joinpath(f"{name}.json").read_bytes()


def _shipped(name: str) -> ContractFile:
    return parse(_shipped_bytes(name), f"{name}.json (shipped)", None)


def _find(path_or_id: str | Path) -> ContractFile:
    if isinstance(path_or_id, str) and path_or_id in _shipped_names():
        return _shipped(path_or_id)
    near = nearest(str(path_or_id), shipped())
    return read(Path(path_or_id), near or f"Name a file, or a shipped contract: {', '.join(shipped())}.")


def _merged(file: ContractFile, known: Known | None) -> dict[str, Any]:
    found: dict[str, ContractFile] = {}
    _gather(file, known, (), found)
    _check_ids(found.values())
    merged = {name: value for name, value in file.document.items() if name not in ("$schema", "extends")}
    merged["clauses"] = [clause for each in found.values() for clause in each.document["clauses"]]
    errors: dict[str, list[str]] = {}
    for each in reversed(found.values()):  # from the furthest base on: the nearest has the last word
        errors.update(each.document.get("errors", {}))
    merged["errors"] = dict(sorted(errors.items()))
    return merged


def _gather(
    file: ContractFile, known: Known | None, above: tuple[str, ...], found: dict[str, ContractFile]
) -> None:
    """Check a file and what it extends, and put each into `found` once, extending files first."""
    check(file, known)
    found[file.name] = file
    above = (*above, file.name)
    for index, name in enumerate(file.document.get("extends", ())):
        at = ("extends", index)
        if len(above) > _MAX_EXTENDS:
            remedy = "Let this file extend fewer levels of bases."
            raise file.error(at, f"at most {_MAX_EXTENDS} levels of bases", "more", remedy)
        base = _base(file, at, name)
        if base.name in above:
            remedy = "Files must not extend each other in a circle: remove one of the references."
            raise file.error(at, "a base that does not extend this file", shown(name), remedy)
        if base.name not in found:
            _gather(base, known, above, found)
            if "request" in base.document:
                remedy = "It has a request of its own: extend what it extends."
                raise file.error(at, "a base", f"the contract {shown(name)}", remedy)


def _base(file: ContractFile, at: tuple[str, int], name: str) -> ContractFile:
    """Find what `extends` names: a shipped file by its id, else a file beside the one that names it."""
    if name in _shipped_names():
        return _shipped(name)
    expected, remedy = (
        "the id of a shipped base, or a file in the same folder",
        nearest(name, _shipped_names()),
    )
    path = (file.folder or Path()) / (name if name.endswith(".json") else f"{name}.json")
    if file.folder is None or not path.is_file():
        raise file.error(at, expected, f"{shown(name)}, which is neither", remedy or "Put the file there.")
    if path.resolve().parent != file.folder.resolve():
        raise file.error(at, expected, f"{shown(name)}, a link that leads elsewhere", "Put the file there.")
    return read(path, remedy)


def _check_ids(found: Iterable[ContractFile]) -> None:
    """Refuse an id, or alias, that two clauses have; blames the file that extends, or the later clause."""
    owners: dict[str, ContractFile] = {}
    for file in reversed(list(found)):
        for index, clause in enumerate(file.document["clauses"]):
            ids: list[tuple[str, tuple[str | int, ...]]] = [(clause["id"], ("id",))]
            ids += [(alias, ("aliases", place)) for place, alias in enumerate(clause.get("aliases", ()))]
            for id, place in ids:
                if id in owners:
                    where = "this file" if owners[id] is file else owners[id].name
                    expected, found_there = "an id that no other clause has", f"{shown(id)}, as in {where}"
                    remedy = "Remove one of the two clauses, or give the new one an id of its own."
                    raise file.error(("clauses", index, *place), expected, found_there, remedy)
                owners[id] = file


def _contract(merged: Mapping[str, Any], sha256: str) -> Contract:
    request, success = merged["request"], merged["success"]
    fields = {name: request["fields"].get(name, "unconstrained") for name in _FIELDS}
    return Contract(
        id=merged["id"],
        title=merged["title"],
        sha256=sha256,
        request=RequestRule(**{**request, "fields": fields}),
        success=SuccessRule(**success),
        clauses={clause["id"]: _clause(clause) for clause in merged["clauses"]},
        error_codes={int(status): tuple(codes) for status, codes in merged["errors"].items()},
        document=merged,
    )


def _clause(members: Mapping[str, Any]) -> Clause:
    kinds: Sequence[Mapping[str, str]] = members["kinds"]
    tuples = {name: tuple(members.get(name, ())) for name in ("basis", "sources", "aliases")}
    return Clause(**{**members, **tuples, "kinds": {kind["name"]: Kind(**kind) for kind in kinds}})
