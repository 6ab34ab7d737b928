"""Recognizes sentences that announce that an operation is deprecated, and finds its removal date.

A sentence counts if its subject is this operation (`_SUBJECT`) and its verb announces the end (`_END`), if it
is an elliptic notice (`_BARE`), or if the operation is the object of a removal (`_ACTIVE`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import islice

from graphcontract.drift.page.dates import find_dates, has_date


def _either(*patterns: str) -> str:
    return f"(?:{'|'.join(patterns)})"


# Removed from the start: "[!IMPORTANT] This API is deprecated.", "Note: This API is deprecated."
_MARKER = re.compile(r"^(?:\[![A-Z]+\]|note\b|important\b|warning\b|caution\b|[\s:!])+", re.IGNORECASE)
# "This API is deprecated. Use the other one.", "This API is deprecated; use the other one."
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(])|;\s+")
# "this API", "the beta endpoints", "the cancel action"
_NOUN = r"(?:APIs?|actions?|methods?|operations?|endpoints?|functions?|capabilit(?:y|ies))"
# Up to six words before the noun: "the `/beta` crossOrganizationMigrationTask API". A function word ends the
# phrase, and so do "property" and the like: "the property of this API is deprecated" has another subject.
_WORD = (
    r"(?:(?!(?:of|for|in|on|to|that|this|these|which|who|with|by|from|is|are|and|or|not|it|a|an|the|as|when"
    r"|property|properties|parameters?|fields?|headers?|values?)\b)[\w.:`'/-]{1,60}[ ])"
)
# own: "Support for this API ended.", "These beta endpoints are retired."
# other: "The cancel API is deprecated."
_SUBJECT = re.compile(
    rf"(?P<own>\b(?:the (?:\S{{1,30}} )?version of |support for |availability of )?"
    rf"(?:this|these|both) {_WORD}{{0,3}}?(?:{_NOUN}|resource)\b)"
    rf"|(?P<other>\b(?:the {_WORD}{{0,6}}?{_NOUN}|(?:all )?APIs)\b)",
    re.IGNORECASE,
)
# The subject begins a clause: "Please note that this API is deprecated."; not: "Calls of this API are ..."
_BEFORE = re.compile(
    r"(?:^|[,;:)—–]|\s-|\b(?:that|and|but|because|since|as|so|note|please|therefore|however|when|once|after"
    r"|until|before|while))\s*$",
    re.IGNORECASE,
)
# Not a notice: "If this API is deprecated, a banner says so."
_SUPPOSED = re.compile(r"\b(if|unless|whether|in case)\b", re.IGNORECASE)
# A notice only with a date: "After this API is retired on June 30, 2026, calls fail."
_TIMED = re.compile(r"\b(when|once|after|until|before|while)\s*$", re.IGNORECASE)
# Words between the verb and the participle: "is now being", "has been officially", "is scheduled to be"
_STEPS = (
    r"(?:\s+(?:now|currently|also|already|officially|permanently|fully|completely|being|been|soon|be|going|to"
    r"|scheduled|planned|slated|set|expected|due|marked|considered|as|both|on|the|a|path|for|gradually|formally"
    r"|eventually|longer))*"
)
# "This API was removed from Microsoft Graph."; not "is removed from the list", "is removed after 2 hours"
_REMOVED = (
    r"removed(?!\s+(?:automatically|after\s+\d+\s+(?:second|minute|hour|day|week|month|year)"
    r"|from\s+(?!(?:the\s+)?(?:microsoft|graph|beta|v\d|/|public|service|product|api))))"
)
# "is deprecated", "is being phased out", "is replaced by", "is scheduled for retirement"
_GONE = _either(
    r"deprecated|retired|retiring|sunset(?:ted)?|discontinued|decommissioned|obsoleted?|withdrawn",
    r"phased out|shut down|superseded|(?:replaced|superseded) by",
    _REMOVED,
    r"(?:retirement|removal|deprecation|decommissioning|discontinuation|end of (?:life|support))\b",
)
# Between subject and verb: "This API (preview) is deprecated.", "This API, as announced, is deprecated.",
# "This API for tasks is deprecated."
_ASIDE = (
    r"(?:\s*\([^()]{0,80}\)|,[^.;:]{0,80}?,|\s+(?:for|of|in|on|to|under|from|with|at|by|and)\b"
    r"(?:(?!\b(?:that|which|who|whose|if|when|whether|before|after|until|it|they|is|are)\b)[^.;:]){0,80}?)?"
)
# "This API is no longer supported."; not: "is no longer available for guests", a condition of one call
_NO_LONGER = _either(
    r"maintained|offered|recommended|exists?|returns? data",
    r"(?:supported|available|accessible|usable|works?|functions?)\b(?!\s+(?:for\s+(?!use\b)|with\b|when\b|if\b))",
)
_END = _either(
    # "This API is now deprecated.", "This API has been retired."
    rf"(?:\s+(?:is|are|was|were|has|have|will|shall|gets?|got|becomes?|became)|'s|'re){_STEPS}\s+{_GONE}",
    # "This API will no longer be available."
    rf"(?:\s+(?:is|are|was|were|has|have|will|shall))?\s+no longer\s+(?:be\s+)?{_NO_LONGER}",
    # "This API isn't supported anymore."
    r"\s+(?:is|are|was|were|will)(?:n't|\snot)(?: be)? (?:supported|available|maintained)"
    r" any ?(?:more|longer)",
    # "This API won't be supported after June 30, 2026."
    r"\s+(?:won't|will not) be (?:supported|available) (?:after|from|beyond|as of)\b",
    # "This API will eventually stop working.", "This API will permanently go away."
    r"\s+will\s+(?:\w+ly\s+)?(?:stop\b|cease\b|go away|(?:retire|expire|end|sunset)\b|reach (?:its )?end of)",
    # "This API will be turned off."
    r"\s+will\s+(?:\w+ly\s+)?be (?:unavailable|disabled|turned off|shut off)",
    # "This API reaches end of support."
    r"\s+reach(?:es|ed) (?:its |the )?end of (?:life|support|service)",
    # A notice only with a date: "This API retires on June 30, 2026."
    r"(?P<weak>\s+(?:retires?|expires?|sunsets?|ends?|ended|stops?|goes away)\b)",
)
_ENDS = re.compile(_ASIDE + _END, re.IGNORECASE)
# A sentence without a subject: "Deprecated. Use the other API.", "No longer supported.", "Retirement notice"
_BARE = re.compile(
    r"^(?:deprecated|retired|obsolete|no longer (?:supported|available))"
    r"(?:\s*[.:,!—–-]|\s*$|\s+(?:and|as of|since|from|in favou?r|on|by|starting|effective)\b)"
    r"|^(?:deprecation|retirement|removal)\s+(?:notice|warning|announcement)\b",
    re.IGNORECASE,
)
# Before the subject: "We are retiring this API.", "The retirement date of this API is June 30, 2026."
_ACTIVE = re.compile(
    r"\b(?:we|we're|we'll|microsoft|will|are|is|plans?|going)\b[^.]{0,40}?"
    r"\b(?:retir|deprecat|remov|sunset|discontinu|decommission)(?:e|es|ed|ing|ting|s)?\s+$"
    r"|\b(?:retirement|removal|deprecation|decommissioning|sunset|end of (?:life|support))"
    r"(?: date)? (?:of|for) $",
    re.IGNORECASE,
)
# This operation is the successor: "This API replaces the old one.", "Use this API instead."
_INSTEAD = re.compile(
    rf"\bthis {_NOUN} (?:replaces|supersedes|is the (?:replacement|successor))\b"
    rf"|\b(?:use|call|try|prefer|(?:move|migrate|switch|upgrade) to|replaced (?:by|with)|in favou?r of)"
    rf" this {_NOUN}\b",
    re.IGNORECASE,
)
# The end of another operation, in so many words: "The API for books was retired. This one isn't affected."
_UNAFFECTED = re.compile(
    rf"\bthis (?:{_NOUN}|one|resource)\b[^.;]{{0,40}}?"
    r"(?:(?:n't|\bnot) (?:be )?(?:affected|impacted|deprecated)"
    r"|\b(?:unaffected|remains (?:supported|available)))",
    re.IGNORECASE,
)
# Another operation is the subject: "The previous API is deprecated."
_ELSEWHERE = re.compile(r"\b(?:older|old|previous|former|earlier|another|other|different|related)\b", re.I)
# The subject names an API: "The sharePointMigrationTask API"
_IDENTIFIER = re.compile(r"\b[A-Za-z]+[a-z][A-Z]\w*\b")
# A later sentence of the notice: "It stops working on June 30, 2026."
_CONTINUES = re.compile(
    r"(?:it|they|this|these|removal|retirement|end|data|calls|requests|support|after|on|starting|beginning"
    rf"|from|effective|the (?:removal|retirement|end|{_NOUN}))\b",
    re.IGNORECASE,
)
# What a date belongs to. other: "originally planned for May 1, 2026"; gone: "removed on June 30, 2026";
# deprecated: "deprecated on May 1, 2025"; unnamed: "announced on April 1, 2025"
_EVENT = re.compile(
    r"(?P<other>(?:originally|previously|instead of|rather than)[^.;,]{0,40})"
    r"|(?P<gone>\bno longer(?: be)? \w+|\bend of (?:life|support|service)|\b(?:remov|retir|stop|sunset|cease"
    r"|discontinu|decommission|expir)\w*|\b(?:ends?|ended|withdrawn|phased out|shut down|turned off|gone"
    r"|unavailable|disabled)\b)"
    r"|(?P<deprecated>\bdeprecat\w+)"
    r"|\b(?:announc\w+|support(?:s|ed)?|released?|introduced|available|launch\w*|published|updated|migrat\w+"
    r"|replac\w+|supersed\w+|created)\b",
    re.IGNORECASE,
)
_MOST_EVENTS = 1000  # bounds the work on a hostile sentence
# In a title: "task: cancel (deprecated)", "task: cancel - deprecated", "Deprecated: task: cancel"
_CALLED = re.compile(
    r"\s*[(\[]\s*(?:now |soon |to be |being )?(?:deprecated|retired|obsolete|removed)\b[^()\[\]]*[)\]]\s*"
    r"|\s+[-–—|]\s*(?:deprecated|retired|obsolete)\s*$|^\s*(?:deprecated|retired|obsolete)\s*[:–—-]\s*",
    re.IGNORECASE,
)


def announces_deprecation(text: str, names: Sequence[str] = (), *, strictly: bool = False) -> bool:
    """Whether a paragraph announces that the operation is deprecated or will be removed. `names` are names of
    the operation; with `strictly`, a sentence must refer to it, as the paragraph may be about others.
    """
    replaces = _INSTEAD.search(text) is not None or _UNAFFECTED.search(text) is not None
    return any(
        (not strictly and _BARE.match(each) is not None) or _announces_end(each, names, replaces, strictly)
        for each in _split_sentences(text)
    )


def find_removal_date(text: str) -> str | None:
    """Find the removal date of the operation, as YYYY-MM-DD, and not the date of another event; None if it is
    not stated.
    """
    for index, each in enumerate(_split_sentences(text)):
        found = _find_removal(each) if index == 0 or _CONTINUES.match(each) or _SUBJECT.search(each) else None
        if found:
            return found.isoformat()
    return None


def strip_deprecation_note(title: str) -> tuple[str, bool]:
    """Remove a deprecation note from a title, and return whether there was one."""
    rest = _CALLED.sub("", title)
    return rest, rest != title


def _split_sentences(text: str) -> list[str]:
    return _SENTENCE.split(_MARKER.sub("", text).strip())


def _announces_end(sentence: str, names: Sequence[str], replaces: bool, strictly: bool) -> bool:
    dated = has_date(sentence)
    for subject in _SUBJECT.finditer(sentence):
        before = sentence[max(subject.start() - 200, 0) : subject.start()]
        if not _is_this_operation(subject, names, replaces, strictly) or _SUPPOSED.search(before):
            continue
        if _ACTIVE.search(before):
            return True
        ends = _ENDS.match(sentence, subject.end())
        if ends and _BEFORE.search(before) and (dated or not (ends["weak"] or _TIMED.search(before))):
            return True
    return False


def _is_this_operation(subject: re.Match[str], names: Sequence[str], replaces: bool, strictly: bool) -> bool:
    """Whether a subject is this operation: `this API`, or `the … API` that does not name another one."""
    if _ELSEWHERE.search(subject[0]):
        return False
    if subject["own"]:
        return True
    own = {name.casefold().removesuffix("s") for name in names}
    words = [each.casefold().strip(":").removesuffix("s") for each in subject[0].split()]
    if any(each in own for each in words):
        return True
    if strictly:
        return not replaces and words in (
            ["the", "api"],
            ["the", "action"],
            ["the", "endpoint"],
            ["the", "method"],
        )
    return not replaces and not _IDENTIFIER.search(subject[0])


def _find_removal(sentence: str) -> date | None:
    """Find the first date that follows a word of removal, else the first that precedes one."""
    events = list(islice(_EVENT.finditer(sentence), _MOST_EVENTS))
    leading = list[date]()
    for start, end, day in find_dates(sentence):
        event = next((each for each in reversed(events) if each.end() <= start), None)
        if event and event["gone"]:
            return day
        follows = [each for each in events if end <= each.start() and not each["deprecated"]]
        apart = not event or re.search(r",|\b(?:and|but)\b", sentence[event.end() : start])
        if apart and follows and follows[0]["gone"]:
            leading.append(day)
    return leading[0] if leading else None
