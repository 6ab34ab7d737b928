"""Finds where members of a large YAML or JSON file begin and end, by indentation only.

It requires a layout with one key per line. The file is memory-mapped and not parsed.
"""

from __future__ import annotations

import mmap
import re
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain

_WINDOW = 1024 * 1024  # bytes to count lines in at a time: a copy of the whole file would be 60 MB
_LONGEST = 4 * 1024  # bytes of a line in which its key is looked for
_KEY = re.compile(rb"( *)(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\s\"'{}\[\],#&*!|>%@`-][^\n]*?)) *:(?=[ \t\r\n])")

_MEMBER = re.compile(rb"\n( *)(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\s\"'#-][^\n:]*)) *:(?=[ \t\r\n])")
_PROPERTIES = re.compile(rb"\A(?:[&!]\S*\s*)+")  # of a YAML node: its anchor and its tag


@dataclass(frozen=True, slots=True)
class YamlNode:
    """A member, from the start of its key's line; `end` is the end of the file until `complete` finds it."""

    key: str
    indent: int
    start: int
    end: int


class LayoutError(Exception):
    """The file does not have one key per line, as far as it was searched."""


class Outline:
    """Members of a mapped file. A member belongs to a parent if every line between them is indented deeper
    than the parent's key; nothing else of these lines is read.
    """

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._counted = [0]  # offsets whose line is known, in order, and those lines
        self._lines = [1]
        self._reach: dict[int, int] = {}  # of a part, by its start: where it is known not to have ended yet
        self._members: dict[tuple[int, str], YamlNode | None] = {}
        head = data[:_LONGEST].removeprefix(b"\xef\xbb\xbf").lstrip()
        self.json = head.startswith(b"{")
        self.indent = 0
        if self.json:
            begins = re.compile(rb"\{[ \r]*\n( +)\"").match(head)
            if begins is None:
                raise LayoutError
            self.indent = len(begins[1])

    def find_top(self, name: str, start: int = 0) -> YamlNode | None:
        """Find a top-level member, without its end; the search begins at `start`, then at the first line."""
        if (-1, name) not in self._members:
            lines = chain.from_iterable(self._find_key_lines(name, self.indent, each) for each in (start, 0))
            at = next(lines, -1)
            self._members[-1, name] = YamlNode(name, self.indent, at, len(self._data)) if at >= 0 else None
        return self._members[-1, name]

    def find_child(self, parent: YamlNode, name: str) -> YamlNode | None:
        """Find a member of a part, without its end; None without one."""
        known = (parent.start, name)
        if known not in self._members:
            self._members[known] = self._search_child(parent, name)
        return self._members[known]

    def _search_child(self, parent: YamlNode, name: str) -> YamlNode | None:
        try:
            indent = self.find_first(parent).indent
        except LayoutError:  # nothing below it, as in `components: {}`
            return None
        found = (at for at in self._find_key_lines(name, indent, parent.start) if self.is_within(parent, at))
        return next((YamlNode(name, indent, at, len(self._data)) for at in found), None)

    def find_first(self, parent: YamlNode) -> YamlNode:
        """Find the first member of a part, without its end."""
        at = self._data.find(b"\n", parent.start) + 1
        while at and (line := self._data[at : at + _LONGEST].split(b"\n", 1)[0]).strip()[:1] in (b"", b"#"):
            at += len(line) + 1
            if at >= len(self._data):
                raise LayoutError
        found = self.read_key_at(at)
        if not at or found is None or found.indent <= parent.indent:
            raise LayoutError
        return found

    def read_key_at(self, at: int) -> YamlNode | None:
        """Read the key of the line that begins at an offset; None if the line does not begin with a key."""
        line = self._data[at : at + _LONGEST]
        found = _KEY.match(line)
        if found is None or (self.json and found[2] is None):
            return None
        key = next(group for group in found.groups()[1:] if group is not None)
        if b"\\" in key:
            return None
        return YamlNode(key.decode("utf-8", "replace"), len(found[1]), at, len(self._data))

    def find_members(self, start: int, end: int, names: Collection[str]) -> list[YamlNode]:
        """Find the members with these names of the part between two offsets, each with its end."""
        data = self._data[start:end]
        first = _MEMBER.search(data)
        if first is None:
            return []
        indent = len(first[1])
        found = [each for each in _MEMBER.finditer(data) if len(each[1]) == indent]
        ends = [each.start() + 1 for each in found[1:]] + [len(data)]
        spelled = (next(group for group in each.groups()[1:] if group is not None) for each in found)
        nodes = (
            YamlNode(name.decode("utf-8", "replace"), indent, start + each.start() + 1, start + stop)
            for name, each, stop in zip(spelled, found, ends, strict=True)
        )
        # In JSON the bracket that closes the part follows its last member.
        return [self.complete(each) if self.json else each for each in nodes if each.key in names]

    def find_lines(self, text: str, start: int) -> Iterator[int]:
        """Yield the offsets of lines that contain a text; in any letter case if no line has it exactly."""
        exact = self.find_exact_lines(text, start)
        first = next(exact, None)
        if first is None:
            folded = re.compile(re.escape(text.encode()), re.IGNORECASE)
            yield from map(self._find_line_start, self._search(folded, start))
        else:
            yield first
            yield from exact

    def find_exact_lines(self, text: str, start: int) -> Iterator[int]:
        """Yield the offsets of lines that contain a text in its own letter case."""
        wanted = text.encode()
        at = self._data.find(wanted, start)
        while at >= 0:
            yield self._find_line_start(at)
            at = self._data.find(wanted, at + 1)

    def find_matching_lines(self, pattern: bytes, start: int) -> Iterator[int]:
        """Yield the offsets of lines whose beginning matches a pattern."""
        return (at + 1 for at in self._search(re.compile(rb"\n" + pattern), start))

    def has_value(self, part: YamlNode) -> bool:
        """Whether the line of a part's key has a value, such as an alias, beside a comment or anchor."""
        line = self._data[part.start : part.start + _LONGEST].partition(b"\n")[0] + b"\n"
        key = _KEY.match(line)
        value = _PROPERTIES.sub(b"", line[key.end() :].strip()) if key else b""
        return value != b"{" if self.json else value[:1] not in (b"", b"#")

    def is_within(self, parent: YamlNode, at: int) -> bool:
        """Whether the line that begins at an offset is still part of a parent."""
        known = self._reach.get(parent.start, parent.start)
        if at > known and self._find_end(parent.indent, known, at - 1) is None:
            self._reach[parent.start] = known = at
        return parent.start < at <= known

    def complete(self, part: YamlNode) -> YamlNode:
        """Find the end of a part."""
        end = self._find_end(part.indent, part.start, len(self._data))
        if end is None:
            return part
        if self.json:  # the line that ends it begins with the bracket that closes it
            end = self._data.find(b"\n", end) % (len(self._data) + 1)
        return YamlNode(part.key, part.indent, part.start, end)

    def is_closed(self) -> bool:
        """Whether JSON ends with its closing bracket on a line of its own, as this layout requires."""
        end = bytes(self._data[-_LONGEST:]).rstrip()
        return end.endswith((b"\n}", b"\n]")) or end == b"}"

    def release(self) -> None:
        """Release the memory of the pages that were read; the file is read again if needed."""
        self._data.madvise(mmap.MADV_DONTNEED)

    def find_line_at(self, offset: int) -> int:
        """Find the line, from 1, of a byte offset."""
        place = bisect_right(self._counted, offset)
        before, line = self._counted[place - 1], self._lines[place - 1]
        windows = range(before, offset, _WINDOW)
        line += sum(self._data[at : min(at + _WINDOW, offset)].count(b"\n") for at in windows)
        self._counted.insert(place, offset)
        self._lines.insert(place, line)
        return line

    def _find_key_lines(self, name: str, indent: int, start: int) -> Iterator[int]:
        """Yield the first line from an offset on that has a key at an indentation, for each quoting."""
        key = name.encode()
        first = self.read_key_at(0)
        if first is not None and start == 0 and (first.key, first.indent) == (name, indent):
            yield 0
        for quoted in (b'"%b"',) if self.json else (b"%b", b"'%b'", b'"%b"'):
            line = b"\n" + b" " * indent + quoted % key + b":"
            at = self._data.find(line, max(start - 1, 0))
            if at >= 0:
                yield at + 1

    def _search(self, pattern: re.Pattern[bytes], start: int) -> Iterator[int]:
        """Yield where a pattern matches. An iterator of `re` would keep the file from being unmapped."""
        while found := pattern.search(self._data, start):
            yield found.start()
            start = found.end()

    def _find_end(self, indent: int, start: int, end: int) -> int | None:
        """Find the first line after `start`, and before `end`, that is indented as little, and no comment. A
        line with a tab in its indentation is blank, or the parser rejects the part that it is in.
        """
        # Optimized for speed: for a large file these searches take most of the time.
        pattern = rb"\n(?! {%d}| *(?:[\t\r\n#]|\Z))" % (indent + 1) if indent else rb"\n[^ \t\n\r#]"
        ends = re.compile(pattern).search(self._data, start, end)
        while ends and self._is_element(ends.start() + 1, indent):
            ends = re.compile(pattern).search(self._data, ends.start() + 1, end)
        return ends.start() + 1 if ends else None

    def _is_element(self, at: int, indent: int) -> bool:
        """Whether a line is an element of a list, which YAML lets stand as far out as the list's key."""
        return not self.json and re.compile(rb" {%d}-[ \r\n]" % indent).match(self._data, at) is not None

    def _find_line_start(self, at: int) -> int:
        return self._data.rfind(b"\n", max(at - _LONGEST, 0), at) + 1
