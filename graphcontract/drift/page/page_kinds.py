"""Decides whether a Markdown file is a page of the API reference or an include, by headings and marks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from graphcontract.drift.page.blocks import Block, strip_markup
from graphcontract.drift.page.deprecation_text import strip_deprecation_note
from graphcontract.drift.page.sections import find_sections

TITLE = re.compile(r"([A-Za-z]\w*): ([A-Za-z]\w*)")
NOT_A_PAGE = (
    "it is not a documentation page of Microsoft Graph: it has no section on permissions, request or response"
)
GIVE_PAGE = "Give the page of the operation, from microsoft-graph-docs-contrib."
_SECTIONS = (
    r"permissions?|prerequisites|http requests?|request (syntax|uri|url|headers?|body)|responses?"
    r"|(optional |supported )?query parameters|properties"
)


def is_include(front: Mapping[str, str], blocks: Sequence[Block]) -> bool:
    """Whether a file is an include, and not a page."""
    return front.get("ms.topic") == "include" or not any(block.kind == "heading" for block in blocks)


def is_documentation(front: Mapping[str, str], blocks: Sequence[Block]) -> bool:
    """Whether a file looks like a page of Microsoft Graph's API reference, or like an include of one."""
    if is_include(front, blocks):
        shown = any(block.kind in ("table", "missing", "open") for block in blocks)
        return shown or front.get("ms.topic") == "include"
    titles = (
        strip_deprecation_note(strip_markup(b.text))[0]
        for b in blocks
        if b.kind == "heading" and b.level == 1
    )
    marked = any(block.kind == "comment" and "blockType" in block.text for block in blocks)
    return (
        "doc_type" in front
        or marked
        or bool(find_sections(blocks, _SECTIONS))
        or any(map(TITLE.fullmatch, titles))
    )
