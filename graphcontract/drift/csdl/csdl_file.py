"""Reads a CSDL file: checks that it is complete, well-formed XML, then parses single elements on demand.

The input is untrusted: entities and document types are rejected, sizes are bounded, and nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from graphcontract.drift.model import NotASource, SourceError
from graphcontract.drift.source_file import read_bytes

MOST_BYTES = 64 * 1024 * 1024  # several times the largest $metadata of Graph; the file is held in memory
_MOST_DEEP = 64  # levels; CSDL nests a few
_LONGEST = 1024 * 1024  # of one tag or text, which expat would buffer whole
_CHUNK = 64 * 1024  # bytes between two checks of depth and length
_PIECE = 2 * 1024  # most elements fit in one piece, so that expat parses little beyond their end
_FETCH = "Fetch the complete file again."
_ASIDE = re.compile(rb"<!--.*?-->|<!\[CDATA\[(.*?)\]\]>|<\?.*?\?>", re.DOTALL)
_TAG = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z]+)(?=[\s/>])")
_ATTRIBUTE = re.compile(rb"\s+([^\s=<>/\"']+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_NAMESPACE = b"http://docs.oasis-open.org/odata/ns/edm"
_WITHIN = b"<_>"
_LONGEST_PREFIX = 100  # characters of a namespace prefix, to find the start of its tag
_MOST_ASIDES = 100_000  # bounds the time to blank comments and CDATA
_DECLARATION = 8  # beyond the begin of an XML declaration, which may stand


@dataclass(slots=True)
class Element:
    """An element without its namespace; `start` and `end` are offsets of its first and its last tag."""

    tag: str
    attributes: dict[str, str]
    start: int
    end: int = 0
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def find_children(self, *tags: str) -> Iterator[Element]:
        """Yield the children with one of these tags."""
        return (child for child in self.children if child.tag in tags)


class CsdlFile:
    """A file's elements by tag and name. A tag begins with `<`, and nothing else in the file does: comments,
    CDATA and processing instructions are blanked, and XML allows it nowhere else.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._name = name
        self.data = read_bytes(path, name, MOST_BYTES)
        asides = self.data.count(b"<!") + self.data.count(b"<?", _DECLARATION)
        if asides > _MOST_ASIDES:
            raise SourceError(f"{name}: it has more than {_MOST_ASIDES} comments", _FETCH)
        if asides:
            self.data = _ASIDE.sub(_blank_out, self.data)
        self._check_well_formed()
        outermost = _TAG.search(self.data)
        if outermost is None or outermost[1] != b"Edmx" or _NAMESPACE not in self.data:
            raise NotASource(f"{name}: it is XML, but not CSDL of OData 4", "Give a $metadata file.")

    def find_line_at(self, offset: int) -> int:
        """Find the line, from 1, of a byte offset."""
        return self.data.count(b"\n", 0, offset) + 1

    def find_named(self, name: str, tags: Collection[str], *, any_case: bool = False) -> Iterator[Element]:
        """Yield the elements with one of these tags whose attribute Name has this value."""
        flags = re.IGNORECASE if any_case else re.NOFLAG
        found = (
            each.start()
            for quote in (b'"', b"'")
            for each in re.finditer(quote + re.escape(name.encode()) + quote, self.data, flags)
        )
        for at in (self.data.rfind(b"<", 0, each) for each in found):
            tag = _TAG.match(self.data, max(at, 0))
            spelled = (
                self._read_attributes(at, tag.end()).get("Name", "")
                if tag and tag[1].decode() in tags
                else ""
            )
            if spelled == name or (any_case and spelled.casefold() == name.casefold()):
                yield self.read_element(at)

    def find_all(self, *tags: str) -> Iterator[Element]:
        """Yield every element with one of these tags, at any depth."""
        return (self.read_element(at) for at, _, _ in self.iterate_tags(*tags))

    def iterate_tags(self, *tags: str) -> Iterator[tuple[int, str, dict[str, str]]]:
        """Yield offset, tag and attributes of each element with one of these tags, without its content."""
        for at, end, tag in sorted(chain.from_iterable(map(self._find_tags, tags))):
            yield at, tag, self._read_attributes(at, end)

    def find_values(self, attribute: str) -> Iterator[tuple[int, str]]:
        """Yield the values of an attribute of any element, each with the offset of the element."""
        for found in re.finditer(attribute.encode() + rb"\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", self.data):
            if self.data[found.start() - 1 : found.start()].isspace():
                value = found[1] if found[1] is not None else found[2]
                yield self.data.rfind(b"<", 0, found.start()), value.decode()

    def find_texts(self, text: bytes) -> Iterator[int]:
        """Yield the offsets of a text."""
        return (each.start() for each in re.finditer(re.escape(text), self.data))

    def read_element(self, at: int) -> Element:
        """Read the element that begins at an offset."""
        reading = _ElementReader(at)
        for piece in range(at, len(self.data), _PIECE):
            if reading.feed(self.data[piece : piece + _PIECE]):
                break
        return reading.outermost

    def _find_tags(self, tag: str) -> Iterator[tuple[int, int, str]]:
        for found in re.finditer(tag.encode() + rb"(?=[\s/>])", self.data):
            at = self.data.rfind(b"<", max(found.start() - _LONGEST_PREFIX, 0), found.start())
            whole = _TAG.match(self.data, max(at, 0))
            if whole is not None and whole.end() == found.end():
                yield at, found.end(), tag

    def _read_attributes(self, at: int, end: int) -> dict[str, str]:
        """Read the attributes of a tag whose name ends at an offset."""
        found: dict[str, str] = {}
        while each := _ATTRIBUTE.match(self.data, end):
            value: bytes = each[2] if each[2] is not None else each[3]
            if b"&" in value:  # expat resolves the reference
                return self.read_element(at).attributes
            found[each[1].decode()] = value.decode()
            end = each.end()
        return found

    def _check_well_formed(self) -> None:
        """Parse the whole file with expat. Python handlers would take most of the time, so the only one is
        `list.append` at the end of an element: starts minus ends is the depth at the end of a chunk.
        """
        parser = expat.ParserCreate("UTF-8")
        ended: list[str] = []
        parser.EndElementHandler = ended.append
        parser.StartDoctypeDeclHandler = lambda *_: self._reject(
            parser,
            "it declares a document type or entities, which CSDL does not use and this reader rejects",
        )
        deep = 0
        view = memoryview(self.data)
        try:
            for at in range(0, len(view), _CHUNK):
                chunk = view[at : at + _CHUNK]
                parser.Parse(chunk)
                deep += _count_starts(self.data, at, at + len(chunk)) - len(ended)
                ended.clear()
                if deep > _MOST_DEEP:
                    self._reject(parser, f"elements nest deeper than {_MOST_DEEP} levels")
                if at + len(chunk) - parser.CurrentByteIndex > _LONGEST:
                    self._reject(parser, f"a tag or text here is longer than {_LONGEST >> 20} MiB")
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            problem = expat.errors.messages.get(error.code, "not well-formed")
            place = f"{self._name}:{error.lineno}"
            raise SourceError(f"{place}: the XML is malformed or truncated ({problem})", _FETCH) from None

    def _reject(self, parser: expat.XMLParserType, problem: str) -> NoReturn:
        raise SourceError(f"{self._name}:{parser.CurrentLineNumber}: {problem}", _FETCH)


class _ElementReader:
    """Reads the element that begins at an offset of a file, and nothing that follows it."""

    def __init__(self, at: int) -> None:
        self.outermost = Element("", {}, at)
        self._open = [self.outermost]
        self._base = at - len(_WITHIN)
        self._parser = expat.ParserCreate("UTF-8")
        self._parser.buffer_text = True
        self._parser.Parse(_WITHIN)
        self._parser.StartElementHandler = self._start_element
        self._parser.EndElementHandler = self._end_element
        self._parser.CharacterDataHandler = self._add_text

    def feed(self, data: bytes) -> bool:
        """Parse the next bytes, and return whether the element has ended."""
        try:
            self._parser.Parse(data)
        except expat.ExpatError:  # in what follows: the whole file was parsed without error
            assert not self._open
        return not self._open

    def _start_element(self, tag: str, attributes: dict[str, str]) -> None:
        if not self._open:
            return
        begins = self._base + self._parser.CurrentByteIndex
        element = Element(tag.rpartition(":")[2], attributes, begins)
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end_element(self, _: str) -> None:
        if self._open:
            self._open.pop().end = self._base + self._parser.CurrentByteIndex
            if len(self._open) == 1:
                self.outermost = self._open.pop().children[0]

    def _add_text(self, data: str) -> None:
        if self._open:
            self._open[-1].text += data


def _count_starts(data: bytes, start: int, end: int) -> int:
    """Count the elements that begin in a part of a file without comments."""
    count = data.count
    return count(b"<", start, end) - sum(count(mark, start, end + 1) for mark in (b"</", b"<?"))


def _blank_out(found: re.Match[bytes]) -> bytes:
    """Replace a comment by its line breaks, and CDATA by escaped text."""
    if found[1] is not None:
        return found[1].replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    return b"\n" * found[0].count(b"\n")
