"""Finds and fetches the published sources that `graphcontract drift --published` compares.

Heavy imports are inside the functions, so that other commands start fast.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from graphcontract.errors import UserError

if TYPE_CHECKING:
    from graphcontract.catalogue.catalogue import Catalogue
    from graphcontract.catalogue.contract_set import ContractSet
    from graphcontract.drift.published import Fetched
    from graphcontract.drift.waivers import Address, DriftSources

_OF_MANY = ("permissions", "csdl", "openapi")  # a page is of one operation


def fetch_sources(addresses: Sequence[Address], cache: Path | None) -> Fetched:
    """Fetch published sources, with progress on a terminal. Raises `SourceError` if one cannot be fetched,
    `UserError` if it lists nothing.
    """
    from rich.console import Console

    from graphcontract.drift import published

    if not addresses:
        raise UserError(
            "the contract lists no published sources", "Give files, or list them in drift-sources/ID.json."
        )
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    with console.status("fetching") as status:

        def progress(url: str, size: int, whole: int | None) -> None:
            of = f" of {whole >> 10}" if whole else ""
            status.update(f"{url}  {size >> 10}{of} KiB" if size else f"{url}  not modified")

        return published.fetch_sources(addresses, cache or Path(home) / "graphcontract" / "drift", progress)


def list_addresses(operations: Catalogue | ContractSet, ids: Iterable[str]) -> list[Address]:
    """List where what is published about many of these operations is: once each, without pages, each of which
    is of one operation. For contract files, their own drift-sources files say so; for a catalogue, those of
    the shipped contracts of the same versions. `UserError` if it lists nothing.
    """
    found = [
        address
        for listed in _list_drift_sources(operations, list(ids))
        for address in listed.published
        if address.kind in _OF_MANY
    ]
    if not found:
        raise UserError(
            "no contract of these operations lists published sources of many operations",
            "Give files, or list permissions.json, CSDL or an OpenAPI description in drift-sources/ID.json.",
        )
    return list(dict.fromkeys(found))


def _list_drift_sources(operations: Catalogue | ContractSet, ids: Sequence[str]) -> Iterator[DriftSources]:
    from graphcontract.catalogue.contract_set import ContractSet
    from graphcontract.contract.loader import list_shipped_requests
    from graphcontract.drift.waivers import read_drift_sources

    if isinstance(operations, ContractSet):
        for id in ids:
            yield read_drift_sources(id, Path(operations.origins[id]).parent)
        return
    versions = {operations.name_of(id).partition(" ")[0] for id in ids}
    for id, request in list_shipped_requests().items():
        if request["version"] in versions:
            yield read_drift_sources(id, None)
