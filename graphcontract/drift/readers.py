"""Reads a source of any kind: detects the kind by content, and imports only the reader that it needs."""

from __future__ import annotations

from importlib import import_module

from graphcontract.drift.clouds import with_cloud
from graphcontract.drift.model import Kind, Reader, Reading, Source, Wanted, refuse_source
from graphcontract.drift.source_kind import kind_of

_READERS: dict[Kind, str] = {
    "page": "page.page_reader",
    "permissions": "permissions_file",
    "csdl": "csdl.csdl_reader",
    "openapi": "openapi.openapi_reader",
    "sdk": "sdk_export",
    "run": "recorded_run",
}


def read(source: Source, wanted: Wanted) -> Reading:
    """Read what a source says of an operation; raises `SourceError` or `Unknown`."""
    kind = kind_of(source)
    if kind not in _READERS:
        problem = "this is a snapshot: give it with --since, and the sources as arguments."
        raise refuse_source(source, problem)
    reader: Reader = import_module(f"graphcontract.drift.{_READERS[kind]}").read
    return with_cloud(reader(source, wanted))
