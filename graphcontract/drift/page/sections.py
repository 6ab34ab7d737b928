"""Finds the sections of a documentation page by heading, and its examples by their `blockType` comments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graphcontract.drift.page.blocks import Block, strip_markup

_BLOCK_TYPE = re.compile(r"[\"']?blockType[\"']?\s*+:\s*+[\"']?([A-Za-z][\w-]*)")
_RESPONSE = re.compile(r"\s*HTTP/[\d.]+\s+\d{3}\b")


def normalize_title(block: Block) -> str:
    """Format the text of a heading for comparison: lower case, without Markdown marks."""
    return strip_markup(block.text).casefold().strip(" :.#")


def find_sections(blocks: Sequence[Block], pattern: str) -> list[list[Block]]:
    """List the blocks of each section whose heading matches: the heading first, and subsections included."""
    found = []
    for index, block in enumerate(blocks):
        if block.kind == "heading" and re.fullmatch(pattern, normalize_title(block)):
            ends = (
                at
                for at in range(index + 1, len(blocks))
                if blocks[at].kind == "heading" and blocks[at].level <= block.level
            )
            found.append(list(blocks[index : next(ends, len(blocks))]))
    return found


def find_examples(blocks: Sequence[Block]) -> Iterator[tuple[str, Block]]:
    """Yield each code block with its role: the `blockType` of the comment before it, even with prose between
    them; without one, `response` for an HTTP response, else "".
    """
    role = ""
    for block in blocks:
        if block.kind == "comment":
            named = _BLOCK_TYPE.search(block.text)
            role = named[1] if named else role
        elif block.kind == "heading":
            role = ""
        elif block.kind == "fence":
            yield role or ("response" if _RESPONSE.match(block.text) else ""), block
            role = ""
