"""The sections of a documentation page, and the examples in it with what their annotations call them.

Knows headings and `blockType` comments; it does not know what sections mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graphcontract.drift.page.blocks import Block, plain

_BLOCK_TYPE = re.compile(r"[\"']?blockType[\"']?\s*+:\s*+[\"']?([A-Za-z][\w-]*)")
_ANSWER = re.compile(r"\s*HTTP/[\d.]+\s+\d{3}\b")


def title_of(block: Block) -> str:
    """A heading's words, in small letters and without marks."""
    return plain(block.text).casefold().strip(" :.#")


def sections(blocks: Sequence[Block], pattern: str) -> list[list[Block]]:
    """The blocks below each heading that matches, its deeper headings included, the heading itself first."""
    found = []
    for index, block in enumerate(blocks):
        if block.kind == "heading" and re.fullmatch(pattern, title_of(block)):
            ends = (
                at
                for at in range(index + 1, len(blocks))
                if blocks[at].kind == "heading" and blocks[at].level <= block.level
            )
            found.append(list(blocks[index : next(ends, len(blocks))]))
    return found


def examples(blocks: Sequence[Block]) -> Iterator[tuple[str, Block]]:
    """Yield each fenced text with its role: the `blockType` of the comment before it, with prose between or
    not; else `response` for an answer, and an empty role.
    """
    role = ""
    for block in blocks:
        if block.kind == "comment":
            named = _BLOCK_TYPE.search(block.text)
            role = named[1] if named else role
        elif block.kind == "heading":
            role = ""
        elif block.kind == "fence":
            yield role or ("response" if _ANSWER.match(block.text) else ""), block
            role = ""
