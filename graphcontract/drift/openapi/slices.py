"""Finds and parses single parts of a large OpenAPI description: a path item and the components it refers to.

The file is memory-mapped and not parsed as a whole. References are followed within the file only.
"""

from __future__ import annotations

import mmap
import os
import re
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import zip_longest
from typing import NoReturn
from urllib.parse import unquote

from graphcontract.contract.jsonfile import make_printable
from graphcontract.drift.model import FactOrigin, Source, SourceError, Unknown, reject_source
from graphcontract.drift.openapi.yaml_index import LayoutError, Outline, YamlNode
from graphcontract.drift.openapi.yaml_values import Node, ValuesError, parse_json, parse_yaml

_MOST_BYTES = 128 * 1024 * 1024  # twice the largest description of Graph
_MOST_WHOLE = 8 * 1024 * 1024  # a whole file becomes Python values, which take many times its size
_MOST_SLICE = 4 * 1024 * 1024  # one path item or component; larger ones would take too much memory
_MOST_ALIKE = 100_000  # ends a search in a file that repeats a part of the path
_FETCH = "Fetch the complete file again."
_ALIAS = re.compile(rb"[:,\[{-] +\*[^\s,\[\]{}*]+ *[\r\n,\]}]")
_TAB = re.compile(rb"\n *\t")  # YAML does not indent by tabs, so such a line would seem to end a part
_REFERENCE = re.compile(r"#/components/([A-Za-z]+)/([^/]+)")

Fits = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class PathItem:
    """A member of `paths`."""

    path: str
    node: Node


class OpenApiFile:
    """A mapped file. `whole` is True if it was parsed as a whole: its layout is not one key per line, or
    it has aliases or tabs.
    """

    def __init__(self, data: mmap.mmap, source: Source) -> None:
        self._data, self._source = data, source
        self._digest = sha256()
        self._found: dict[str, Node | None] = {}
        self._document: Node | None = None
        self._after = 0
        try:
            # The anchor of an alias may be in another part.
            if len(data) <= _MOST_WHOLE and (_ALIAS.search(data) or _TAB.search(data)):
                raise LayoutError
            self._outline = Outline(data)
            self._paths = self._outline.find_top("paths")
            if self._paths is None or not self._outline.find_first(self._paths).key.startswith("/"):
                raise LayoutError
        except LayoutError:
            self._document = self._parse_whole()
        else:
            self._reject_tabs()
            if self._outline.json and not self._outline.is_closed():
                place = FactOrigin("openapi", source.name, source.version)
                raise Unknown("its first bracket is never closed: the file is truncated", place)

    @property
    def whole(self) -> bool:
        """Whether the file was parsed as a whole."""
        return self._document is not None

    @property
    def sha256(self) -> str:
        """The hash of every slice that was read, in order."""
        return self._digest.hexdigest()

    def find_path_item(self, literal: str, fits: Fits) -> PathItem | None:
        """Find the path that fits; `literal` is the fixed part of it, and is searched for."""
        if self._document is not None:
            return next((each for each in self._iterate_items(self._document) if fits(each.path)), None)
        return self._find_sliced_item(self._outline.find_lines(literal, self._get_paths_start()), fits)

    def find_path_item_ending(self, pattern: str, fits: Fits) -> PathItem | None:
        """Find the first path whose end matches a pattern, and that fits; slower than `find_path_item`."""
        if self._document is not None:
            ending = re.compile(f".*{pattern}", re.IGNORECASE)
            items = (each for each in self._iterate_items(self._document) if ending.fullmatch(each.path))
            return next((each for each in items if fits(each.path)), None)
        return self._find_sliced_item(self._find_lines_ending(pattern), fits)

    def find_paths_ending(self, pattern: str) -> Iterator[str]:
        """Yield the paths whose end matches a pattern."""
        if self._document is not None:
            ending = re.compile(f".*{pattern}", re.IGNORECASE)
            yield from (
                each.path for each in self._iterate_items(self._document) if ending.fullmatch(each.path)
            )
            return
        paths = self._get_paths()
        for at in self._find_lines_ending(pattern):
            part = self._outline.read_key_at(at)
            if part is not None and self._outline.is_within(paths, at):
                yield part.key

    def iterate_items(self, members: Collection[str]) -> Iterator[PathItem]:
        """Yield every path item, in the order of the file, with only these of its members parsed. The line of
        an item is that of its path; a repeated path is yielded again.
        """
        if self._document is not None:
            yield from self._iterate_items(self._document)
            return
        paths = self._get_paths()
        starts = [at for at in self._find_lines_ending("") if self._outline.is_within(paths, at)]
        for at, following in zip_longest(starts, starts[1:]):
            part = self._outline.read_key_at(at)
            if part is None:
                continue
            if following is None:
                part = self._check_not_truncated(self._outline.complete(part))
                following = part.end
            if self._outline.has_value(part):
                node = self._parse(replace(part, end=following)).get(part.key)
                yield PathItem(part.key, Node(node.data if node else None, self._outline.find_line_at(at)))
                continue
            found = self._outline.find_members(at, following, members)
            data: dict[str, Node] = {}
            for each in found:
                if each.key in data:
                    self._reject(f"{each.key} occurs twice", self._outline.find_line_at(each.start))
                node = self._parse(each).get(each.key)
                if node is not None:
                    data[each.key] = node
            yield PathItem(part.key, Node(data, self._outline.find_line_at(at)))
        self._outline.release()

    def _reject_tabs(self) -> None:
        """Reject a tab that indents a path, a member of it, or less: the outline would overlook the line."""
        path = self._outline.find_first(self._get_paths())
        try:
            most = self._outline.find_first(path).indent
        except LayoutError:  # it is empty, or all in one line
            most = path.indent
        found = re.search(rb"\n {0,%d}\t[ \t]*[^\s#]" % most, self._data)
        if found is not None:
            line = self._outline.find_line_at(found.start() + 1)
            problem = f"the line is indented by a tab, and the file is larger than {_MOST_WHOLE >> 20} MiB"
            self._reject(problem, line, "Indent it by spaces, for example with `jq .` or `yq -P`.")

    def _find_lines_ending(self, pattern: str) -> Iterator[int]:
        indent = self._outline.find_first(self._get_paths()).indent
        line = rb" {%d}['\"]?/[^\n]*%b['\"]? *:" % (indent, pattern.encode())
        return self._outline.find_matching_lines(line, self._get_paths_start())

    def read_member(self, name: str) -> Node | None:
        """Read a top-level member, such as `servers`; None without one."""
        if self._document is not None:
            return self._document.get(name)
        found = self._outline.find_top(name)
        return self._parse(self._outline.complete(found)).get(name) if found else None

    def resolve(self, node: Node | None) -> Node | None:
        """Follow a value's `$ref` into the components; None if its target is missing, or outside the file."""
        for _ in range(8):
            reference = node.get_text("$ref") if node is not None else None
            if reference is None:
                return node
            node = self.find_component(reference)
        return None

    def follow(self, node: Node) -> Node:
        """Follow a value's `$ref` as `resolve` does; raises `Unknown` if its target is missing."""
        found = self.resolve(node)
        if found is None:
            self._reject_missing(node)
        return found

    def check_reference(self, node: Node) -> None:
        """Check that the target of a `$ref` exists, without reading it; raises `Unknown` if it does not."""
        named = _REFERENCE.fullmatch(node.get_text("$ref") or "")
        if self._document is not None or named is None:
            self.follow(node)
        elif self._locate_component(named) is None:
            self._reject_missing(node)

    def find_component(self, reference: str) -> Node | None:
        """Read the component that a reference names; None without one."""
        if reference not in self._found:
            self._found[reference] = self._read_component(reference)
        return self._found[reference]

    def is_cut_off(self) -> bool:
        """Whether nothing follows the paths, so that the rest of them may be missing."""
        if self._document is not None:
            return False
        paths = self._get_paths()
        return self._outline.complete(paths).end >= len(self._data)

    def _find_sliced_item(self, lines: Iterator[int], fits: Fits) -> PathItem | None:
        paths = self._get_paths()
        indent = self._outline.find_first(paths).indent
        for count, at in enumerate(lines):
            if count > _MOST_ALIKE:
                self._reject(f"more than {_MOST_ALIKE} paths are similar to the wanted one", 1)
            part = self._outline.read_key_at(at)
            if (
                part is not None
                and part.indent == indent
                and fits(part.key)
                and self._outline.is_within(paths, at)
            ):
                part = self._check_not_truncated(self._outline.complete(part))
                node = self._parse(part).get(part.key)
                self._outline.release()
                self._reject_duplicate(part)
                if node is None:
                    self._reject("a key cannot be parsed", self._outline.find_line_at(at))
                self._after = part.end
                return PathItem(part.key, node)
        return None

    def _reject_duplicate(self, part: YamlNode) -> None:
        """Reject a path that occurs twice: parsers of YAML and JSON differ in which one they keep."""
        for at in self._outline.find_exact_lines(part.key, part.end):
            other = self._outline.read_key_at(at)
            if other is not None and (other.key, other.indent) == (part.key, part.indent):
                if self._outline.is_within(self._get_paths(), at):
                    self._reject(
                        f"{make_printable(part.key, 200)} occurs twice", self._outline.find_line_at(at)
                    )
                return

    def _iterate_items(self, document: Node) -> Iterator[PathItem]:
        paths = document.get("paths")
        return (PathItem(key, node) for key, node in (paths.members() if paths else ()))

    def _read_component(self, reference: str) -> Node | None:
        named = _REFERENCE.fullmatch(reference)
        if named is None:
            return None
        if self._document is not None:
            return self._document.get("components", named[1], _unescape(named[2]))
        found = self._locate_component(named)
        if found is None:
            return None
        return self._parse(self._check_not_truncated(self._outline.complete(found))).get(found.key)

    def _locate_component(self, named: re.Match[str]) -> YamlNode | None:
        """Find where a component begins."""
        components = self._outline.find_top("components", self._after)
        of_kind = self._outline.find_child(components, named[1]) if components else None
        return self._outline.find_child(of_kind, _unescape(named[2])) if of_kind else None

    def _reject_missing(self, node: Node) -> NoReturn:
        place = FactOrigin("openapi", self._source.name, self._source.version, node.line)
        raise Unknown(
            f"{make_printable(node.get_text('$ref') or '', 200)} does not exist: the file may be truncated",
            place,
        )

    def _check_not_truncated(self, part: YamlNode) -> YamlNode:
        """Reject YAML that ends with a part: it may be truncated. JSON has a closing bracket to check."""
        if part.end >= len(self._data) and not self._outline.json:
            place = FactOrigin(
                "openapi", self._source.name, self._source.version, self._outline.find_line_at(part.start)
            )
            raise Unknown(f"the file ends with {make_printable(part.key, 200)}, and may be truncated", place)
        return part

    def _parse(self, part: YamlNode) -> Node:
        """Parse a slice, with its key as the only member."""
        first_line = self._outline.find_line_at(part.start)
        if part.end - part.start > _MOST_SLICE:
            self._reject(
                f"{make_printable(part.key, 200)} is larger than {_MOST_SLICE >> 20} MiB", first_line
            )
        data = self._data[part.start : part.end]
        self._digest.update(data)
        try:
            if self._outline.json:
                return parse_json(b"{" + data.rstrip().removesuffix(b",") + b"}", first_line)
            return parse_yaml(data, first_line)
        except ValuesError as error:
            self._reject(str(error), error.line, error.hint)

    def _parse_whole(self) -> Node:
        if len(self._data) > _MOST_WHOLE:
            layout = "its layout is not one key per line, indented by spaces"
            problem = f"{layout}, and it is larger than {_MOST_WHOLE >> 20} MiB"
            raise SourceError(f"{self._source.name}: {problem}", "Reformat it with `jq .` or `yq -P`.")
        data = self._data[:]
        self._digest.update(data)
        try:
            document = _parse(data)
        except ValuesError as error:
            self._reject(str(error), error.line, error.hint)
        if document.get("paths") is None:
            problem = "it has no member `paths`: it is not an OpenAPI description"
            raise reject_source(self._source, problem, _FETCH)
        return document

    def _get_paths(self) -> YamlNode:
        assert self._paths is not None
        return self._paths

    def _get_paths_start(self) -> int:
        return self._get_paths().start

    def _reject(self, problem: str, line: int, hint: str | None = None) -> NoReturn:
        raise SourceError(f"{self._source.name}:{line}: {problem}", hint or _FETCH)


def _unescape(name: str) -> str:
    return unquote(name).replace("~1", "/").replace("~0", "~")


def _parse(data: bytes) -> Node:
    """Parse JSON, or YAML that begins with a brace as JSON does."""
    try:
        return (
            parse_yaml(data) if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{" else parse_json(data)
        )
    except ValuesError as error:
        if not str(error).startswith("not valid JSON"):
            raise
        try:
            return parse_yaml(data)
        except ValuesError:
            raise error from None


@contextmanager
def open_description(source: Source) -> Iterator[OpenApiFile]:
    """Map a description of at most 128 MiB; `SourceError` if it cannot be read, or is not a description."""
    path, name = source.path, source.name
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError(f"{name}: this is not a regular file", "Give a file.")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if not 0 < size <= _MOST_BYTES:
                problem = "it is empty" if not size else f"it is larger than {_MOST_BYTES >> 20} MiB"
                raise SourceError(f"{name}: {problem}, so it is not an OpenAPI description of Graph", _FETCH)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield OpenApiFile(data, source)
    except OSError as error:
        raise SourceError(f"{name}: it cannot be read: {error.strerror}", "Give a readable file.") from None
    except ValueError:
        raise SourceError(f"{name}: this is not a valid file name", "Give the path of a file.") from None
