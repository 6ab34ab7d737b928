"""Loads contracts by id or file: finds the files, merges them, and builds the typed `Contract`.

Verdict functions are compared with the contract by name only: callers pass their ids and kinds as `known`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from graphcontract.contract.jsonfile import (
    ContractError,
    ContractFile,
    format_value,
    parse,
    read,
    suggest_name,
)
from graphcontract.contract.lazy_clauses import LazyClauses
from graphcontract.contract.merging import PAGE, merge
from graphcontract.contract.model import (
    DEFAULT_CONTRACT,
    Base,
    Citation,
    Clause,
    Contract,
    Kind,
    Permission,
    Precondition,
    Provenance,
    SuccessRule,
)
from graphcontract.contract.placeholders import compute_values, fill
from graphcontract.contract.validation import Known, check
from graphcontract.errors import UserError
from graphcontract.exchange import RequestRule

__all__ = ["ContractError", "document", "list_shipped", "load", "load_any", "load_with_lifecycle"]

_MAX_EXTENDS = 8  # levels; the shipped contracts need one
_MERGED = frozenset(("errors", "references", "clauses"))  # members that files and their bases share
_FIELDS = ("Authorization", "Content-Length", "Content-Type", "client-request-id")


def load(path_or_id: str | Path, known: Known | None) -> Contract:
    """Load the contract of a shipped id or a file, with what it extends; `ContractError` if it is not valid.

    `known` maps the ids of verdict functions to the kinds that each can find, as `clauses.list_kinds()` does:
    clauses must agree with it. None skips that check.
    """
    return load_file(_find(path_or_id), known)


def load_file(file: ContractFile, known: Known | None) -> Contract:
    """Load a contract that was read from a file, or made, as `load` does."""
    loaded = _build(_merge_with_bases(file, known), file.sha256)
    if isinstance(loaded, Contract):
        return loaded
    remedy = "This file is a base, without a request: name a contract that extends it."
    raise file.error((), 'the member "request"', "none", remedy)


def load_with_lifecycle(path_or_id: str | Path, known: Known | None, command: str) -> Contract:
    """Load a contract as `load` does, for a command that serves operations with a lifecycle on one resource;
    `UserError` for another operation.
    """
    contract = load(path_or_id, known)
    if contract.precondition is None or len(contract.request.parameters) != 1:
        raise UserError(
            f"`{command}` needs a contract with a lifecycle (a precondition and one parameter), which "
            f"{contract.id} does not describe",
            f"Leave --contract out for {DEFAULT_CONTRACT}; `graphcontract check` takes any contract.",
        )
    return contract


def load_any(path_or_id: str | Path, known: Known | None) -> Contract | Base:
    """Load a contract or a base, as `load` does."""
    file = _find(path_or_id)
    return _build(_merge_with_bases(file, known), file.sha256)


def load_untrusted(path_or_id: str | Path, known: Known | None) -> Contract | Base:
    """Load as `load_any` does, and a shipped file with all the checks of a user's file."""
    if isinstance(path_or_id, str) and is_shipped(path_or_id):
        file = parse(_read_shipped_bytes(path_or_id), _name_shipped(path_or_id), None)
    else:
        file = _find(path_or_id)
    return _build(_merge_with_bases(file, known), file.sha256)


def document(path_or_id: str | Path, known: Known | None) -> dict[str, Any]:
    """Load a contract or a base as one JSON document that extends nothing; placeholders are not filled."""
    return document_file(_find(path_or_id), known)


def document_file(file: ContractFile, known: Known | None) -> dict[str, Any]:
    """Give a contract that was read from a file, or made, as `document` does."""
    # A copy: what a caller changes must not reach the files that the next load reads from the cache.
    return deepcopy(_merge_with_bases(file, known))


def list_shipped() -> tuple[str, ...]:
    """List the ids of the contracts in this package, bases left out."""
    return tuple(list_shipped_requests())


@cache
def list_shipped_requests() -> Mapping[str, Mapping[str, Any]]:
    """Map the id of each contract in this package to its member `request`, which is not validated here."""
    documents = ((name, json.loads(_read_shipped_bytes(name))) for name in _list_shipped_names())
    return {name: document["request"] for name, document in documents if "request" in document}


def load_shipped() -> list[Contract]:
    """Load the contracts in this package."""
    return [load(id, None) for id in list_shipped()]


def is_shipped(name: str) -> bool:
    """Whether this package has a contract or a base with this id."""
    return name in _list_shipped_names()


@cache
def _list_shipped_names() -> tuple[str, ...]:
    names = (entry.name for entry in files("graphcontract.contracts").iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


def _read_shipped_bytes(name: str) -> bytes:
    return files("graphcontract.contracts").joinpath(f"{name}.json").read_bytes()


def _name_shipped(name: str) -> str:
    return f"{name}.json (shipped)"


@cache
def _read_shipped(name: str) -> ContractFile:
    """Read a file of this package, no hostile input and checked by tests: to check it as a user's file
    takes a third of a short command's time, with the import of jsonschema.
    """
    data = _read_shipped_bytes(name)
    text = data.decode("utf-8")
    digest = sha256(data).hexdigest()
    return ContractFile(_name_shipped(name), None, digest, json.loads(text), text, trusted=True)


def _find(path_or_id: str | Path) -> ContractFile:
    if isinstance(path_or_id, str) and path_or_id in _list_shipped_names():
        return _read_shipped(path_or_id)
    near = suggest_name(str(path_or_id), list_shipped())
    return read(Path(path_or_id), near or f"Name a file, or a shipped contract: {', '.join(list_shipped())}.")


def _merge_with_bases(file: ContractFile, known: Known | None) -> dict[str, Any]:
    check(file, known)
    names = tuple(file.document.get("extends", ()))
    if _MERGED.isdisjoint(file.document) and names and _list_shipped_bases().issuperset(names):
        shared = _merge_shipped_bases(names, None if known is None else frozenset(known.items()))
        return {**merge([file], known), **shared}
    files: dict[str, ContractFile] = {}
    _gather(file, known, (), files)
    return merge(list(reversed(files.values())), known)


@cache
def _merge_shipped_bases(
    names: tuple[str, ...], known: frozenset[tuple[str, frozenset[str]]] | None
) -> Mapping[str, Any]:
    """Merge shipped bases, once for the thousands of contracts that only add facts of an operation."""
    files: dict[str, ContractFile] = {}
    first = ContractFile("a contract", None, "", {"extends": list(names)}, "{}")
    _gather(first, None if known is None else dict(known), (), files)
    merged = merge(list(reversed(files.values())), None if known is None else dict(known))
    return {name: merged[name] for name in _MERGED}


@cache
def _list_shipped_bases() -> frozenset[str]:
    return frozenset(_list_shipped_names()) - frozenset(list_shipped())


def _gather(
    file: ContractFile, known: Known | None, above: tuple[str, ...], found: dict[str, ContractFile]
) -> None:
    """Check what a file extends, and put each file into `found` once, after the files that it extends.

    Of two bases the one that is named first takes precedence, so it is added last.
    """
    above = (*above, file.name)
    for index, name in reversed(list(enumerate(file.document.get("extends", ())))):
        at = ("extends", index)
        if len(above) > _MAX_EXTENDS:
            remedy = "Let this file extend fewer levels of bases."
            raise file.error(at, f"at most {_MAX_EXTENDS} levels of bases", "more", remedy)
        base = _find_base(file, at, name)
        if base.name in above:
            remedy = "Files must not extend each other in a circle: remove one of the references."
            raise file.error(at, "a base that does not extend this file", format_value(name), remedy)
        if base.name not in found:
            check(base, known)
            _gather(base, known, above, found)
            if "request" in base.document:
                remedy = "It has its own request: extend what it extends."
                raise file.error(at, "a base", f"the contract {format_value(name)}", remedy)
    found[file.name] = file


def _find_base(file: ContractFile, at: tuple[str, int], name: str) -> ContractFile:
    """Find the file that `extends` names: a shipped file by its id, else a file in the same folder."""
    if name in _list_shipped_names():
        return _read_shipped(name)
    expected, remedy = (
        "the id of a shipped base, or a file in the same folder",
        suggest_name(name, _list_shipped_names()),
    )
    path = (file.folder or Path()) / (name if name.endswith(".json") else f"{name}.json")
    if file.folder is None or not path.is_file():
        raise file.error(
            at, expected, f"{format_value(name)}, which is neither", remedy or "Put the file there."
        )
    if path.resolve().parent != file.folder.resolve():
        raise file.error(
            at, expected, f"{format_value(name)}, a link that leads elsewhere", "Put the file there."
        )
    return read(path, remedy)


def _build(merged: Mapping[str, Any], sha256: str) -> Contract | Base:
    provenance = _build_provenance(merged)
    references = {key: Citation(**each) for key, each in merged["references"].items()}
    if "request" not in merged:
        references[PAGE] = Citation("the documentation page of the operation")
        clauses = {id: _build_clause(id, each, references, str) for id, each in merged["clauses"].items()}
        return Base(merged["id"], merged["title"], clauses, provenance)
    request, success = merged["request"], merged["success"]
    fields = {name: request["fields"].get(name, "unconstrained") for name in _FIELDS}
    contract = Contract(
        id=merged["id"],
        title=merged["title"],
        sha256=sha256,
        request=RequestRule(**{**request, "fields": fields}),
        success=SuccessRule(**{**success, "alternatives": tuple(success.get("alternatives", ()))}),
        clauses={},
        error_codes={int(status): tuple(codes) for status, codes in merged["errors"].items()},
        permissions=_build_permissions(merged),
        precondition=_build_precondition(merged),
        clouds=tuple(merged.get("clouds", ())),
        example=merged.get("example", {}).get("arguments", {}),
        provenance=provenance,
    )
    references[PAGE] = _cite_page(contract)
    values, facts = compute_values(contract), _collect_facts(contract)
    ids = (
        id
        for id, each in merged["clauses"].items()
        if all(facts[name] in _as_sequence(admitted) for name, admitted in each.get("applies", {}).items())
    )

    def build(id: str) -> Clause:
        return _build_clause(id, merged["clauses"][id], references, lambda text: fill(text, values))

    return replace(contract, clauses=LazyClauses(ids, build))


def _collect_facts(contract: Contract) -> dict[str, object]:
    """Collect the facts that the member `applies` of a clause can name."""
    request, success = contract.request, contract.success
    return {
        "method": request.method,
        "request_content": request.content,
        "query": request.query,
        "parameters": len(request.parameters),
        "success_status": success.status,
        "success_content": success.content,
        "lifecycle": contract.precondition is not None,
    }


def _as_sequence(values: object) -> Sequence[object]:
    return values if isinstance(values, list) else [values]


def _build_clause(
    id: str, members: Mapping[str, Any], references: Mapping[str, Citation], filled: Callable[[str], str]
) -> Clause:
    texts = {name: filled(members[name]) for name in ("statement", "sample", "fix", "why") if name in members}
    return Clause(
        id=id,
        group=members["group"],
        level=members["level"],
        basis=tuple(members["basis"]),
        sources=tuple(_build_citation(source, references) for source in members["sources"]),
        kinds={name: Kind(name, filled(text)) for name, text in members["kinds"].items()},
        evidence_key=members.get("evidence_key", id),
        disputed=members.get("disputed", False),
        aliases=tuple(members.get("aliases", ())),
        by=members.get("by", "client"),
        **texts,
    )


def _build_citation(source: str, references: Mapping[str, Citation]) -> Citation:
    key, _, section = source.partition(",")
    return replace(references[key], section=section.strip() or None)


def _cite_page(contract: Contract) -> Citation:
    provenance = contract.provenance
    if provenance is None:
        return Citation(f"The contract {contract.id}")
    dated = f", {provenance.date}" if provenance.date else ""
    return Citation(f"{provenance.source}{dated}", provenance.url)


def _build_provenance(merged: Mapping[str, Any]) -> Provenance | None:
    if "provenance" not in merged:
        return None
    members = merged["provenance"]
    return Provenance(**{**members, "notes": tuple(members.get("notes", ()))})


def _build_permissions(merged: Mapping[str, Any]) -> tuple[Permission, ...] | None:
    if "permissions" not in merged:
        return None
    entries = merged["permissions"]
    return tuple(Permission(each["scheme"], tuple(each["least"]), tuple(each["higher"])) for each in entries)


def _build_precondition(merged: Mapping[str, Any]) -> Precondition | None:
    if "precondition" not in merged:
        return None
    return Precondition(merged["precondition"]["statement"], tuple(merged["precondition"]["statuses"]))
