"""What sentences of a documentation page say of an end: that the operation is deprecated, and when it goes.

Knows subjects, verbs and events as Microsoft's writers put them in English; it knows no page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import islice

from graphcontract.drift.page.dates import dates_in, has_date


def _either(*patterns: str) -> str:
    return f"(?:{'|'.join(patterns)})"


_MARKER = re.compile(r"^(?:\[![A-Z]+\]|note\b|important\b|warning\b|caution\b|[\s:!])+", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'(])|;\s+")
_NOUN = r"(?:APIs?|actions?|methods?|operations?|endpoints?|functions?|capabilit(?:y|ies))"
_WORD = (
    r"(?:(?!(?:of|for|in|on|to|that|this|these|which|who|with|by|from|is|are|and|or|not|it|a|an|the|as|when"
    r"|property|properties|parameters?|fields?|headers?|values?)\b)[\w.:`'/-]{1,60}[ ])"
)
_SUBJECT = re.compile(
    rf"(?P<own>\b(?:the (?:\S{{1,30}} )?version of |support for |availability of )?"
    rf"(?:this|these|both) {_WORD}{{0,3}}?(?:{_NOUN}|resource)\b)"
    rf"|(?P<other>\b(?:the {_WORD}{{0,6}}?{_NOUN}|(?:all )?APIs)\b)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?:^|[,;:)—–]|\s-|\b(?:that|and|but|because|since|as|so|note|please|therefore|however|when|once|after"
    r"|until|before|while))\s*$",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(r"\b(if|unless|whether|in case)\b", re.IGNORECASE)
_TIMED = re.compile(r"\b(when|once|after|until|before|while)\s*$", re.IGNORECASE)
_STEPS = (
    r"(?:\s+(?:now|currently|also|already|officially|permanently|fully|completely|being|been|soon|be|going|to"
    r"|scheduled|planned|slated|set|expected|due|marked|considered|as|both|on|the|a|path|for|gradually|formally"
    r"|eventually|longer))*"
)
_REMOVED = (  # not: from a list, or after an hour
    r"removed(?!\s+(?:automatically|after\s+\d+\s+(?:second|minute|hour|day|week|month|year)"
    r"|from\s+(?!(?:the\s+)?(?:microsoft|graph|beta|v\d|/|public|service|product|api))))"
)
_GONE = _either(
    r"deprecated|retired|retiring|sunset(?:ted)?|discontinued|decommissioned|obsoleted?|withdrawn",
    r"phased out|shut down|superseded|(?:replaced|superseded) by",
    _REMOVED,
    r"(?:retirement|removal|deprecation|decommissioning|discontinuation|end of (?:life|support))\b",
)
_ASIDE = (  # between subject and verb: in brackets, between commas, or with a preposition
    r"(?:\s*\([^()]{0,80}\)|,[^.;:]{0,80}?,|\s+(?:for|of|in|on|to|under|from|with|at|by|and)\b"
    r"(?:(?!\b(?:that|which|who|whose|if|when|whether|before|after|until|it|they|is|are)\b)[^.;:]){0,80}?)?"
)
_NO_LONGER = _either(
    r"maintained|offered|recommended|exists?|returns? data",
    r"(?:supported|available|accessible|usable|works?|functions?)\b(?!\s+(?:for\s+(?!use\b)|with\b|when\b|if\b))",
)
_END = _either(
    rf"(?:\s+(?:is|are|was|were|has|have|will|shall|gets?|got|becomes?|became)|'s|'re){_STEPS}\s+{_GONE}",
    rf"(?:\s+(?:is|are|was|were|has|have|will|shall))?\s+no longer\s+(?:be\s+)?{_NO_LONGER}",
    r"\s+(?:is|are|was|were|will)(?:n't|\snot)(?: be)? (?:supported|available|maintained)"
    r" any ?(?:more|longer)",
    r"\s+(?:won't|will not) be (?:supported|available) (?:after|from|beyond|as of)\b",
    r"\s+will\s+(?:\w+ly\s+)?(?:stop\b|cease\b|go away|(?:retire|expire|end|sunset)\b|reach (?:its )?end of)",
    r"\s+will\s+(?:\w+ly\s+)?be (?:unavailable|disabled|turned off|shut off)",
    r"\s+reach(?:es|ed) (?:its |the )?end of (?:life|support|service)",
    r"(?P<weak>\s+(?:retires?|expires?|sunsets?|ends?|ended|stops?|goes away)\b)",
)
_ENDS = re.compile(_ASIDE + _END, re.IGNORECASE)
_BARE = re.compile(
    r"^(?:deprecated|retired|obsolete|no longer (?:supported|available))"
    r"(?:\s*[.:,!—–-]|\s*$|\s+(?:and|as of|since|from|in favou?r|on|by|starting|effective)\b)"
    r"|^(?:deprecation|retirement|removal)\s+(?:notice|warning|announcement)\b",
    re.IGNORECASE,
)
_ACTIVE = re.compile(
    r"\b(?:we|we're|we'll|microsoft|will|are|is|plans?|going)\b[^.]{0,40}?"
    r"\b(?:retir|deprecat|remov|sunset|discontinu|decommission)(?:e|es|ed|ing|ting|s)?\s+$"
    r"|\b(?:retirement|removal|deprecation|decommissioning|sunset|end of (?:life|support))"
    r"(?: date)? (?:of|for) $",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    rf"\bthis {_NOUN} (?:replaces|supersedes|is the (?:replacement|successor))\b"
    rf"|\b(?:use|call|try|prefer|(?:move|migrate|switch|upgrade) to|replaced (?:by|with)|in favou?r of)"
    rf" this {_NOUN}\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"\b(?:older|old|previous|former|earlier|another|other|different|related)\b", re.I)
_IDENTIFIER = re.compile(r"\b[A-Za-z]+[a-z][A-Z]\w*\b")
_CONTINUES = re.compile(
    r"(?:it|they|this|these|removal|retirement|end|data|calls|requests|support|after|on|starting|beginning"
    rf"|from|effective|the (?:removal|retirement|end|{_NOUN}))\b",
    re.IGNORECASE,
)
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
_MOST_EVENTS = 1000
_CALLED = re.compile(
    r"\s*[(\[]\s*(?:now |soon |to be |being )?(?:deprecated|retired|obsolete|removed)\b[^()\[\]]*[)\]]\s*"
    r"|\s+[-–—|]\s*(?:deprecated|retired|obsolete)\s*$|^\s*(?:deprecated|retired|obsolete)\s*[:–—-]\s*",
    re.IGNORECASE,
)


def deprecation(text: str, names: Sequence[str] = (), *, strictly: bool = False) -> bool:
    """Whether a paragraph says that the operation is deprecated or will go. `names` are what it is called by;
    `strictly` where others may be spoken of: then a sentence has to point at this one.
    """
    replaces = _INSTEAD.search(text) is not None
    return any(
        (not strictly and _BARE.match(each) is not None) or _says_the_end(each, names, replaces, strictly)
        for each in _sentences(text)
    )


def removal_of(text: str) -> str | None:
    """The day that the operation goes, as YYYY-MM-DD: the date that goes with its removal, and not one of
    another event; None without one.
    """
    for index, each in enumerate(_sentences(text)):
        found = _removal(each) if index == 0 or _CONTINUES.match(each) or _SUBJECT.search(each) else None
        if found:
            return found.isoformat()
    return None


def untitled(title: str) -> tuple[str, bool]:
    """A title without a note that its operation is deprecated, and whether there was one."""
    rest = _CALLED.sub("", title)
    return rest, rest != title


def _sentences(text: str) -> list[str]:
    return _SENTENCE.split(_MARKER.sub("", text).strip())


def _says_the_end(sentence: str, names: Sequence[str], replaces: bool, strictly: bool) -> bool:
    dated = has_date(sentence)
    for subject in _SUBJECT.finditer(sentence):
        before = sentence[max(subject.start() - 200, 0) : subject.start()]
        if not _meant(subject, names, replaces, strictly) or _SUPPOSED.search(before):
            continue
        if _ACTIVE.search(before):
            return True
        ends = _ENDS.match(sentence, subject.end())
        if ends and _BEFORE.search(before) and (dated or not (ends["weak"] or _TIMED.search(before))):
            return True
    return False


def _meant(subject: re.Match[str], names: Sequence[str], replaces: bool, strictly: bool) -> bool:
    """Whether a subject is this operation: `this API`, or `the … API` that is not told to be another."""
    if _ELSEWHERE.search(subject[0]):
        return False
    if subject["own"]:
        return True
    own = {name.casefold().removesuffix("s") for name in names}
    words = [each.casefold().strip(":").removesuffix("s") for each in subject[0].split()]
    if any(each in own for each in words):
        return True
    if strictly:
        return words in (["the", "api"], ["the", "action"], ["the", "endpoint"], ["the", "method"])
    return not replaces and not _IDENTIFIER.search(subject[0])


def _removal(sentence: str) -> date | None:
    """The first date that a word of removal leads to, else the first that leads to one."""
    events = list(islice(_EVENT.finditer(sentence), _MOST_EVENTS))
    leading = list[date]()
    for start, end, day in dates_in(sentence):
        event = next((each for each in reversed(events) if each.end() <= start), None)
        if event and event["gone"]:
            return day
        follows = [each for each in events if end <= each.start() and not each["deprecated"]]
        apart = not event or re.search(r",|\b(?:and|but)\b", sentence[event.end() : start])
        if apart and follows and follows[0]["gone"]:
            leading.append(day)
    return leading[0] if leading else None
