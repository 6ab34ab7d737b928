"""Parses Markdown into a flat list of blocks with line numbers.

Supports CommonMark, tables, front matter, and the tab groups of Microsoft's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT = re.compile(r"\A---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_MEMBER = re.compile(r"^([A-Za-z][\w.-]*+)[ \t]*+:(.*)$", re.MULTILINE)
_TAB = re.compile(r"\]\(#tab/([^)\s]+)\)", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]*+)\]\([^()]{0,2000}+(?:\([^()]{0,200}+\)[^()]{0,200}+)?\)")
_CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)
_PIPE = re.compile(r"(?<!\\)\|")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")  # a backslash before ASCII punctuation
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_MARKS = re.compile(r"[`*\"“”]|(?<!\w)_+|_+(?!\w)|</?[a-zA-Z][^<>]*>")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the Markdown of each cell."""

    cells: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, code block, comment or table; `rule` is a thematic break, `missing` an include
    that was not followed, `open` a construct that is never closed. `file` is the name of its file, `line` the
    line from 1.
    """

    kind: Literal["heading", "text", "fence", "comment", "table", "rule", "missing", "open"]
    text: str
    file: str
    line: int
    level: int = 0
    rows: tuple[Row, ...] = ()
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One Markdown file: its front matter, with names in lower case, and its blocks."""

    front: Mapping[str, str]
    blocks: Sequence[Block]
    described: int | None = None
    """The line of `description` in the front matter; None without one."""


def parse(text: str, file: str) -> Document:
    """Parse Markdown; any text is valid Markdown, so there is no error."""
    front: dict[str, str] = {}
    described: int | None = None
    begins = _FRONT.match(text)
    if begins:
        front = {
            name.casefold(): value.strip().strip("\"'") for name, value in _MEMBER.findall(begins[1] or "")
        }
        found = re.search(r"^description\s*:", begins[0], re.IGNORECASE | re.MULTILINE)
        described = begins[0].count("\n", 0, found.start()) + 1 if found else None
        text = "\n" * begins[0].count("\n") + text[begins.end() :]
    blocks = list(_iterate_blocks(_make_parser().parse(text), file, text.split("\n")))
    conflict = _CONFLICT.search(text)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        blocks.append(Block("open", "a merge conflict is not resolved", file, line))
    return Document(front, blocks, described)


def filter_visible(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks without rules, tab headings, and the content of tabs other than HTTP."""
    tab: str | None = None
    for block in blocks:
        opens = _TAB.search(block.text) if block.kind == "heading" else None
        if opens:
            tab = opens[1].casefold()
        elif block.kind in ("heading", "rule"):
            tab = None
        if block.kind == "open" or (not opens and block.kind != "rule" and tab in (None, "http")):
            yield block


def strip_markup(text: str) -> str:
    """Remove marks, quotes and link targets from a line of Markdown; white space becomes one space,
    and character references and backslash escapes what they stand for.
    """
    plain = _MARKS.sub("", _LINK.sub(r"\1", text).replace("’", "'"))
    if "&" in plain or "\\" in plain or not plain.isascii():  # few lines have any, and many are read
        plain = _INVISIBLE.sub("", unescape(_ESCAPE.sub(r"\1", plain)))
    return " ".join(plain.split())


@cache
def _make_parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.disable(["inline", "text_join"])  # blocks are enough, and cheap on hostile text
    return parser


def _iterate_blocks(tokens: Sequence[Token], file: str, lines: Sequence[str]) -> Iterator[Block]:
    quotes = index = 0
    while index < len(tokens):
        token = tokens[index]
        line = (token.map or [0])[0] + 1
        index += 1
        if token.type in ("blockquote_open", "blockquote_close"):
            quotes += token.nesting
        elif token.type == "heading_open":
            yield from _convert_heading(token, tokens[index].content, file, line)
            index += 1
        elif token.type in ("inline", "html_block"):
            yield from _split_text(token.content, file, line, quoted=quotes > 0)
            if token.type == "html_block" and token.content.rfind("<!--") > token.content.rfind("-->"):
                yield Block("open", "a comment is never closed, and hides the text below it", file, line)
        elif token.type in ("fence", "code_block"):
            first = line + (token.type == "fence")
            yield Block("fence", token.content, file, first)
            if token.type == "fence" and _is_open(token, lines):
                yield Block("open", "a code fence is never closed, and hides the text below it", file, line)
        elif token.type == "hr":
            yield Block("rule", "", file, line)
        elif token.type == "table_open":
            end = next(at for at in range(index, len(tokens)) if tokens[at].type == "table_close")
            yield Block("table", "", file, line, rows=tuple(_iterate_rows(tokens[index:end], line, lines)))
            index = end


def _is_open(token: Token, lines: Sequence[str]) -> bool:
    """Whether a code block runs to the end of the file, or into the line that opens another."""
    begins, ends = token.map or (0, 0)
    content = token.content.split("\n")
    closed = ends - begins == len(content) - (not content[-1]) + 2
    inner = re.compile(rf" {{0,3}}{re.escape(token.markup)}{re.escape(token.markup[0])}*+[^`]*\S")
    if not closed and not any(lines[at].strip() for at in range(ends, len(lines))):
        return True
    return any(inner.match(each) for each in content)


def _convert_heading(token: Token, content: str, file: str, line: int) -> Iterator[Block]:
    if token.markup == "-":  # a paragraph right above the rule that ends a tab group
        yield from _split_text(content, file, line, quoted=False)
        yield Block("rule", "", file, line)
    else:
        yield Block("heading", content, file, line, level=int(token.tag[1:]))


def _split_text(content: str, file: str, line: int, *, quoted: bool) -> Iterator[Block]:
    """Split a paragraph or HTML into text and comments, in order."""
    at = 0
    while (begins := content.find("<!--", at)) >= 0 and (ends := content.find("-->", begins + 2)) >= 0:
        yield from _make_text(content[at:begins], file, line + content.count("\n", 0, at), quoted=quoted)
        comment = content[begins + 4 : ends]
        comment_line = line + content.count("\n", 0, begins)
        yield Block("comment", comment, file, comment_line)
        if "<!--" in comment:
            yield Block("open", "a comment is not closed before the next one begins", file, comment_line)
        at = ends + 3
    yield from _make_text(content[at:], file, line + content.count("\n", 0, at), quoted=quoted)


def _make_text(text: str, file: str, line: int, *, quoted: bool) -> Iterator[Block]:
    if text.strip():
        above = text[: len(text) - len(text.lstrip())].count("\n")
        yield Block("text", text.strip(), file, line + above, quoted=quoted)


def _iterate_rows(tokens: Iterable[Token], line: int, lines: Sequence[str]) -> Iterator[Row]:
    """Yield the rows, header first; the line of dashes below the header is skipped. A row has only the cells
    in the text, without those that the parser adds to a short row.
    """
    cells: list[str] = []
    number = line
    for token in tokens:
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(token.content)
        elif token.type == "tr_close":
            yield Row(tuple(cells[: _count_cells(number, line, lines)]), number)
            number += 2 if number == line else 1


def _count_cells(number: int, head: int, lines: Sequence[str]) -> int:
    """Count the cells of a line; a cell that the end of the file cuts off does not count."""
    text = lines[number - 1].strip().lstrip("> ")
    cut = number == len(lines) and not text.endswith("|") and lines[head - 1].rstrip().endswith("|")
    return max(len(_PIPE.findall(text.removeprefix("|").removesuffix("|"))) + 1 - cut, 1)
