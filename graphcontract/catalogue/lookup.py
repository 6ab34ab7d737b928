"""Finds what an argument of a command names: a contract for the loader, or an operation of a catalogue."""

from __future__ import annotations

import re
from pathlib import Path

from graphcontract.catalogue.catalogue import Catalogue
from graphcontract.catalogue.patterns import NoOperation, reject_pattern
from graphcontract.contract import loader
from graphcontract.contract.jsonfile import suggest_name

_ID = re.compile(r"[a-z][a-z0-9-]*")


def find_operation(name: str, catalogue: Catalogue | None = None) -> tuple[Catalogue, str] | None:
    """Find an operation of a catalogue, the shipped one by default, by its id or its name, such as
    `beta POST /users/{id}/revokeSignInSessions`; None if the name is for the loader.

    Raises `NoOperation` if the name is of an operation that the catalogue lacks, or matches several.
    """
    is_name = " /" in name
    if catalogue is None and not is_name:
        if loader.is_shipped(name) or not _ID.fullmatch(name) or Path(name).exists():
            return None
        if name not in Catalogue.load() and suggest_name(name, loader.list_shipped()):
            return None  # The loader says which of its own was probably meant.
    catalogue = catalogue or Catalogue.load()
    if not is_name:
        if name not in catalogue:
            raise reject_pattern("the id", name, catalogue.name, catalogue.ids)
        return catalogue, name
    ids = catalogue.find(name)
    if len(ids) > 1:
        listed = "".join(f"\n  {id}" for id in ids[:5])
        raise NoOperation(
            f"{name!r} matches {len(ids)} operations of {catalogue.name}", f"Give an id:{listed}"
        )
    return catalogue, ids[0]
