"""Finds and parses single parts of a large OpenAPI description: a path item and the components it refers to.

The file is memory-mapped and not parsed as a whole. References are followed within the file only.
"""

from __future__ import annotations

import mmap
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import NoReturn
from urllib.parse import unquote

from graphcontract.contract.jsonfile import printable
from graphcontract.drift.model import FactOrigin, Source, SourceError, Unknown, refuse_source
from graphcontract.drift.openapi.yaml_index import LayoutError, Outline, YamlNode
from graphcontract.drift.openapi.yaml_values import Node, ValuesError, from_json, from_yaml

_MOST_BYTES = 128 * 1024 * 1024
_MOST_WHOLE = 8 * 1024 * 1024
_MOST_SLICE = 4 * 1024 * 1024
_MOST_ALIKE = 100_000
_FETCH = "Fetch the complete file again."
_REFERENCE = re.compile(r"#/components/([A-Za-z]+)/([^/]+)")

Fits = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class PathItem:
    """A member of `paths`."""

    path: str
    node: Node


class OpenApiFile:
    """A mapped file. `whole` says that it was parsed as a whole, for its layout is not a key on each line."""

    def __init__(self, data: mmap.mmap, source: Source) -> None:
        self._data, self._source = data, source
        self._digest = sha256()
        self._found: dict[str, Node | None] = {}
        self._document: Node | None = None
        self._after = 0
        try:
            self._outline = Outline(data)
            self._paths = self._outline.top("paths")
            if self._paths is None or not self._outline.first(self._paths).key.startswith("/"):
                raise LayoutError
        except LayoutError:
            self._document = self._parsed_whole()
        else:
            if self._outline.json and not self._outline.is_closed():
                place = FactOrigin("openapi", source.name, source.version)
                raise Unknown("its first bracket is never closed: the file is truncated", place)

    @property
    def whole(self) -> bool:
        """Whether the file was parsed as a whole."""
        return self._document is not None

    @property
    def sha256(self) -> str:
        """Of every slice that was read, in order."""
        return self._digest.hexdigest()

    def path_item(self, literal: str, fits: Fits) -> PathItem | None:
        """Find the path that fits; `literal` is what it holds for sure, and is searched for."""
        if self._document is not None:
            return next((each for each in self._items(self._document) if fits(each.path)), None)
        return self._sliced_item(self._outline.lines_with(literal, self._paths_start()), fits)

    def path_item_ending(self, pattern: str, fits: Fits) -> PathItem | None:
        """Find the first path that ends as a pattern says, and fits; slower."""
        if self._document is not None:
            ending = re.compile(f".*{pattern}", re.IGNORECASE)
            items = (each for each in self._items(self._document) if ending.fullmatch(each.path))
            return next((each for each in items if fits(each.path)), None)
        return self._sliced_item(self._lines_ending(pattern), fits)

    def paths_ending(self, pattern: str) -> Iterator[str]:
        """Yield the paths that end as a pattern says; slower."""
        if self._document is not None:
            ending = re.compile(f".*{pattern}", re.IGNORECASE)
            yield from (each.path for each in self._items(self._document) if ending.fullmatch(each.path))
            return
        paths = self._known_paths()
        for at in self._lines_ending(pattern):
            part = self._outline.key_at(at)
            if part is not None and self._outline.within(paths, at):
                yield part.key

    def _lines_ending(self, pattern: str) -> Iterator[int]:
        indent = self._outline.first(self._known_paths()).indent
        line = rb" {%d}['\"]?/[^\n]*%b['\"]? *:" % (indent, pattern.encode())
        return self._outline.matching(line, self._paths_start())

    def member(self, name: str) -> Node | None:
        """Read a member of the whole description, such as `servers`; None where it has none."""
        if self._document is not None:
            return self._document.get(name)
        found = self._outline.top(name)
        return self._parsed(self._outline.whole(found)).get(name) if found else None

    def resolved(self, node: Node | None) -> Node | None:
        """Follow a value's `$ref` into the components; None where it leads nowhere, or out of the file."""
        for _ in range(8):
            reference = node.text("$ref") if node is not None else None
            if reference is None:
                return node
            node = self.component(reference)
        return None

    def followed(self, node: Node) -> Node:
        """Follow a value's `$ref` as `resolved` does; `Unknown` where it leads nowhere."""
        found = self.resolved(node)
        if found is None:
            self._miss(node)
        return found

    def named(self, node: Node) -> None:
        """See that what a `$ref` names is there, and read nothing of it; `Unknown` where it is not."""
        named = _REFERENCE.fullmatch(node.text("$ref") or "")
        if self._document is not None or named is None:
            self.followed(node)
        elif self._place(named) is None:
            self._miss(node)

    def component(self, reference: str) -> Node | None:
        """Read the component that a reference names; None where there is none."""
        if reference not in self._found:
            self._found[reference] = self._component(reference)
        return self._found[reference]

    def is_cut_off(self) -> bool:
        """Tell whether nothing follows the paths, so that the rest of them may be missing."""
        if self._document is not None:
            return False
        paths = self._known_paths()
        return self._outline.whole(paths).end >= len(self._data)

    def _sliced_item(self, lines: Iterator[int], fits: Fits) -> PathItem | None:
        paths = self._known_paths()
        indent = self._outline.first(paths).indent
        for count, at in enumerate(lines):
            if count > _MOST_ALIKE:
                self._reject(f"more than {_MOST_ALIKE} paths are similar to the wanted one", 1)
            part = self._outline.key_at(at)
            if (
                part is not None
                and part.indent == indent
                and fits(part.key)
                and self._outline.within(paths, at)
            ):
                part = self._not_the_end(self._outline.whole(part))
                node = self._parsed(part).get(part.key)
                self._outline.release()
                self._reject_duplicate(part)
                if node is None:
                    self._reject("a key cannot be parsed", self._outline.line_at(at))
                self._after = part.end
                return PathItem(part.key, node)
        return None

    def _reject_duplicate(self, part: YamlNode) -> None:
        """Refuse a path that occurs twice: readers of YAML and JSON differ in which of them they take."""
        for at in self._outline.lines_with_exactly(part.key, part.end):
            other = self._outline.key_at(at)
            if other is not None and (other.key, other.indent) == (part.key, part.indent):
                if self._outline.within(self._known_paths(), at):
                    self._reject(f"{printable(part.key, 200)} occurs twice", self._outline.line_at(at))
                return

    def _items(self, document: Node) -> Iterator[PathItem]:
        paths = document.get("paths")
        return (PathItem(key, node) for key, node in (paths.members() if paths else ()))

    def _component(self, reference: str) -> Node | None:
        named = _REFERENCE.fullmatch(reference)
        if named is None:
            return None
        if self._document is not None:
            return self._document.get("components", named[1], _unescaped(named[2]))
        found = self._place(named)
        if found is None:
            return None
        return self._parsed(self._not_the_end(self._outline.whole(found))).get(found.key)

    def _place(self, named: re.Match[str]) -> YamlNode | None:
        """Where a component begins."""
        components = self._outline.top("components", self._after)
        of_kind = self._outline.child(components, named[1]) if components else None
        return self._outline.child(of_kind, _unescaped(named[2])) if of_kind else None

    def _miss(self, node: Node) -> NoReturn:
        place = FactOrigin("openapi", self._source.name, self._source.version, node.line)
        raise Unknown(
            f"{printable(node.text('$ref') or '', 200)} does not exist: the file may be truncated", place
        )

    def _not_the_end(self, part: YamlNode) -> YamlNode:
        """JSON tells by a bracket whether a part is whole; in YAML that which follows does."""
        if part.end >= len(self._data) and not self._outline.json:
            place = FactOrigin(
                "openapi", self._source.name, self._source.version, self._outline.line_at(part.start)
            )
            raise Unknown(f"the file ends with {printable(part.key, 200)}, and may be truncated", place)
        return part

    def _parsed(self, part: YamlNode) -> Node:
        """Parse a slice: its own line gives it its key."""
        first_line = self._outline.line_at(part.start)
        if part.end - part.start > _MOST_SLICE:
            self._reject(f"{printable(part.key, 200)} is larger than {_MOST_SLICE >> 20} MiB", first_line)
        data = self._data[part.start : part.end]
        self._digest.update(data)
        try:
            if self._outline.json:
                return from_json(b"{" + data.rstrip().removesuffix(b",") + b"}", first_line)
            return from_yaml(data, first_line)
        except ValuesError as error:
            self._reject(str(error), error.line)

    def _parsed_whole(self) -> Node:
        if len(self._data) > _MOST_WHOLE:
            problem = f"its layout is not one key per line, and it is larger than {_MOST_WHOLE >> 20} MiB"
            raise SourceError(f"{self._source.name}: {problem}. Reformat it with `jq .` or `yq -P`.")
        data = self._data[:]
        self._digest.update(data)
        try:
            document = _parsed(data)
        except ValuesError as error:
            self._reject(str(error), error.line)
        if document.get("paths") is None:
            problem = f"it has no member `paths`: it is not an OpenAPI description. {_FETCH}"
            raise refuse_source(self._source, problem)
        return document

    def _known_paths(self) -> YamlNode:
        assert self._paths is not None
        return self._paths

    def _paths_start(self) -> int:
        return self._known_paths().start

    def _reject(self, problem: str, line: int) -> NoReturn:
        raise SourceError(f"{self._source.name}:{line}: {problem}. {_FETCH}")


def _unescaped(name: str) -> str:
    return unquote(name).replace("~1", "/").replace("~0", "~")


def _parsed(data: bytes) -> Node:
    """Parse what may be JSON, or YAML in braces."""
    try:
        return from_yaml(data) if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{" else from_json(data)
    except ValuesError as error:
        if not str(error).startswith("not valid JSON"):
            raise
        try:
            return from_yaml(data)
        except ValuesError:
            raise error from None


@contextmanager
def opened(source: Source) -> Iterator[OpenApiFile]:
    """Map a description of at most 128 MiB; `SourceError` where it cannot be read, or is none."""
    path, name = source.path, source.name
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError(f"{name}: this is not a regular file. Give a file.")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if not 0 < size <= _MOST_BYTES:
                problem = "it is empty" if not size else f"it is larger than {_MOST_BYTES >> 20} MiB"
                raise SourceError(
                    f"{name}: {problem}, so it is not an OpenAPI description of Graph. {_FETCH}"
                )
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield OpenApiFile(data, source)
    except OSError as error:
        raise SourceError(f"{name}: it cannot be read: {error.strerror}. Give a readable file.") from None
    except ValueError:
        raise SourceError(f"{name}: this is not a valid file name.") from None
