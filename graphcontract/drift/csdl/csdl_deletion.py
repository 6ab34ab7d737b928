"""Reads what CSDL says of the path of a DELETE: a schema declares no DELETE, and can deny one.

Deletable is what a path leads to by containment or reference, unless an annotation denies it.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from graphcontract.drift.csdl.csdl_reader import SPEAKS_OF
from graphcontract.drift.fact_collector import FactCollector
from graphcontract.drift.model import FactOrigin, Reading, Source, Wanted
from graphcontract.drift.operation_paths import find_last_key, format_path, split_path
from graphcontract.drift.operations.csdl_operations import CsdlOperations
from graphcontract.drift.operations.statement import Key


def read(source: Source, wanted: Wanted) -> Reading:
    """Read what a schema states about a path; raises `SourceError` if it is not CSDL, or only a part."""
    operations = CsdlOperations(source)
    notes = FactCollector(FactOrigin("csdl", source.name, source.version))
    notes.add_fact("version", operations.version, None)
    path = f"/{format_path(wanted.path)}"
    found = operations.describe(Key(operations.version, "DELETE", ()), path)
    if found is None:
        notes.add_fact("route", "absent", None)
    else:
        place = notes.locate(found.line)
        notes.add_fact("path", split_path(operations.spell(path)), place)
        notes.add_fact("route", "reachable", place)
        if find_last_key(wanted.path) and found.types[-1] is not None:
            notes.add_fact("key-type", found.types[-1], place)
        for fact, revision, above in operations.iterate_deprecations(path):
            texts = (revision.announced, revision.removal, revision.text)
            line = operations.find_line(revision.element)
            notes.add_fact(fact, texts if above is None else (*texts, above), notes.locate(line))
        if found.query:
            notes.add_fact("query", tuple((name, "required") for name in found.query), place)
    notes.mark_silent(SPEAKS_OF)
    return notes.make_reading(sha256(repr(found and replace(found, line=1)).encode()).hexdigest())
