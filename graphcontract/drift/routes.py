"""Lists the paths by which a source reaches an operation, so that an error can show which ones there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import islice

from graphcontract.drift.csdl import csdl_reader
from graphcontract.drift.model import Kind, Source, Unknown
from graphcontract.drift.openapi import openapi_reader
from graphcontract.drift.operation_paths import Path, fold_path, format_path, name_operation
from graphcontract.drift.page import page_reader

_MOST_FOUND = 1000  # bounds the time to rate the similarity of paths
_MOST_LISTED = 6  # paths in an error message


def choose_method(source: Source, kind: Kind, binding: str, action: str, path: Path) -> str:
    """Choose the method of an operation: `delete` is DELETE, unless it is the name of an action, which is
    requested by POST.
    """
    if action.casefold() != "delete":
        return "POST"
    if path:
        return "POST" if name_operation(path).casefold() == "delete" else "DELETE"
    try:
        actions = find_routes(source, kind, "POST", binding, action)
    except Unknown:
        return "DELETE"
    return "POST" if any(name_operation(each).casefold() == "delete" for each in actions) else "DELETE"


def find_paths(source: Source, kind: Kind, method: str, binding: str, action: str) -> list[Path]:
    """Find the paths to an operation in a page, CSDL or OpenAPI; raises `SourceError` if it is unreadable."""
    found: Iterable[Path]
    if method == "DELETE" or kind == "page":
        found = find_routes(source, kind, method, binding, action)
    elif kind == "csdl":
        found = csdl_reader.find_paths(source, binding, action)
    else:
        found = openapi_reader.find_paths(source, action)
    return list(dict.fromkeys(islice(found, _MOST_FOUND)))


def find_routes(source: Source, kind: Kind, method: str, binding: str, action: str) -> list[Path]:
    """Find the paths to an operation of this type alone, of those that differ only in spelling the first;
    raises `Unknown` if CSDL does not declare it.
    """
    found: Iterable[Path]
    if kind == "page":
        requests = page_reader.find_requests(source)
        found = [path for own, path in requests if own == method] or [path for _, path in requests]
    elif kind == "openapi" and method == "DELETE":
        found = openapi_reader.find_deletions(source, binding)
    elif kind == "openapi":
        found = openapi_reader.find_routes(source, binding, action)
    else:
        found = csdl_reader.find_routes(source, binding, action)
    distinct: dict[Path, Path] = {}
    for path in islice(found, _MOST_FOUND):
        distinct.setdefault(fold_path(path), path)
    return list(distinct.values())


def format_paths(paths: Sequence[Path], wanted: Path) -> str:
    """Format paths, one a line, the most similar to the wanted one first, and count those left out."""
    nearest = sorted(paths, key=lambda path: (-_rate_similarity(path, wanted), len(path), format_path(path)))
    lines = [f"\n  /{format_path(path)}" for path in nearest[:_MOST_LISTED]]
    left = len(nearest) - len(lines)
    return "".join(lines) + (f"\n  and {left} more" if left else "")


def _rate_similarity(path: Path, wanted: Path) -> float:
    return SequenceMatcher(None, format_path(fold_path(path)), format_path(fold_path(wanted))).ratio()
