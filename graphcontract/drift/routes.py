"""Lists the paths by which a source reaches an action, so that an error can show which ones there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import islice

from graphcontract.drift.csdl import csdl_reader
from graphcontract.drift.model import Kind, Source
from graphcontract.drift.openapi import openapi_reader
from graphcontract.drift.operation_paths import Path, folded, shown
from graphcontract.drift.page import page_reader

_MOST_FOUND = 1000
_MOST_LISTED = 6


def routes(source: Source, kind: Kind, binding: str, action: str) -> list[Path]:
    """Find the paths to an action that a page, CSDL or an OpenAPI description names; `SourceError` where it
    cannot be read.
    """
    found: Iterable[Path]
    if kind == "csdl":
        found = csdl_reader.routes(source, binding, action)
    elif kind == "openapi":
        found = openapi_reader.routes(source, action)
    else:
        found = page_reader.routes(source)
    return list(dict.fromkeys(islice(found, _MOST_FOUND)))


def listed(paths: Sequence[Path], wanted: Path) -> str:
    """Write paths a line each, the most similar to the wanted one first, and say how many are left out."""
    nearest = sorted(paths, key=lambda path: (-_likeness(path, wanted), len(path), shown(path)))
    lines = [f"\n  /{shown(path)}" for path in nearest[:_MOST_LISTED]]
    left = len(nearest) - len(lines)
    return "".join(lines) + (f"\n  and {left} more" if left else "")


def _likeness(path: Path, wanted: Path) -> float:
    return SequenceMatcher(None, shown(folded(path)), shown(folded(wanted))).ratio()
