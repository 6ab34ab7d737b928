"""What sentences of a documentation page say: of a request body, of success, of an end.

Knows how Microsoft's writers word these things in English, old and new; it knows no page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from graphcontract.drift.blocks import plain

Presence = str | None

_NONE = re.compile(
    r"\b(do not|don't|does not|doesn't|no need to)\b[^.]{0,60}\b(request )?body\b"
    r"|\bno (request )?(body|content)\b|request body[^.]{0,20}\b(empty|not required|isn't required)\b"
    r"|^(empty|none|not applicable|n/a)\.?$",
    re.IGNORECASE,
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
_DEPRECATED = re.compile(
    r"\b(api|apis|action|method|operation|endpoint|resource|function|capability)\b[^.]{0,80}"
    r"\b(is|are|been|being|be|was)\b[^.]{0,40}\b(deprecated|retired|removed|retiring)\b"
    r"|\bdeprecated\b[^.]{0,60}\bstop\b|\bwill stop (returning|working|responding)\b",
    re.IGNORECASE,
)
_DATE = re.compile(r"\b(\d{4}-\d\d-\d\d)\b|\b([A-Z][a-z]+ \d{1,2}, \d{4})\b|\b(\d{1,2} [A-Z][a-z]+ \d{4})\b")
_LINK = re.compile(r"\[([^\[\]]*+)\]\(([^()\s]{1,500})[^()]{0,200}\)")


def content_of(texts: Sequence[str], rows: Sequence[tuple[str, str, str]]) -> Presence:
    """Tell `none`, `optional` or `required` from a section on the request body and the rows of its table;
    None where it is worded in an unknown way.
    """
    said = " ".join(texts)
    if _NONE.search(said) and not rows:
        return "none"
    if _OPTIONAL.search(said) or (rows and all(presence == "optional" for *_, presence in rows)):
        return "optional"
    return "required" if rows or _REQUIRED.search(said) else None


def success_of(text: str) -> Iterator[tuple[int, Presence]]:
    """Yield each status of success that a paragraph names, with `none`, `content` or None for its content."""
    content = None
    if _WITHOUT_CONTENT.search(text):
        content = "none"
    elif _WITH_CONTENT.search(text):
        content = "content"
    for found in _SUCCESS.finditer(text):
        status = int(found[1] or found[2])
        yield status, "none" if status in (204, 205) and content is None else content


def deprecation(text: str) -> bool:
    """Whether a paragraph says that the operation is deprecated or will go."""
    return _DEPRECATED.search(text) is not None


def removal_of(text: str) -> str | None:
    """The last date of a paragraph, as YYYY-MM-DD: the day that the operation goes; None without one."""
    dates = [day for found in _DATE.finditer(text) if (day := _day(found[0]))]
    return max(dates).isoformat() if dates else None


def names_in(text: str) -> str:
    """A paragraph as it is compared: words and where links lead, but no marks."""
    return plain(_LINK.sub(r"\1 <\2>", text).replace("<", "‹").replace(">", "›"))


def _day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%B %d, %Y", "%d %B %Y", "%b %d, %Y", "%d %b %Y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None
