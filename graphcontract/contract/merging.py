"""Merges a contract file with the files that it extends: clauses, references and error codes.

A file can add a clause or change members of one that it extends, so that a sentence is written once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphcontract.contract.json_positions import Path
from graphcontract.contract.jsonfile import ContractFile, format_value, make_printable, suggest_name
from graphcontract.contract.validation import Known

PAGE = "page"
"""The reference that every file can cite: the documentation page of the contract's operation."""

_REQUIRED = ("group", "level", "statement", "basis", "sources", "kinds", "sample", "fix")
_FIXED = ("by", "applies", "aliases", "evidence_key")


def merge(files: Sequence[ContractFile], known: Known | None) -> dict[str, Any]:
    """Merge the first file with those that it extends; each file comes before those that it extends.

    `known` maps the ids of verdict functions to their kinds; None skips the comparison with them.
    """
    first = files[0].document
    merged = {name: value for name, value in first.items() if name not in ("$schema", "extends")}
    errors: dict[str, list[str]] = {}
    for file in reversed(files):
        errors |= file.document.get("errors", {})
    merged["errors"] = dict(sorted(errors.items()))
    merged["references"] = _merge_references(files)
    merged["clauses"] = _merge_clauses(files, known)
    _check_sources(files, merged["references"])
    return merged


def _merge_references(files: Sequence[ContractFile]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for file in reversed(files):
        for key, reference in file.document.get("references", {}).items():
            if found.setdefault(key, reference) != reference:
                remedy = "Cite that one, or give this one another key."
                at = ("references", key)
                raise file.error(at, "a key that no extended file has", format_value(key), remedy)
    return found


def _merge_clauses(files: Sequence[ContractFile], known: Known | None) -> dict[str, Any]:
    """Merge the clauses; those that the first file adds come first."""
    merged: dict[str, dict[str, Any]] = {}
    definitions: dict[str, ContractFile] = {}
    for file in reversed(files):
        for id, members in file.document.get("clauses", {}).items():
            if id in merged:
                _check_change(file, id, members)
                kinds = {**merged[id]["kinds"], **members.get("kinds", {})}
                merged[id] = {**merged[id], **members, "kinds": kinds}
            else:
                _check_definition(file, id, members, merged, known)
                merged[id], definitions[id] = members, file
    _check_aliases(files, definitions)
    return {
        id: merged[id] for file in files for id in file.document.get("clauses", {}) if definitions[id] is file
    }


def _check_change(file: ContractFile, id: str, members: Mapping[str, Any]) -> None:
    for name in _FIXED:
        if name in members:
            expected = f"a member that an extending file can change (not {', '.join(_FIXED)})"
            remedy = "Remove it. To relax a clause, change its level, or dispute it and say why."
            raise file.error(("clauses", id, name), expected, format_value(name), remedy)


def _check_definition(
    file: ContractFile,
    id: str,
    members: Mapping[str, Any],
    extended: Mapping[str, Mapping[str, Any]],
    known: Known | None,
) -> None:
    at: Path = ("clauses", id)
    missing = [name for name in _REQUIRED if name not in members]
    if missing:
        now = next((each for each, clause in extended.items() if id in clause.get("aliases", ())), None)
        expected = f"a clause of an extended file, or a new one with {', '.join(_REQUIRED)}"
        near = suggest_name(id, extended) if known is None and "statement" in missing else ""
        remedy = f"Write {format_value(now)}: that is its id now." if now else near
        found = f"{format_value(id)} without {', '.join(missing)}"
        add = f"Extend the file that has it, or add {', '.join(missing)}."
        raise file.error(at, expected, found, remedy or add)
    if members.get("evidence_key", id) not in (id, *members.get("aliases", ())):
        expected = "the id of the clause or one of its aliases"
        remedy = "Give the first id that the clause had, and list it in aliases."
        raise file.error((*at, "evidence_key"), expected, format_value(members["evidence_key"]), remedy)
    lacking = sorted(known[id] - members["kinds"].keys()) if known is not None else []
    if known is not None and lacking:
        expected = f"a text for each kind that its verdict function can find ({', '.join(sorted(known[id]))})"
        found = make_printable(", ".join(members["kinds"]), 300)
        raise file.error((*at, "kinds"), expected, found, f"Add {', '.join(lacking)}.")


def _check_aliases(files: Sequence[ContractFile], definitions: Mapping[str, ContractFile]) -> None:
    """Reject an alias that is another clause's id or alias."""
    owners = dict(definitions)
    for id, file, index, alias in _iterate_aliases(files, definitions):
        if alias in owners:
            where = "this file" if owners[alias] is file else owners[alias].name
            expected, found = "an id that no other clause has", f"{format_value(alias)}, as in {where}"
            remedy = "Remove it, or give the clause another alias."
            raise file.error(("clauses", id, "aliases", index), expected, found, remedy)
        owners[alias] = file


def _iterate_aliases(
    files: Sequence[ContractFile], definitions: Mapping[str, ContractFile]
) -> Iterator[tuple[str, ContractFile, int, str]]:
    for file in reversed(files):
        for id, members in file.document.get("clauses", {}).items():
            if definitions[id] is file:
                yield from ((id, file, *each) for each in enumerate(members.get("aliases", ())))


def _check_sources(files: Sequence[ContractFile], references: Mapping[str, Any]) -> None:
    keys = (PAGE, *references)
    for file in files:
        for id, members in file.document.get("clauses", {}).items():
            for index, source in enumerate(members.get("sources", ())):
                key = source.partition(",")[0]
                if key not in keys:
                    expected = f"a key of references ({', '.join(keys)}), with a section after a comma"
                    remedy = suggest_name(key, keys) or "Add it to references, with its title and url."
                    at = ("clauses", id, "sources", index)
                    raise file.error(at, make_printable(expected, 600), format_value(source), remedy)
