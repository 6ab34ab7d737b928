"""Reads a source of any kind: detects the kind by content, and imports only the reader that it needs."""

from __future__ import annotations

from importlib import import_module

from graphcontract.drift.clouds import add_cloud
from graphcontract.drift.model import Kind, Reader, Reading, Source, Wanted, reject_source
from graphcontract.drift.source_kind import detect_kind, is_generated_code

_READERS: dict[Kind, str] = {
    "page": "page.page_reader",
    "permissions": "permissions_file",
    "csdl": "csdl.csdl_reader",
    "openapi": "openapi.openapi_reader",
    "sdk": "sdk_export",
    "run": "recorded_run",
}


def read(source: Source, wanted: Wanted) -> Reading:
    """Read what a source states about an operation; raises `SourceError` or `Unknown`."""
    kind = detect_kind(source)
    if kind not in _READERS:
        hint = "Give it with --since, and the sources as arguments."
        raise reject_source(source, "this is a snapshot", hint)
    module = _READERS[kind]
    if kind == "sdk" and is_generated_code(source):
        module = "sdk_source"
    elif kind == "csdl" and wanted.method == "DELETE":
        module = "csdl.csdl_deletion"
    reader: Reader = import_module(f"graphcontract.drift.{module}").read
    return add_cloud(reader(source, wanted))
