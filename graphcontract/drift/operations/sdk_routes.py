"""Reads the routes of an SDK: a plain text with a method, a path and flags in each line, separated by tabs.

Every line is an operation that the SDK sends without content and whose response it returns nothing of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn

from graphcontract.contract.jsonfile import make_printable
from graphcontract.drift.model import Source, SourceError
from graphcontract.drift.operations.signed_in_user import FAMILY
from graphcontract.drift.operations.statement import METHODS, Key, Statement, index
from graphcontract.drift.source_file import decode_text, read_bytes
from graphcontract.drift.versions import find_version

ROUTES = re.compile(rb"\A(?:#[^\n]*\n|[ \t]*\n)*+[A-Z]+\t/")
"""How such a file begins."""

_MOST_BYTES = 64 * 1024 * 1024
_HEAD = 4 * 1024  # characters in which comments may name the SDK and the version
_LINE = "METHOD<tab>/path<tab>flags"
_SDK = re.compile(r"\bmsgraph-[\w-]*sdk(?:-[a-z]+)?(?: v?\d+(?:\.\w+)*)?")
_SEGMENT = re.compile(r"(?:[^{}\s]|\{[A-Za-z][\w.-]*\})+", re.ASCII)
_FLAGS = {"x"}


class SdkRoutes:
    """The routes of one SDK, all of one version of Graph. `title` names the SDK."""

    kind = "routes"
    family = FAMILY

    def __init__(self, source: Source) -> None:
        self._name = source.name
        text = decode_text(read_bytes(source.path, source.name, _MOST_BYTES), source.name)
        comments = " ".join(line for line in text[:_HEAD].split("\n") if line.startswith("#"))
        named = _SDK.search(comments)
        self.title = f"routes of {named[0]}" if named else f"routes in {source.path.name}"
        self.version = find_version(comments) or find_version(source.path.name)
        if self.version is None:
            remedy = "Write `# version: beta` or `# version: v1.0` in its first line, or rename the file."
            raise SourceError(f"{source.name}:1: it does not state the version of Graph", remedy)
        self._stated = self._mark_collections(index(self._iterate_lines(text), source.name))

    def list_statements(self) -> list[Statement]:
        """List the routes."""
        return list(self._stated.values())

    def describe(self, key: Key, _path: str) -> Statement | None:
        """Describe an operation."""
        return self._stated.get(key)

    def _iterate_lines(self, text: str) -> Iterator[Statement]:
        assert self.version is not None
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip() or line.startswith("#"):
                continue
            method, tab, rest = line.partition("\t")
            path, _, flags = rest.partition("\t")
            path, given = path.strip(), set(flags.split())
            if not tab or not path.startswith("/"):
                self._fail(number, f"it is not {_LINE}: {make_printable(line, 100)}")
            if method not in METHODS:
                self._fail(number, f"the method is {make_printable(method, 40)}, not {' or '.join(METHODS)}")
            wrong = next((each for each in path.split("/")[1:] if not _SEGMENT.fullmatch(each)), None)
            if wrong is not None:
                self._fail(number, f"the path has the segment {make_printable(wrong, 100) or 'of no text'}")
            if given - _FLAGS:
                unknown = make_printable(min(given - _FLAGS), 40)
                self._fail(number, f"the flag {unknown} is unknown; x marks a deprecated operation")
            yield Statement(self.version, method, path, deprecated="x" in given, line=number)

    def _mark_collections(self, stated: dict[Key, Statement]) -> dict[Key, Statement]:
        """Add the query that removes a reference from a collection: an SDK's routes leave queries out, but
        a collection also has a route with a key below it.
        """
        references = {key for key in stated if key.path[-1] == "$ref" and key.method == "DELETE"}
        collections = {key.path[:-2] for key in references if key.path[-2:-1] == ("{}",)}
        marked = {
            key: replace(stated[key], query=("@id",)) for key in references if key.path[:-1] in collections
        }
        return {**stated, **marked}

    def _fail(self, line: int, problem: str) -> NoReturn:
        raise SourceError(f"{self._name}:{line}: {problem}", f"Write {_LINE}, or a comment behind #.")
