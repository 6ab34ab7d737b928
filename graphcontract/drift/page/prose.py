"""Recognizes what sentences of a documentation page say about the request body and the success response.

The patterns follow the wording of Microsoft's pages, old and new.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graphcontract.drift.page.blocks import strip_markup

Presence = str | None

_NONE = re.compile(
    r"\b(do not|don't|does not|doesn't|no need to)\b[^.]{0,60}\b(request )?body\b"
    r"|\bno (request )?(body|content)\b|\bempty (request |message )?(body|content)\b"
    r"|request body(?:(?!\bnot\b|n't\b|\bnever\b)[^.]){0,20}\bempty\b"
    r"|request body[^.]{0,20}\b(not required|isn't required)\b"
    r"|^(empty|none|not applicable|n/a)\.?$",
    re.IGNORECASE,
)
_NOT_EMPTY = re.compile(
    r"(\b(do not|never|not)\b|n't\b)[^.]{0,20}\bempty (request |message )?(body|content)\b", re.IGNORECASE
)
_MAY_BE_EMPTY = re.compile(
    r"\bempty (request |message )?(body|content),? or\b|\bor an empty (request |message )?(body|content)\b",
    re.IGNORECASE,
)
_EMPTY_OBJECT = re.compile(
    r"(?:\bempty (?:request |message )?(?:body|content|payload)\W{1,10})?\{\s*\}"
    r"|\b(?:empty|blank) (?:JSON\b|object\b)(?: (?:object|body|payload|content)\b)?(?:\W{1,10}\{\s*\})?"
    r"|\bobject (?:without|with no) (?:any )?(?:properties|members)\b",
    re.IGNORECASE,
)
_NO_OBJECT = re.compile(
    rf"(?:\b(?:do not|does not|never|not)\b|n't\b)[^.]{{0,20}}(?:{_EMPTY_OBJECT.pattern})", re.IGNORECASE
)
_OPTIONAL = re.compile(
    r"\boptional(ly)?\b[^.]{0,80}\bbody\b|\bbody\b[^.]{0,40}\boptional\b"
    r"|\b(can|may)\b[^.]{0,80}\brequest body\b",
    re.IGNORECASE,
)
_REQUIRED = re.compile(
    r"\b(supply|provide|include|specify|send|contains?|must|required?s?|use)\b[^.]{0,120}\bbody\b"
    r"|\brequest body\b[^.]{0,120}\b(supply|provide|include|specify|must|required|contains?|use|with)\b",
    re.IGNORECASE,
)
_SUCCESS = re.compile(
    r"`\s*(?:HTTP/[\d.]+ )?(2\d\d)\b[^`]{0,60}`"
    r"|(?<![\w.`])(2\d\d) (?:OK|Created|Accepted|No Content|response|status)\b",
)
_WITH_CONTENT = re.compile(r"\bin the response body\b|\bresponse body (contains|includes)", re.IGNORECASE)
_WITHOUT_CONTENT = re.compile(
    r"\b(doesn't|does not|no|nothing|isn't|not|empty)\b[^.]{0,60}\b(response body|content to return)\b"
    r"|\bempty response body\b|\bresponse body is empty\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"\[([^\[\]]*+)\]\(([^()\s]{1,500})[^()]{0,200}\)")


def classify_content(texts: Sequence[str], rows: Sequence[tuple[str, str, str]]) -> Presence:
    """Read `none`, `optional` or `required` from the section on the request body and the rows of its table;
    None if its wording is not recognized.
    """
    text = " ".join(texts)
    if requires_empty_object(text):
        # An empty object is content, so "empty body" or "no body" in the rest of the text contradicts it.
        others = _EMPTY_OBJECT.sub("object", text)
        return "optional" if _OPTIONAL.search(others) else None if _NONE.search(others) else "required"
    if _MAY_BE_EMPTY.search(text):
        return "optional"
    if _NONE.search(text) and not rows and not _NOT_EMPTY.search(text):
        return "none"
    if _OPTIONAL.search(text) or (rows and all(presence == "optional" for *_, presence in rows)):
        return "optional"
    return "required" if rows or _REQUIRED.search(text) else None


def requires_empty_object(text: str) -> bool:
    """Whether a text requires an empty JSON object, `{}`, as request body."""
    return bool(_EMPTY_OBJECT.search(text)) and not _NO_OBJECT.search(text)


def find_successes(text: str) -> Iterator[tuple[int, Presence]]:
    """Yield each success status in a paragraph, with `none`, `content` or None (not stated) for its body."""
    content = None
    if _WITHOUT_CONTENT.search(text):
        content = "none"
    elif _WITH_CONTENT.search(text):
        content = "content"
    for found in _SUCCESS.finditer(text):
        status = int(found[1] or found[2])
        yield status, "none" if status in (204, 205) and content is None else content


def format_paragraph(text: str) -> str:
    """Format a paragraph for comparison: its text and link targets, without Markdown marks."""
    return strip_markup(_LINK.sub(r"\1 <\2>", text).replace("<", "‹").replace(">", "›"))
